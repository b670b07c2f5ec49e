"""The resources that a stack will have, as `pulumi preview --json` tells them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.computed import COMPUTED

_GONE = {"delete", "delete-replaced", "discard", "discard-replaced"}


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One resource that will be there. `new` says that this deployment makes it."""

    type: str
    name: str
    new: bool
    inputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a previewed deployment leaves: resources, and the stack file's models and pools of nodes by name.

    A model without image or version has no endpoint in the plan yet, and what it is going to need is asked for now.
    """

    resources: tuple[Planned, ...]
    models: Mapping[str, Any]
    pools: Mapping[str, Any] = field(default_factory=dict)


def parse(preview: Mapping[str, Any]) -> Plan:
    """The plan that a JSON preview describes; unknown values are None."""
    steps = [step for step in preview.get("steps", []) if step["op"] not in _GONE and "newState" in step]
    config = preview.get("config", {})
    models, pools = (json.loads(config.get(f"takeoff:{key}", "{}")) for key in ("models", "nodePools"))
    return Plan(resources=tuple(_planned(step) for step in steps), models=models, pools=pools)


def of(planned: Sequence[Planned], *types: str, new: bool = False) -> list[Planned]:
    """Those of some types, in order; only new ones if asked."""
    return [resource for resource in planned if resource.type in types and (resource.new or not new)]


def region(planned: Sequence[Planned]) -> str | None:
    """The region of the stack's provider."""
    return next((p.inputs.get("region") for p in of(planned, "pulumi:providers:aws")), None)


def _planned(step: Mapping[str, Any]) -> Planned:
    state = step["newState"]
    name = str(step["urn"]).rpartition("::")[2]
    new = step["op"] in {"create", "replace", "create-replacement"}
    return Planned(type=state["type"], name=name, new=new, inputs=_known(state.get("inputs") or {}))


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _known(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_known(each) for each in value]
    return None if value == COMPUTED else value
