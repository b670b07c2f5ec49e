"""The job's own tests: wrong as rarely as stated, right soon, and the textbook's figures."""

from __future__ import annotations

import numpy as np
import pytest

from model_code.drift.settings import DriftSettings
from model_code.gates.bias import Grouping, Limit
from model_code.monitor import attribution, concept, fairness, kpis
from model_code.monitor.attribution import Floats, Moments
from model_code.monitor.concept import Concept
from model_code.monitor.fairness import Block
from model_code.monitor.settings import Kpi
from model_code.sequential.moments import Moments as Values

ONE_IN_TEN = DriftSettings(false_alarms_per_month=3, windows_per_month=30)


def first_alarm(rates: list[float], seed: int, settings: DriftSettings = ONE_IN_TEN) -> int | None:
    """The window of the first concept alarm, of 50 outcomes each, at a tolerated rate of 10 %."""
    random, state = np.random.default_rng(seed), Concept()
    for window, rate in enumerate(rates):
        state, found = concept.judge(state, int(random.binomial(50, rate)), 50, 0.1, str(window), settings)
        if found:
            return window
    return None


def test_at_the_tolerated_rate_alarms_are_rarer_than_stated() -> None:
    alarms = [first_alarm([0.1] * 30, seed) for seed in range(100)]
    assert sum(alarm is not None for alarm in alarms) / (100 * 30) < 0.1


def test_a_long_good_past_hides_no_new_drift() -> None:
    strict = DriftSettings(false_alarms_per_month=0.1, windows_per_month=720)
    alarms = [first_alarm([0.05] * 100 + [0.3] * 10, seed, strict) for seed in range(20)]
    assert all(alarm is not None and 100 <= alarm <= 104 for alarm in alarms)


def test_after_an_alarm_the_tests_begin_anew_and_survive_their_json() -> None:
    state, found = concept.judge(Concept(), 50, 50, 0.1, "t", ONE_IN_TEN)
    assert [one.kind for one in found] == ["concept-drift"]
    assert state.starts == ()
    again, _ = concept.judge(state, 1, 50, 0.1, "u", ONE_IN_TEN)
    assert Concept.read(again.document()) == again


def test_an_unknown_accuracy_is_named() -> None:
    _, found = concept.judge(Concept(), 1, 2, concept.tolerated({}), "t", ONE_IN_TEN)
    assert [one.kind for one in found] == ["no-error-rate"]
    assert concept.tolerated({"accuracy": 0.9}) == pytest.approx(0.12)


def sample(random: np.random.Generator, rows: int, slopes: tuple[float, ...]) -> tuple[Floats, Floats]:
    values = random.standard_normal((rows, len(slopes)))
    chance = 1 / (1 + np.exp(-values @ np.array(slopes)))
    return values, np.stack([1 - chance, chance], axis=1)


def moments(random: np.random.Generator, rows: int, slopes: tuple[float, ...]) -> Moments:
    return Moments.empty("abcd"[: len(slopes)], 2).add(*sample(random, rows, slopes))


def test_attribution_that_stays_is_called_changed_as_rarely_as_stated() -> None:
    random, changed = np.random.default_rng(1), 0
    for _ in range(200):
        before, after = moments(random, 1_000, (1, 0.5, 0.2, 0)), moments(random, 500, (1, 0.5, 0.2, 0))
        changed += bool(attribution.judge(before, after, ONE_IN_TEN)[1])
    assert changed / 200 < 0.1 + 2 * (0.1 * 0.9 / 200) ** 0.5


def test_answers_that_lean_on_another_feature_are_found_and_it_is_named() -> None:
    random = np.random.default_rng(2)
    strict = DriftSettings(false_alarms_per_month=0.1, windows_per_month=720)
    before, after = moments(random, 1_000, (2, 0.5, 0.1, 0)), moments(random, 1_000, (0, 0.5, 0.1, 2))
    found, said = attribution.judge(before, after, strict)
    assert found is not None
    assert found.ndcg < attribution.LEAST
    assert {(one.feature, one.level) for one in said} >= {("a", "drift"), ("d", "drift")}


