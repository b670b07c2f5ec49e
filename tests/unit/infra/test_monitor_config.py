"""The `monitor` block: its period is known, its alarms say something, and what it needs is there."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from infra.config.base import MistakeError
from infra.config.monitor import Monitor, require_evidence, require_foundation


def monitor(**changes: Any) -> Monitor:
    return Monitor.model_validate({"instanceType": "ml.m5.large"} | changes)


def mistake(**changes: Any) -> MistakeError:
    with pytest.raises(ValidationError) as caught:
        monitor(**changes)
    (one,) = caught.value.errors()
    found = one["ctx"]["error"]
    assert isinstance(found, MistakeError)
    return found


@pytest.mark.parametrize(
    ("schedule", "seconds"),
    [("rate(5 minutes)", 300), ("rate(1 hour)", 3600), ("rate(12 hours)", 43_200), ("rate(3 days)", 259_200)],
)
def test_a_rate_says_how_long_a_window_is(schedule: str, seconds: int) -> None:
    assert monitor(schedule=schedule).period_seconds == seconds


def test_the_least_block_looks_every_hour_and_retrains() -> None:
    least = monitor()
    assert (least.schedule, least.period_seconds, least.retrain) == ("rate(1 hour)", 3600, True)
    assert (least.false_alarms_per_month, least.outcome_hours) == (1.0, 24)


def test_cron_goes_with_the_minutes_that_it_does_not_say() -> None:
    assert monitor(schedule="cron(0 3 * * ? *)", periodMinutes=1440).period_seconds == 86_400


@pytest.mark.parametrize(
    ("changes", "where", "allowed"),
    [
        ({"schedule": "rate(4 minutes)"}, "schedule", "5 minutes to 3 days"),
        ({"schedule": "rate(7 days)"}, "schedule", "5 minutes to 3 days"),
        ({"schedule": "rate(often)"}, "schedule", "such as rate(1 hour)"),
        ({"schedule": "rate(0 hours)"}, "schedule", "such as rate(1 hour)"),
        ({"schedule": "cron(0 3 * * ? *)"}, "periodMinutes", "minutes between two times, or a rate"),
        ({"periodMinutes": 60}, "periodMinutes", "with cron alone"),
        ({"instanceType": "ml.c5.large"}, "instanceType", "types of processing jobs, such as ml.c5"),
        ({"schedule": "rate(1 day)", "falseAlarmsPerMonth": 7}, "falseAlarmsPerMonth", "at most 6, a fifth of them"),
    ],
)
def test_a_mistake_says_where_and_what_is_allowed(changes: dict[str, Any], where: str, allowed: str) -> None:
    found = mistake(**changes)
    assert found.where == where
    assert allowed in found.allowed


@pytest.mark.parametrize(
    "changes",
    [
        {"falseAlarmsPerMonth": 0},
        {"falseAlarmsPerMonth": 101},
        {"outcomeHours": 0},
        {"outcomeHours": 169},
        {"schedule": "cron(0 3 * * ? *)", "periodMinutes": 4},
        {"schedule": "hourly"},
        {"retrain": "yes"},
        {"hours": 3},
    ],
)
def test_what_is_out_of_range_or_unknown_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        monitor(**changes)


def test_a_monitor_needs_captures_to_look_at_and_training_to_compare_with() -> None:
    require_evidence(capture=True, training=True, mode="realtime")
    whole: dict[str, Any] = {"capture": True, "training": True, "mode": "realtime"}
    lacks: list[dict[str, Any]] = [{"capture": False}, {"training": False}, {"mode": "async"}]
    for lacking in lacks:
        with pytest.raises(MistakeError) as caught:
            require_evidence(**whole | lacking)
        assert caught.value.where == "monitor"
        assert next(iter(lacking)) in caught.value.allowed + caught.value.got


def test_a_monitor_needs_a_lake_for_outcomes_and_reports() -> None:
    require_foundation("m", lake=True)
    with pytest.raises(MistakeError, match=r"models\.m\.monitor") as caught:
        require_foundation("m", lake=False)
    assert "`lake` block" in caught.value.allowed
