"""Tail probabilities against scipy's."""

from __future__ import annotations

import importlib
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_code.drift.tails import chi_square, chi_square_above, kolmogorov, same_rate

special = importlib.import_module("scipy.special")
stats = importlib.import_module("scipy.stats")


@settings(deadline=None, max_examples=200, derandomize=True)
@given(st.floats(1e-3, 1_000), st.integers(1, 250))
def test_a_chi_square_tail_is_scipys(value: float, degrees: int) -> None:
    wanted = float(special.chdtrc(degrees, value))
    assert chi_square(value, degrees) == pytest.approx(max(wanted, 1e-300), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_no_distance_at_all_is_certain(value: float) -> None:
    assert chi_square(value, 3) == 1.0


def test_a_distance_beyond_every_float_is_tiny_and_no_error() -> None:
    assert chi_square(1e9, 5) == pytest.approx(1e-300)


@pytest.mark.parametrize("probability", [0.5, 1e-2, 1e-6, 1e-12])
@pytest.mark.parametrize("degrees", [1, 9, 200])
def test_the_value_of_a_probability_is_its_inverse(probability: float, degrees: int) -> None:
    assert chi_square_above(probability, degrees) == pytest.approx(special.chdtri(degrees, probability), rel=1e-7)


@pytest.mark.parametrize("distance", [0.02, 0.05, 0.08, 0.2])
def test_the_kolmogorov_tail_is_near_the_exact_one(distance: float) -> None:
    exact = float(stats.kstwo.sf(distance, 500))  # two samples of 1,000 are as one of 500
    assert kolmogorov(distance, 1_000, 1_000) == pytest.approx(exact, rel=0.15)


def test_the_kolmogorov_tail_of_few_rows_is_not_the_limits() -> None:
    # The argument is (sqrt(5) + 0.12 + 0.11 / sqrt(5)) * 0.5 = 1.2026: Stephens' correction is 7 % of it.
    assert kolmogorov(0.5, 10, 10) == pytest.approx(float(special.kolmogorov(1.2026)), rel=1e-3)


@settings(deadline=None, max_examples=100, derandomize=True)
@given(st.integers(1, 300), st.integers(1, 300), st.data())
def test_two_rates_are_compared_as_fishers_test_does(of: int, of_other: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, of))
    other_hits = data.draw(st.integers(0, min(of_other, 40)))
    sides = [
        float(stats.fisher_exact([[hits, of - hits], [other_hits, of_other - other_hits]], alternative=side)[1])
        for side in ("less", "greater")
    ]
    p = same_rate(hits, of, other_hits, of_other)
    total, all_hits = of + of_other, hits + other_hits
    if min(of, of_other) * min(all_hits, total - all_hits) / total < 50:
        assert p == pytest.approx(min(1.0, 2 * min(sides)), rel=1e-6, abs=1e-300)


def test_two_rates_of_many_rows_are_compared_by_a_chi_square() -> None:
    table = [[400, 9_600], [300, 9_700]]
    wanted = float(stats.chi2_contingency(table, correction=False)[1])
    assert same_rate(400, 10_000, 300, 10_000) == pytest.approx(wanted)


@pytest.mark.parametrize("counts", [(0, 0, 3, 10), (0, 10, 0, 10), (10, 10, 20, 20)])
def test_rates_that_cannot_differ_do_not(counts: tuple[int, int, int, int]) -> None:
    assert same_rate(*counts) == 1.0


def test_rates_as_far_apart_as_can_be_are_tiny_and_finite() -> None:
    assert 0 < same_rate(1_000_000, 1_000_000, 0, 1_000_000) < 1e-200
    assert math.isfinite(same_rate(20, 20, 0, 1_000_000))
