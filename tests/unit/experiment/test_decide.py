"""What follows from an experiment so far."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from benchmarks import sequential as bench
from model_code.errors import UnusableError
from model_code.experiment.decide import Decision, decide
from model_code.experiment.declared import Experiment, Metric
from model_code.experiment.record import Observed
from model_code.sequential.interval import Sequence
from model_code.sequential.moments import Moments

SPENT = Metric(name="spent", better="higher", effect=0.1)
SLOW = Metric(name="slow", better="lower", effect=0.2)
MADE = Experiment(
    name="test",
    control="a",
    shares=({"a": 0.4, "b": 0.3, "c": 0.3},),
    targets=(SPENT,),
    guardrails=(SLOW,),
    planned=3_000,
)


def arm(mean: float, count: int) -> Moments:
    """Values with a deviation of 1."""
    return Moments(count=count, mean=mean, square=float(count - 1))


def judged(
    spent: dict[str, float], slow: dict[str, float] | None = None, *, units: int = 1_000, made: Experiment = MADE
) -> Decision:
    """The decision where every arm has these means, with its share of units."""
    shares = made.shares[-1]
    counts = {name: round(units * share / min(shares.values())) for name, share in shares.items()}
    moments = {(name, "spent"): arm(spent.get(name, 0.0), counts[name]) for name in shares}
    moments |= {(name, "slow"): arm((slow or {}).get(name, 0.0), counts[name]) for name in shares}
    return decide(made, Observed(units=counts, moments=moments))


def test_arms_that_look_alike_go_on() -> None:
    found = judged({"b": 0.05})
    assert (found.kind, found.arm) == ("continue", None)
    assert found.why == "at most 2000 more units for the smallest arm"
    assert 0 in found.sequences["b", "spent"]


def test_nothing_seen_goes_on() -> None:
    nothing = {(name, metric): Moments() for name in "abc" for metric in ("spent", "slow")}
    found = decide(MADE, Observed(units={"a": 0, "b": 0, "c": 0}, moments=nothing))
    assert found.kind == "continue"
    assert all(math.isinf(interval.width) for interval in found.sequences.values())


def test_an_arm_that_is_better_wins() -> None:
    found = judged({"b": 0.3})
    assert (found.kind, found.arm) == ("winner", "b")
    assert found.why.startswith("spent of b less a's: 0.")


def test_of_two_better_arms_the_better_one_wins() -> None:
    assert judged({"b": 0.3, "c": 0.4}).arm == "c"


def test_where_less_is_better_the_lower_arm_wins() -> None:
    made = replace(MADE, targets=(replace(SPENT, better="lower"),))
    assert judged({"b": -0.3, "c": 0.3}, made=made).arm == "b"
    assert judged({"b": -0.3, "c": -0.4}, made=made).arm == "c"


def test_the_control_wins_when_it_beats_every_arm() -> None:
    assert judged({"b": -0.3, "c": -0.3}).arm == "a"
    assert judged({"b": -0.3, "c": 0.0}).kind == "continue"


def test_an_arm_that_is_better_on_one_target_and_worse_on_another_does_not_win() -> None:
    made = replace(MADE, targets=(SPENT, SLOW), guardrails=())
    assert judged({"b": 0.5}, {"b": 0.5}, made=made).kind == "continue"
    assert judged({"b": 0.5}, {"b": -0.5}, made=made).arm == "b"
    assert judged({"b": 0.5}, made=made).arm == "b"


def test_a_broken_guardrail_comes_before_a_winner() -> None:
    found = judged({"b": 0.5}, {"b": 0.5})
    assert (found.kind, found.arm) == ("guardrail broken", "b")
    assert found.why == "slow is worse than a's by 0.5, allowed is 0.2"


def test_a_guardrail_holds_while_the_harm_may_be_within_what_is_allowed() -> None:
    assert judged({}, {"b": 0.25}).kind == "continue"
    assert judged({}, {"b": -5.0}).kind == "continue"


def test_a_guardrail_where_more_is_better_breaks_downwards() -> None:
    made = replace(MADE, guardrails=(replace(SLOW, better="higher"),))
    assert judged({}, {"c": -0.6}, made=made).kind == "guardrail broken"
    assert judged({}, {"c": 0.6}, made=made).kind == "continue"


def test_units_that_are_not_split_as_declared_come_before_everything() -> None:
    units = {"a": 1_000, "b": 1_000, "c": 1_000}
    moments = {(name, metric): arm(float(name == "b"), 1_000) for name in "abc" for metric in ("spent", "slow")}
    found = decide(MADE, Observed(units=units, moments=moments))
    assert (found.kind, found.arm) == ("mismatch", None)
    assert "a 40.0%, b 30.0%, c 30.0%" in found.why


def test_the_split_is_that_of_units_that_take_part() -> None:
    made = replace(MADE, shares=({"a": 0.04, "b": 0.03, "c": 0.03},))
    assert judged({}, made=made).kind == "continue"


def test_intervals_within_the_effect_that_matters_end_it_early() -> None:
    made = replace(MADE, planned=1_000_000)
    found = judged({}, units=20_000, made=made)
    assert (found.kind, found.why) == ("no difference", "no arm differs by an effect that matters")
    assert judged({}, units=300, made=made).kind == "continue"


def test_the_planned_sample_ends_it_without_a_winner() -> None:
    made = replace(MADE, targets=(replace(SPENT, effect=0.001),))
    assert judged({}, units=2_999, made=made).kind == "continue"
    found = judged({}, units=3_000, made=made)
    assert (found.kind, found.why) == ("no difference", "every arm has its 3000 planned units and none has won")


def test_more_arms_and_targets_ask_for_more_evidence() -> None:
    one = replace(MADE, shares=({"a": 0.5, "b": 0.5},))
    widths = [
        judged({}, made=made).sequences["b", "spent"].width
        for made in (one, replace(one, targets=(SPENT, SLOW), guardrails=()))
    ]
    assert widths[0] < widths[1]


def test_arms_without_an_effect_have_a_winner_more_rarely_than_alpha() -> None:
    share, _ = bench.winners(0.0, 150, seed=21)
    assert share < 0.05


def test_a_true_effect_is_found_with_the_stated_power_near_the_sample_that_theory_asks_for() -> None:
    share, sample = bench.winners(0.1, 150, seed=22)
    assert share > 0.85
    assert 0.4 < sample < 1.6


def test_an_interval_is_that_of_two_arms_at_their_planned_sample() -> None:
    made = replace(MADE, shares=({"a": 0.5, "b": 0.5},), alpha=0.05)
    expected = Sequence(alpha=0.05, planned=6_000).difference(arm(0.01, 900), arm(0.0, 900))
    assert judged({"b": 0.01}, units=900, made=made).sequences["b", "spent"] == expected


def test_a_rate_that_has_not_happened_yet_has_an_interval() -> None:
    made = replace(MADE, shares=({"a": 0.5, "b": 0.5},), targets=(replace(SPENT, rate=True),), guardrails=())
    never = {(name, "spent"): Moments(count=900) for name in "ab"}
    found = decide(made, Observed(units={"a": 900, "b": 900}, moments=never)).sequences["b", "spent"]
    assert 0 < found.width < 0.05


def test_nothing_wins_below_the_least_sample() -> None:
    made = replace(MADE, shares=({"a": 0.5, "b": 0.5},), minimum=500)
    assert judged({"b": 1.0}, units=499, made=made).kind == "continue"
    assert judged({"b": 1.0}, units=500, made=made).kind == "winner"


def test_an_observation_of_other_arms_or_without_a_metric_is_refused() -> None:
    with pytest.raises(UnusableError, match="got units of"):
        decide(MADE, Observed(units={"a": 1, "b": 1}, moments={}))
    with pytest.raises(UnusableError, match="got no spent of a"):
        decide(MADE, Observed(units={"a": 1, "b": 1, "c": 1}, moments={}))
