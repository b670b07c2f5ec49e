"""The comparison gate: the candidate beside the live version on the same held-out rows, by paired tests."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from model_code.contract import Schema
from model_code.dataset import Labels
from model_code.gates.evaluate import class_counts, few
from model_code.gates.inference import Estimate, Floats, bootstrap, mcnemar, paired_difference, z_of
from model_code.gates.metrics import RESAMPLES, Areas, area_interval, losses, right
from model_code.gates.report import Finding, Identity, Report, Severity
from model_code.gates.scoring import Answers
from model_code.paths import SettingError

METRICS = ("accuracy", "roc_auc", "log_loss")
_Difference = tuple[Estimate, float, float | None]  # the improvement, its standard error, a p-value
_POWER = 0.8  # of the rows that are called enough
Outcome = Literal["better", "no worse", "worse", "not enough rows", "nothing live"]
_ORDER: tuple[Outcome, ...] = ("worse", "not enough rows", "no worse", "better")


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One metric. The improvement is positive where the candidate is better, whichever way the metric runs."""

    metric: str
    improvement: Estimate
    margin: float
    """How much worse still counts as no worse."""
    outcome: Outcome
    probability: float | None
    """McNemar's exact p-value that neither is better; for accuracy only."""
    rows_needed: int
    """Rows at which two equally good versions would be told no worse with a chance of 80 %."""


@dataclass(frozen=True, kw_only=True)
class ComparisonReport(Report):
    """The outcome over all metrics: the worst of theirs, "better" if any is better and the others are no worse."""

    gate: str = "compare"
    rows: int
    outcome: Outcome
    comparisons: tuple[Comparison, ...]


def compare(
    candidate: Answers,
    live: Answers,
    labels: Labels,
    schema: Schema,
    identity: Identity,
    margins: Mapping[str, float],
    *,
    seed: int,
    rows_per_class: int = 20,
) -> ComparisonReport:
    """Worse stops, not enough rows asks. `margins` declares the metrics and the margin of each.

    By the metric's two-sided 95 % interval of the improvement: better if it lies above 0, no worse if above minus the
    margin, worse if below 0 and not wholly within the margin, else not enough rows. A version that is worse by more
    than the margin is so called no worse at most once in forty (ICH E9, 3.3.2). A class of fewer than
    `rows_per_class` rows asks too: resampling so few says little. Raises SettingError, and DataError if a class has
    no row.
    """
    for name, margin in margins.items():
        if name not in METRICS or not 0 < margin < math.inf:
            raise SettingError(f"margin {name}: got {margin:g}, allowed: a number above 0 for {', '.join(METRICS)}")
    if not margins:
        raise SettingError(f"no margin: declare one for at least one of {', '.join(METRICS)}")
    counts = class_counts(labels, schema)
    same = candidate.version == live.version
    found = tuple(
        _comparison(name, margin, *_DIFFERENCES[name](candidate, live, labels, seed), same)
        for name, margin in margins.items()
    )
    outcomes = {one.outcome for one in found}
    worst = next(outcome for outcome in _ORDER if outcome in outcomes)
    outcome: Outcome = "better" if worst == "no worse" and "better" in outcomes else worst
    seen = tuple(dict.fromkeys((*candidate.unseen(), *live.unseen())))
    findings = (
        *seen,
        *few(counts, schema, rows_per_class),
        *_findings(found),
        *([_same(candidate.version)] if same else []),
    )
    return ComparisonReport(identity=identity, findings=findings, rows=len(labels), outcome=outcome, comparisons=found)


def nothing_live(identity: Identity, rows: int) -> ComparisonReport:
    """The report on a model's first version; its note says that nothing was compared."""
    first = Finding(name="first", severity="note", text="no live version to compare with")
    return ComparisonReport(identity=identity, findings=(first,), rows=rows, outcome="nothing live", comparisons=())


def _comparison(
    metric: str, margin: float, improvement: Estimate, error: float, probability: float | None, same: bool
) -> Comparison:
    outcome: Outcome = "not enough rows"
    if improvement.low > 0:
        outcome = "better"
    elif improvement.low > -margin or same:
        outcome = "no worse"
    elif improvement.high < 0:
        outcome = "worse"
    z = z_of(0.95) + z_of(2 * _POWER - 1)
    return Comparison(
        metric=metric,
        improvement=improvement,
        margin=margin,
        outcome=outcome,
        probability=probability,
        rows_needed=math.ceil(improvement.rows * (z * error / margin) ** 2),
    )


def _accuracy(candidate: Answers, live: Answers, labels: Labels, _: int) -> _Difference:
    mine, theirs = right(candidate.probabilities, labels), right(live.probabilities, labels)
    gained, lost, rows = int((mine & ~theirs).sum()), int((theirs & ~mine).sum()), len(labels)
    error = math.sqrt(max(1, gained + lost)) / rows  # of two that are equally good
    return paired_difference(gained, lost, rows), error, mcnemar(gained, lost)


def _loss(candidate: Answers, live: Answers, labels: Labels, seed: int) -> _Difference:
    gain = losses(live.probabilities, labels) - losses(candidate.probabilities, labels)
    drawn = bootstrap(lambda counts: np.asarray(counts @ gain / len(gain)), len(gain), seed, RESAMPLES)
    return (*_interval(float(gain.mean()), drawn, len(gain)), None)


def _area(candidate: Answers, live: Answers, labels: Labels, seed: int) -> _Difference:
    mine, theirs = Areas(candidate.probabilities, labels), Areas(live.probabilities, labels)

    def gain(weights: NDArray[np.int64]) -> Floats:
        return np.asarray((mine.of(weights) - theirs.of(weights)).mean())

    value = float(gain(np.ones(len(labels), dtype=np.int64)))
    drawn = bootstrap(gain, len(labels), seed, RESAMPLES)
    drawn = drawn[~np.isnan(drawn)]  # a draw without a single row of a class says nothing of its area
    improvement, error = _interval(value, drawn, len(labels))
    if improvement.low == improvement.high and not mine.same_order(theirs):
        # Both perfect on these rows, and no draw of them can be otherwise: as unsure as one perfect area is.
        count = int(np.bincount(labels).min())
        half = 1 - area_interval(1.0, count, len(labels)).low
        return Estimate(value, value - half, value + half, len(labels)), half / z_of(0.95), None
    return improvement, error, None


def _interval(value: float, drawn: Floats, rows: int) -> tuple[Estimate, float]:
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Estimate(value, min(value, float(low)), max(value, float(high)), rows), float(drawn.std())


_DIFFERENCES: Mapping[str, Callable[[Answers, Answers, Labels, int], _Difference]] = {
    "accuracy": _accuracy,
    "roc_auc": _area,
    "log_loss": _loss,
}


def _findings(found: tuple[Comparison, ...]) -> Iterator[Finding]:
    severities: dict[Outcome, Severity] = {"worse": "stop", "not enough rows": "ask"}
    for one in found:
        if one.outcome in severities:
            got = one.improvement
            text = f"improvement {got.value:.4f} ({got.low:.4f} to {got.high:.4f}), margin: {one.margin:g}"
            if one.outcome == "not enough rows":
                text += f"; {got.rows} rows, about {max(one.rows_needed, got.rows + 1)} would be needed"
            name = one.outcome.replace(" ", "-")
            yield Finding(name=name, severity=severities[one.outcome], text=text, where=one.metric)


def _same(version: str) -> Finding:
    return Finding(name="same-version", severity="note", text="the candidate is the live version", where=version)
