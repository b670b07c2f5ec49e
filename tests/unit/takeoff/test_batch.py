"""takeoff batch: starting a run, and how far a partition has come."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import partial
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from catalog.batch import VARIABLE
from takeoff import stack as stacks
from takeoff.__main__ import app
from takeoff.batch import Batch, Progress, date_of, wait
from takeoff.commands import batch as commands
from takeoff.stack import CommandError, DeployedModel, DeployedStack
from tests.unit.batch.fakes import NOW, SETTINGS, Cloud, refusal

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:takeoff-test-m-batch"


class Account(Cloud):
    """The partition's account, with the functions and executions that the command asks for."""

    def __init__(self, *inputs: str) -> None:
        super().__init__(*inputs)
        self.executions: list[dict[str, Any]] = []
        self.ends = "SUCCEEDED"

    def get_function_configuration(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == "takeoff-test-m-batch"
        return {"Environment": {"Variables": {VARIABLE: SETTINGS.to_json()}}}

    def start_execution(self, stateMachineArn: str, input: str) -> dict[str, str]:  # noqa: N803
        assert stateMachineArn == MACHINE
        self.executions.append({"input": json.loads(input), "status": "RUNNING", "cause": None})
        return {"executionArn": str(len(self.executions) - 1)}

    def describe_execution(self, executionArn: str) -> dict[str, Any]:  # noqa: N803
        return self.executions[int(executionArn)]

    def list_executions(self, statusFilter: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        return {"executions": [one for one in self.executions if one["status"] == statusFilter]}

    def get_parameter(self, Name: str) -> dict[str, Any]:  # noqa: N803
        if Name not in self.parameters:
            raise refusal("ParameterNotFound", "none")
        return {"Parameter": {"Value": json.dumps(self.parameters[Name])}}

    def end(self) -> None:
        """What the state machine comes to while a command sleeps."""
        for one in self.executions:
            one.update(status=self.ends, cause="bad row" if self.ends == "FAILED" else None)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    made = Account("a.csv", "b.csv")
    monkeypatch.setattr(boto3, "client", lambda _: made)
    model = DeployedModel(name="m", code="m", owner="o@x", traffic={}, versions=[], batch=MACHINE)
    other = DeployedModel(name="n", code="n", owner="o@x", traffic={}, versions=[])
    deployed = DeployedStack(name="test", bucket="models", rollout="", models={"m": model, "n": other})
    monkeypatch.setattr(stacks, "read", lambda _: deployed)
    monkeypatch.setattr(commands, "wait_for", partial(wait, sleep=lambda _: made.end()))
    return made


def batch() -> Batch:
    return Batch(stacks.read("test").model("m"))


def take(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["batch", *arguments, "--stack", "test"])


def outcome(account: Account, **facts: Any) -> None:
    account.parameters[SETTINGS.outcome] = {"partition": "2026-11-21", "version": "1" * 12, "reason": ""} | facts


def test_progress_counts_what_is_scored_and_is_none_before_any_run(account: Account) -> None:
    account.write("models", "predictions/m/date=2026-11-21/version=111111111111/a.csv.out")
    assert batch().progress("2026-11-21") == Progress(
        model="m", partition="2026-11-21", version="1" * 12, status="none", inputs=2, outputs=1, jobs=0, reason=""
    )


def test_status_is_that_of_the_last_verdict_and_its_partition(account: Account) -> None:
    outcome(account, status="failed", reason="bad row")
    last = batch().progress(None)
    assert (last.partition, last.status, last.reason) == ("2026-11-21", "failed", "bad row")
    assert batch().progress("2026-11-20").status == "none"


def test_a_verdict_on_another_version_does_not_count(account: Account) -> None:
    outcome(account, status="succeeded", version="2" * 12)
    found = batch().progress("2026-11-21")
    assert (found.status, found.reason) == ("none", "last scored by version 222222222222")


def test_while_any_run_is_under_way_the_status_is_running(account: Account) -> None:
    outcome(account, status="failed")
    batch().start("2026-11-21")
    assert batch().progress("2026-11-21").status == "running"


@pytest.mark.parametrize(("ends", "code"), [("SUCCEEDED", 0), ("FAILED", 1), ("TIMED_OUT", 1), ("ABORTED", 1)])
def test_start_waits_for_its_own_run_and_says_how_it_ended(account: Account, ends: str, code: int) -> None:
    account.ends = ends
    done = take("start", "m", "--partition", "2026-11-21", "--json")
    assert (done.exit_code, json.loads(done.stdout)["status"]) == (code, "succeeded" if code == 0 else "failed")
    assert account.executions[0]["input"] == {"partition": "2026-11-21"}


def test_start_without_a_timeout_only_starts(account: Account) -> None:
    done = take("start", "m", "--partition", "2026-11-21", "--timeout", "0")
    assert (done.exit_code, done.stdout.strip(), account.executions[0]["status"]) == (0, "0", "RUNNING")


def test_status_prints_a_table_and_fails_with_a_failed_partition(account: Account) -> None:
    outcome(account, status="failed", reason="bad row")
    done = take("status", "m")
    assert done.exit_code == 1
    assert "0 of 2" in done.stdout
    assert "bad row" in done.stdout


def test_a_run_that_outlasts_the_wait_goes_on_and_says_so(account: Account) -> None:
    ticks = iter(range(0, 1000, 60))
    execution = batch().start("2026-11-21")
    with pytest.raises(CommandError, match="it goes on"):
        wait(batch(), "2026-11-21", execution, 100, lambda _: None, clock=lambda: next(ticks), sleep=lambda _: None)


def test_a_model_without_batch_is_refused(account: Account) -> None:
    with pytest.raises(CommandError, match="allowed: a deployed model with `batch:`"):
        Batch(stacks.read("test").model("n"))


def test_the_partition_is_yesterday_unless_one_is_named() -> None:
    assert date_of(None, NOW) == "2026-11-21"
    assert date_of("2026-10-01", NOW) == "2026-10-01"
    with pytest.raises(CommandError, match="allowed: a date"):
        date_of("soon", datetime(2026, 1, 1, tzinfo=UTC))
