"""What the planned resources of a stack cost in a month, at list prices: by model, owner and pool."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from catalog.free import FREE
from catalog.meter import Bill, Meter, NotYetKnownError
from catalog.prices import price, unit
from catalog.usage import COUNTERS, Assumptions, Resource

Key = Literal["model", "owner", "pool", "dimension"]
# Whose resources cost money: what other providers declare runs on these.
_PROVIDERS = ("aws:", "aws-native:")


@dataclass(frozen=True, kw_only=True)
class Item:
    """A month of one dimension for one model, owner and pool of instances; `usd` is None where no price is known.

    `model` is "platform" for what all models share; `owner` and `pool` are empty where there is none.
    """

    model: str
    owner: str
    pool: str
    dimension: str
    quantity: float
    usd: float | None
    unit: str


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A month's items, dearest first. `unpriced` names by model what is left out of every sum, never an empty list.

    `read` is the oldest day on which a price that was used was read from its source; empty when none was used.
    """

    items: tuple[Item, ...]
    unpriced: Mapping[str, Sequence[str]]
    region: str
    read: str

    @property
    def total(self) -> float:
        """US dollars a month, without what has no price."""
        return math.fsum(item.usd or 0.0 for item in self.items)

    def by(self, key: Key) -> dict[str, float]:
        """US dollars a month by model, owner, pool or dimension, dearest first; nothing that is counted is left out."""
        parts: dict[str, list[float]] = {}
        for item in self.items:
            parts.setdefault(getattr(item, key), []).append(item.usd or 0.0)
        sums = {name: math.fsum(each) for name, each in parts.items()}
        return dict(sorted(sums.items(), key=lambda pair: (-pair[1], pair[0])))


def statement(resources: Sequence[Resource], region: str, usage: Mapping[str, Assumptions]) -> Statement:
    """The month of planned resources (type token and inputs, with the engine's names) at a region's list prices.

    Whose a resource is, its tags takeoff:model, takeoff:owner and takeoff:pool say. `usage` holds what is assumed of a
    model's resources; of the others, and of the platform's, the defaults are. An endpoint counts with the instances of
    its config, or with autoscaling's minimum where a target owns a variant's count. A type that is neither known to be
    free nor to have a price, a dimension without a price and a quantity that the engine does not know yet are named in
    `unpriced`, never taken for nothing.
    """
    bill = Bill()
    for token, inputs in resources:
        meter, count = Meter.of(bill, inputs), COUNTERS.get(token)
        if count is None:
            if token.startswith(_PROVIDERS) and token not in FREE:
                meter.unknown(token)
            continue
        try:
            count(meter, inputs, usage.get(meter.model, Assumptions()), resources)
        except NotYetKnownError as error:
            meter.unknown(f"{token} ({error})")
    items, read = [], []
    for share, quantity in bill.quantities.items():
        found = price(share.dimension, region)
        usd = None if found is None else found.usd * quantity
        items.append(Item(**share._asdict(), quantity=quantity, usd=usd, unit=unit(share.dimension)))
        if found is None:
            bill.unknown.setdefault(share.model, set()).add(share.dimension)
        else:
            read.append(found.read)
    items.sort(key=lambda item: (-(item.usd or 0.0), item.model, item.pool, item.dimension))
    unpriced = {model: sorted(names) for model, names in sorted(bill.unknown.items())}
    return Statement(items=tuple(items), unpriced=unpriced, region=region, read=min(read, default=""))


@dataclass(frozen=True, kw_only=True)
class Change:
    """How one part of a statement changed, in US dollars a month, or in a dimension's unit where it has no price."""

    name: str
    kind: Literal["new", "removed", "changed"]
    before: float
    after: float
    unit: str = "USD"

    @property
    def difference(self) -> float:
        """After less before."""
        return self.after - self.before


@dataclass(frozen=True)
class Difference:
    """What a deployment does to the monthly cost. Both sides name what they leave out in their `unpriced`."""

    before: Statement
    after: Statement

    @property
    def usd(self) -> float:
        """US dollars a month more, or less, of what has a price."""
        return self.after.total - self.before.total

    @property
    def percent(self) -> float | None:
        """The same in percent of what it cost before; None where that was nothing."""
        return 100 * self.usd / self.before.total if self.before.total else None

    def by(self, key: Key) -> list[Change]:
        """What came, went or changed in dollars, by model, owner, pool or dimension; the largest change first."""
        return _changes(self.before.by(key), self.after.by(key), {})

    def quantities(self) -> list[Change]:
        """What came, went or changed of dimensions without a price, as `model: dimension`."""
        return _changes(_unpriced(self.before), _unpriced(self.after), self._units())

    def _units(self) -> dict[str, str]:
        return {_name(item): item.unit for side in (self.before, self.after) for item in side.items}


def _name(item: Item) -> str:
    return f"{item.model}: {item.dimension}"


def _unpriced(side: Statement) -> dict[str, float]:
    """How much there is of each dimension without a price."""
    found: dict[str, float] = {}
    for item in side.items:
        if item.usd is None:
            found[_name(item)] = found.get(_name(item), 0.0) + item.quantity
    return found


def _changes(before: Mapping[str, float], after: Mapping[str, float], units: Mapping[str, str]) -> list[Change]:
    found = []
    for name in before.keys() | after.keys():
        old, new = before.get(name, 0.0), after.get(name, 0.0)
        if name in before and name in after and math.isclose(old, new, rel_tol=1e-9, abs_tol=1e-9):
            continue
        kind: Literal["new", "removed", "changed"] = (
            "changed" if name in before and name in after else "removed" if name in before else "new"
        )
        found.append(Change(name=name, kind=kind, before=old, after=new, unit=units.get(name, "USD")))
    return sorted(found, key=lambda change: (-abs(change.difference), change.name))
