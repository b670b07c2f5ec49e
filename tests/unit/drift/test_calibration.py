"""What is stated is kept: false alarms over streams without drift, and shifts seen in streams with one."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.drift import delay, null_streams, shifted_streams
from model_code.contract import Feature
from model_code.drift.compare import compare
from model_code.drift.joint import UNIT, Embedding
from model_code.drift.joint import compare as compare_jointly
from model_code.drift.numeric import NumericSketch
from model_code.drift.settings import DriftSettings

X = Feature(name="x")


@pytest.mark.parametrize(("rows", "baseline"), [(100, 1_000), (1_000, 300)])
def test_false_alarms_are_near_the_stated_rate_and_not_above_it(rows: int, baseline: int) -> None:
    settings = DriftSettings(false_alarms_per_month=3, windows_per_month=30)  # one window in ten
    streams = null_streams(200, rows=rows, baseline=baseline, settings=settings, seed=11)
    assert 0.02 < streams.alarms / streams.windows < 0.1 + 3 * (0.1 * 0.9 / 200) ** 0.5


def test_a_shift_of_half_a_standard_deviation_is_seen_at_once() -> None:
    settings = DriftSettings(false_alarms_per_month=0.1, windows_per_month=30)
    streams = shifted_streams(30, rows=400, baseline=3_000, settings=settings, seed=12)
    assert streams.alarms == streams.windows


def test_a_small_shift_is_found_sooner_than_by_a_fixed_threshold_of_psi() -> None:
    settings = DriftSettings(false_alarms_per_month=1, windows_per_month=30)
    found = [delay(0.3, rows=200, baseline=3_000, settings=settings, seed=seed) for seed in range(10)]
    ours, fixed = ([each[at] for each in found] for at in (0, 1))
    assert float(np.median(ours)) <= 2
    assert float(np.median(fixed)) > float(np.median(ours))


@pytest.mark.parametrize(("n", "m"), [(100, 100), (2_000, 200), (200, 2_000)])
def test_psi_and_p_value_without_drift_are_beyond_their_thresholds_as_often_as_stated(n: int, m: int) -> None:
    random = np.random.default_rng(13)
    above, wrong, runs = 0, 0, 400
    for _ in range(runs):
        baseline = NumericSketch.of(X, random.standard_normal(n))
        found = compare(baseline, baseline.empty().add(random.standard_normal(m)))
        above += found.distances["psi"] > found.psi_by_chance(0.05)
        wrong += found.p < 0.1
    assert 0.02 < above / runs < 0.085
    assert 0.04 < wrong / runs < 0.14


def test_the_joint_test_is_wrong_as_often_as_stated() -> None:
    random = np.random.default_rng(14)
    empty = Embedding.of(4, seed=0)

    def sample(rows: int) -> Embedding:
        mixed = random.standard_normal((rows, 4)) @ np.array([[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1]])
        units = np.rint(np.clip(mixed, -4, 4) * UNIT).astype(np.float32)
        return empty.add(rows, lambda at: units[at])

    tests = [test for _ in range(400) if (test := compare_jointly(sample(1_000), sample(300))) is not None]
    wrong = sum(test.p < 0.05 for test in tests)
    assert float(np.mean([test.distance for test in tests])) < 0.02  # what chance alone gives, 0.043, is taken off
    assert 0.025 < wrong / 400 < 0.085


def test_distances_are_those_of_the_textbook() -> None:
    random = np.random.default_rng(15)
    baseline = NumericSketch.of(X, random.standard_normal(100_000))
    moved = compare(baseline, baseline.empty().add(random.standard_normal(100_000) + 0.5))
    assert moved.distances["wasserstein"] == pytest.approx(0.5, abs=0.02)
    assert moved.distances["ks"] == pytest.approx(0.1974, abs=0.01)  # 2 * Phi(0.25) - 1
    assert moved.distances["psi"] == pytest.approx(0.25, abs=0.02)  # the square of the shift


def test_few_rows_make_few_bins() -> None:
    baseline = NumericSketch.of(X, np.arange(1_000.0))
    assert [compare(baseline, baseline.empty().add(np.arange(rows))).degrees for rows in (1, 30, 70, 500)] == [
        0,
        2,
        6,
        9,
    ]


def test_a_baseline_of_nearly_one_value_has_a_finite_wasserstein_distance() -> None:
    baseline = NumericSketch.of(X, [0.0] * 950 + [2.0] * 50)
    found = compare(baseline, baseline.empty().add([0.0] * 800 + [2.0] * 200))
    assert found.distances["wasserstein"] == pytest.approx(0.15)  # 0.15 of the rows moved by the whole range


@pytest.mark.parametrize("columns", [1, 2, 3, 4, 5, 20, 200])
def test_every_column_is_in_some_random_feature_and_none_holds_more_than_four(columns: int) -> None:
    used = Embedding.of(columns, seed=1).weights != 0
    assert (used.sum(axis=0) == min(columns, 4)).all()
    assert used.any(axis=1).all()


@pytest.mark.parametrize("seed", range(5))
def test_every_pair_of_twenty_columns_is_in_some_random_feature(seed: int) -> None:
    used = (Embedding.of(20, seed).weights != 0).astype(int)
    assert (used @ used.T > 0).mean() > 0.99


@pytest.mark.parametrize("seed", range(3))
def test_one_pair_of_twenty_columns_whose_dependence_turned_round_is_seen(seed: int) -> None:
    random = np.random.default_rng(16)
    empty = Embedding.of(20, seed)

    def sample(rows: int, slope: float) -> Embedding:
        values = random.standard_normal((rows, 20))
        values[:, 1] = slope * values[:, 0] + (1 - slope**2) ** 0.5 * values[:, 1]
        units = np.rint(np.clip(values, -4, 4) * UNIT).astype(np.float32)
        return empty.add(rows, lambda at: units[at])

    found = compare_jointly(sample(10_000, 0.7), sample(4_000, -0.7))
    assert found is not None
    assert found.p < 1e-6
    assert found.distance > DriftSettings().smallest_joint
