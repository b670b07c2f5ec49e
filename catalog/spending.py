"""Whether a month's cost is what was promised: a budget, and a sane multiple of what the pilot cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from catalog.statement import Statement

# Production that costs less than this many pilots lacks something (a second zone, alarms, a fallback); more, and
# something in it is larger than the pilot showed a need for.
LEAST_PILOTS, MOST_PILOTS = 3.0, 5.0


@dataclass(frozen=True, kw_only=True)
class PilotRatio:
    """How many pilots a month of production costs, and whether that is 3 to 5."""

    value: float
    inside: bool


def pilot_ratio(production: float, pilot: float) -> PilotRatio:
    """Production ÷ pilot, both in US dollars a month. Raises ValueError for a pilot that cost nothing."""
    if pilot <= 0:
        raise ValueError(f"pilotMonthlyCost: got {pilot:g}; allowed: more than 0; fix it in the stack file")
    ratio = production / pilot
    return PilotRatio(value=ratio, inside=LEAST_PILOTS <= ratio <= MOST_PILOTS)


@dataclass(frozen=True, kw_only=True)
class Overrun:
    """A budget that does not hold, in US dollars a month: `over`, or `unpriced`: what has no price may break it.

    `what` is "stack" or a model's name, `where` the key of the stack file that says `allowed`.
    """

    kind: Literal["over", "unpriced"]
    what: str
    got: float
    allowed: float
    where: str
    unpriced: tuple[str, ...] = ()

    def __str__(self) -> str:
        least = "at least " if self.unpriced else ""
        without = f" and what has no price ({', '.join(self.unpriced)})" if self.unpriced else ""
        return (
            f"{self.what}: got {least}USD {self.got:.2f} a month{without}; allowed: {self.allowed:.2f}; "
            f"fix it in what is declared, or in {self.where}"
        )


def over_budget(statement: Statement, monthly: float | None, models: Mapping[str, float]) -> list[Overrun]:
    """Every budget that a statement breaks or cannot be proven to keep, the stack's first.

    `monthly` is the whole stack's, `models` those of single models, without the platform that they share.
    """
    spent, found = statement.by("model"), []
    everything = tuple(sorted({name for names in statement.unpriced.values() for name in names}))
    limits = [] if monthly is None else [("stack", statement.total, monthly, "budget.monthly", everything)]
    for model in sorted(models):
        missing, where = tuple(statement.unpriced.get(model, ())), f"models.{model}.monthlyBudget"
        limits.append((model, spent.get(model, 0.0), models[model], where, missing))
    for what, got, allowed, where, missing in limits:
        if got > allowed or missing:
            kind: Literal["over", "unpriced"] = "over" if got > allowed else "unpriced"
            found.append(Overrun(kind=kind, what=what, got=got, allowed=allowed, where=where, unpriced=missing))
    return found
