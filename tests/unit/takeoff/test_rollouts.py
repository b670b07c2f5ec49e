"""What `takeoff rollout status` says: of a wish for a config, and of versions that take each other's place."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from benchmarks.rollout_account import NEW, OLD, record, wish
from model_code.rollout.decide import Observed
from model_code.rollout.evidence import Counts, Evidence, Missing
from model_code.rollout.records import Order, State
from model_code.rollout.seen import Seen
from model_code.rollout.watch import watched
from takeoff import stack as stacks
from takeoff.commands import rollout as commands
from takeoff.rollout import Progress, Rollouts, wait
from takeoff.stack import DeployedModel, DeployedStack

SAID = {"code": "digits", "owner": "a@example.com", "endpoint": "e", "desired": "/takeoff/test/m/desired"}
MODEL = DeployedModel(name="m", traffic={}, versions=[], **SAID)
STACK = DeployedStack(name="test", bucket="b", rollout="arn:aws:states:x", models={"m": MODEL})
STATIC = {"config": "c2"}
LINEUP = {"releases": {"1" * 12: {}}}


class Account:
    """Parameters and one endpoint."""

    def __init__(self, wish: dict[str, Any], **beside: dict[str, Any]) -> None:
        self.values = {"desired": wish} | beside
        self.status = "InService"

    def get_parameter(self, Name: str) -> dict[str, Any]:  # noqa: N803
        leaf = Name.rpartition("/")[2]
        if leaf not in self.values:
            raise ClientError({"Error": {"Code": "ParameterNotFound", "Message": ""}}, "GetParameter")
        return {"Parameter": {"Name": Name, "Value": json.dumps(self.values[leaf]), "Version": 7}}

    def describe_endpoint(self, EndpointName: str) -> dict[str, Any]:  # noqa: N803
        weights = {"main": 9.0, "candidate": 1.0}
        variants = [{"VariantName": name, "CurrentWeight": weight} for name, weight in weights.items()]
        return {"EndpointStatus": self.status, "EndpointConfigName": "c1", "ProductionVariants": variants}


def progress(monkeypatch: pytest.MonkeyPatch, account: Account) -> Progress:
    monkeypatch.setattr(boto3, "client", lambda _: account)
    return Rollouts(STACK).progress(MODEL)


def outcome(version: int = 7, **more: str) -> dict[str, Any]:
    return {"status": "succeeded", "reason": "as wished", "desired_version": version, **more}


def test_the_outcome_of_the_present_wish_is_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    found = progress(monkeypatch, Account(STATIC, outcome=outcome()))
    assert (found.status, found.reason, found.settled) == ("succeeded", "as wished", True)
    assert (found.config, found.desired_config) == ("c1", "c2")
    assert found.traffic == {"main": 90.0, "candidate": 10.0}


def test_the_outcome_of_an_older_wish_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    found = progress(monkeypatch, Account(STATIC, outcome=outcome(6)))
    assert (found.status, found.reason) == ("running", "endpoint is InService")


def test_while_a_version_is_tried_its_analysis_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The outcome of the same wish is the verdict before it: nothing of `desired` changes when a trial begins."""
    analysis = {"phase": "canary", "message": "222222222222 has 20 % of requests, 31 of 40"}
    found = progress(monkeypatch, Account(LINEUP, outcome=outcome(desired_config="c1"), analysis=analysis))
    assert (found.status, found.settled) == ("trying", False)
    assert found.reason == "222222222222 has 20 % of requests, 31 of 40"


def test_a_trial_that_says_nothing_leaves_the_word_to_the_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(LINEUP, analysis={"phase": "bake"})
    account.status = "Updating"
    assert progress(monkeypatch, account).reason == "endpoint is Updating"


def test_a_trial_that_has_ended_leaves_the_word_to_the_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = {"phase": "ended", "message": "promoted"}
    found = progress(monkeypatch, Account(LINEUP, outcome=outcome(desired_config="c3"), analysis=ended))
    assert (found.status, found.reason) == ("succeeded", "as wished")
    # `desired` does not say which of the versions is live.
    assert found.desired_config == "c3"


