"""The figures of benchmarks/rollout.py with smaller constants, by the same code."""

from __future__ import annotations

import math
from statistics import median

import pytest

from benchmarks.rollout import false_rollbacks, requests_until_verdict, returns
from benchmarks.rollout_account import ANALYSIS
from benchmarks.sequential import bound


def test_a_version_that_is_just_good_enough_is_not_taken_back() -> None:
    assert false_rollbacks(300, seed=11) == 0


@pytest.mark.parametrize("rate", [1.0, 0.5, 0.1, 0.05])
def test_a_bad_version_harms_at_most_half_as_many_requests_again_as_any_test_needs(rate: float) -> None:
    assert median(requests_until_verdict(rate, 100, seed=12)) <= math.floor(1.5 * bound(rate) + 1e-9)


@pytest.mark.parametrize("rate", [1.0, 0.1])
def test_the_return_takes_no_longer_than_the_looks_that_decide_and_one_more(rate: float) -> None:
    assert all(0 < seconds <= ANALYSIS.look_seconds * (looks + 1) for looks, seconds in returns(rate, 5))
