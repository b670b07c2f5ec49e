"""What follows from an experiment so far, as a pure function: go on, or stop and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from model_code.errors import UnusableError
from model_code.experiment.declared import Experiment, Metric
from model_code.experiment.record import Observed
from model_code.sequential.interval import Interval, Sequence
from model_code.sequential.mismatch import Mismatch
from model_code.sequential.moments import Moments
from model_code.sequential.power import still_needed

Kind = Literal["continue", "winner", "no difference", "guardrail broken", "mismatch"]
Sequences = Mapping[tuple[str, str], Interval]


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What to do, about which arm, and why. `sequences` are the differences from the control, by arm and metric."""

    kind: Kind
    arm: str | None = None
    why: str
    sequences: Sequences


def decide(experiment: Experiment, observed: Observed) -> Decision:
    """The decision. It may be asked for after every unit: the chances of error hold over all looks together.

    In order: units that are not split as declared (nothing else can be believed), a broken guardrail (the arm is worse
    than the control by more than the guardrail's effect), a winner, no difference (every target's interval lies
    within its effect, or the planned sample is there), else continue. An arm wins that is better than the control on
    one target at least and worse on none; the control wins when it beats every other arm so. Of several, the one with
    the best estimate of the first target.
    Raises UnusableError for an observation of other arms.
    """
    if set(observed.units) != set(experiment.arms):
        raise UnusableError(f"observed: got units of {sorted(observed.units)}; allowed: exactly {experiment.arms}")
    sequences = _sequences(experiment, observed)
    split = _mismatch(experiment, observed)
    if split.found:
        wanted = ", ".join(f"{arm} {share:.1%}" for arm, share in sorted(split.shares.items()))
        why = f"units are split {_counts(observed)}, declared is {wanted}: find out why before believing any metric"
        return Decision(kind="mismatch", why=why, sequences=sequences)
    for arm in experiment.treatments:
        for metric in experiment.guardrails:
            harm = -metric.sign * sequences[arm, metric.name].estimate
            if _best(metric, sequences[arm, metric.name]) < -metric.effect:
                why = (
                    f"{metric.name} is worse than {experiment.control}'s by {harm:.4g}, allowed is {metric.effect:.4g}"
                )
                return Decision(kind="guardrail broken", arm=arm, why=why, sequences=sequences)
    if (winner := _winner(experiment, sequences)) is not None:
        return Decision(kind="winner", arm=winner, why=_praise(experiment, winner, sequences), sequences=sequences)
    if all(
        -metric.effect < sequences[arm, metric.name].low and sequences[arm, metric.name].high < metric.effect
        for arm in experiment.treatments
        for metric in experiment.targets
    ):
        return Decision(kind="no difference", why="no arm differs by an effect that matters", sequences=sequences)
    ripe = min(_moments(observed, arm, experiment.targets[0]).count for arm in experiment.arms)
    if not (missing := still_needed(experiment.planned, ripe)):
        why = f"every arm has its {experiment.planned} planned units and none has won"
        return Decision(kind="no difference", why=why, sequences=sequences)
    return Decision(kind="continue", why=f"at most {missing} more units for the smallest arm", sequences=sequences)


def _sequences(experiment: Experiment, observed: Observed) -> dict[tuple[str, str], Interval]:
    found = {}
    for metrics, alpha in (
        (experiment.targets, experiment.alpha),
        (experiment.guardrails, experiment.guardrail_alpha),
    ):
        for metric in metrics:
            made = Sequence(
                alpha=alpha / (len(metrics) * len(experiment.treatments)),
                planned=2 * experiment.planned,
                minimum=experiment.minimum,
                rate=metric.rate,
            )
            control = _moments(observed, experiment.control, metric)
            for arm in experiment.treatments:
                found[arm, metric.name] = made.difference(_moments(observed, arm, metric), control)
    return found


def _moments(observed: Observed, arm: str, metric: Metric) -> Moments:
    if (arm, metric.name) not in observed.moments:
        raise UnusableError(f"observed: got no {metric.name} of {arm}; allowed: every declared metric of every arm")
    return observed.moments[arm, metric.name]


def _mismatch(experiment: Experiment, observed: Observed) -> Mismatch:
    present = experiment.shares[-1]
    total = sum(present.values())
    shares = {arm: share / total for arm, share in present.items()}
    return Mismatch(shares=shares, alpha=experiment.mismatch_alpha, counts=observed.units)


def _best(metric: Metric, interval: Interval) -> float:
    """The best that the interval still allows of the arm, in the direction that is better."""
    return interval.high if metric.sign > 0 else -interval.low


def _side(metric: Metric, interval: Interval) -> int:
    """1 where the arm is better than the control, -1 where it is worse, 0 where that is open."""
    if interval.low > 0:
        return metric.sign
    return -metric.sign if interval.high < 0 else 0


def _winner(experiment: Experiment, sequences: Sequences) -> str | None:
    sides = {
        arm: {_side(metric, sequences[arm, metric.name]) for metric in experiment.targets}
        for arm in experiment.treatments
    }
    better = [arm for arm, found in sides.items() if 1 in found and -1 not in found]
    if better:
        first = experiment.targets[0]
        return max(better, key=lambda arm: first.sign * sequences[arm, first.name].estimate)
    return experiment.control if all(-1 in found and 1 not in found for found in sides.values()) else None


def _praise(experiment: Experiment, winner: str, sequences: Sequences) -> str:
    arms = experiment.treatments if winner == experiment.control else (winner,)
    said = [
        f"{metric.name} of {arm} less {experiment.control}'s: {found.low:.4g} to {found.high:.4g}"
        for arm in arms
        for metric in experiment.targets
        if _side(metric, found := sequences[arm, metric.name])
    ]
    return "; ".join(said)


def _counts(observed: Observed) -> str:
    return ", ".join(f"{arm} {units}" for arm, units in sorted(observed.units.items()))