def test_before_the_first_verdict_nothing_is_claimed_of_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    found = progress(monkeypatch, Account(LINEUP))
    assert (found.status, found.desired_config) == ("running", "")


@pytest.mark.parametrize(
    ("found", "frozen", "order", "way_out"),
    [
        (Missing("no requests since the last look"), "", Order(), "send traffic, and its outcomes; or take"),
        (None, "bob: a fire (2026)", Order(), "`takeoff unfreeze`"),
        (None, "", Order(action="pause", who="ann", why="odd", at="2026"), "`takeoff rollout resume m`"),
    ],
)
def test_what_rollout_says_of_a_trial_that_stands_still_is_understood(
    found: Missing | None, frozen: str, order: Order, way_out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    moves = Evidence(live=Counts(requests=900), candidate=Counts(requests=100))
    seen = Seen(
        wish=wish(OLD, NEW),
        observed=Observed(status="InService", config="c", variants={}),
        approved=record(OLD),
        candidate=record(NEW),
        found=found or moves,
        frozen=frozen,
        order=order,
    )
    after, taken = watched(seen, State(version=NEW, live=OLD, phase="canary", message="to 10 %"), 10)
    assert taken
    held = progress(monkeypatch, Account(LINEUP, analysis={"phase": "canary", "message": taken[1].message}))
    assert held.still
    assert way_out in held.way_out
    assert "`takeoff rollout abort m --why ...`" in held.way_out
    assert not progress(monkeypatch, Account(LINEUP, analysis={"phase": "canary", "message": after.message})).still


def test_a_verdict_is_no_standstill_whatever_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not progress(monkeypatch, Account(LINEUP, outcome=outcome(reason="halted: for good"))).still


class Trial(Account):
    """A trial whose message is another one at each look; the last one stays."""

    def __init__(self, *messages: str) -> None:
        super().__init__(LINEUP, outcome=outcome())
        self.messages = list(messages)

    def get_parameter(self, Name: str) -> dict[str, Any]:  # noqa: N803
        if Name.endswith("/analysis"):
            message = self.messages.pop(0) if len(self.messages) > 1 else self.messages[0]
            self.values["analysis"] = {"phase": "canary" if message else "ended", "message": message}
        return super().get_parameter(Name)

    def list_executions(self, **_: Any) -> dict[str, Any]:
        return {"executions": ["one"]}


def waited(monkeypatch: pytest.MonkeyPatch, account: Account, *arguments: str) -> Any:
    """`takeoff rollout wait` on a clock of its own."""
    now = [0.0]
    passes = partial(wait, clock=lambda: now[0], sleep=lambda seconds: now.__setitem__(0, now[0] + seconds))
    monkeypatch.setattr(commands, "wait_for", passes)
    monkeypatch.setattr(boto3, "client", lambda _: account)
    monkeypatch.setattr(stacks, "read", lambda _: STACK)
    return CliRunner().invoke(commands.app, ["wait", "m", "--stack", "test", *arguments])


def test_a_wait_for_a_trial_without_traffic_ends_with_a_status_of_its_own_and_the_ways_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = waited(monkeypatch, Trial("to 10 %", "halted: no requests since the last look"), "--patience", "60")
    assert done.exit_code == commands.STILL == 3
    last = done.stderr.splitlines()[-1]
    assert last.startswith("takeoff: m: halted: no requests since the last look; ")
    assert "send traffic" in last
    assert "takeoff rollout abort m" in last


def test_a_wait_says_each_new_reason_once(monkeypatch: pytest.MonkeyPatch) -> None:
    done = waited(monkeypatch, Trial(*["to 10 %"] * 3, *["to [50] %"] * 4, ""))
    assert done.exit_code == 0
    assert done.stderr.splitlines() == [f"rollout of m: {said}" for said in ("to 10 %", "to [50] %", "as wished")]


def test_a_failed_rollout_counts_before_a_trial_that_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = outcome() | {"status": "failed"}
    assert waited(monkeypatch, Account(STATIC, outcome=failed)).exit_code == 1
