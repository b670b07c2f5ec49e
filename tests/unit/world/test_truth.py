"""What plain estimators find in the synthetic world's inputs and odds is its truth, over twenty seeds."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from model_code.world.features import FEATURES, WEIGHTS, Choice
from model_code.world.knobs import ConceptDrift, Drift, Knobs
from model_code.world.world import World
from tests.unit.world import estimators
from tests.unit.world.estimators import agree, z
from tests.unit.world.sample import BEFORE, CHANGED, DRIFTED, EPOCHS, KNOBS, SEEDS, Seen, seen, world

STEADY = ("account_months", "recent_transactions")


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_a_features_distance_is_found_and_what_did_not_drift_stays_at_noise(feature: object) -> None:
    name = getattr(feature, "name", "")
    truth = world(SEEDS[0]).truth.drifted(DRIFTED[0])
    assert (name in truth) == (name not in STEADY)
    distance = truth[name].distance if name in truth else 0.0
    for seed in SEEDS:
        before, after = (seen(seed, days).columns[name] for days in (BEFORE, DRIFTED))
        if isinstance(feature, Choice):
            found = estimators.total_variation(before[before != ""], after[after != ""])
        else:
            found = estimators.kolmogorov_smirnov(before, after)
        # Two samples of 4,000: Kolmogorov's 0.01 % point is 2.23 * (2 / 4,000)^0.5 = 0.05.
        assert abs(found - distance) < 0.05


def test_missing_values_new_categories_and_their_days_are_as_stated() -> None:
    for name, missing, new in (("income", 0.15, 0.0), ("channel", 0.05, 0.095), ("purpose", 0.0, 0.0)):
        truths = [world(seed).truth.drifted(9)[name] for seed in SEEDS]
        assert {(t.since, t.missing, round(t.new, 9)) for t in truths} == {(4, missing, new)}
    lacking = [np.isnan(np.asarray(seen(s, DRIFTED).columns["income"], dtype=np.float64)) for s in SEEDS]
    agree(z(rows.mean(), 0.15, (0.15 * 0.85 / len(rows)) ** 0.5) for rows in lacking)
    for value, share in (("", 0.05), ("kiosk", 0.095)):
        rows = [seen(seed, DRIFTED).columns["channel"] == value for seed in SEEDS]
        agree(z(each.mean(), share, (share * (1 - share) / len(each)) ** 0.5) for each in rows)
    assert not any((seen(seed, BEFORE).columns["channel"] == "kiosk").any() for seed in SEEDS)


def test_a_joint_drift_is_found_in_the_correlation_and_not_in_either_feature() -> None:
    truth = world(SEEDS[0]).truth.drifted(4)["utilisation"]
    assert (truth.distance, truth.follows, truth.correlation) == (0.0, "amount", 0.5)
    for days, rho in ((BEFORE, 0.0), (DRIFTED, 0.5)):
        pairs = [[estimators.ranks(seen(s, days).columns[name]) for name in ("amount", "utilisation")] for s in SEEDS]
        # Of two normal values, Spearman's correlation is 6 / pi * asin(rho / 2): Pearson (1907).
        expected = 6 / np.pi * np.arcsin(rho / 2)
        for pair in pairs:
            assert abs(np.atleast_2d(np.corrcoef(pair))[0, 1] - expected) < 0.07


@EPOCHS
def test_the_base_rate_is_found(days: range) -> None:
    scores = []
    for seed in SEEDS:
        truth = world(seed).truth.on(days[0]).base_rate
        scores.append(z(seen(seed, days).bad.mean(), truth, (truth * (1 - truth) / len(seen(seed, days).bad)) ** 0.5))
    agree(scores)


def test_the_base_rate_is_the_one_asked_for() -> None:
    for rate in (0.003, 0.3, 0.9):
        later = ConceptDrift(from_day=3, weights={"age": 1.0}, base_rate=1 - rate)
        truth = World(1_000, Knobs(base_rate=rate, concept=(later,))).truth
        assert truth.on(0).base_rate == pytest.approx(rate, abs=1e-6)
        assert truth.on(3).base_rate == pytest.approx(1 - rate, abs=1e-6)
        assert (truth.concept_since(2), truth.concept_since(9)) == (None, 3)


@EPOCHS
def test_the_best_and_the_stale_models_auc_are_found(days: range) -> None:
    best: list[float] = []
    stale: list[float] = []
    for seed in SEEDS:
        truth, sample = world(seed).truth.on(days[0]), seen(seed, days)
        bad = int(sample.bad.sum())
        for area, score, found in ((truth.auc, sample.best, best), (truth.score_auc, sample.score, stale)):
            error = estimators.auc_error(area, bad, len(sample.bad) - bad)
            found.append(z(estimators.auc(score, sample.bad), area, error))
    # Hanley and McNeil's error is of exponential scores, so it is near and not exact here.
    for scores in (best, stale):
        assert abs(float(np.mean(scores))) * 20**0.5 < 4
        assert max(map(abs, scores)) < 4.5


@EPOCHS
def test_accuracy_is_found(days: range) -> None:
    scores = []
    for seed in SEEDS:
        truth, sample = world(seed).truth.on(days[0]).accuracy, seen(seed, days)
        right = (sample.best >= 0.5) == sample.bad
        scores.append(z(right.mean(), truth, (truth * (1 - truth) / len(right)) ** 0.5))
    agree(scores)


def design(sample: Seen) -> NDArray[np.float64]:
    """What an analyst would make of the columns, by hand: logarithms, odds, and one column for each weighed name."""
    column = sample.columns
    number = {f.name: np.asarray(column[f.name], np.float64) for f in FEATURES if not isinstance(f, Choice)}
    made = [
        (np.log(number["amount"]) - 5.0) / 0.8,
        (np.log(number["income"]) - 10.4) / 0.5,
        np.log(number["utilisation"] / (1 - number["utilisation"])) + 0.8,
        (number["age"] - 45) / 13,
        (np.log(number["account_months"]) - 3.6) / 0.9,
        (np.log(number["recent_transactions"]) - 2.5) / 0.6,
        *(column["channel"] == name for name in ("branch", "partner")),
        *(column["purpose"] == name for name in ("travel", "services", "gaming")),
        column["channel"] == "kiosk",
    ]
    return np.nan_to_num(np.column_stack(made).astype(np.float64), nan=0.0)


WEIGHED = (
    *("amount", "income", "utilisation", "age", "account_months", "recent_transactions"),
    *("channel=branch", "channel=partner", "purpose=travel", "purpose=services", "purpose=gaming"),
)
# Nobody comes by the new channel before there is one.
REGRESSORS = {BEFORE: WEIGHED, CHANGED: (*WEIGHED, "channel=kiosk")}


@cache
def fitted(seed: int, days: range) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    sample = seen(seed, days)
    return estimators.logistic(design(sample)[:, : len(REGRESSORS[days])], sample.bad)


@pytest.mark.parametrize("days", [BEFORE, CHANGED], ids=["before", "changed"])
def test_a_logistic_regression_finds_the_weights_and_the_changed_ones_after_concept_drift(days: range) -> None:
    concept = KNOBS.concept_on(days[0])
    truth = {**WEIGHTS, "channel=kiosk": 0.0, **(concept.weights if concept else {})}
    found: dict[str, list[float]] = {name: [] for name in REGRESSORS[days]}
    for seed in SEEDS:
        beta, error = fitted(seed, days)
        for name, value, deviation in zip(found, beta[1:].tolist(), error[1:].tolist(), strict=True):
            found[name].append(z(value, truth[name], deviation))
    for scores in found.values():
        agree(scores)


def test_a_model_trained_on_other_days_comes_near_the_best_auc_and_not_above_it() -> None:
    short = []
    for seed in SEEDS:
        learnt, _ = fitted(seed, CHANGED)
        fresh = seen(seed, range(12, 16))
        area = estimators.auc(design(fresh) @ learnt[1:], fresh.bad)
        short.append(estimators.auc(fresh.best, fresh.bad) - area)
        truth = world(seed).truth.on(12)
        assert truth.auc - truth.score_auc > 0.1, "day 0's model has fallen behind"
    assert 0 < float(np.mean(short)) < 0.02


def test_a_drift_ends_when_its_feature_is_put_back_and_an_unbroken_one_keeps_its_first_day() -> None:
    drifts = (
        Drift(feature="age", from_day=2, shift=1),
        Drift(feature="age", from_day=5, shift=2),
        Drift(feature="age", from_day=9),
    )
    truth = World(1_000, Knobs(drifts=drifts)).truth
    assert [truth.drifted(day)["age"].since if truth.drifted(day) else None for day in (1, 2, 6, 9)] == [
        None,
        2,
        2,
        None,
    ]
    assert truth.on(9) == truth.on(0), "a world put back is the world before"
