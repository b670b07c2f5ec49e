"""`takeoff preview` on recorded streams: files, exit codes, errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from takeoff.__main__ import app
from takeoff.stack import CommandError
from tests.unit.takeoff.preview.events import Events

TOPIC = "aws:sns/topic:Topic"


def run(tmp_path: Path, lines: list[str], *arguments: str, stack: str = "prod", given: bool = False) -> Result:
    file = tmp_path / "events.ndjson"
    file.write_text("".join(lines))
    where = "-" if given else str(file)
    command = ["preview", "--stack", stack, "--events", where, *arguments]
    return CliRunner().invoke(app, command, input="".join(lines) if given else None)


def good() -> Events:
    events = Events()
    events.create(TOPIC, "a", {})
    return events


def test_a_good_preview_ends_with_0_and_a_refused_one_with_1(tmp_path: Path) -> None:
    assert run(tmp_path, good().text()).exit_code == 0
    refused = run(tmp_path, good().text(cut=True))
    assert refused.exit_code == 1
    assert "REFUSED" in refused.output


def test_a_stream_comes_from_standard_input_too(tmp_path: Path) -> None:
    done = run(tmp_path, good().text(), given=True)
    assert done.exit_code == 0
    assert "prod: 1 to create" in done.output


def test_markdown_html_and_the_stream_are_written(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.md", "a.html", "kept.ndjson")]
    options = zip(("--markdown", "--html", "--save-events"), map(str, files), strict=True)
    run(tmp_path, good().text(), *(word for pair in options for word in pair))
    markdown, html, kept = (file.read_text() for file in files)
    assert markdown.startswith("<!-- takeoff preview: prod -->")
    assert html.startswith("<!doctype html>")
    assert kept.splitlines(keepends=True) == good().text()


def test_json_holds_the_whole_report(tmp_path: Path) -> None:
    found = json.loads(run(tmp_path, good().text(), "--json").output)
    assert found["ready"] is True
    assert found["verdict"]["text"].startswith("prod: 1 to create")
    assert found["sections"][0]["title"] == "Replaced or destroyed"


def test_all_shows_what_is_folded(tmp_path: Path) -> None:
    assert "sns.Topic a" not in run(tmp_path, good().text()).output
    assert "sns.Topic a" in run(tmp_path, good().text(), "--all").output


def test_a_note_is_told_and_an_environment_without_a_configuration_is_said_to_be_strict(tmp_path: Path) -> None:
    lines = [line.replace("urn:pulumi:prod", "urn:pulumi:qa") for line in good().text()]
    done = run(tmp_path, lines, "--note", "assumed: nothing", stack="qa")
    assert "assumed: nothing" in done.output
    assert "policies/environments/qa.json is not there: every policy is mandatory" in done.output


def test_a_stream_of_another_stack_is_refused(tmp_path: Path) -> None:
    done = run(tmp_path, good().text(), stack="dev")
    assert isinstance(done.exception, CommandError)
    assert "got a preview of stack 'prod'; allowed: one of 'dev'" in str(done.exception)


def test_a_stream_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["preview", "--stack", "prod", "--events", str(tmp_path / "none")])
    assert isinstance(done.exception, CommandError)
    assert "none': No such file" in str(done.exception)


def test_an_unknown_environment_is_an_error_before_the_engine_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TAKEOFF_STACK_FILE", raising=False)
    done = CliRunner().invoke(app, ["preview", "--stack", "prd"])
    assert isinstance(done.exception, CommandError)
    assert "got 'prd'; allowed: dev, local, prod, staging" in str(done.exception)
