"""What the planned resources of a stack cost in a month, at list prices, and what of it nobody could price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.free import FREE
from catalog.prices import price, unit
from catalog.usage import COUNTERS, Assumptions, Bill, Resource


@dataclass(frozen=True)
class Line:
    """One dimension: how much of it in a month, for how many resources, and the dollars where it has a price."""

    dimension: str
    quantity: float
    resources: int
    usd: float | None
    unit: str


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """The priced lines, dearest first; `unpriced` names what is left out of `total`: dimensions and resource types.

    `read` is the oldest day on which a price that was used was read from its source; empty when none was used.
    """

    region: str
    lines: Sequence[Line]
    unpriced: Sequence[str]
    total: float
    read: str


def monthly(resources: Sequence[Resource], region: str, assumptions: Assumptions | None = None) -> Estimate:
    """The month's cost of planned resources (type token and inputs, with the engine's names) at list prices.

    An endpoint counts with the instances of its config, or with autoscaling's minimum where a target owns a variant's
    count. A type that is neither known to be free nor to have a price is named in `unpriced`, never taken for nothing.
    """
    bill = Bill()
    for token, inputs in resources:
        count = COUNTERS.get(token)
        if count is not None:
            count(bill, inputs, assumptions or Assumptions(), resources)
        elif token.startswith("aws:") and token not in FREE:
            bill.unknown.add(token)
    lines, unpriced, read = [], set(bill.unknown), []
    for dimension, quantity in bill.quantities.items():
        found = price(dimension, region)
        usd = None if found is None else found.usd * quantity
        lines.append(Line(dimension, quantity, bill.resources[dimension], usd, unit(dimension)))
        if found is None:
            unpriced.add(dimension)
        else:
            read.append(found.read)
    lines.sort(key=lambda line: (-(line.usd or 0), line.dimension))
    total = sum(line.usd or 0 for line in lines)
    return Estimate(region=region, lines=lines, unpriced=sorted(unpriced), total=total, read=min(read, default=""))


def headline(estimate: Estimate) -> str:
    """The first line of a stack file: the sum in whole dollars, whose prices, and what they leave out."""
    prices = f"{estimate.region} list prices read {estimate.read}" if estimate.read else "no price is known"
    missing = f"; not priced: {', '.join(estimate.unpriced)}" if estimate.unpriced else ""
    least = "at least " if estimate.unpriced else ""
    return f"# About {least}USD {estimate.total:.0f} a month ({prices}{missing})"
