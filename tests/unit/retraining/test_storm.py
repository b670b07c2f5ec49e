"""Many requests at once, and requests that come too soon or too often: one run, and a record of every other."""

from __future__ import annotations

import itertools
import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from model_code.retraining import account
from tests.unit.retraining.fakes import ALARM, NOW, Cloud, Execution, Killed, refusal, settings


class Raises:
    """A call that is refused."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __call__(self, **_: Any) -> None:
        raise self._error


def storm(cloud: Cloud, count: int = 50) -> list[Execution]:
    return [cloud.execution(f"e{number}", {**ALARM, "by": f"alarm {number}"}) for number in range(count)]


def refused(execution: Execution) -> str:
    return str(execution.event.get("why", ""))


def test_a_storm_of_fifty_alarms_makes_one_run() -> None:
    cloud = Cloud()
    alarms = storm(cloud)
    for alarm in alarms:
        alarm.once()
    assert len(cloud.pipelines) == 1
    assert [refused(alarm) for alarm in alarms] == ["", *["running"] * 49]
    assert {alarm.event["status"] for alarm in alarms[1:]} == {"succeeded"}
    assert cloud.record()["by"] == "alarm 0"


@pytest.mark.parametrize("seed", range(20))
def test_a_storm_whose_steps_and_runs_interleave_at_random_makes_one_run(seed: int) -> None:
    cloud, chance = Cloud(), random.Random(seed)  # noqa: S311 - an order of steps, no secret
    pending = storm(cloud)
    while pending:
        one = chance.choice(pending)
        if one.once()["status"] != "waiting":
            pending.remove(one)
        if chance.random() < 0.02:
            cloud.end_pipelines()
    assert len(cloud.pipelines) == 1
    assert cloud.record()["status"] == "succeeded"


def test_of_two_that_decide_at_the_same_moment_one_runs() -> None:
    cloud = Cloud()
    first, second = storm(cloud, 2)
    cloud.before_claim = second.once
    first.once()
    assert refused(first) == "running"
    assert second.event["status"] == "waiting"
    assert len(cloud.pipelines) == 1
    assert cloud.record()["runner"] == second.arn


def test_the_second_of_two_goes_on_where_the_first_died_with_its_claim() -> None:
    cloud = Cloud()
    first, second = storm(cloud, 2)

    def claim_and_die() -> None:
        cloud.put("features", f"runs/m/{run}/record.json", json.dumps({**claimed, "runner": second.arn}).encode())
        second.aborted()

    other = Cloud()
    other.execution("e0", ALARM).once()
    claimed, run = other.record() | {"status": "preparing", "execution": ""}, other.record()["run"]
    cloud.before_claim = claim_and_die
    assert first.once()["status"] == "waiting"
    assert (cloud.record()["runner"], cloud.record()["run"]) == (first.arn, run)


def test_a_third_sees_that_a_dead_ones_claim_is_gone_on_with() -> None:
    cloud = Cloud()
    dead, heir, third = storm(cloud, 3)
    cloud.kill_after = 6  # right after its claim
    with pytest.raises(Killed):
        dead.once()
    assert list(cloud.objects)[-1][1].endswith("/record.json")
    dead.aborted()
    cloud.kill_after = 10**9
    cloud.before_copy = third.once
    assert heir.once()["status"] == "waiting"
    assert refused(third) == "running"
    assert (len(cloud.pipelines), cloud.record()["status"]) == (1, "running")


def test_a_list_that_does_not_show_the_newest_run_yet_starts_it_no_second_time() -> None:
    cloud = Cloud()
    dead, heir, third = storm(cloud, 3)
    dead.once()
    cloud.stale = True
    third.once()
    assert refused(third) == "running"
    dead.aborted()
    assert heir.once()["execution"] == dead.event["execution"]
    assert len(cloud.pipelines) == 1


def test_runs_are_told_newest_first_whatever_the_order_of_the_list() -> None:
    cloud = Cloud()
    for name, hours in (("second", 2), ("third", 3), ("first", 1)):
        cloud.began(name, NOW + timedelta(hours=hours))
    assert [run.name for run in account.runs(cloud, "p")] == ["third", "second", "first"]


def test_a_pipeline_that_was_made_anew_does_not_mistake_the_folders_of_the_one_before() -> None:
    cloud = Cloud()
    before = cloud.execution("a", ALARM).whole()["run"]
    cloud.end_cooldowns()
    cloud.pipelines.clear()
    cloud.origin = NOW
    after = cloud.execution("b", ALARM).once()
    assert (after["status"], after["run"] != before) == ("waiting", True)


def test_the_end_of_an_older_cooldown_does_not_hide_a_run_by_hand() -> None:
    cloud = Cloud()
    cloud.execution("a", ALARM).whole()
    ((arn, cool),) = [(arn, each) for arn, each in cloud.executions.items() if ":cool-" in arn]
    cloud.execution("hand", {**ALARM, "cause": "manual"}).once()
    waiting = cloud.execution(arn.rpartition(":")[2], json.loads(cool["input"]))
    waiting.once()
    assert waiting.once()["status"] == "succeeded"
    assert cloud.state()["state"] == "running"


def test_a_run_that_began_and_ended_while_one_looked_is_not_run_again() -> None:
    cloud = Cloud()
    first, second = storm(cloud, 2)
    cloud.before_claim = second.whole
    first.once()
    assert refused(first) == "running"
    assert len(cloud.pipelines) == 1


def test_a_run_started_by_hand_in_the_console_counts_as_running() -> None:
    cloud = Cloud()
    cloud.began("by-hand", NOW)
    alarm = cloud.execution("e", ALARM)
    alarm.once()
    assert refused(alarm) == "running"
    cloud.end_pipelines()
    assert cloud.execution("f", ALARM).once()["status"] == "waiting"


def test_an_alarm_waits_for_the_cooldown_and_a_person_does_not() -> None:
    cloud = Cloud()
    assert cloud.execution("a", ALARM).whole()["outcome"] == "succeeded"
    assert cloud.state()["state"] == "cooling"
    for cause in ("alarm", "schedule", "first"):
        request = cloud.execution(cause, {**ALARM, "cause": cause})
        request.once()
        assert refused(request) == "cooling"
    assert cloud.execution("hand", {**ALARM, "cause": "manual"}).whole()["status"] == "succeeded"
    # The newest run has a cooldown of its own.
    late = cloud.execution("late", ALARM)
    late.once()
    assert (refused(late), len(cloud.pipelines)) == ("cooling", 2)
    cloud.end_cooldowns()
    assert cloud.execution("again", ALARM).once()["status"] == "waiting"


def test_a_cooldown_is_one_execution_that_waits_it_out_and_says_when_it_is_over() -> None:
    cloud = Cloud()
    run = cloud.execution("a", ALARM).whole()["run"]
    ((arn, cool),) = [(arn, each) for arn, each in cloud.executions.items() if ":cool-" in arn]
    assert arn.endswith(f":cool-m-{run}")
    waiting = cloud.execution(arn.rpartition(":")[2], json.loads(cool["input"]))
    assert waiting.once() | {"status": "waiting", "seconds": 3600} == waiting.event
    assert waiting.once()["status"] == "succeeded"
    assert cloud.state()["state"] == "idle"
    assert cloud.state()["last"]["status"] == "succeeded"


def test_no_cooldown_is_no_execution_more() -> None:
    cloud = Cloud(settings(cooldown_seconds=0))
    cloud.execution("a", ALARM).whole()
    assert [arn for arn in cloud.executions if ":cool-" in arn] == []
    assert cloud.state()["state"] == "idle"
    assert cloud.execution("b", ALARM).once()["status"] == "waiting"


def months() -> list[tuple[datetime, datetime, bool]]:
    """When the last run began, when somebody asks, and whether it counts for that month."""
    end = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
    begin = datetime(2026, 12, 1, tzinfo=UTC)
    return [
        (end, end, True),
        (end, begin, False),
        (begin, begin, True),
        (datetime(2025, 11, 30, tzinfo=UTC), end, False),
        (datetime(2026, 12, 31, 23, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), False),
    ]


@pytest.mark.parametrize(("began", "asked", "counts"), months())
def test_the_cap_counts_the_runs_of_the_calendar_month(began: datetime, asked: datetime, counts: bool) -> None:
    cloud = Cloud(settings(most=3))
    for _ in range(3):
        cloud.began("r", began, status="Failed")
    cloud.clock = asked
    request = cloud.execution("a", ALARM)
    assert request.once()["status"] == ("failed" if counts else "waiting")
    assert refused(request) == ("cap" if counts else "")


def test_a_person_passes_the_cap() -> None:
    cloud = Cloud(settings(most=1))
    cloud.began("r", NOW - timedelta(days=1), status="Succeeded")
    assert cloud.execution("a", {**ALARM, "cause": "manual"}).once()["status"] == "waiting"


def test_a_spent_budget_stops_everybody_and_says_how_much_it_was() -> None:
    cloud = Cloud(settings(budget="takeoff-test-budget"))
    for number, (actual, status) in enumerate([("9.99", "waiting"), ("10.0", "failed"), ("11", "failed")]):
        fresh = Cloud(settings(budget="takeoff-test-budget"))
        fresh.spent = (actual, "10")
        request = fresh.execution(f"e{number}", {**ALARM, "cause": "manual"})
        assert request.once()["status"] == status
    cloud.spent = ("12.5", "10")
    request = cloud.execution("a", ALARM)
    request.once()
    assert request.event["reason"].startswith("budget takeoff-test-budget is spent: 12.5 of 10 USD")


@pytest.mark.parametrize(("place", "words"), [("m/freeze", "anna: audit"), ("freeze", "anna (the whole stack): audit")])
@pytest.mark.parametrize("cause", ["alarm", "manual"])
def test_a_freeze_stops_everybody_and_says_who_and_why(place: str, words: str, cause: str) -> None:
    cloud = Cloud()
    cloud.parameters[f"/takeoff/test/{place}"] = json.dumps({"who": "anna", "why": "audit", "at": "x"})
    request = cloud.execution("a", {**ALARM, "cause": cause})
    assert request.once()["status"] == "succeeded"
    assert (refused(request), cloud.pipelines) == ("frozen", [])
    assert words in request.event["reason"]


def test_every_refusal_is_shown_with_who_asked() -> None:
    cloud = Cloud(data=False)
    request = cloud.execution("a", ALARM)
    assert request.once()["status"] == "failed"
    told = cloud.state()["last_refusal"]
    assert told == {
        "why": "no data set",
        "reason": "no data set at s3://features/datasets/m/data.csv; store one by `takeoff dataset upload m FILE`",
        "cause": "alarm",
        "by": "drift",
        "at": NOW.isoformat(timespec="seconds"),
    }


@pytest.mark.parametrize("code", ["TooManyUpdates", "ThrottlingException"])
def test_a_refusal_that_ssm_is_too_busy_for_is_a_refusal_all_the_same(
    code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = Cloud()
    first, second = storm(cloud, 2)
    first.once()
    monkeypatch.setattr(cloud, "put_parameter", Raises(refusal(code)))
    assert (second.once()["status"], refused(second)) == ("succeeded", "running")
    monkeypatch.setattr(cloud, "put_parameter", Raises(refusal("AccessDeniedException")))
    with pytest.raises(ClientError):
        cloud.execution("other", ALARM).once()


def test_a_refusal_does_not_hide_the_run_that_is_under_way() -> None:
    cloud = Cloud()
    first, second = storm(cloud, 2)
    first.once()
    second.once()
    assert cloud.state()["last_refusal"]["by"] == "alarm 1"
    assert (cloud.state()["state"], cloud.state()["runner"]) == ("running", first.arn)
    cloud.parameters["/takeoff/test/m/retraining"] = json.dumps({"state": "idle"})
    first.once()
    assert (cloud.state()["state"], cloud.state()["run"]) == ("running", first.event["run"])


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"model": "n", "cause": "alarm"}, "model: got 'n'; allowed: one of test's with `training`"),
        ({"model": "../m", "cause": "alarm"}, "model: got '../m'; allowed: the name of a model"),
        ({"cause": "alarm"}, "model: got None"),
        ({"model": "m", "cause": "boredom"}, "cause: got 'boredom'; allowed: alarm, schedule, manual, first"),
    ],
)
def test_what_is_no_request_is_refused_in_words(event: dict[str, Any], words: str) -> None:
    cloud = Cloud()
    end = cloud.execution("a", event).once()
    assert (end["status"], cloud.pipelines) == ("failed", [])
    assert words in end["reason"]


def test_names_of_runs_never_come_twice() -> None:
    cloud = Cloud(settings(cooldown_seconds=0))
    names = [cloud.execution(f"e{number}", ALARM).whole()["run"] for number in range(5)]
    assert len(set(names)) == 5
    assert [name[:4] for name in names] == ["0001", "0002", "0003", "0004", "0005"]
    assert all(len(name) == 13 for name in itertools.chain(names))
