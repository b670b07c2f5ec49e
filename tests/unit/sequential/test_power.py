"""Samples that a difference needs."""

from __future__ import annotations

import numpy as np
import pytest

from model_code.errors import UnusableError
from model_code.sequential.power import per_arm_at_any_time, per_arm_of_means, per_arm_of_rates, still_needed


def test_half_a_percent_to_two_percent_takes_1426_requests_an_arm() -> None:
    assert per_arm_of_rates(0.005, 0.02, alpha=0.01, power=0.9) == 1_426


def test_a_tenth_of_a_deviation_takes_1570_values_an_arm() -> None:
    assert per_arm_of_means(1.0, 0.1, alpha=0.05, power=0.8) == 1_570


def test_the_direction_of_a_difference_does_not_matter() -> None:
    assert per_arm_of_means(2.0, -0.1, alpha=0.05, power=0.9) == per_arm_of_means(2.0, 0.1, alpha=0.05, power=0.9)


def test_the_sample_for_rates_has_the_stated_power() -> None:
    units = per_arm_of_rates(0.05, 0.1, alpha=0.01, power=0.9)
    random = np.random.default_rng(1)
    one, other = (random.binomial(units, rate, 20_000) / units for rate in (0.05, 0.1))
    middle = (one + other) / 2
    found = (other - one) / np.sqrt(2 * middle * (1 - middle) / units) > 2.3263
    assert found.mean() == pytest.approx(0.9, abs=0.015)


def test_looking_all_the_time_costs_at_most_twice_the_sample_of_one_look() -> None:
    once = per_arm_of_means(1.0, 0.1, alpha=0.05, power=0.9)
    assert once < per_arm_at_any_time(1.0, 0.1, alpha=0.05, power=0.9) < 2 * once


def test_what_is_still_needed_goes_down_to_none() -> None:
    assert [still_needed(1_426, seen) for seen in (0, 1_400, 1_426, 9_999)] == [1_426, 26, 0, 0]


@pytest.mark.parametrize(
    ("rate", "changed", "alpha", "power"),
    [
        (0.1, 0.1, 0.01, 0.9),
        (0.0, 0.1, 0.01, 0.9),
        (0.1, 1.0, 0.01, 0.9),
        (0.1, 0.2, 0.0, 0.9),
        (0.1, 0.2, 0.01, 0.3),
        (0.1, 0.2, 0.6, 0.9),
    ],
)
def test_a_question_without_an_answer_is_refused(rate: float, changed: float, alpha: float, power: float) -> None:
    with pytest.raises(UnusableError, match="allowed"):
        per_arm_of_rates(rate, changed, alpha=alpha, power=power)


@pytest.mark.parametrize(("deviation", "difference"), [(0.0, 0.1), (-1.0, 0.1), (1.0, 0.0), (float("inf"), 0.1)])
def test_a_metric_without_spread_or_difference_is_refused(deviation: float, difference: float) -> None:
    with pytest.raises(UnusableError, match="allowed"):
        per_arm_of_means(deviation, difference, alpha=0.05, power=0.9)
    with pytest.raises(UnusableError, match="allowed"):
        per_arm_at_any_time(deviation, difference, alpha=0.05, power=0.9)


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(UnusableError, match="seen: got -1"):
        still_needed(10, -1)
