"""The processes of a cluster: begun, watched, ended, each remembered so that a later start finds what a kill left."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from local.cloud.processes import end_group, forget, remember
from local.cluster.layout import Layout
from local.cluster.parts import Part

GRACE = 10.0


class StartError(RuntimeError):
    """A part that did not get ready or ended by itself, with the end of its log."""


class Children:
    """The parts that run, in the order in which they were begun."""

    def __init__(self, layout: Layout, programs: Path) -> None:
        self._layout, self._programs = layout, programs
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def begin(self, part: Part) -> None:
        """Start a part as the leader of a process group of its own, with nothing of the caller's environment."""
        with self._layout.log(part.name).open("wb") as output:
            process = subprocess.Popen(
                [str(self._programs / part.name), *part.arguments],
                cwd=self._layout.root,
                env={"PATH": os.defpath, "HOME": str(self._layout.root), **part.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                process_group=0,
            )
        remember(self._layout.pids, process.pid)
        self._running[part.name] = process

    def pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self._running.items()}

    def require_alive(self) -> None:
        """Raises StartError when one has ended: half a cluster would give half an answer."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise StartError(f"{name} ended with status {process.returncode}; {self.tail(name)}")

    def end(self, last: Iterable[str]) -> None:
        """End all, the newest first, those of `last` at the end and one after another."""
        kept = [name for name in last if name in self._running]
        self._end([name for name in reversed(self._running) if name not in kept])
        for name in kept:
            self._end([name])

    def tail(self, name: str) -> str:
        """The last lines of a part's log."""
        log = self._layout.log(name)
        lines = log.read_text(errors="replace").splitlines()[-10:] if log.exists() else []
        return "\n".join([f"{log} ends with:", *lines])

    def _end(self, names: list[str]) -> None:
        processes = [self._running.pop(name) for name in names]
        for process in processes:
            end_group(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        for process in processes:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                end_group(process.pid, signal.SIGKILL)
                process.wait()
            forget(self._layout.pids, process.pid)
