"""A window against its baseline: what has drifted, what is broken, and what is only worth a line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from model_code.drift.errors import DriftError
from model_code.drift.faults import Finding, faults
from model_code.drift.hypotheses import ALL, Test, Tested, tests_of
from model_code.drift.profile import Profile
from model_code.drift.settings import DriftSettings

# The chance of naming a feature that has no part in a drift.
_PART = 0.05


@dataclass(frozen=True, kw_only=True)
class Statistic:
    """One test of one feature. `threshold` is the p-value below which Holm calls it drift.

    `distances` by name; `psi_by_chance`, for distributions, is the PSI that this threshold amounts to at these sizes.
    """

    feature: str
    test: Test
    p: float
    threshold: float
    distances: Mapping[str, float]
    psi_by_chance: float | None = None


@dataclass(frozen=True, kw_only=True)
class Report:
    """Findings in the order in which to read them, and the statistics of every test that was made."""

    findings: tuple[Finding, ...]
    statistics: tuple[Statistic, ...]
    rows: tuple[int, int]
    alpha: float

    @property
    def alarmed(self) -> bool:
        """Whether something has drifted: retraining may help."""
        return any(finding.level == "drift" for finding in self.findings)

    @property
    def faulty(self) -> bool:
        """Whether the window is broken: somebody must look, and training on it would not help."""
        return any(finding.level == "fault" for finding in self.findings)

    @property
    def moved(self) -> list[str]:
        """The features that take part in a drift, the surest first; none before there is one.

        Whether anything has drifted is asked at `alpha`, which is a month's. In which features, once that is certain,
        at 5 % for all of them together: a window may be sure of one feature long before it is sure of the next.
        """
        if not self.alarmed:
            return []
        small = {one.feature for one in self.findings if one.level == "note"}
        small -= {one.feature for one in self.findings if one.level == "drift"}
        own = [one for one in self.statistics if one.feature != ALL]
        thresholds = _holm([one.p for one in own], max(self.alpha, _PART))
        found = [one.feature for one, threshold in zip(own, thresholds, strict=True) if one.p <= threshold]
        return [name for name in dict.fromkeys(found) if name not in small]

    def to_json(self) -> str:
        """The report as JSON, without NaN or Infinity."""
        document = {"alarmed": self.alarmed, "faulty": self.faulty} | asdict(self)
        return json.dumps(document, indent=1, allow_nan=False)


def judge(baseline: Profile, window: Profile, settings: DriftSettings) -> Report:
    """The window's report. Raises DriftError for an empty baseline, or profiles of two baselines or schemas.

    All tests of a window share its `alpha` by Holm's procedure (Scandinavian Journal of Statistics 6, 1979, 65-70): it
    bounds the chance of even one false finding, which is what starts a retraining, and asks nothing of how the
    features depend on each other. Benjamini-Hochberg bounds the false share of the findings instead, and needs them
    positively dependent. What is significant but below the settings' smallest change is a note and no alarm.
    """
    baseline.check(window)
    if not baseline.rows:
        raise DriftError("the baseline has no rows; make it from the data that the model was trained on")
    found = faults(baseline, window, settings)
    tests: list[Tested] = []
    if min(baseline.rows, window.rows) >= settings.least_rows:
        tests = tests_of(baseline, window, settings)
    thresholds = _holm([test.p for test in tests], settings.alpha)
    statistics = []
    for test, threshold in zip(tests, thresholds, strict=True):
        by_chance = test.comparison.psi_by_chance(threshold) if test.comparison else None
        statistics.append(
            Statistic(
                feature=test.feature,
                test=test.test,
                p=test.p,
                threshold=threshold,
                distances=test.distances,
                psi_by_chance=by_chance,
            )
        )
        if test.p <= threshold:
            kind = _kind(test, test.feature in baseline.outputs)
            text = test.text if test.large else f"{test.text}: significant, and too small to matter"
            found.append(
                Finding(kind=kind, level="drift" if test.large else "note", feature=test.feature, text=text, p=test.p)
            )
    statistics.sort(key=lambda one: (one.p, one.feature, one.test))
    found.sort(key=lambda one: one.order)
    sizes = baseline.rows, window.rows
    return Report(findings=tuple(found), statistics=tuple(statistics), rows=sizes, alpha=settings.alpha)


def _kind(test: Tested, output: bool) -> str:
    names = {"distribution": "prediction-drift" if output else "drift", "joint": "joint-drift"}
    return names.get(test.test, test.test)


def _holm(probabilities: list[float], alpha: float) -> list[float]:
    """The threshold of each p-value; it is at most that exactly where Holm rejects."""
    order = sorted(range(len(probabilities)), key=probabilities.__getitem__)
    thresholds, rejecting, threshold = [0.0] * len(order), True, 0.0
    for rank, at in enumerate(order):
        if rejecting:
            threshold = alpha / (len(order) - rank)
            rejecting = probabilities[at] <= threshold
        thresholds[at] = threshold
    return thresholds
