"""One step of a look at a window, which objects it takes, and what windows are called: pure functions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from model_code.monitoring.decide import RUNNING, Failed, Job, Read, Start, Stored, Wait, decide, take
from model_code.monitoring.verdict import follows, previous, with_state
from model_code.monitoring.window import Window, window_of

THEN = datetime(2026, 11, 22, tzinfo=UTC)
WINDOW = Window(start=THEN, end=THEN + timedelta(hours=1))


def stored(*minutes: int) -> list[Stored]:
    return [Stored(name=str(minute), modified=THEN + timedelta(minutes=minute)) for minute in minutes]


def test_a_window_that_nobody_looked_at_gets_its_first_job() -> None:
    assert decide([], "p", []) == Start("p-0")


@pytest.mark.parametrize("status", sorted(RUNNING))
def test_a_job_under_way_is_waited_for_whoever_started_it(status: str) -> None:
    assert decide([Job(name="p-0", status="Failed"), Job(name="p-1", status=status)], "p", ["p-0"]) == Wait("p-1")


def test_a_complete_job_is_read_even_after_one_that_failed() -> None:
    assert decide([Job(name="p-0", status="Failed"), Job(name="p-1", status="Completed")], "p", ["p-0"]) == Read("p-1")


def test_a_job_that_this_run_followed_and_that_failed_is_its_end() -> None:
    assert decide([Job(name="p-0", status="Stopped")], "p", ["p-0"]) == Failed("p-0 ended Stopped: no reason given")


def test_another_runs_failed_job_is_followed_by_the_next_number() -> None:
    assert decide([Job(name="p-0", status="Failed"), Job(name="p-1", status="Stopped")], "p", []) == Start("p-2")


def test_a_window_of_few_objects_takes_all_of_them_in_order_of_time() -> None:
    taken = take(stored(7, 5), stored(1, 3), 10)
    assert (taken.names, taken.found) == (("1", "3", "5", "7"), 4)


def test_the_windows_own_objects_come_first_and_then_the_newest_of_the_earlier() -> None:
    taken = take(stored(5, 7), stored(1, 2, 3), 3)
    assert (taken.names, taken.found) == (("3", "5", "7"), 5)
    assert take(stored(5, 7), stored(1), 2).names == ("5", "7")


def test_of_too_many_of_its_own_a_window_takes_evenly_spread_ones() -> None:
    taken = take(stored(*range(10)), stored(-1), 4)
    assert (taken.names, taken.found) == (("0", "2", "5", "7"), 11)


def test_a_windows_name_sorts_by_time_and_tells_lengths_apart() -> None:
    assert WINDOW.name == "20261122000000-3600"
    shorter = Window(start=THEN, end=THEN + timedelta(minutes=5))
    assert shorter.name != WINDOW.name


def test_the_hours_of_a_window_are_those_that_it_touches() -> None:
    odd = Window(start=THEN + timedelta(minutes=30), end=THEN + timedelta(hours=2, minutes=1))
    assert odd.hours() == ["2026/11/22/00", "2026/11/22/01", "2026/11/22/02"]
    assert WINDOW.hours() == ["2026/11/22/00"]
    assert WINDOW.hours(before=2) == ["2026/11/21/22", "2026/11/21/23", "2026/11/22/00"]


def test_windows_of_a_schedule_meet_across_a_leap_day_and_a_year() -> None:
    for day in ("2028-03-01T00:00:00Z", "2027-01-01T00:00:00Z"):
        last = window_of({"scheduled": day}, 86_400, datetime(2030, 1, 1, tzinfo=UTC))
        assert last.seconds == 86_400
        before = window_of({"scheduled": last.start.isoformat()}, 86_400, datetime(2030, 1, 1, tzinfo=UTC))
        assert before.end == last.start


def test_a_time_with_another_zone_is_the_same_moment() -> None:
    found = window_of({"scheduled": "2026-11-22T02:00:00+02:00"}, 3600, THEN + timedelta(days=1))
    assert found == Window(start=THEN - timedelta(hours=1), end=THEN)


def test_a_verdict_follows_one_of_its_own_window_or_an_earlier_one() -> None:
    assert follows({"start": "2026-11-22T01:00:00Z"}, {})
    assert follows({"start": "2026-11-22T01:00:00Z"}, {"start": "2026-11-22T01:00:00Z"})
    assert not follows({"start": "2026-11-22T01:00:00Z"}, {"start": "2026-11-22T02:00:00Z"})


def test_a_state_is_gone_on_from_by_its_own_version_and_a_later_window() -> None:
    state = {"version": "v", "start": "2026-11-21T23:00:00Z", "output": "s3://o"}
    assert previous({"state": state}, WINDOW, "v") == "s3://o"
    assert previous({"state": state}, WINDOW, "w") == ""
    assert previous({"state": state | {"start": "2026-11-22T00:00:00Z"}}, WINDOW, "v") == ""
    assert previous({}, WINDOW, "v") == ""


def test_a_verdict_without_results_hands_the_state_before_on() -> None:
    assert with_state({"status": "empty"}, {"state": {"output": "s3://o"}})["state"] == {"output": "s3://o"}
    own = {"version": "v", "start": "t", "output": "s3://n", "status": "quiet"}
    assert with_state(own, {"state": {"output": "s3://o"}})["state"] == {
        "version": "v",
        "start": "t",
        "output": "s3://n",
    }


def test_a_window_begins_where_the_one_before_ended_unless_that_is_long_ago() -> None:
    event, later = {"scheduled": "2026-11-22T03:00:00Z"}, datetime(2030, 1, 1, tzinfo=UTC)
    late = window_of(event, 3600, later, "2026-11-22T02:20:00Z")
    assert (late.name, late.seconds) == ("20261122022000-2400", 2400)
    assert window_of(event, 3600, later, "2026-11-22T01:00:00Z").seconds == 7200
    for other in ("", "2026-11-21T23:59:59Z", "2026-11-22T03:00:00Z", "2026-11-22T04:00:00Z"):
        assert window_of(event, 3600, later, other).name == "20261122020000-3600"
