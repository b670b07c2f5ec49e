"""A stack's resources, as the engine's own export tells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

PROVIDER = "pulumi:providers:aws"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource of the state. `needs` are the URNs without which it cannot be: parent, provider, dependencies."""

    urn: str
    type: str
    id: str = ""
    protect: bool = False
    outputs: Mapping[str, Any] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()

    @property
    def title(self) -> str:
        """How a person names it: `sagemaker Endpoint takeoff-prod-churn`."""
        service, _, kind = self.type.removeprefix("aws:").partition("/")
        return f"{service} {kind.rpartition(':')[2]} {self.id}"


def parse(export: Mapping[str, Any]) -> list[Resource]:
    """The resources of `pulumi stack export`, in the state's order (each after what it needs)."""
    return [_resource(entry) for entry in export.get("deployment", {}).get("resources") or []]


def region(resources: Sequence[Resource]) -> str | None:
    """The region of the stack's provider; None when the state has none."""
    return next((r.outputs.get("region") for r in resources if r.type == PROVIDER and "region" in r.outputs), None)


def _resource(entry: Mapping[str, Any]) -> Resource:
    # The provider's reference is its URN and, after `::`, its id.
    provider = str(entry.get("provider", "")).rpartition("::")[0]
    beside = [urn for urns in (entry.get("propertyDependencies") or {}).values() for urn in urns or []]
    return Resource(
        urn=entry["urn"],
        type=entry["type"],
        id=entry.get("id", ""),
        protect=entry.get("protect", False),
        outputs={**(entry.get("inputs") or {}), **(entry.get("outputs") or {})},
        needs=frozenset({entry.get("parent", ""), provider, *(entry.get("dependencies") or []), *beside} - {""}),
    )
