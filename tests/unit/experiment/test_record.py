"""What exposures and outcomes add up to."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from model_code.errors import UnusableError
from model_code.experiment.declared import Experiment, Metric
from model_code.experiment.record import Exposure, Observed, Outcome, observe

THEN = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
MADE = Experiment(
    name="test",
    control="a",
    shares=({"a": 0.5, "b": 0.5},),
    targets=(Metric(name="spent", better="higher", effect=1.0),),
    guardrails=(Metric(name="failed", better="lower", rate=True, effect=0.01),),
    planned=100,
)


def shown(unit: str, arm: str, hours: float = 0, before: float = 0.0) -> Exposure:
    return Exposure(experiment="test", unit=unit, arm=arm, at=THEN + hours * HOUR, covariates={"spent": before})


def came(unit: str, value: float, hours: float = 0, metric: str = "spent") -> Outcome:
    return Outcome(experiment="test", unit=unit, metric=metric, value=value, at=THEN + hours * HOUR)


def seen(exposures: list[Exposure], outcomes: list[Outcome], hours: float = 100) -> Observed:
    return observe(MADE, exposures, outcomes, since=THEN, until=THEN + hours * HOUR, window=24 * HOUR)


def test_a_unit_counts_once_with_the_sum_of_its_outcomes() -> None:
    found = seen([shown("x", "b"), shown("x", "b", 1), shown("y", "b")], [came("x", 2.0, 1), came("x", 3.0, 2)])
    assert found.units == {"a": 0, "b": 2}
    assert (found.moments["b", "spent"].count, found.moments["b", "spent"].mean) == (2, 2.5)


def test_a_rate_is_one_however_often_it_happened() -> None:
    found = seen([shown("x", "a"), shown("y", "a")], [came("x", 1.0, n, "failed") for n in range(3)])
    assert found.moments["a", "failed"].mean == 0.5


def test_outcomes_before_the_exposure_or_after_the_window_do_not_count() -> None:
    found = seen([shown("x", "a", 10)], [came("x", 5.0, 9), came("x", 7.0, 35), came("x", 1.0, 34), came("x", 1.0, 10)])
    assert found.moments["a", "spent"].mean == 2.0


def test_a_unit_takes_part_once_its_window_has_passed() -> None:
    exposures, outcomes = [shown("x", "a"), shown("y", "a", 5)], [came("x", 1.0), came("y", 9.0, 6)]
    found = seen(exposures, outcomes, hours=24)
    assert found.units["a"] == 2
    assert (found.moments["a", "spent"].count, found.moments["a", "spent"].mean) == (1, 1.0)


def test_exposures_of_an_earlier_allocation_do_not_count() -> None:
    assert seen([shown("x", "a", -1), shown("y", "a", 101)], []).units == {"a": 0, "b": 0}


def test_a_unit_shown_both_arms_counts_where_it_came_first() -> None:
    found = seen([shown("x", "b", 2), shown("x", "a", 1)], [])
    assert found.units == {"a": 1, "b": 0}
    assert found.crossed == 1


def test_covariates_are_those_of_the_metric() -> None:
    found = seen([shown("x", "a", before=3.0), shown("y", "a", before=5.0)], [])
    assert found.moments["a", "spent"].covariate_mean == 4.0
    assert found.moments["a", "failed"].covariate_square == 0


def test_the_order_of_records_does_not_matter() -> None:
    exposures = [shown(f"u{n}", "ab"[n % 2], n % 5, before=n / 3) for n in range(40)]
    outcomes = [came(f"u{n % 40}", n / 7, 6 + n % 9) for n in range(90)]
    expected = seen(exposures, outcomes)
    source = random.Random(4)  # noqa: S311
    source.shuffle(exposures)
    source.shuffle(outcomes)
    assert seen(exposures, outcomes) == expected


def test_records_of_other_experiments_are_passed_over() -> None:
    others = replace(shown("x", "zzz"), experiment="other"), replace(came("x", 1.0, metric="zzz"), experiment="other")
    assert seen([others[0]], [others[1]]).units == {"a": 0, "b": 0}


def test_an_unknown_arm_metric_or_value_is_refused() -> None:
    for exposures, outcomes, said in (
        ([shown("x", "c")], [], "got arm 'c'"),
        ([], [came("x", 1.0, metric="clicked")], "got metric 'clicked'"),
        ([shown("x", "a")], [came("x", float("nan"))], "outcome spent of x: got nan"),
    ):
        with pytest.raises(UnusableError, match=said):
            seen(exposures, outcomes)
