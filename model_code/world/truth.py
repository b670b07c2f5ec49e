"""What is true of a synthetic world: what an estimator's findings are compared with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from model_code.world.chance import Floats
from model_code.world.columns import cuts, log_odds, off_scale, sigmoid
from model_code.world.features import FEATURES, OTHERS, PROTECTED, Choice, Quantity
from model_code.world.knobs import CONTROL, Drift, Knobs
from model_code.world.reference import Reference

MARGIN = 0.06
"""Of an approved amount that is paid back."""
LOSS = 0.54
"""Of an approved amount that is not."""
APPROVE_BELOW = MARGIN / (MARGIN + LOSS)
"""The score up to which approving earns more than it costs: where p * LOSS = (1 - p) * MARGIN."""

_GRID = np.linspace(-12, 12, 961)  # between two points, a distance moves by less than 0.0001


@dataclass(frozen=True, kw_only=True)
class FeatureTruth:
    """How far a feature is from day 0."""

    since: int
    """First day of its present, unbroken drift."""
    distance: float
    """Among the rows that have a value: Kolmogorov-Smirnov's for a quantity, total variation's for a choice."""
    missing: float
    """Share of rows that lack it."""
    new: float
    """Share of rows with a name that day 0 did not have."""
    follows: str
    correlation: float


@dataclass(frozen=True, kw_only=True)
class GroupTruth:
    """How a group fares; approved means a score below APPROVE_BELOW."""

    share: float
    base_rate: float
    """Of truly bad outcomes."""
    recorded_rate: float
    """Of outcomes recorded as bad."""
    approved: float
    good_approved: float
    """Of those whose outcome is truly good; equal opportunity is this being equal."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    """What is true on a day, before chance: about 0.001 exact. Accuracy and AUC are against true outcomes."""

    base_rate: float
    accuracy: float
    """Of the best possible model of that day, calling bad what is more likely bad than good."""
    auc: float
    score_accuracy: float
    """Of the reference score, which is day 0's best: the difference to `accuracy` is what retraining can win."""
    score_auc: float
    revenue: float
    """EUR per decision, by approving a score below APPROVE_BELOW, in no experiment."""
    groups: Mapping[str, GroupTruth]

    def __str__(self) -> str:
        rates = f"base rate {self.base_rate:.3f}, best AUC {self.auc:.3f}, AUC of day 0's model {self.score_auc:.3f}"
        return f"synthetic truth: {rates}, {self.revenue:.2f} EUR per decision"


