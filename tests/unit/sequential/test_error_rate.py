"""Error rates that are tested at every request."""

from __future__ import annotations

import math
from itertools import accumulate, islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import sequential as bench
from model_code.errors import UnusableError
from model_code.sequential.document import dumps, loads
from model_code.sequential.error_rate import Compared, Tolerated
from model_code.sequential.passage import chances, requests_needed, thresholds


def first(tolerated: float, outcomes: list[bool]) -> int | None:
    """The request at which the test first says that the rate is exceeded."""
    test = Tolerated(rate=tolerated)
    for number, failed in enumerate(outcomes, 1):
        test = test.add(errors=int(failed), requests=1)
        if test.exceeded:
            return number
    return None


def test_three_failures_in_a_row_are_enough_and_two_are_not() -> None:
    assert first(0.01, [True] * 10) == 3


def test_a_variant_that_never_fails_is_never_found_out() -> None:
    assert first(0.01, [False] * 3_000) is None


def test_nothing_seen_is_no_evidence() -> None:
    assert Tolerated(rate=0.01).log_evidence == 0
    assert Compared(share=0.1).log_evidence == 0


@pytest.mark.parametrize(("rate", "goal"), [(1.0, 3), (0.5, 8.5), (0.1, 95.6), (0.05, 334.9)])
def test_a_bad_variant_is_found_within_one_and_a_half_times_the_information_bound(rate: float, goal: float) -> None:
    assert goal == pytest.approx(1.5 * bench.bound(rate), rel=0.01)
    exact = next(n for n, chance in enumerate(chances(0.01, rate, 1e-4), 1) if chance >= 0.5)
    assert exact <= goal
    assert bench.until_rollback(rate, 2_000, seed=7) == pytest.approx(exact, rel=0.05)


def test_a_good_variant_is_rolled_back_with_a_chance_below_alpha_however_often_it_is_looked_at() -> None:
    assert list(islice(chances(0.01, 0.01, 1e-4), 5_000))[-1] < 1e-4


def test_the_comparison_with_live_is_wrong_with_a_chance_below_alpha_at_every_share() -> None:
    for share in (0.05, 0.1, 0.5):
        assert list(islice(chances(share, share, 1e-4), 1_000))[-1] < 1e-4


def test_thousands_of_simulated_rollouts_bear_the_exact_chance_out() -> None:
    # At alpha 1e-4 more than 3 of 5,000 happen to a sound test less often than once in 500 seeds.
    assert bench.false_rollbacks(5_000, 5_000, seed=8) <= 3 / 5_000
    assert bench.false_comparisons(5_000, 300, seed=9) <= 3 / 5_000


@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_the_chance_of_a_false_word_stays_below_alpha_at_every_alpha(alpha: float) -> None:
    chance = list(islice(chances(0.2, 0.2, alpha), 1_000))[-1]
    assert alpha / 10 < chance < alpha  # not for want of power


def test_a_rate_that_stays_below_the_tolerated_one_is_safer_still() -> None:
    at, below = (list(islice(chances(0.05, rate, 0.1), 500))[-1] for rate in (0.05, 0.03))
    assert below < at


def test_the_thresholds_are_where_the_test_itself_decides() -> None:
    for requests, errors in enumerate(islice(thresholds(0.01, 1e-4), 300), 1):
        fewer = Tolerated(rate=0.01, errors=min(errors - 1, requests), requests=requests)
        assert not fewer.exceeded
        assert errors > requests or Tolerated(rate=0.01, errors=errors, requests=requests).exceeded


@given(st.lists(st.integers(0, 1), max_size=60), st.floats(0.001, 0.9), st.integers(1, 9))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_one_by_one_and_in_batches_are_the_same(outcomes: list[int], rate: float, size: int) -> None:
    single = batched = Tolerated(rate=rate)
    for failed in outcomes:
        single = single.add(errors=failed, requests=1)
    for begin in range(0, len(outcomes), size):
        batch = outcomes[begin : begin + size]
        batched = batched.add(errors=sum(batch), requests=len(batch))
    assert single == batched
    assert single.log_evidence == batched.log_evidence


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.floats(1e-6, 1 - 1e-6))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_evidence_is_finite_and_grows_with_an_error_and_shrinks_with_a_success(e: int, n: int, rate: float) -> None:
    test = Tolerated(rate=rate, errors=e, requests=e + n)
    assert math.isfinite(test.log_evidence)
    slack = 1e-6
    assert test.add(errors=1, requests=1).log_evidence > test.log_evidence - slack
    assert test.add(errors=0, requests=1).log_evidence < test.log_evidence + slack


