"""`takeoff score`: what it prints, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from takeoff.__main__ import app
from takeoff.readiness.lines import render
from takeoff.stack import CommandError
from tests.unit.takeoff.readiness import previewed

MODEL = "breast-cancer"


def stream(folder: Path, *more: dict[str, Any], cut: bool = False) -> str:
    """The smallest stack's events: configuration, the platform's key, the summary."""
    config = {key: json.dumps(value) for key, value in previewed.keys("dev").items()}
    urn = "urn:pulumi:dev::takeoff::aws:kms/key:Key::data"
    key = {"op": "create", "urn": urn, "type": "aws:kms/key:Key", "new": {"inputs": {"enableKeyRotation": True}}}
    lines = [{"preludeEvent": {"config": config}}, {"resourcePreEvent": {"metadata": key}}, *more]
    lines += [] if cut else [{"summaryEvent": {"resourceChanges": {"create": 1}, "durationSeconds": 1}}]
    file = folder / "events.ndjson"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return str(file)


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["score", *arguments])


def test_a_checklist_is_printed_with_the_lines_that_add_what_is_missing(tmp_path: Path) -> None:
    done = run(MODEL, "--stack", "dev", "--events", stream(tmp_path))
    assert done.exit_code == 0
    assert "residency" in done.stdout
    assert "takeoff:allowedRegions: [us-east-1]" in done.stdout
    assert f"{MODEL}: " in done.stdout.splitlines()[-1]
    assert "checks done" in done.stdout.splitlines()[-1]


def test_the_same_as_json_carries_score_and_lines(tmp_path: Path) -> None:
    said = json.loads(run(MODEL, "--stack", "dev", "--events", stream(tmp_path), "--json").stdout)
    assert said["model"] == MODEL
    done = sum(check["done"] is True for check in said["checks"])
    assert said["score"] == 100 * done // len(said["checks"])
    residency = next(check for check in said["checks"] if check["name"] == "residency")
    assert residency["lines"] == "config:\n  takeoff:allowedRegions: [us-east-1]"


def test_a_score_below_what_is_asked_is_exit_1(tmp_path: Path) -> None:
    events = stream(tmp_path)
    score = json.loads(run(MODEL, "--stack", "dev", "--events", events, "--json").stdout)["score"]
    assert 0 < score < 100
    assert run(MODEL, "--stack", "dev", "--events", events, "--at-least", str(score)).exit_code == 0
    assert run(MODEL, "--stack", "dev", "--events", events, "--at-least", str(score + 1)).exit_code == 1


def test_a_stream_that_was_cut_is_never_ready(tmp_path: Path) -> None:
    done = run(MODEL, "--stack", "dev", "--events", stream(tmp_path, cut=True), "--at-least", "1")
    assert done.exit_code == 1
    assert "0 % ready" in done.stdout


def test_a_preview_that_failed_is_told_and_one_that_a_policy_refuses_is_scored(tmp_path: Path) -> None:
    error = {"diagnosticEvent": {"severity": "error", "message": "takeoff:models.x: got a mistake"}}
    failed = run(MODEL, "--stack", "dev", "--events", stream(tmp_path, error))
    assert isinstance(failed.exception, CommandError)
    assert "got a mistake" in str(failed.exception)
    refusal = {"policyName": "p", "enforcementLevel": "mandatory", "resourceUrn": "u", "message": "m"}
    assert run(MODEL, "--stack", "dev", "--events", stream(tmp_path, {"policyEvent": refusal})).exit_code == 0


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = run(MODEL, "--events", str(tmp_path / "none"))
    assert isinstance(done.exception, CommandError)
    assert "none" in str(done.exception)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("medium", "medium"),
        ("yes", '"yes"'),
        ("1e3", '"1e3"'),
        ("a: b", '"a: b"'),
        ("https://example.com/x", '"https://example.com/x"'),
        (True, "true"),
        (99.9, "99.9"),
    ],
)
def test_a_value_is_quoted_where_yaml_would_read_something_else(value: object, text: str) -> None:
    assert render({"takeoff:region": value}) == f"config:\n  takeoff:region: {text}"
