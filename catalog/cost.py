"""A statement at a glance: its dimensions, whoever causes them, and the first line of a stack file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from catalog.meter import Bill, Meter
from catalog.statement import Statement, statement
from catalog.usage import Assumptions, Resource


@dataclass(frozen=True)
class Line:
    """One dimension: how much of it in a month, and the dollars where it has a price."""

    dimension: str
    quantity: float
    usd: float | None
    unit: str


@dataclass(frozen=True)
class Estimate:
    """A statement by dimension, dearest first; `unpriced` names what `total` leaves out: dimensions and types."""

    statement: Statement

    @property
    def lines(self) -> list[Line]:
        """All models' and pools' shares of a dimension in one line."""
        found = []
        for dimension in self.statement.by("dimension"):
            items = [item for item in self.statement.items if item.dimension == dimension]
            priced = [item.usd for item in items if item.usd is not None]
            quantity, usd = math.fsum(item.quantity for item in items), math.fsum(priced) if priced else None
            found.append(Line(dimension, quantity, usd, items[0].unit))
        return found

    @property
    def unpriced(self) -> list[str]:
        """Every name once, whosesoever it is."""
        return sorted({name for names in self.statement.unpriced.values() for name in names})

    @property
    def total(self) -> float:
        """US dollars a month, without what has no price."""
        return self.statement.total


def monthly(resources: Sequence[Resource], region: str, assumptions: Assumptions | None = None) -> Estimate:
    """The month's cost of planned resources at list prices, with the same assumptions for every model."""
    models = {Meter.of(Bill(), inputs).model for _, inputs in resources}
    return Estimate(statement(resources, region, dict.fromkeys(models, assumptions or Assumptions())))


def headline(estimate: Estimate) -> str:
    """The first line of a stack file: the sum in whole dollars, whose prices, and what they leave out."""
    region, read = estimate.statement.region, estimate.statement.read
    prices = f"{region} list prices read {read}" if read else "no price is known"
    missing = f"; not priced: {', '.join(estimate.unpriced)}" if estimate.unpriced else ""
    least = "at least " if estimate.unpriced else ""
    return f"# About {least}USD {estimate.total:.0f} a month ({prices}{missing})"
