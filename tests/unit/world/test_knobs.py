"""What can be turned in the synthetic world, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from model_code.world.knobs import ConceptDrift, Drift, Knobs, KnobsError, LabelDelay, Unfairness

BEYOND: dict[str, Callable[[], object]] = {
    "'nose'": lambda: Drift(feature="nose", from_day=1),
    "from_day is 0": lambda: Drift(feature="age", from_day=0),
    "shift is nan": lambda: Drift(feature="age", from_day=1, shift=float("nan")),
    "scale is 0": lambda: Drift(feature="age", from_day=1, scale=0),
    "missing is 1.5": lambda: Drift(feature="age", from_day=1, missing=1.5),
    "share is 0.0": lambda: Drift(feature="channel", from_day=1, new_category="kiosk"),
    "share is 0.1": lambda: Drift(feature="channel", from_day=1, share=0.1),
    "new_category is 'web'": lambda: Drift(feature="channel", from_day=1, new_category="web", share=0.1),
    "new_category is 'x'": lambda: Drift(feature="age", from_day=1, new_category="x", share=0.1),
    "follows is 'age'": lambda: Drift(feature="age", from_day=1, follows="age", correlation=0.5),
    "correlation is 0.5": lambda: Drift(feature="age", from_day=1, correlation=0.5),
    "correlation is 2": lambda: Drift(feature="age", from_day=1, follows="income", correlation=2),
    "'no change'": lambda: ConceptDrift(from_day=1),
    "concept drift: from_day is 0": lambda: ConceptDrift(from_day=0, base_rate=0.5),
    "base_rate is 1": lambda: ConceptDrift(from_day=1, base_rate=1),
    "weight of is 'nose'": lambda: ConceptDrift(from_day=1, weights={"nose": 1}),
    "weight of is 'age=40'": lambda: ConceptDrift(from_day=1, weights={"age=40": 1}),
    "weight of age is inf": lambda: ConceptDrift(from_day=1, weights={"age": float("inf")}),
    "minimum is -1": lambda: LabelDelay(minimum=-1),
    "mean is 1": lambda: LabelDelay(minimum=2, mean=1),
    "longest is 1": lambda: LabelDelay(minimum=2, longest=1),
    "never is 2": lambda: LabelDelay(never=2),
    "labels is -0.1": lambda: Unfairness(labels=-0.1),
    "scores is inf": lambda: Unfairness(scores=float("inf")),
    "unfairness: from_day is -1": lambda: Unfairness(from_day=-1),
    "customers is 1": lambda: Knobs(customers=1),
    "traffic is -1": lambda: Knobs(traffic=-1),
    "base_rate is 0": lambda: Knobs(base_rate=0),
    "protected_share is 1": lambda: Knobs(protected_share=1),
    "proxy is nan": lambda: Knobs(proxy=float("nan")),
    "one of a feature on a day": lambda: Knobs(drifts=(Drift(feature="age", from_day=3),) * 2),
    "one on a day": lambda: Knobs(concept=(ConceptDrift(from_day=3, base_rate=0.2),) * 2),
    "'control'": lambda: Knobs(effects={"control": 1.0}),
    "effect of arm new is nan": lambda: Knobs(effects={"new": float("nan")}),
}


@pytest.mark.parametrize("said", BEYOND)
def test_a_knob_beyond_its_range_is_refused_with_what_came_and_what_is_allowed(said: str) -> None:
    with pytest.raises(KnobsError) as refused:
        BEYOND[said]()
    text = str(refused.value)
    assert said in text
    assert "; allowed: " in text
    assert text.endswith("correct it in the Knobs of the synthetic world")


def test_a_later_drift_of_a_feature_takes_the_earlier_ones_place() -> None:
    up, back = Drift(feature="age", from_day=3, shift=1), Drift(feature="age", from_day=8)
    knobs = Knobs(drifts=(back, up, Drift(feature="income", from_day=5, missing=0.4)))
    assert [knobs.drift("age", day).shift for day in (0, 2, 3, 7, 8, 99)] == [0, 0, 1, 1, 0, 0]
    assert [knobs.since(day) for day in (0, 2, 3, 4, 5, 8)] == [0, 0, 3, 3, 5, 8]


def test_a_drift_that_alters_nothing_is_no_change() -> None:
    assert not Drift(feature="income", from_day=1, missing=0.02).changes
    for altered in (
        Drift(feature="income", from_day=1, missing=0.0),
        Drift(feature="income", from_day=1, scale=1.1),
        Drift(feature="income", from_day=1, follows="age", correlation=0.1),
        Drift(feature="channel", from_day=1, new_category="kiosk", share=0.1),
    ):
        assert altered.changes


def test_wrong_done_from_a_later_day_is_not_done_before() -> None:
    knobs = Knobs(unfairness=Unfairness(from_day=4, scores=1))
    assert (knobs.unfairness_on(3).scores, knobs.unfairness_on(4).scores) == (0, 1)
    assert (knobs.since(3), knobs.since(5)) == (0, 4)


def test_the_share_known_by_a_day_is_the_geometric_distributions() -> None:
    delay = LabelDelay(minimum=2, mean=5, longest=4, never=0.2)
    # Three days more on average: a quarter each day of those still open.
    assert [delay.known(days) for days in (0, 1)] == [0, 0]
    assert [delay.known(days) for days in (2, 3, 4)] == pytest.approx([0.2, 0.35, 0.4625])
    assert delay.known(99) == delay.known(4), "what takes longer than the longest is never known"
    assert LabelDelay(minimum=3, mean=3).known(3) == 1
