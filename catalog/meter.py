"""What was counted, and in whose name: the model, the owner and the pool of the resource that causes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from catalog.computed import COMPUTED

Inputs = Mapping[str, Any]
PLATFORM = "platform"


class NotYetKnownError(ValueError):
    """A value that decides a quantity is known only after the deployment."""


class Share(NamedTuple):
    """One thing that is counted apart; `pool` is empty for what runs on no instances."""

    model: str
    owner: str
    pool: str
    dimension: str


@dataclass
class Bill:
    """All quantities so far, and by model the names of what nobody could count."""

    quantities: dict[Share, float] = field(default_factory=dict)
    unknown: dict[str, set[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Meter:
    """Writes a resource's usage into a bill in the name of what its tags say; without tags it is the platform's.

    What AWS cannot tag (dashboards, schedules) is the platform's too, as it is in a bill that is split by tag.
    """

    bill: Bill
    model: str
    owner: str
    pool: str

    @classmethod
    def of(cls, bill: Bill, inputs: Inputs) -> Meter:
        """The meter of a resource with these inputs."""
        found = inputs.get("tags")
        tags = found if isinstance(found, Mapping) else {}
        names = (str(tags.get(f"takeoff:{name}") or "") for name in ("model", "owner", "pool"))
        model, owner, pool = ("" if name == COMPUTED else name for name in names)
        return cls(bill, model or PLATFORM, owner, pool)

    def add(self, dimension: str, quantity: float, pool: str = "") -> None:
        """Count this much more of a dimension, on a pool of instances where one is named."""
        share = Share(self.model, self.owner, pool or self.pool, dimension)
        self.bill.quantities[share] = self.bill.quantities.get(share, 0.0) + quantity

    def unknown(self, name: str) -> None:
        """Name what cannot be counted."""
        self.bill.unknown.setdefault(self.model, set()).add(name)


def given(inputs: Inputs, path: str, default: Any = None) -> Any:
    """What stands at a dotted path, or the default. Raises NotYetKnownError where the engine does not know it yet."""
    value: Any = inputs
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
        if value == COMPUTED:
            raise NotYetKnownError(f"{path} is not known yet")
    return default if value is None else value
