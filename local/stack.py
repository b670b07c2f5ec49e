"""A stack in an emulated account through the real engine: up, destroy, outputs, and what its state says."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.cloud.processes import birth
from local.state import REPOSITORY, State

APPS = "-apps"  # what infra/apps.py is deployed as


class EngineError(RuntimeError):
    """The engine refused or failed; it has printed why."""


@dataclass(frozen=True)
class LocalStack:
    """An emulated account's stack, the local one or another. `env` is its environment (toolchain/environment.py).

    `suffix` is `-apps` for the sibling that declares what runs in the stack's cluster.
    """

    state: State
    env: Mapping[str, str]
    suffix: str = ""

    @property
    def name(self) -> str:
        return f"{self.state.stack}{self.suffix}"

    def up(self, *, refresh: bool) -> None:
        """Apply the program. `refresh` first asks the account what is really there. Raises EngineError.

        From its beginning to its success the folder holds a mark, by which the next `up` sees that one did not finish.
        """
        if not self._mark.exists():
            self._mark.touch()
        self._show("up", "--suppress-outputs", *(["--refresh"] if refresh else []))
        self._mark.unlink()

    def unfinished_since(self) -> float | None:
        """When the first `up` began that did not finish, in seconds since the epoch; None when the last one did."""
        return self._mark.stat().st_mtime if self._mark.exists() else None

    def destroy(self) -> None:
        """Delete everything in the state, protected or not: the account is emulated. Raises EngineError."""
        self._ask("state", "unprotect", "--all", "--yes")
        self._show("destroy", "--suppress-outputs", "--refresh")

    @property
    def exists(self) -> bool:
        """Whether the backend holds anything of it."""
        return bool(self._checkpoint().get("resources"))

    def outputs(self) -> dict[str, Any]:
        """The last deployment's outputs, read from the backend's file; empty before the first."""
        resources = self._checkpoint().get("resources") or []
        stack: dict[str, Any] = next((r for r in resources if r["type"] == "pulumi:pulumi:Stack"), {})
        return dict(stack.get("outputs", {}))

    def known(self) -> set[tuple[str, str]]:
        """Type and physical id of everything in the state; a rule, a role and a function may have the same id."""
        resources = self._checkpoint().get("resources") or []
        return {(resource["type"], resource["id"]) for resource in resources if resource.get("id")}

    def forget_pending(self) -> None:
        """Drop what a killed `up` was creating from the state, once the account holds nothing of it."""
        if not self._checkpoint().get("pending_operations"):
            return
        exported = json.loads(self._ask("stack", "export"))
        exported["deployment"].pop("pending_operations", None)
        self._ask("stack", "import", given=json.dumps(exported))

    def break_dead_lock(self) -> bool:
        """Remove the lock of an `up` that is gone; whether there was one. Raises EngineError when its holder lives."""
        locks = _dead_locks(self.state)
        if locks:
            self._ask("cancel", "--yes")
        return bool(locks)

    @property
    def _mark(self) -> Path:
        return self.state.root / f"up-unfinished{self.suffix}"

    def _checkpoint(self) -> dict[str, Any]:
        """The state as the file backend keeps it; reading the file saves starting the engine."""
        file = _checkpoint_file(self.state, self.name)
        if not file.exists():
            return {}
        latest: dict[str, Any] = json.loads(file.read_text())["checkpoint"].get("latest") or {}
        return latest

    def _show(self, *arguments: str) -> None:
        """Run the engine with its own display: a live tree on a terminal, one line per change in a log."""
        quiet = [] if sys.stdout.isatty() else ["--suppress-progress"]
        sure = ["--yes", "--skip-preview"]
        command = ["pulumi", *arguments, *sure, *quiet, "--stack", self.name]
        done = subprocess.run(command, cwd=REPOSITORY, env=dict(self.env), check=False)
        if done.returncode:
            raise EngineError(f"`pulumi {arguments[0]}` on stack {self.name} failed (exit {done.returncode})")

    def _ask(self, *arguments: str, given: str | None = None) -> str:
        """Run the engine for its answer."""
        command = ["pulumi", *arguments, "--stack", self.name, "--non-interactive"]
        done = subprocess.run(
            command, cwd=REPOSITORY, env=dict(self.env), check=False, capture_output=True, text=True, input=given
        )
        if done.returncode:
            raise EngineError(f"`{' '.join(command)}` failed: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout


def mend_checkpoint(state: State) -> bool:
    """Put the state before the last step in the place of one that a kill cut in two; whether that was needed.

    The file backend does not write atomically, but keeps the state before. Beside each file it writes facts about it,
    which it can do without but must be able to parse. Raises EngineError while an engine writes.
    """
    if cut := [facts for facts in (state.backend / ".pulumi").rglob("*.attrs") if not _is_json(facts)]:
        _dead_locks(state)
        for facts in cut:
            facts.unlink(missing_ok=True)
    mended = False
    for name in (state.stack, f"{state.stack}{APPS}"):
        file = _checkpoint_file(state, name)
        backup = file.with_name(f"{file.name}.bak")
        if not backup.exists() or (file.exists() and _is_json(file)):
            continue
        _dead_locks(state)
        shutil.copyfile(backup, file)
        mended = True
    return mended


def _dead_locks(state: State) -> list[Path]:
    """The locks that killed engines left. Raises EngineError when a holder lives: two at once would write one state."""
    locks = list((state.backend / ".pulumi" / "locks").rglob("*.json"))
    for lock in locks:
        holder = json.loads(lock.read_text()).get("pid", 0) if _is_json(lock) else 0
        if birth(holder) is not None:
            raise EngineError(f"another `pulumi` works on stack {state.stack} (pid {holder}); wait for it to end")
    return locks


def _checkpoint_file(state: State, name: str) -> Path:
    return state.backend / ".pulumi" / "stacks" / "takeoff" / f"{name}.json"


def _is_json(file: Path) -> bool:
    try:
        json.loads(file.read_text())
    except (OSError, ValueError):
        return False
    return True