class Truth:
    """Every true figure of a world, by day. A figure of one day costs about a tenth of a second, once."""

    def __init__(self, knobs: Knobs, reference: Reference) -> None:
        self.knobs = knobs
        self._reference = reference
        self._moments: dict[int, Moment] = {}

    def on(self, day: int) -> Moment:
        """What is true on that day. `on(0)` is before every drift."""
        since = self.knobs.since(day)
        if since not in self._moments:
            self._moments[since] = self._moment(since)
        return self._moments[since]

    def drifted(self, day: int) -> Mapping[str, FeatureTruth]:
        """The features that differ on that day from day 0."""
        return {f.name: truth for f in FEATURES if (truth := self._feature(f, day)) is not None}

    def concept_since(self, day: int) -> int | None:
        """The day on which what holds on that day began, or None while the concept is day 0's."""
        concept = self.knobs.concept_on(day)
        return None if concept is None else concept.from_day

    def effect(self, arm: str) -> float:
        """EUR per decision that the arm adds, compared with the control arm."""
        return 0.0 if arm == CONTROL else self.knobs.effects[arm]

    def __str__(self) -> str:
        return f"{self.on(0)} (day 0)"

    def _moment(self, day: int) -> Moment:
        seen, reference, wrong = self._reference.seen(day), self._reference, self.knobs.unfairness_on(day)
        concept = self.knobs.concept_on(day)
        bad = sigmoid(log_odds(seen, concept) + reference.intercept(day))
        score = sigmoid(log_odds(seen, None) + reference.intercept(0) + wrong.scores * reference.protected)
        approved = score < APPROVE_BELOW
        amount = np.nan_to_num(np.asarray(seen["amount"], dtype=np.float64))
        recorded = bad + (1 - bad) * wrong.labels * reference.protected
        groups = {
            name: GroupTruth(
                share=float(rows.mean()),
                base_rate=float(bad[rows].mean()),
                recorded_rate=float(recorded[rows].mean()),
                approved=float(approved[rows].mean()),
                good_approved=float(np.average(approved[rows], weights=1 - bad[rows])),
            )
            for name, rows in ((OTHERS, ~reference.protected), (PROTECTED, reference.protected))
        }
        return Moment(
            base_rate=float(bad.mean()),
            accuracy=_accuracy(bad, bad),
            auc=_auc(bad, bad),
            score_accuracy=_accuracy(score, bad),
            score_auc=_auc(score, bad),
            revenue=float((approved * amount * (MARGIN * (1 - bad) - LOSS * bad)).mean()),
            groups=groups,
        )

    def _feature(self, feature: Quantity | Choice, day: int) -> FeatureTruth | None:
        past = sorted((d for d in self.knobs.drifts if d.feature == feature.name and d.from_day <= day), key=_from_day)
        unbroken = list(takewhile(lambda drift: drift.changes, reversed(past)))
        if not unbroken:
            return None
        drift = unbroken[0]
        lacking = feature.missing if drift.missing is None else drift.missing
        return FeatureTruth(
            since=unbroken[-1].from_day,
            distance=_distance(feature, drift, self.knobs),
            missing=lacking,
            new=drift.share * (1 - lacking),
            follows=drift.follows,
            correlation=drift.correlation,
        )


def _from_day(drift: Drift) -> int:
    return drift.from_day


def _distance(feature: Quantity | Choice, drift: Drift, knobs: Knobs) -> float:
    """Between the distributions of day 0 and of the drift, from their formulas and no sample."""
    if isinstance(feature, Choice):
        points = cuts(feature)
    elif feature.whole:
        points = off_scale(feature, np.arange(*feature.whole, dtype=np.float64) + 0.5)
    else:
        points = _GRID
    before, after = np.zeros(len(points)), np.zeros(len(points))
    for weight, proxy in ((1 - knobs.protected_share, 0.0), (knobs.protected_share, -knobs.proxy)):
        centre = proxy if feature.name == "income" else 0.0
        before += weight * _normal(points - centre)
        if drift.follows:
            other = proxy if drift.follows == "income" else 0.0
            centre = drift.correlation * other + (1 - drift.correlation**2) ** 0.5 * centre
        after += weight * _normal((points - drift.shift) / drift.scale - centre)
    if isinstance(feature, Quantity):
        return float(np.abs(after - before).max())
    shares = [np.diff(each, prepend=0.0, append=1.0) for each in (before, after)]
    return float(np.abs((1 - drift.share) * shares[1] - shares[0]).sum() + drift.share) / 2


def _normal(points: Floats) -> Floats:
    return np.array([0.5 * (1 + math.erf(point / math.sqrt(2))) for point in points.tolist()])


def _accuracy(score: Floats, bad: Floats) -> float:
    return float(np.where(score >= 0.5, bad, 1 - bad).mean())


def _auc(score: Floats, bad: Floats) -> float:
    """The chance that a bad one scores above a good one, in expectation over outcomes; ties come in random order.

    Hanley, McNeil (1982), Radiology 143(1): the AUC is the Mann-Whitney statistic; here each row counts as bad with
    its probability and as good with the rest.
    """
    bad = bad[np.argsort(score, kind="stable")]
    good_below = np.cumsum(1 - bad) - (1 - bad) / 2
    return float((bad * good_below).sum() / (bad.sum() * (1 - bad).sum()))
