"""Which unit gets which arm, and which units move when shares change."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_code.errors import UnusableError
from model_code.experiment.assignment import assign
from model_code.experiment.declared import Experiment, Metric, Shares
from model_code.sequential.mismatch import Mismatch

METRIC = Metric(name="bought", better="higher", rate=True, effect=0.01)
UNITS = [f"user-{number}" for number in range(4_000)]


def experiment(*shares: Shares, name: str = "test") -> Experiment:
    return Experiment(name=name, control="a", shares=shares, targets=(METRIC,), planned=1_000)


def arms(*shares: Shares, name: str = "test") -> list[str | None]:
    made = experiment(*shares, name=name)
    return [assign(made, unit) for unit in UNITS]


def test_a_unit_gets_the_same_arm_every_time_and_on_every_machine() -> None:
    made = experiment({"a": 0.5, "b": 0.5})
    assert [assign(made, f"u{number}") for number in range(12)] == list("bbbaaabaaaba")
    assert assign(made, "u1") == assign(experiment({"b": 0.5, "a": 0.5}), "u1")


def test_units_fall_to_arms_by_their_shares_and_the_rest_take_no_part() -> None:
    found = Counter(arms({"a": 0.3, "b": 0.2, "c": 0.1}))
    counts = {str(arm): number for arm, number in found.items()}
    assert not Mismatch(shares={"a": 0.3, "b": 0.2, "c": 0.1, "None": 0.4}, counts=counts).found
    assert found[None] == pytest.approx(0.4 * len(UNITS), rel=0.06)


def test_arms_of_two_experiments_are_independent() -> None:
    halves = {"a": 0.5, "b": 0.5}
    both = Counter(zip(arms(halves, name="one"), arms(halves, name="two"), strict=True))
    counts = {f"{one}{two}": number for (one, two), number in both.items()}
    assert not Mismatch(shares=dict.fromkeys(("aa", "ab", "ba", "bb"), 0.25), counts=counts).found


def test_more_traffic_moves_nobody_who_already_takes_part() -> None:
    small, large = {"a": 0.05, "b": 0.05}, {"a": 0.25, "b": 0.25}
    for before, after in zip(arms(small), arms(small, large), strict=True):
        assert before is None or after == before


WEIGHTS = st.lists(st.integers(1, 20), min_size=3, max_size=3).map(
    lambda parts: {arm: part / 60 for arm, part in zip("abc", parts, strict=True)}
)


@given(st.lists(WEIGHTS, min_size=2, max_size=4))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_units_move_only_from_shrinking_to_growing_arms(shares: list[Shares]) -> None:
    earlier, now = experiment(*shares[:-1]), experiment(*shares)

    def share(allocation: Shares, arm: str | None) -> float:
        return allocation[arm] if arm else 1 - sum(allocation.values())

    for unit in UNITS[:400]:
        before, after = assign(earlier, unit), assign(now, unit)
        if before != after:
            assert share(shares[-1], before) < share(shares[-2], before)
            assert share(shares[-1], after) > share(shares[-2], after)


def test_after_changes_the_shares_are_the_present_ones_and_no_more_units_moved_than_must() -> None:
    steps: list[Shares] = [
        {"a": 0.6, "b": 0.3, "c": 0.1},
        {"a": 0.2, "b": 0.3, "c": 0.4},
        {"a": 0.3, "b": 0.4, "c": 0.3},
    ]
    placed = [arms(*steps[: number + 1]) for number in range(3)]
    for shares, found in zip(steps, placed, strict=True):
        wanted = {arm: share / sum(shares.values()) for arm, share in shares.items()}
        assert not Mismatch(shares=wanted, counts={arm: found.count(arm) for arm in "abc"}).found
    moved = sum(before != after for before, after in zip(placed[1], placed[2], strict=True))
    assert moved == pytest.approx(0.2 * len(UNITS), rel=0.1)


def test_names_that_only_look_alike_together_do_not_meet() -> None:
    one = [assign(experiment({"a": 0.5, "b": 0.5}, name="x"), f"1{unit}") for unit in UNITS[:200]]
    other = [assign(experiment({"a": 0.5, "b": 0.5}, name="x1"), unit) for unit in UNITS[:200]]
    assert one != other


def test_an_assignment_takes_microseconds() -> None:
    made = experiment({"a": 0.5, "b": 0.5})
    began = time.process_time()
    for unit in UNITS:
        assign(made, unit)
    assert (time.process_time() - began) / len(UNITS) < 200e-6


@pytest.mark.parametrize("unit", ["", None, 7])
def test_a_unit_without_a_name_is_refused(unit: str) -> None:
    with pytest.raises(UnusableError, match="unit: got"):
        assign(experiment({"a": 0.5, "b": 0.5}), unit)
