"""A stack and its sibling in one emulated account: what each is called, and which of them a kill cut in two."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from local.stack import APPS, EngineError, LocalStack, mend_checkpoint
from local.state import State


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


def checkpoint(state: State, name: str, text: str) -> Path:
    file = state.backend / ".pulumi" / "stacks" / "takeoff" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def holding(*types: str) -> str:
    resources = [{"type": each, "id": each, "outputs": {"of": each}} for each in types]
    return json.dumps({"checkpoint": {"latest": {"resources": resources}}})


def test_the_sibling_has_a_name_a_state_and_an_unfinished_up_of_its_own(state: State) -> None:
    both = LocalStack(state, {}), LocalStack(state, {}, APPS)
    assert [each.name for each in both] == ["local", "local-apps"]
    checkpoint(state, "local.json", holding("pulumi:pulumi:Stack", "aws"))
    checkpoint(state, "local-apps.json", holding("kubernetes"))
    assert [each.known() for each in both] == [
        {("pulumi:pulumi:Stack", "pulumi:pulumi:Stack"), ("aws", "aws")},
        {("kubernetes", "kubernetes")},
    ]
    (state.root / "up-unfinished-apps").touch()
    assert [each.unfinished_since() is not None for each in both] == [False, True]


def test_a_stack_exists_once_its_state_holds_anything(state: State) -> None:
    stack = LocalStack(state, {}, APPS)
    assert not stack.exists
    checkpoint(state, "local-apps.json", json.dumps({"checkpoint": {"latest": None}}))
    assert not stack.exists
    checkpoint(state, "local-apps.json", holding("kubernetes"))
    assert stack.exists


def test_the_engine_is_asked_for_the_sibling_by_its_name(state: State, tmp_path: Path) -> None:
    engine = tmp_path / "bin" / "pulumi"
    engine.parent.mkdir()
    engine.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> {tmp_path}/asked\n')
    engine.chmod(0o755)
    state.root.mkdir()
    stack = LocalStack(state, {"PATH": f"{engine.parent}{os.pathsep}{os.environ['PATH']}"}, APPS)
    stack.up(refresh=True)
    stack.destroy()
    asked = (tmp_path / "asked").read_text().splitlines()
    assert [line.split()[0] for line in asked] == ["up", "state", "destroy"]
    assert all("--stack local-apps" in line for line in asked)
    assert not (state.root / "up-unfinished-apps").exists()


@pytest.mark.parametrize("name", ["local", "local-apps"])
def test_a_state_of_either_that_was_cut_in_two_is_replaced_by_the_one_before(state: State, name: str) -> None:
    whole = {each: checkpoint(state, f"{each}.json", holding("new")) for each in ("local", "local-apps")}
    for each in whole:
        checkpoint(state, f"{each}.json.bak", holding("old"))
    whole[name].write_text(holding("new")[:-20])
    assert mend_checkpoint(state)
    assert whole[name].read_text() == holding("old")
    (other,) = [file for each, file in whole.items() if each != name]
    assert other.read_text() == holding("new")


def test_both_are_mended_in_one_go(state: State) -> None:
    for name in ("local", "local-apps"):
        checkpoint(state, f"{name}.json", "{")
        checkpoint(state, f"{name}.json.bak", holding("old"))
    assert mend_checkpoint(state)
    assert LocalStack(state, {}).known() == LocalStack(state, {}, APPS).known() == {("old", "old")}


def test_a_state_that_is_whole_or_was_never_there_is_left_alone(state: State) -> None:
    assert not mend_checkpoint(state)
    file = checkpoint(state, "local.json", holding("new"))
    checkpoint(state, "local.json.bak", holding("old"))
    assert not mend_checkpoint(state)
    assert file.read_text() == holding("new")


def test_facts_of_a_file_that_were_cut_in_two_go(state: State) -> None:
    facts = checkpoint(state, "local-apps.json.attrs", "{")
    fine = checkpoint(state, "local.json.attrs", "{}")
    mend_checkpoint(state)
    assert not facts.exists()
    assert fine.exists()


def test_while_an_engine_writes_nothing_is_mended(state: State) -> None:
    file = checkpoint(state, "local-apps.json", "{")
    checkpoint(state, "local-apps.json.bak", holding("old"))
    lock = state.backend / ".pulumi" / "locks" / "local-apps.json"
    lock.parent.mkdir(parents=True)
    lock.write_text(json.dumps({"pid": os.getpid()}))
    with pytest.raises(EngineError, match=f"pid {os.getpid()}"):
        mend_checkpoint(state)
    assert file.read_text() == "{"
