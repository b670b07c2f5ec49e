"""Schedules: which minutes an expression names, and that what is due really starts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from local.cloud.schedule_times import due
from tests.local.cloud.emulated import Cloud, until

SINCE = datetime(2026, 11, 22, 10, 0, 30, tzinfo=UTC)  # a Sunday


@pytest.mark.parametrize(
    ("expression", "minutes"),
    [
        ("rate(1 minute)", [1, 2, 3]),
        ("rate(2 hours)", [120, 240]),
        ("rate(1 day)", [1440]),
        ("at(2026-11-22T10:05:30)", [5]),
        ("cron(0/2 10 * * ? *)", [0, 2, 4]),
        ("cron(3,7-8 * ? NOV SUN 2026)", [3, 7, 8, 63]),
        ("cron(0 12 22 11 ? *)", [120]),
        ("cron(30 * ? * MON-FRI *)", [14 * 60 + 30]),
    ],
)
def test_an_expression_names_its_minutes(expression: str, minutes: list[int]) -> None:
    start = SINCE.replace(second=0)
    found = [number for number in range(minutes[-1] + 1) if due(expression, start + timedelta(minutes=number), SINCE)]
    assert found[: len(minutes)] == minutes


@pytest.mark.parametrize("expression", ["rate(5)", "cron(0 10 * *)", "cron(0 10 L * ? *)", "every day", "at(noon)"])
def test_an_expression_that_is_none_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r"ScheduleExpression|invalid literal|Invalid isoformat"):
        due(expression, SINCE.replace(second=0), SINCE)


def test_what_is_due_starts_on_the_clock_with_the_time_that_it_was_due(new_cloud: Callable[..., Cloud]) -> None:
    cloud = new_cloud(TAKEOFF_CLOCK_SPEED="300")
    steps = cloud.client("stepfunctions")
    passing = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
    for kind in ("scheduled", "ruled"):
        arn = steps.create_state_machine(name=kind, definition=passing, roleArn=cloud.role())["stateMachineArn"]
        if kind == "scheduled":
            target = {"Arn": arn, "RoleArn": "arn:aws:iam::123456789012:role/r"}
            cloud.client("scheduler").create_schedule(
                Name="s",
                ScheduleExpression="rate(2 minutes)",
                FlexibleTimeWindow={"Mode": "OFF"},
                Target=target | {"Input": '{"due": "<aws.scheduler.scheduled-time>"}'},
            )
        else:
            cloud.client("events").put_rule(Name="r", ScheduleExpression="cron(* * * * ? *)")
            cloud.client("events").put_targets(Rule="r", Targets=[{"Id": "t", "Arn": arn}])
        until(lambda arn=arn: len(steps.list_executions(stateMachineArn=arn)["executions"]) >= 2)
    inputs = [
        json.loads(steps.describe_execution(executionArn=each["executionArn"])["input"])
        for machine in steps.list_state_machines()["stateMachines"]
        for each in steps.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]
    ]
    times = sorted(datetime.fromisoformat(each["due"]) for each in inputs if "due" in each)
    assert {later - earlier for earlier, later in pairwise(times)} == {timedelta(minutes=2)}
    assert {each["detail-type"] for each in inputs if "due" not in each} == {"Scheduled Event"}
