"""A digest is the engine's preview in a file, whole or not there."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import local.digest as module
from local.digest import digest
from local.stack import EngineError, LocalStack
from local.state import State

STEPS = {"steps": [{"op": "same"}]}
REFUSED = {
    "steps": [],
    "diagnostics": [{"severity": "info", "message": "x"}, {"severity": "error", "message": "no key"}],
}


def stack(folder: Path, prints: str, status: int) -> LocalStack:
    """A stack whose engine prints a text and ends with a status, if it is asked for everything in JSON."""
    engine = folder / "bin" / "pulumi"
    engine.parent.mkdir()
    wanted = "preview --json --show-sames --non-interactive --stack prod"
    (folder / "says").write_text(prints)
    engine.write_text(f'#!/bin/sh\n[ "$*" = "{wanted}" ] || exit 9\ncat {folder}/says\nexit {status}\n')
    engine.chmod(0o755)
    return LocalStack(State(folder, "prod"), {"PATH": f"{engine.parent}{os.pathsep}{os.environ['PATH']}"})


def test_the_file_holds_what_the_engine_wrote(tmp_path: Path) -> None:
    digest(stack(tmp_path, json.dumps(STEPS), 0), tmp_path / "prod.json")

    assert json.loads((tmp_path / "prod.json").read_text()) == STEPS
    assert not (tmp_path / "prod.partial").exists()


@pytest.mark.parametrize(("prints", "says"), [(json.dumps(REFUSED), "no key"), ("", "exit 255"), ('{"st', "exit 255")])
def test_a_preview_that_fails_leaves_the_last_digest_alone_and_says_why(prints: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "prod.json"
    file.write_text("before")

    with pytest.raises(EngineError, match=says):
        digest(stack(tmp_path, prints, 255), file)

    assert file.read_text() == "before"
    assert not (tmp_path / "prod.partial").exists()


@pytest.mark.parametrize(("resources", "unfinished", "brought"), [(0, False, 1), (3, False, 0), (3, True, 1)])
def test_a_stack_that_stands_is_left_as_it_is(
    resources: int, unfinished: bool, brought: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = State(tmp_path, "prod")
    here = LocalStack(state, {})
    checkpoint = state.backend / ".pulumi" / "stacks" / "takeoff" / "prod.json"
    checkpoint.parent.mkdir(parents=True)
    listed = [{"type": "t", "id": str(each)} for each in range(resources)]
    checkpoint.write_text(json.dumps({"checkpoint": {"latest": {"resources": listed}}}))
    if unfinished:
        (tmp_path / "up-unfinished").touch()
    ups: list[State] = []
    monkeypatch.setattr(module, "ready", lambda *_: None)
    monkeypatch.setattr(module, "connect", lambda *_: here)
    monkeypatch.setattr(module, "up", ups.append)

    assert module.standing(state) is here
    assert len(ups) == brought


def test_a_stack_without_a_file_makes_no_account(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        module.main(["--stack", "porduction", str(tmp_path / "x" / "digest.json")])

    assert "invalid choice: 'porduction'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
