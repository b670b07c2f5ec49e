"""What an experiment leaves behind: who was shown which arm, what came of it, and the sums over both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from model_code.errors import UnusableError
from model_code.experiment.declared import Experiment
from model_code.sequential.checks import finite
from model_code.sequential.moments import Moments


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """A unit was shown an arm. `covariates` are what was known of it before, by metric."""

    experiment: str
    unit: str
    arm: str
    at: datetime
    covariates: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A unit's metric moved by `value`."""

    experiment: str
    unit: str
    metric: str
    value: float
    at: datetime


Record = TypeVar("Record", Exposure, Outcome)


@dataclass(frozen=True, kw_only=True)
class Observed:
    """An experiment so far: units first shown each arm, and the moments of each arm and metric over ripe units."""

    units: Mapping[str, int]
    moments: Mapping[tuple[str, str], Moments]
    """By arm and metric."""
    crossed: int = 0
    """Units that were shown more than one arm; they count where they came first."""


def observe(
    experiment: Experiment,
    exposures: Iterable[Exposure],
    outcomes: Iterable[Outcome],
    *,
    since: datetime,
    until: datetime,
    window: timedelta,
) -> Observed:
    """What the records from `since` (when the present allocation began) up to `until` say.

    The unit that was assigned is the unit that counts, once, however many requests it sent. Its value is the sum of its
    outcomes within `window` after its first exposure (a rate's is 1 where there is any above 0), and it takes part
    once that window has passed, so that no unit's value changes after it was counted. Records of other experiments are
    passed over; raises UnusableError for an arm or metric that the experiment does not declare.
    """
    first: dict[str, Exposure] = {}
    shown: dict[str, set[str]] = {}
    for exposure in sorted(_own(experiment, exposures), key=lambda one: (one.at, one.arm)):
        if exposure.arm not in experiment.arms:
            raise UnusableError(f"exposure of {exposure.unit}: got arm {exposure.arm!r}; allowed: {experiment.arms}")
        if since <= exposure.at <= until:
            first.setdefault(exposure.unit, exposure)
            shown.setdefault(exposure.unit, set()).add(exposure.arm)
    metrics = {metric.name: metric for metric in (*experiment.targets, *experiment.guardrails)}
    sums: dict[tuple[str, str], float] = {}
    for outcome in sorted(_own(experiment, outcomes), key=lambda one: (one.at, one.unit, one.metric, one.value)):
        if outcome.metric not in metrics:
            raise UnusableError(f"outcome of {outcome.unit}: got metric {outcome.metric!r}; allowed: {sorted(metrics)}")
        finite(f"outcome {outcome.metric} of {outcome.unit}", outcome.value)
        begun = first.get(outcome.unit)
        if begun and begun.at <= outcome.at <= begun.at + window:
            key = (outcome.unit, outcome.metric)
            sums[key] = sums.get(key, 0.0) + outcome.value
    moments: dict[tuple[str, str], Moments] = {}
    for arm in experiment.arms:
        ripe = sorted(one.unit for one in first.values() if one.arm == arm and one.at + window <= until)
        for name, metric in metrics.items():
            values = [sums.get((unit, name), 0.0) for unit in ripe]
            known = [first[unit].covariates.get(name, 0.0) for unit in ripe]
            moments[arm, name] = Moments().add([float(value > 0) for value in values] if metric.rate else values, known)
    units = Counter(one.arm for one in first.values())
    crossed = sum(len(arms) > 1 for arms in shown.values())
    return Observed(units={arm: units[arm] for arm in experiment.arms}, moments=moments, crossed=crossed)


def _own(experiment: Experiment, records: Iterable[Record]) -> list[Record]:
    return [record for record in records if record.experiment == experiment.name]
