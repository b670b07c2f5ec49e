"""takeoff drift: what the last look at a model came to, and the report behind it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import boto3
import pytest
import typer
from typer.testing import CliRunner

from takeoff import stack as stacks
from takeoff.commands.drift import app
from takeoff.drift import Drift, Verdict
from takeoff.stack import CommandError, DeployedModel, DeployedStack
from tests.unit.monitoring.fakes import refusal

OUTPUT = "s3://features/drift/m/20261122020000-3600/output"
VERDICT: dict[str, Any] = {
    "start": "2026-11-22T02:00:00Z",
    "end": "2026-11-22T03:00:00Z",
    "version": "1" * 12,
    "status": "alarm",
    "alarmed": ["InputDrift"],
    "features": ["age", "amount"],
    "reason": "",
    "output": OUTPUT,
    "state": {"version": "1" * 12, "start": "2026-11-22T02:00:00Z", "output": OUTPUT},
}
REPORT: dict[str, Any] = {
    "alarmed": {"InputDrift": 1, "Bias": 0},
    "findings": [
        {"kind": "drift", "level": "drift", "feature": "age", "text": "PSI 0.4"},
        {"kind": "joint-drift", "level": "note", "feature": "", "text": "too small to matter"},
    ],
}


class Account:
    """Parameters and objects."""

    def __init__(self) -> None:
        self.parameters = {"/takeoff/test/m/monitor": "{}", "/takeoff/test/m/drift": json.dumps(VERDICT)}
        self.objects = {"drift/m/20261122020000-3600/output/report.json": json.dumps(REPORT).encode()}
        self.objects["drift/m/20261122020000-3600/output/report.html"] = b"<html>"

    def get_parameter(self, Name: str) -> dict[str, Any]:  # noqa: N803
        if Name not in self.parameters:
            raise refusal("ParameterNotFound", "")
        return {"Parameter": {"Value": self.parameters[Name]}}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        assert Bucket == "features"
        if Key not in self.objects:
            raise refusal("NoSuchKey", "")
        return {"Body": io.BytesIO(self.objects[Key])}

    def set(self, **changes: Any) -> None:
        self.parameters["/takeoff/test/m/drift"] = json.dumps(VERDICT | changes)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    made = Account()
    monkeypatch.setattr(boto3, "client", lambda _: made)
    models = {name: DeployedModel(name=name, code=name, owner="o@x", traffic={}, versions=[]) for name in ("m", "n")}
    deployed = DeployedStack(name="test", bucket="models", rollout="", models=models)
    monkeypatch.setattr(stacks, "read", lambda _: deployed)
    return made


def take(*arguments: str) -> Any:
    return CliRunner().invoke(app, [*arguments, "--stack", "test"])


def verdict(name: str = "m") -> Verdict:
    deployed = stacks.read("test")
    return Drift(deployed).verdict(deployed.model(name))


def test_a_verdict_is_the_parameters(account: Account) -> None:
    wanted = {key: value for key, value in VERDICT.items() if key != "state"}
    assert verdict() == Verdict(model="m", **wanted)


def test_a_model_without_a_monitor_is_off_and_one_that_nobody_looked_at_has_none(account: Account) -> None:
    assert verdict("n").status == "off"
    del account.parameters["/takeoff/test/m/drift"]
    assert verdict().status == "none"


def test_status_shows_every_model(account: Account) -> None:
    shown = take("status")
    assert shown.exit_code == 0
    for part in ("alarm", "off", "InputDrift", "age, amount", "2026-11-22T02:00:00Z to 2026-11-22T03:00:00Z"):
        assert part in shown.stdout
    rows = json.loads(take("status", "m", "--json").stdout)
    assert [(row["model"], row["status"], row["alarmed"]) for row in rows] == [("m", "alarm", ["InputDrift"])]


def test_the_report_lists_its_findings_and_is_exit_code_1_while_something_is_alarmed(account: Account) -> None:
    shown = take("report", "m")
    assert shown.exit_code == 1
    for part in ("PSI 0.4", "too small to matter", "alarmed: InputDrift"):
        assert part in shown.stdout
    quiet = REPORT | {"alarmed": {"InputDrift": 0}}
    account.objects["drift/m/20261122020000-3600/output/report.json"] = json.dumps(quiet).encode()
    assert take("report", "m").exit_code == 0


def test_the_report_as_json_is_the_document_itself(account: Account) -> None:
    assert json.loads(take("report", "m", "--json").stdout) == REPORT


def test_the_page_is_written_and_opened(account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(typer, "launch", opened.append)
    page = tmp_path / "new/report.html"
    take("report", "m", "--open", str(page))
    assert page.read_bytes() == b"<html>"
    assert opened == [str(page)]


def test_after_an_empty_or_failed_window_the_report_is_the_last_one(account: Account) -> None:
    account.set(status="empty", output="", alarmed=[])
    assert verdict().output == OUTPUT
    assert take("report", "m").exit_code == 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"status": "failed", "reason": "job ended Failed", "output": "", "state": {}}, "job ended Failed"),
        ({"output": "s3://features/elsewhere"}, "elsewhere/report.json is gone"),
    ],
)
def test_a_report_that_is_not_there_is_one_line(account: Account, changes: dict[str, Any], why: str) -> None:
    account.set(**changes)
    with pytest.raises(CommandError, match=why):
        Drift(stacks.read("test")).report(stacks.read("test").model("m"))


def test_a_model_that_is_not_monitored_has_no_report_and_is_told_why(account: Account) -> None:
    with pytest.raises(CommandError, match="its stack entry has no `monitor` block"):
        Drift(stacks.read("test")).report(stacks.read("test").model("n"))
