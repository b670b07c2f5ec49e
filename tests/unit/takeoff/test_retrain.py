"""takeoff retrain and takeoff dataset: a request by hand, its verdict, and the versions of a data set."""

from __future__ import annotations

import contextlib
import io
import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest
import typer
from typer.testing import CliRunner

from model_code.digits import data as digits_data
from takeoff import stack as stacks
from takeoff.commands import dataset
from takeoff.commands import retrain as commands
from takeoff.retrain import Retrain, wait
from takeoff.stack import CommandError, DeployedModel, DeployedStack
from tests.unit.retraining.fakes import ALARM, SETTINGS, Cloud, Execution, refusal, settings

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:takeoff-test-retraining"


class Account(Cloud):
    """Retraining's account, as a person's commands see it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Execution] = []
        self.ends = "Succeeded"

    def get_parameter(self, Name: str) -> dict[str, Any]:  # noqa: N803
        if Name not in self.parameters:
            raise refusal("ParameterNotFound")
        return {"Parameter": {"Value": self.parameters[Name]}}

    def get_caller_identity(self) -> dict[str, str]:
        return {"Arn": "arn:aws:sts::123456789012:assumed-role/engineer/anna"}

    def start_execution(self, stateMachineArn: str, input: str, name: str = "") -> dict[str, str]:  # noqa: N803
        if name:
            return super().start_execution(stateMachineArn, input, name)
        assert stateMachineArn == MACHINE
        self.asked.append(self.execution(f"by-hand-{len(self.asked)}", json.loads(input)))
        return {"executionArn": self.asked[-1].arn}

    def list_pipeline_execution_steps(self, **_: Any) -> dict[str, Any]:
        return {"PipelineExecutionSteps": self.steps}

    def go_on(self) -> None:
        """What state machine and pipeline come to while a command sleeps."""
        for one in self.asked:
            if self.executions[one.arn]["status"] == "RUNNING":
                with contextlib.redirect_stdout(io.StringIO()):  # the function's own log
                    end = one.once()
                key = {"succeeded": "output", "failed": "cause"}.get(end["status"])
                if key:
                    said = json.dumps(end) if key == "output" else end["reason"]
                    self.executions[one.arn] |= {"status": end["status"].upper(), key: said}
        self.end_pipelines(self.ends)

    def get_paginator(self, operation: str) -> Account:
        assert operation == "list_object_versions"
        return self

    def paginate(self, Bucket: str, Prefix: str) -> list[dict[str, Any]]:  # noqa: N803
        pages = []
        for (bucket, key), versions in self.objects.items():
            if bucket == Bucket and key.startswith(Prefix):
                pages += [
                    {
                        "Key": key,
                        "VersionId": each["VersionId"],
                        "LastModified": datetime(2026, 11, 1 + number, tzinfo=UTC),
                        "Size": len(each["Body"]),
                        "IsLatest": each is versions[-1],
                    }
                    for number, each in enumerate(versions)
                ]
        return [{"Versions": pages[:1]}, {"Versions": pages[1:]}, {}]

    def put_object(self, Bucket: str, Key: str, Body: Any, IfNoneMatch: str = "") -> Any:  # noqa: N803
        if hasattr(Body, "read"):
            return {"VersionId": self.put(Bucket, Key, Body.read())}
        super().put_object(Bucket, Key, Body, IfNoneMatch)
        return {"VersionId": f"v{len(self.objects[Bucket, Key])}"}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    made = Account()
    monkeypatch.setattr(boto3, "client", lambda _: made)
    models = {name: DeployedModel(name=name, code="digits", owner="o@x", traffic={}, versions=[]) for name in "mn"}
    deployed = DeployedStack(name="test", bucket="models", rollout="", models=models, retraining=MACHINE)
    monkeypatch.setattr(stacks, "read", lambda _: deployed)
    monkeypatch.setattr(commands, "wait_for", partial(wait, sleep=lambda _: made.go_on()))
    return made


def retrain(*arguments: str) -> Any:
    app = typer.Typer()
    app.command("retrain")(commands.retrain)
    return CliRunner().invoke(app, [*arguments, "--stack", "test"])


def data(*arguments: str) -> Any:
    return CliRunner().invoke(dataset.app, [*arguments, "--stack", "test"])


def listed() -> list[tuple[str, bool, bool]]:
    found = json.loads(data("list", "m", "--json").stdout)
    return [(each["version"], each["used"], each["pinned"]) for each in found]


def test_a_request_by_hand_says_who_asked_and_why(account: Account) -> None:
    done = retrain("m", "--reason", "new labels")
    assert done.exit_code == 0
    assert done.output.strip() == account.asked[0].arn
    account.go_on()
    record = account.record()
    assert (record["cause"], record["reason"]) == ("manual", "new labels")
    assert record["by"] == "arn:aws:sts::123456789012:assumed-role/engineer/anna"


def test_waiting_ends_with_the_version_that_was_registered(account: Account) -> None:
    account.steps = [{"StepName": "R", "StepStatus": "Succeeded", "Metadata": {"RegisterModel": {"Arn": "arn:p/1"}}}]
    done = retrain("m", "--wait", "--json")
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert found.pop("run").startswith("0001-")
    assert found == {
        "model": "m",
        "status": "succeeded",
        "outcome": "succeeded",
        "data": "v1",
        "step": "",
        "package": "arn:p/1",
        "reason": "",
    }


def test_waiting_ends_with_the_step_and_words_of_a_rejection(account: Account) -> None:
    account.ends = "Failed"
    account.steps = [{"StepName": "Refused", "StepStatus": "Failed", "Metadata": {"Fail": {"ErrorMessage": "worse"}}}]
    done = retrain("m", "--wait", "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert (found["outcome"], found["step"], found["reason"]) == ("rejected", "Refused", "worse")
    table = retrain("m", "--wait")
    assert table.exit_code == 1
    assert "rejected" in table.stdout


def test_a_refusal_is_no_run_and_says_why(account: Account) -> None:
    account.execution("alarm", ALARM).once()
    done = retrain("m", "--wait", "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert (found["status"], found["outcome"], found["run"]) == ("succeeded", "refused", "")
    assert found["reason"].startswith("run 0001-")


def test_a_freeze_holds_for_people_too(account: Account) -> None:
    account.parameters["/takeoff/test/m/freeze"] = json.dumps({"who": "anna", "why": "audit"})
    assert json.loads(retrain("m", "--wait", "--json").stdout)["reason"].startswith("frozen by anna: audit")


def test_while_it_runs_the_step_is_shown(account: Account) -> None:
    retraining = Retrain(stacks.read("test"), "m")
    execution = retraining.start("x")
    assert retraining.progress(execution).status == "running"
    account.asked[0].once()
    account.steps = [
        {"StepName": "Validate", "StepStatus": "Succeeded"},
        {"StepName": "Train", "StepStatus": "Executing"},
    ]
    found = retraining.progress(execution)
    assert (found.step, found.outcome, found.data) == ("Train", "", "v1")


def test_waiting_too_long_is_said_and_the_run_goes_on(account: Account) -> None:
    retraining = Retrain(stacks.read("test"), "m")
    times = iter([0.0, 1.0, 11.0])
    with pytest.raises(CommandError, match="no verdict after 10 s; it goes on"):
        wait(retraining, retraining.start("x"), 10, lambda _: None, clock=lambda: next(times), sleep=lambda _: None)


def test_a_model_or_stack_without_training_is_said_with_where_to_declare_it(account: Account) -> None:
    assert "model n: got no training; allowed: a deployed model with `training:`" in str(retrain("n").exception)
    bare = DeployedStack(name="test", bucket="models", rollout="", models=stacks.read("test").models)
    with pytest.raises(CommandError, match="stack test: got no retraining"):
        Retrain(bare, "m")


def test_a_data_set_is_stored_as_the_newest_version_and_taken_next(account: Account, tmp_path: Path) -> None:
    file = tmp_path / "new.csv"
    file.write_text("a,b\n3,4\n")
    done = data("upload", "m", str(file))
    assert (done.exit_code, done.output.strip()) == (0, "m: v2")
    assert account.objects["features", SETTINGS.data][-1]["Body"] == b"a,b\n3,4\n"
    found = json.loads(data("list", "m", "--json").stdout)
    assert [(each["version"], each["used"], each["pinned"]) for each in found] == [
        ("v2", True, False),
        ("v1", False, False),
    ]
    account.execution("a", ALARM).once()
    assert account.record()["data"] == "v2"


def test_a_pinned_version_is_marked_and_another_datas_left_out(account: Account) -> None:
    account.declare(settings(version="v1"))
    account.put("features", SETTINGS.data, b"newer")
    account.put("features", f"{SETTINGS.data}.bak", b"x")
    found = json.loads(data("list", "m", "--json").stdout)
    assert [(each["version"], each["used"], each["pinned"]) for each in found] == [
        ("v2", False, False),
        ("v1", True, True),
    ]
    assert "pinned" in data("list", "m").stdout


@pytest.mark.parametrize(("name", "body"), [("missing.csv", None), ("rows.txt", "a\n1\n"), ("empty.csv", "")])
def test_what_is_no_csv_file_is_refused(account: Account, tmp_path: Path, name: str, body: str | None) -> None:
    if body is not None:
        (tmp_path / name).write_text(body)
    done = data("upload", "m", str(tmp_path / name))
    assert isinstance(done.exception, CommandError)
    assert "allowed: a CSV file" in str(done.exception)
    assert len(account.objects["features", SETTINGS.data]) == 1


def test_without_a_file_the_data_set_of_the_models_folder_is_stored(account: Account) -> None:
    done = data("upload", "m")
    assert (done.exit_code, done.output.strip()) == (0, "m: v2")
    stored = account.objects["features", SETTINGS.data][-1]["Body"].decode()
    assert stored == digits_data.example()


def test_a_folder_without_an_example_asks_for_a_file(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(digits_data, "example")
    done = data("upload", "m")
    assert isinstance(done.exception, CommandError)
    assert "got no file; allowed: a CSV file, since model_code/digits/data.py has no example()" in str(done.exception)
    assert len(account.objects["features", SETTINGS.data]) == 1
