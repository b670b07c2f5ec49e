"""Business KPIs: the month's mean of a number that outcomes carry, with an interval that holds at every look."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from model_code.monitor.finding import Line, line
from model_code.monitor.settings import Kpi
from model_code.sequential.interval import Sequence as Intervals
from model_code.sequential.moments import Moments

PLANNED = 5_000
"""Values in a month at which the interval is tightest; at any other number it holds as well, and is little wider."""


@dataclass(frozen=True, kw_only=True)
class Reached:
    """A KPI so far this month. `low` and `high` are None while there are too few values to say anything."""

    name: str
    target: float
    direction: str
    values: int
    mean: float
    low: float | None
    high: float | None
    missed: bool


def add(before: Mapping[str, Moments], more: Mapping[str, Moments]) -> dict[str, Moments]:
    """The moments of both: the month's and one window's, or two parts' of a window."""
    return {name: before.get(name, Moments()).merge(moments) for name, moments in more.items()}


def judge(kpis: Sequence[Kpi], moments: Mapping[str, Moments], alpha: float) -> tuple[list[Reached], list[Line]]:
    """Each KPI's standing; missed where the whole interval is on the wrong side of the target.

    `alpha` bounds the chance that a KPI that is met is called missed at any look of the month.
    """
    reached, found = [], []
    intervals = Intervals(alpha=alpha, planned=PLANNED)
    for kpi in kpis:
        seen = moments.get(kpi.name, Moments())
        around = intervals.mean(seen)
        missed = around.high < kpi.target if kpi.direction == "at-least" else around.low > kpi.target
        known = math.isfinite(around.low)
        one = Reached(
            name=kpi.name,
            target=kpi.target,
            direction=kpi.direction,
            values=seen.count,
            mean=seen.mean,
            low=around.low if known else None,
            high=around.high if known else None,
            missed=missed,
        )
        reached.append(one)
        if missed:
            text = f"{seen.mean:.4g} ({around.low:.4g} to {around.high:.4g}) this month, wanted {kpi.direction} "
            found.append(line("kpis", "kpi-missed", "drift", f"{text}{kpi.target:g}", kpi.name))
    return reached, found


def document(moments: Mapping[str, Moments]) -> dict[str, Any]:
    """The moments as JSON holds them."""
    return {name: asdict(one) for name, one in moments.items()}


def read(stored: Mapping[str, Any]) -> dict[str, Moments]:
    """The moments that `document` wrote."""
    return {name: Moments(**one) for name, one in stored.items()}
