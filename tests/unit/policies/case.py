"""Cases of a rule: resources that keep it, that break it, and that leave it open until the deployment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from policies.declared import Declared


@dataclass(frozen=True, kw_only=True)
class Case:
    """One rule's cases. Of a rule over the stack each list is a whole stack; else each resource is judged by itself.

    compliant: no finding. violating: each finding is this rule's; a rule over one resource finds all of them, a rule
    over the stack at least one. unknown: "fine" where the rule asks only whether something is set, "unknown" where
    the value itself decides. `settings` are the rule's own, over its defaults.
    """

    compliant: Sequence[Declared]
    violating: Sequence[Declared]
    unknown: Sequence[Declared]
    unknown_is: Literal["fine", "unknown"] = "unknown"
    settings: Mapping[str, Any] = field(default_factory=dict)


def declared(
    type: str,
    name: str = "x",
    props: Mapping[str, Any] | None = None,
    *,
    urn: str = "",
    parent: str = "",
    refs: Mapping[str, tuple[str, ...]] | None = None,
    protect: bool = False,
    **more: Any,
) -> Declared:
    """A resource of a type token. Inputs are keywords, or `props` where one is called like a parameter here."""
    return Declared(
        type=type,
        name=name,
        urn=urn or f"urn:pulumi:case::takeoff::{type}::{name}",
        props={**(props or {}), **more},
        parent=parent,
        refs=refs or {},
        protect=protect,
    )
