"""The synthetic world's days: made alone, moved only by the knob that names them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_code.contract import Schema
from model_code.world.features import FEATURES, Choice, inputs
from model_code.world.knobs import ConceptDrift, Drift, Knobs, KnobsError, LabelDelay, Unfairness
from model_code.world.world import Day, World, WorldError

SMALL = Knobs(customers=500, traffic=60)
QUICK = settings(max_examples=15, deadline=None, derandomize=True, database=None)
NAMES = [feature.name for feature in FEATURES]


def parts(day: Day) -> dict[str, Any]:
    fields = ("ids", "customers", "seconds", "group", "score")
    return {**{name: getattr(day, name) for name in fields}, **day.columns}


def differing(one: Day, other: Day) -> set[str]:
    mine, theirs = parts(one), parts(other)
    assert mine.keys() == theirs.keys()
    return {name for name in mine if mine[name].tobytes() != theirs[name].tobytes()}


def small(**knobs: Any) -> Knobs:
    return Knobs(customers=500, traffic=60, **knobs)


@QUICK
@given(seed=st.integers(0, 2**70), days=st.lists(st.integers(0, 4_000), min_size=1, max_size=4))
def test_a_day_is_the_same_whatever_was_made_before_it(seed: int, days: list[int]) -> None:
    one = World(seed, SMALL)
    made = {day: one.day(day) for day in days}
    for day in reversed(days):
        assert not differing(made[day], World(seed, SMALL).day(day))
        assert not differing(made[day], one.day(day))


def test_seeds_and_days_differ() -> None:
    day = World(3, SMALL).day(5)
    for other in (World(4, SMALL).day(5), World(3, SMALL).day(6)):
        assert differing(day, other) == set(parts(day))
    world = World(3, SMALL)
    many = [
        world.day(number).columns["amount"].tobytes()
        for number in (*range(70), *(1 << power for power in range(7, 40)))
    ]
    assert len(set(many)) == len(many)


@QUICK
@given(
    name=st.sampled_from(NAMES),
    from_day=st.integers(1, 8),
    day=st.integers(0, 12),
    shift=st.floats(0.5, 10),
    scale=st.floats(0.2, 10),
    missing=st.sampled_from([None, 0.3, 1.0]),
)
def test_a_drift_moves_its_feature_and_the_scores_from_its_day_and_nothing_else(
    name: str, from_day: int, day: int, shift: float, scale: float, missing: float | None
) -> None:
    drift = Drift(feature=name, from_day=from_day, shift=shift, scale=scale, missing=missing)
    moved = differing(World(7, small(drifts=(drift,))).day(day), World(7, SMALL).day(day))
    if day < from_day:
        assert not moved
    else:
        assert name in moved
        assert moved <= {name, "score"}


def test_the_largest_drifts_still_make_probabilities() -> None:
    for sign in (-10, 10):
        drifts = tuple(Drift(feature=name, from_day=1, shift=sign, scale=10) for name in NAMES)
        world = World(1, small(drifts=drifts))
        for values in (world.day(1).score, world.probability(1)):
            assert np.isfinite(values).all()
            assert ((values >= 0) & (values <= 1)).all()


def test_concept_drift_moves_probabilities_and_no_column() -> None:
    one, other = World(7, SMALL), World(7, small(concept=(ConceptDrift(from_day=5, weights={"income": 2.0}),)))
    for day in (4, 5):
        assert not differing(one.day(day), other.day(day))
    assert (one.probability(4) == other.probability(4)).all()
    odds = [np.log(p / (1 - p)) for p in (one.probability(5), other.probability(5))]
    income = np.asarray(one.day(5).columns["income"], dtype=np.float64)
    # From -0.9 to 2.0 for each deviation of the logarithm; where income is missing, it has no say.
    assert np.allclose(odds[1] - odds[0], np.nan_to_num(2.9 * (np.log(income) - 10.4) / 0.5))


def test_wrong_labels_are_good_outcomes_of_the_protected_group_recorded_as_bad() -> None:
    wronged = World(7, small(unfairness=Unfairness(labels=0.5, from_day=2)))
    fair = World(7, SMALL)
    one, other = wronged.outcomes_known(70), fair.outcomes_known(70)
    assert (one.ids == other.ids).all()
    flipped = one.bad & ~other.bad
    assert flipped.any()
    assert not (other.bad & ~one.bad).any()
    assert one.days[flipped].min() >= 2
    group = {i: g for n in range(71) for i, g in zip(fair.day(n).ids.tolist(), fair.day(n).group.tolist(), strict=True)}
    assert {group[i] for i in one.ids[flipped].tolist()} == {"B"}


def test_wronged_scores_lie_higher_by_the_stated_log_odds_for_the_protected_group_alone() -> None:
    fair, wronged = World(7, SMALL).day(3), World(7, small(unfairness=Unfairness(scores=0.7))).day(3)
    assert differing(fair, wronged) == {"score"}
    more = np.log(wronged.score / (1 - wronged.score)) - np.log(fair.score / (1 - fair.score))
    assert np.allclose(more, np.where(fair.group == "B", 0.7, 0.0))


def test_a_world_without_change_scores_with_the_truth() -> None:
    world = World(5, SMALL)
    assert (world.day(9).score == world.probability(9)).all()


@QUICK
@given(seed=st.integers(0, 99), by_day=st.integers(0, 30), since=st.integers(0, 30), minimum=st.integers(0, 4))
def test_what_is_known_by_a_day_is_each_days_news_so_far(seed: int, by_day: int, since: int, minimum: int) -> None:
    world = World(seed, small(delay=LabelDelay(minimum=minimum, mean=minimum + 3, longest=9)))
    known = world.outcomes_known(by_day, since)
    assert ((known.known >= since) & (known.known <= by_day)).all()
    waited = known.known - known.days
    assert ((waited >= minimum) & (waited <= 9)).all()
    news = [world.outcomes_known(day, day) for day in range(since, by_day + 1)]
    told = {i: bad for day in news for i, bad in zip(day.ids.tolist(), day.bad.tolist(), strict=True)}
    assert told == dict(zip(known.ids.tolist(), known.bad.tolist(), strict=True))
    assert sum(map(len, news)) == len(known)


def test_outcomes_belong_to_transactions_and_each_comes_once() -> None:
    world = World(11, small(delay=LabelDelay(minimum=1, mean=1)))
    ids = np.concatenate([world.day(n).ids for n in range(10)])
    assert len(set(ids.tolist())) == len(ids)
    assert world.outcomes_known(10).ids.tolist() == ids.tolist()


def test_labels_that_never_come_leave_nothing_to_know() -> None:
    assert len(World(1, small(delay=LabelDelay(never=1.0))).outcomes_known(40)) == 0


def test_a_day_without_traffic_is_empty_and_no_error() -> None:
    world = World(1, Knobs(traffic=0))
    assert len(world.day(3)) == len(world.outcomes_known(9)) == len(world.revenue(3, np.zeros(0, dtype=bool))) == 0
    assert set(world.day(3).columns) == set(NAMES)


def test_declining_earns_nothing_and_an_arm_adds_its_effect_to_every_decision() -> None:
    world = World(1, small(effects={"new": 2.5}))
    day = world.day(3)
    none = np.zeros(len(day), dtype=bool)
    assert not world.revenue(3, none).any()
    arms = np.where(day.customers % 2 == 0, "new", "control")
    for approved in (none, day.score < 0.1):
        added = world.revenue(3, approved, arms) - world.revenue(3, approved)
        assert np.allclose(added, np.where(arms == "new", 2.5, 0.0))


def test_an_approval_loses_money_exactly_where_the_outcome_is_bad() -> None:
    world = World(1, small(delay=LabelDelay(minimum=0, mean=0)))
    lost = world.revenue(3, np.ones(len(world.day(3)), dtype=bool)) < 0
    assert (lost == world.outcomes_known(3, 3).bad).all()


def test_questions_without_an_answer_are_refused() -> None:
    world = World(1, small(effects={"new": 1.0}))
    size = len(world.day(0))
    every = np.ones(size, dtype=bool)
    with pytest.raises(WorldError, match="1 decisions for synthetic day 0; it has"):
        world.revenue(0, every[:1])
    with pytest.raises(WorldError, match="2 arms for synthetic day 0; it has"):
        world.revenue(0, every, np.array(["new"] * 2))
    with pytest.raises(WorldError, match="arm 'old' has no effect; allowed: control, new"):
        world.revenue(0, every, np.full(size, "old"))
    with pytest.raises(WorldError, match="day -1"):
        world.day(-1)
    with pytest.raises(KnobsError, match="seed is -1; allowed: 0 or more"):
        World(-1)


def test_whatever_prints_says_that_it_is_synthetic() -> None:
    drift = Drift(feature="age", from_day=4, shift=1)
    world = World(8, small(drifts=(drift,), concept=(ConceptDrift(from_day=6, base_rate=0.2),)))
    for said in (world, world.day(0), world.outcomes_known(9), world.truth, world.truth.on(0)):
        assert str(said).startswith("synthetic ")
    assert str(world) == (
        "synthetic world (seed 8): 500 customers, about 60 transactions a day; "
        "age drifts from day 4, concept drifts from day 6"
    )


def test_an_undrifted_row_is_what_the_models_spec_would_declare() -> None:
    schema = Schema(features=inputs(), target="outcome", classes=("good", "bad"))
    day = World(2, Knobs(traffic=5_000)).day(0)
    assert schema.names == tuple(day.columns)
    for feature, of in zip(schema.features, FEATURES, strict=True):
        values = day.columns[feature.name]
        if isinstance(of, Choice):
            assert set(values.tolist()) == set(feature.categories)
            continue
        there = np.asarray(values, dtype=np.float64)
        there = there[~np.isnan(there)]
        assert feature.minimum is not None
        assert there.min() >= feature.minimum
        assert feature.maximum is None or there.max() <= feature.maximum
        assert feature.dtype == "float" or (there == np.round(there)).all()
