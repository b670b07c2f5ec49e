"""Intervals that are looked at after every value."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import sequential as bench
from model_code.errors import UnusableError
from model_code.sequential.document import dumps, loads
from model_code.sequential.interval import Sequence
from model_code.sequential.moments import Moments

VALUES = st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=1, max_size=40)
NINETY_FIVE = Sequence(alpha=0.05, planned=2_000)


def drawn(seed: int, units: int, *, effect: float = 0.0, correlation: float = 0.0) -> Moments:
    random = np.random.default_rng(seed)
    covariate = random.normal(size=units)
    rest = math.sqrt(1 - correlation**2) * random.normal(size=units)
    return Moments().add((correlation * covariate + rest + effect).tolist(), covariate.tolist())


@pytest.mark.parametrize("metric", bench.METRICS)
def test_sequences_miss_the_truth_in_fewer_than_one_run_of_twenty_over_all_looks(metric: str) -> None:
    missed, ratio = bench.intervals(metric, 1_000, 600, seed=11)
    assert 0 < missed < 0.05
    assert 1.5 < ratio < 1.65


@pytest.mark.parametrize("correlation", [0.5, 0.9])
def test_a_covariate_narrows_the_interval_by_what_it_explains(correlation: float) -> None:
    arms = [drawn(seed, 4_000, correlation=correlation) for seed in (1, 2)]
    plain = [Moments(count=arm.count, mean=arm.mean, square=arm.square, cube=arm.cube) for arm in arms]
    ratio = NINETY_FIVE.difference(*arms).width / NINETY_FIVE.difference(*plain).width
    assert ratio == pytest.approx(math.sqrt(1 - correlation**2), rel=0.02)


def test_a_covariate_that_differs_by_chance_is_taken_out_of_the_estimate() -> None:
    covariates = [float(number % 7) for number in range(700)]
    noise = [1.0 if number // 7 % 2 else -1.0 for number in range(700)]
    one = Moments().add([2 * x + e for x, e in zip(covariates, noise, strict=True)], covariates)
    shifted = [x + 1 for x in covariates]
    other = Moments().add([2 * x + e for x, e in zip(shifted, noise, strict=True)], shifted)
    assert one.mean - other.mean == pytest.approx(-2)
    assert NINETY_FIVE.difference(one, other).estimate == pytest.approx(0, abs=1e-9)


def test_an_effect_is_found_and_has_its_sign() -> None:
    one, other = drawn(3, 3_000, effect=0.3), drawn(4, 3_000)
    found = NINETY_FIVE.difference(one, other)
    assert found.low > 0
    assert 0.3 in found
    swapped = NINETY_FIVE.difference(other, one)
    assert (swapped.low, swapped.high) == pytest.approx((-found.high, -found.low))


def test_the_interval_of_one_mean_holds_the_mean() -> None:
    found = NINETY_FIVE.mean(drawn(5, 2_000, effect=7.0))
    assert 7.0 in found
    assert found.width == pytest.approx(2 * NINETY_FIVE.errors(2_000) / math.sqrt(2_000), rel=0.05)


@pytest.mark.parametrize("alpha", [0.2, 0.05, 0.01])
def test_the_interval_is_tightest_at_the_planned_sample(alpha: float) -> None:
    made = Sequence(alpha=alpha, planned=1_000)
    reach = {seen: made.errors(seen) for seen in range(500, 2_000, 50)}
    assert made.errors(1_000) < 1.005 * min(reach.values())
    normal = statistics.NormalDist().inv_cdf(1 - alpha / 2)
    assert normal < made.errors(1_000) < 2 * normal


def test_too_few_values_say_nothing() -> None:
    few, many = drawn(6, 99), drawn(7, 5_000)
    assert math.isinf(NINETY_FIVE.difference(few, many).width)
    assert math.isfinite(NINETY_FIVE.difference(drawn(6, 100), many).width)


def test_values_that_are_all_alike_say_nothing_of_a_mean() -> None:
    assert math.isinf(NINETY_FIVE.mean(Moments().add([3.0] * 500)).width)


def test_a_rate_without_a_hit_still_has_an_interval_that_is_not_a_point() -> None:
    rate = Sequence(alpha=0.05, planned=2_000, rate=True)
    found = rate.mean(Moments().add([0.0] * 500))
    assert 0.005 in found
    assert math.isfinite(found.width)


def test_lopsided_values_wait_for_a_larger_sample() -> None:
    rare = Moments().add([100.0 if number % 100 == 0 else 0.0 for number in range(1_000)])
    assert rare.skewness == pytest.approx(9.85, rel=0.01)
    assert math.isinf(NINETY_FIVE.mean(rare).width)
    often = Moments().add([100.0 if number % 100 == 0 else 0.0 for number in range(5_000)])
    assert math.isfinite(NINETY_FIVE.mean(often).width)


@given(VALUES)
@settings(max_examples=50, deadline=None, derandomize=True)
def test_the_moments_are_those_of_the_values(pairs: list[tuple[float, float]]) -> None:
    values, covariates = ([pair[side] for pair in pairs] for side in (0, 1))
    found = Moments().add(values, covariates)
    x, z = np.array(values), np.array(covariates)
    off, off_z = x - x.mean(), z - z.mean()
    assert found.count == len(pairs)
    assert (found.mean, found.covariate_mean) == pytest.approx((x.mean(), z.mean()), abs=1e-7)
    assert found.square == pytest.approx(off @ off, rel=1e-7, abs=1e-4)
    assert found.covariate_square == pytest.approx(off_z @ off_z, rel=1e-7, abs=1e-4)
    assert found.product == pytest.approx(off @ off_z, rel=1e-7, abs=1e-3)
    assert found.cube == pytest.approx((off**3).sum(), rel=1e-6, abs=10)


@given(VALUES, st.integers(1, 12))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_one_by_one_and_merged_batches_are_the_same(pairs: list[tuple[float, float]], size: int) -> None:
    single = merged = Moments()
    for value, covariate in pairs:
        single = single.add([value], [covariate])
    for begin in range(0, len(pairs), size):
        batch = pairs[begin : begin + size]
        merged = merged.merge(Moments().add([v for v, _ in batch], [c for _, c in batch]))
    for name, scale in [("mean", 1e3), ("square", 1e6), ("cube", 1e9), ("product", 1e6), ("covariate_square", 1e6)]:
        assert getattr(single, name) == pytest.approx(getattr(merged, name), rel=1e-8, abs=1e-8 * scale * len(pairs))


def test_a_state_survives_json() -> None:
    state = drawn(8, 50)
    assert loads(Moments, dumps(state)) == state


@pytest.mark.parametrize("value", [math.nan, math.inf, None, "1", True])
def test_a_value_that_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(UnusableError, match="value: got"):
        Moments().add([1.0, value])
    with pytest.raises(UnusableError, match="covariate: got"):
        Moments().add([1.0], [value])


def test_covariates_must_be_as_many_as_values() -> None:
    with pytest.raises(UnusableError, match="got 1 for 2 values"):
        Moments().add([1.0, 2.0], [1.0])


def test_moments_that_cannot_be_are_refused() -> None:
    with pytest.raises(UnusableError, match="sums of squares"):
        Moments(count=3, square=-1.0)


@pytest.mark.parametrize(("alpha", "planned", "minimum"), [(0.0, 10, 100), (0.05, 0, 100), (0.05, 10, 1)])
def test_a_sequence_that_promises_nothing_is_refused(alpha: float, planned: int, minimum: int) -> None:
    with pytest.raises(UnusableError, match="allowed"):
        Sequence(alpha=alpha, planned=planned, minimum=minimum)
