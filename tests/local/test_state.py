"""Where an emulated account lies, which stack is worked on in it, and which `make` lets through."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.state import CACHE, State
from local.toolchain.environment import environment
from tests.tree import ROOT


@pytest.mark.parametrize(
    ("stack", "folder", "port"), [(None, "local", 4577), ("local", "local", 4577), ("prod", "emulated/prod", 0)]
)
def test_every_stack_has_an_account_of_its_own(
    stack: str | None, folder: str, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TAKEOFF_STATE", "TAKEOFF_STACK", "TAKEOFF_PORT"):
        monkeypatch.delenv(name, raising=False)
    if stack:
        monkeypatch.setenv("TAKEOFF_STACK", stack)
    found = State.current()
    assert (found.root, found.stack, found.port) == (CACHE / folder, stack or "local", port)


def test_the_folder_and_the_port_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"STATE": str(tmp_path), "STACK": "prod", "PORT": "4600"}.items():
        monkeypatch.setenv(f"TAKEOFF_{name}", value)
    found = State.current()
    assert (found, found.port) == (State(tmp_path, "prod"), 4600)


def test_the_environment_names_the_states_stack(tmp_path: Path) -> None:
    env = environment(State(tmp_path, "prod"), None, {})
    assert (env["PULUMI_STACK"], env["TAKEOFF_STACK"]) == ("prod", "prod")


def test_a_stack_without_a_file_makes_no_account(tmp_path: Path) -> None:
    env = {**os.environ, "TAKEOFF_STATE": str(tmp_path / "state")}
    env.pop("TAKEOFF_STACK_FILE", None)
    command = [sys.executable, "-m", "local", "up", "--stack", "porduction"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "got 'porduction'; allowed: " in done.stderr
    assert not (tmp_path / "state").exists()


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", "emulated", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [[], ["STACK=local"], ["STACK=prod", "BACKEND=emulated"], ["BACKEND=emulated"]])
def test_make_takes_the_local_stack_and_any_other_with_its_backend(arguments: list[str]) -> None:
    assert make(*arguments).returncode == 0


@pytest.mark.parametrize("arguments", [["STACK=prod"], ["STACK=prod", "BACKEND=aws"], ["BACKEND=aws"]])
def test_make_refuses_anything_else_in_one_line_that_says_both_ways(arguments: list[str]) -> None:
    done = make(*arguments)
    assert done.returncode != 0
    (line,) = [each for each in done.stderr.splitlines() if each.startswith("takeoff: ")]
    assert "BACKEND=emulated" in line
    assert "`pulumi up --stack " in line


@pytest.mark.parametrize("target", ["up", "down", "predict", "status", "logs"])
def test_every_target_on_a_stack_asks_first_and_hands_the_name_on(target: str) -> None:
    refused = subprocess.run(["make", target, "STACK=prod"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (refused.returncode, "BACKEND=emulated" in refused.stderr) == (2, True)
    dry = ["make", "--dry-run", target, "STACK=prod", "BACKEND=emulated"]
    shown = subprocess.run(dry, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert f"-m local {target} --stack prod" in shown


def test_a_preview_needs_no_backend_as_it_changes_nothing() -> None:
    dry = ["make", "--dry-run", "preview", "STACK=prod", "ARGS=--all"]
    shown = subprocess.run(dry, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "-m local preview --stack prod --all" in shown
