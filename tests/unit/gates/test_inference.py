"""Intervals and p-values: against scipy, against closed forms, and by how often they are right."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from model_code.gates import inference
from model_code.gates.metrics import Areas, area_interval


@pytest.mark.parametrize("freedom", range(1, 10))
@pytest.mark.parametrize("statistic", [0.0, 0.3, 2.0, 11.0, 60.0])
def test_chi_square_tails_are_scipys(statistic: float, freedom: int) -> None:
    assert inference.chi_square_tail(statistic, freedom) == pytest.approx(stats.chi2.sf(statistic, freedom), rel=1e-9)


@pytest.mark.parametrize(("gained", "lost"), [(0, 0), (1, 0), (7, 7), (3, 11), (40, 12), (900, 1100)])
def test_mcnemars_test_is_the_exact_binomial_one(gained: int, lost: int) -> None:
    exact = stats.binomtest(gained, gained + lost).pvalue if gained + lost else 1.0
    assert inference.mcnemar(gained, lost) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("distance", [0.02, 0.1, 0.2, 0.5])
def test_kolmogorovs_tail_is_near_scipys_exact_one_and_never_far_below(distance: float) -> None:
    ours = inference.kolmogorov_tail(distance, 200, 300)
    assert ours == pytest.approx(stats.kstwo.sf(distance, 120), rel=0.1, abs=1e-12)


@pytest.mark.parametrize(("count", "rows"), [(0, 10), (10, 10), (3, 17), (140, 142)])
def test_wilsons_interval_is_scipys(count: int, rows: int) -> None:
    exact = stats.binomtest(count, rows).proportion_ci(method="wilson")
    ours = inference.proportion(count, rows)
    assert (ours.low, ours.high) == pytest.approx((exact.low, exact.high), abs=1e-9)


@pytest.mark.parametrize("rows", [5, 142, 10_000])
def test_tangos_interval_of_equal_answers_is_its_closed_form(rows: int) -> None:
    """Solving his statistic with no discordant pair gives z² / (n + z²); a bootstrap would say exactly 0."""
    z = inference.z_of(0.95)
    ours = inference.paired_difference(0, 0, rows)
    assert (ours.low, ours.high) == pytest.approx((-z * z / (rows + z * z), z * z / (rows + z * z)), abs=1e-9)


@pytest.mark.parametrize(("gained", "lost", "rows"), [(0, 4, 50), (3, 9, 142), (60, 40, 1000), (142, 0, 142)])
def test_tangos_interval_holds_the_value_and_turns_round_with_the_models(gained: int, lost: int, rows: int) -> None:
    ours, turned = inference.paired_difference(gained, lost, rows), inference.paired_difference(lost, gained, rows)
    assert ours.low <= ours.value <= ours.high
    assert (ours.low, ours.high) == pytest.approx((-turned.high, -turned.low), abs=1e-9)


def test_95_percent_intervals_of_paired_differences_hold_the_truth_about_95_times_in_100() -> None:
    random = np.random.default_rng(11)
    draws = random.multinomial(142, [0.05, 0.02, 0.93], size=1500)
    found = [inference.paired_difference(int(gained), int(lost), 142) for gained, lost, _ in draws]
    assert 0.93 < np.mean([one.low <= 0.03 <= one.high for one in found]) < 0.97


def test_differences_and_ratios_of_groups_hold_the_truth_about_95_times_in_100() -> None:
    random = np.random.default_rng(12)
    one, other = random.binomial(60, 0.3, size=1000), random.binomial(90, 0.5, size=1000)
    held = [0, 0]
    for a, b in zip(one.tolist(), other.tolist(), strict=True):
        gap = inference.difference(inference.proportion(a, 60), inference.proportion(b, 90))
        times = inference.ratio((a, 60), (b, 90))
        held[0] += gap.low <= -0.2 <= gap.high
        held[1] += times.low <= 0.6 <= times.high
    assert all(930 < count < 975 for count in held)


def test_a_ratio_of_nothing_to_nothing_is_a_number() -> None:
    assert math.isfinite(inference.ratio((0, 40), (0, 50)).high)


def test_intervals_of_areas_hold_the_truth_and_have_a_width_at_1() -> None:
    random = np.random.default_rng(13)
    truth = 0.5 * math.erfc(-1.5 / 2)  # of two normals 1.5 apart
    labels = np.repeat([0, 1], [50, 90])
    held = 0
    for _ in range(400):
        scores = random.normal(labels * 1.5)
        area = Areas(np.column_stack([-scores, scores]), labels).of(np.ones(140, dtype=np.int64))[0]
        interval = area_interval(float(area), 90, 140)
        held += interval.low <= truth <= interval.high
    assert 370 < held < 395
    assert area_interval(1.0, 90, 140).low < 0.99


def test_a_bootstrap_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    values = np.random.default_rng(1).normal(size=50)

    def mean(counts: NDArray[np.int64]) -> inference.Floats:
        return np.asarray(counts @ values / 50)

    first, again, other = (inference.bootstrap(mean, 50, seed, 300) for seed in (5, 5, 6))
    assert first.tolist() == again.tolist() != other.tolist()
    assert first.std() == pytest.approx(values.std() / math.sqrt(50), rel=0.15)
