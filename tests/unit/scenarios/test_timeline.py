"""The timeline says each change once, in order, and finds when something first was so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from botocore.exceptions import ClientError

from scenarios.account import Account
from scenarios.timeline import Entry, Timeline


class Seen:
    """A model's account as the timeline looks at it; a test changes it between two looks."""

    def __init__(self) -> None:
        self.weights = {"main": 100.0}
        self.states = {"drift-inputs": "OK", "kpi": "INSUFFICIENT_DATA"}
        self.executions = [{"PipelineExecutionArn": "arn/e1", "PipelineExecutionStatus": "Executing"}]
        self.said = {"approved": "a" * 12, "candidate": ""}
        self.known: dict[str, Any] = {"phase": "canary", "message": "begins"}
        self.down = False

    def endpoint(self) -> dict[str, Any]:
        if self.down:
            raise ClientError({"Error": {"Code": "500", "Message": "down"}}, "DescribeEndpoint")
        variants = [{"VariantName": name, "CurrentWeight": weight} for name, weight in self.weights.items()]
        return {"EndpointStatus": "InService", "EndpointConfigName": "m-a", "ProductionVariants": variants}

    def alarms(self) -> dict[str, str]:
        return self.states

    def runs(self) -> list[dict[str, Any]]:
        return self.executions

    def steps(self, execution: str) -> dict[str, dict[str, str]]:
        return {"Validate": {"StepStatus": "Succeeded"}, "Train": {"StepStatus": "Executing"}}

    def version(self, slot: str) -> str:
        return self.said[slot]

    def leaf(self, name: str) -> dict[str, Any]:
        assert name == "analysis"
        return self.known


def ticking() -> Iterator[float]:
    at = 100.0
    while True:
        yield at
        at += 1.0


def timeline(heard: list[Entry] | None = None) -> Timeline:
    """A timeline whose clock is a second further at every look at it; it begins at 0."""
    times = ticking()
    return Timeline(say=(heard if heard is not None else []).append, clock=lambda: next(times))


def looked(made: Timeline, account: Seen) -> dict[str, str]:
    """One look (the one at the end of a watch), and what the timeline knows then."""
    with made.watching(cast("Account", account)):
        pass
    return {entry.what: entry.now for entry in made.entries}


def test_a_change_is_an_entry_once_and_is_told_as_it_comes() -> None:
    heard: list[Entry] = []
    made = timeline(heard)
    made.scenario = "a"
    for now in ("OK", "OK", "ALARM", "ALARM", "OK"):
        made.tell("alarm kpi", now)
    assert [(entry.at, entry.scenario, entry.now) for entry in heard] == [
        (1, "a", "OK"),
        (2, "a", "ALARM"),
        (3, "a", "OK"),
    ]
    assert made.entries == heard


def test_things_change_independently_of_each_other() -> None:
    made = timeline()
    for what in ("one", "two", "one"):
        made.tell(what, "on")
    assert [entry.what for entry in made.entries] == ["one", "two"]


def test_the_first_time_is_the_first_that_is_wanted_and_not_before_the_time_that_is_named() -> None:
    made = timeline()
    for now in ("OK", "ALARM", "OK", "ALARM"):
        made.tell("alarm kpi", now)
    assert made.first("alarm kpi", lambda now: now == "ALARM") == 2
    assert made.first("alarm kpi", lambda now: now == "ALARM", since=3) == 4
    assert made.first("alarm kpi", lambda now: now == "GONE") is None
    assert made.first("alarm", lambda now: True) is None


def test_a_look_tells_traffic_alarms_runs_versions_and_the_analysis() -> None:
    made = timeline()
    assert looked(made, Seen()) == {
        "traffic": "main 100",
        "endpoint": "InService on m-a",
        "alarm drift-inputs": "OK",
        "pipeline e1": "Executing: Validate Succeeded, Train Executing",
        "approved": "a" * 12,
        "analysis phase": "canary",
        "analysis message": "begins",
    }


def test_looks_that_see_nothing_new_add_samples_and_no_entries() -> None:
    made, account = timeline(), Seen()
    looked(made, account)
    entries = len(made.entries)
    account.weights = {"main": 80.0, "candidate": 20.0}
    looked(made, account)
    looked(made, account)
    assert [entry.now for entry in made.entries[entries:]] == ["candidate 20, main 80"]
    assert [dict(weights) for _, weights in made.samples] == [{"main": 100}, account.weights, account.weights]
    times = [at for at, _ in made.samples]
    assert times == sorted(set(times))


def test_an_account_that_is_down_for_a_moment_ends_nothing() -> None:
    made, account = timeline(), Seen()
    account.down = True
    assert looked(made, account) == {}
    account.down = False
    assert looked(made, account)["traffic"] == "main 100"