@pytest.mark.parametrize("bound", [0.01, 0.3])
def test_on_average_the_next_request_adds_no_evidence_at_the_tolerated_rate(bound: float) -> None:
    for errors, requests in [(0, 0), (1, 3), (0, 500), (9, 400), (40, 90)]:
        now = Tolerated(rate=bound, errors=errors, requests=requests)
        failed, passed = (math.exp(now.add(errors=one, requests=1).log_evidence) for one in (1, 0))
        assert bound * failed + (1 - bound) * passed == pytest.approx(math.exp(now.log_evidence), rel=1e-8)
        lower = bound / 2
        assert lower * failed + (1 - lower) * passed < math.exp(now.log_evidence)


def test_an_outage_that_hits_both_variants_is_evidence_against_neither() -> None:
    source = np.random.default_rng(1)
    test = Compared(share=0.1)
    for _ in range(5_000):
        mine = source.random() < 0.1
        test = test.add(candidate=int(mine), live=int(not mine))
        assert not test.worse


def test_a_candidate_that_fails_ten_times_as_often_as_live_is_found() -> None:
    source = np.random.default_rng(2)
    test, errors = Compared(share=0.1), 0
    while not test.worse:
        mine = source.random() < 0.1 * 10 / (0.1 * 10 + 0.9)
        test, errors = test.add(candidate=int(mine), live=int(not mine)), errors + 1
    assert errors < 40


def test_a_better_candidate_is_never_called_worse() -> None:
    assert not Compared(share=0.5, candidate=10, live=10_000).worse


def test_evidence_stays_when_the_share_grows() -> None:
    early = Compared(share=0.05, candidate=3, live=1)
    later = early.at(0.5)
    assert later.log_evidence == early.log_evidence > 0
    assert (later.candidate, later.live) == (0, 0)
    assert later.add(candidate=20, live=0).worse
    assert early.at(0.05) is early


def test_over_changing_shares_an_equal_candidate_is_called_worse_with_a_chance_below_alpha() -> None:
    source, said = np.random.default_rng(3), 0
    for _ in range(200):
        test = Compared(share=0.05, alpha=0.1)
        for share in (0.05, 0.25, 0.5):
            test = test.at(share)
            for _ in range(40):
                mine = source.random() < share
                test = test.add(candidate=int(mine), live=int(not mine))
                if test.worse:
                    break
            if test.worse:
                said += 1
                break
    assert said / 200 < 0.1


def test_a_state_survives_json() -> None:
    for state in (Tolerated(rate=0.01, errors=3, requests=700), Compared(share=0.05, candidate=2).at(0.1)):
        assert loads(type(state), dumps(state)) == state


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no JSON"),
        ("[]", "exactly"),
        ('{"rate": 0.1}', "exactly"),
        ('{"rate": 0.1, "alpha": 0.1, "errors": 3, "requests": 2}', "errors: got 3 of 2"),
        ('{"rate": "x", "alpha": 0.1, "errors": 0, "requests": 2}', "rate: got 'x'"),
    ],
)
def test_a_broken_state_is_refused(text: str, said: str) -> None:
    with pytest.raises(UnusableError, match=said):
        loads(Tolerated, text)


@pytest.mark.parametrize("rate", [0, 1, -0.1, 2, math.nan, True, "0.1"])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(UnusableError, match="rate: got"):
        Tolerated(rate=rate)
    with pytest.raises(UnusableError, match="share: got"):
        Compared(share=rate)
    with pytest.raises(UnusableError, match="alpha: got"):
        Tolerated(rate=0.1, alpha=rate)


@pytest.mark.parametrize(("errors", "requests"), [(-1, 1), (2, 1), (0.5, 1), (0, -1), (True, 1)])
def test_counts_that_cannot_be_are_refused(errors: int, requests: int) -> None:
    with pytest.raises(UnusableError, match="allowed"):
        Tolerated(rate=0.1, errors=5, requests=50).add(errors=errors, requests=requests)


def test_the_sample_to_promote_on_is_where_a_harmful_rate_would_have_shown() -> None:
    needed = requests_needed(0.01, 0.05, alpha=1e-4, power=0.9)
    found = list(accumulate([0, *islice(chances(0.01, 0.05, 1e-4), needed)], max))
    assert found[-2] < 0.9 <= found[-1]
    assert requests_needed(0.01, 1, alpha=1e-4, power=0.9) == 3


@pytest.mark.parametrize(("harmful", "said"), [(0.01, "above the tolerated"), (1.5, "at most 1"), (0.0101, "too near")])
def test_a_rate_that_cannot_be_told_from_the_tolerated_one_is_refused(harmful: float, said: str) -> None:
    with pytest.raises(UnusableError, match=said):
        requests_needed(0.01, harmful, alpha=1e-4, power=0.9)


def test_a_chance_that_is_none_is_refused() -> None:
    with pytest.raises(UnusableError, match=r"rate: got 1\.5"):
        next(chances(0.01, 1.5, 1e-4))
