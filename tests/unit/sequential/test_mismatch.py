"""Shares of units that are tested at every unit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_code.errors import UnusableError
from model_code.sequential.document import dumps, loads
from model_code.sequential.mismatch import Mismatch

HALVES = {"a": 0.5, "b": 0.5}


def found_at(shares: dict[str, float], real: dict[str, float], *, seed: int, units: int, alpha: float) -> int | None:
    """The unit at which the test first says mismatch."""
    test, source = Mismatch(shares=shares, alpha=alpha), np.random.default_rng(seed)
    drawn = source.choice(list(real), size=units, p=list(real.values()))
    for number, arm in enumerate(drawn, 1):
        test = test.add({str(arm): 1})
        if test.found:
            return number
    return None


def test_a_right_split_is_called_wrong_with_a_chance_below_alpha_over_all_looks() -> None:
    shares = {"a": 0.6, "b": 0.3, "c": 0.1}
    said = [found_at(shares, shares, seed=seed, units=150, alpha=0.2) for seed in range(300)]
    assert 0 < sum(at is not None for at in said) < 0.2 * 300


def test_sixty_to_forty_for_an_even_split_is_found_within_a_thousand_units() -> None:
    at = [found_at(HALVES, {"a": 0.6, "b": 0.4}, seed=seed, units=2_000, alpha=1e-3) or 10**9 for seed in range(15)]
    assert np.median(at) < 1_000


def test_a_small_lasting_mismatch_is_found_in_a_large_sample() -> None:
    assert Mismatch(shares=HALVES, counts={"a": 50_500, "b": 49_500}).log_evidence > 0
    assert Mismatch(shares=HALVES, counts={"a": 51_000, "b": 49_000}).found
    assert not Mismatch(shares=HALVES, counts={"a": 50_100, "b": 49_900}).found


def test_on_average_the_next_unit_adds_no_evidence_against_the_right_shares() -> None:
    shares = {"a": 0.7, "b": 0.2, "c": 0.1}
    for counts in ({}, {"a": 3}, {"a": 30, "b": 40, "c": 2}):
        now = Mismatch(shares=shares, counts=counts)
        after = sum(share * math.exp(now.add({arm: 1}).log_evidence) for arm, share in shares.items())
        assert after == pytest.approx(math.exp(now.log_evidence))


@given(st.lists(st.sampled_from("ab"), max_size=60), st.integers(1, 9))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_one_by_one_and_in_batches_are_the_same(units: list[str], size: int) -> None:
    single = batched = Mismatch(shares=HALVES)
    for arm in units:
        single = single.add({arm: 1})
    for begin in range(0, len(units), size):
        batch = units[begin : begin + size]
        batched = batched.add({arm: batch.count(arm) for arm in set(batch)})
    assert single == batched


def test_a_state_survives_json() -> None:
    state = Mismatch(shares=HALVES, counts={"a": 3})
    assert loads(Mismatch, dumps(state)) == state


@pytest.mark.parametrize(
    "shares", [{}, {"a": 1.0}, {"a": 0.5, "b": 0.6}, {"a": 0.0, "b": 1.0}, {"a": math.nan, "b": 0.5}]
)
def test_shares_that_do_not_add_up_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(UnusableError, match="shares"):
        Mismatch(shares=shares)


@pytest.mark.parametrize("counts", [{"c": 1}, {"a": -1}, {"a": 0.5}])
def test_counts_that_cannot_be_are_refused(counts: dict[str, int]) -> None:
    with pytest.raises(UnusableError, match="counts"):
        Mismatch(shares=HALVES).add(counts)
