from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from local.state import State
from local.toolchain import build, engine, go


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


@pytest.fixture
def toolchain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A toolchain folder of the test's own, with nothing in it."""
    folder = tmp_path / "toolchain"
    for module in (build, engine, go):
        monkeypatch.setattr(module, "TOOLCHAIN", folder)
    monkeypatch.setattr(engine, "_SEEN", folder / "engines.json")
    return folder


@pytest.fixture
def executable(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a shell script that plays a tool; its path."""

    def make(name: str, body: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return make