def test_moments_are_the_same_in_any_batches_and_after_json() -> None:
    values, chances = sample(np.random.default_rng(3), 100, (1, 0.5))
    whole, parts = Moments.empty("ab", 2).add(values, chances), Moments.empty("ab", 2)
    for begin in range(0, 100, 7):
        parts = parts.add(values[begin : begin + 7], chances[begin : begin + 7])
    assert np.allclose(parts.correlations(), whole.correlations())
    assert np.array_equal(Moments.read(whole.document()).correlations(), whole.correlations())
    assert whole.importances()["a"] == pytest.approx(abs(np.corrcoef(values[:, 0], chances[:, 1])[0, 1]))


def test_students_t_and_the_gain_of_an_order_are_the_textbooks() -> None:
    assert attribution.student(2.131, 15) == pytest.approx(0.05, abs=1e-4)
    assert attribution.student(2.228, 10) == pytest.approx(0.05, abs=1e-4)
    assert attribution.ndcg({"a": 1.0, "b": 0.5}, {"a": 0.9, "b": 0.1}) == 1
    turned = (0.5 + 1 / np.log2(3)) / (1 + 0.5 / np.log2(3))
    assert attribution.ndcg({"a": 1.0, "b": 0.5}, {"a": 0.1, "b": 0.9}) == pytest.approx(turned)


GROUP = Grouping(column="g", reference="A")
LIMITS = {"selection_rate": Limit(ratio=0.8)}


def block(selected: int, rows: int) -> Block:
    """A's rate is one half of 1,000 rows."""
    counts = {("g", "A", "selection_rate"): (500, 1_000), ("g", "B", "selection_rate"): (selected, rows)}
    return Block().add(counts)


def test_a_gap_is_an_alarm_only_where_its_whole_interval_is_beyond_the_limit() -> None:
    for selected, rows, alarm in ((300, 1_000, True), (390, 1_000, False), (30, 100, False), (15, 100, True)):
        after, gaps, found = fairness.judge(block(selected, rows), [GROUP], LIMITS, 0.01)
        assert [one.kind for one in found if one.level == "drift"] == ["unfair"] * alarm
        assert after == Block()
        assert gaps[0]["group"] == "B"


def test_a_block_goes_on_until_every_group_has_rows_enough_or_thirty_windows_are_over() -> None:
    small = block(0, 99)
    assert fairness.judge(small, [GROUP], LIMITS, 0.01) == (small, [], [])
    assert Block.read(small.document()) == small
    for _ in range(29):
        small = small.add({})
    after, _, found = fairness.judge(small, [GROUP], LIMITS, 0.01)
    assert after == Block()
    assert [one.kind for one in found] == ["not-enough-rows"]


def test_a_selection_is_counted_once_though_its_outcome_comes_later() -> None:
    first = fairness.counted(GROUP, ["A"], [True], [None], [True])
    later = fairness.counted(GROUP, ["A"], [True], [True], [False])
    assert first == {("g", "A", "selection_rate"): (1, 1)}
    assert later == {("g", "A", "true_positive_rate"): (1, 1)}


@pytest.mark.parametrize(
    ("direction", "mean", "missed"), [("at-least", 9.0, True), ("at-least", 10.1, False), ("at-most", 11.0, True)]
)
def test_a_kpi_is_missed_only_where_the_whole_interval_is(direction: str, mean: float, missed: bool) -> None:
    random = np.random.default_rng(4)
    state = kpis.add({}, {"k": Values().add(random.normal(mean, 2, 2_000).tolist())})
    reached, found = kpis.judge([Kpi(name="k", target=10.0, direction=direction)], state, 0.01)
    assert reached[0].missed is missed
    assert [one.kind for one in found] == ["kpi-missed"] * missed
    assert kpis.read(kpis.document(state)) == state


def test_a_kpi_at_its_target_is_missed_in_hardly_any_month_however_often_it_is_looked_at() -> None:
    random, wrong = np.random.default_rng(5), 0
    for _ in range(60):
        state, missed = kpis.add({}, {"k": Values()}), False
        for _ in range(30):
            state = kpis.add(state, {"k": Values().add(random.normal(10, 2, 50).tolist())})
            missed |= kpis.judge([Kpi(name="k", target=10.0, direction="at-least")], state, 0.05)[0][0].missed
        wrong += missed
    assert wrong <= 6  # 0.05 of 60 is 3
