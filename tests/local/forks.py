"""A copy of the tree with a process beside it that runs pytest in forks of itself (tests/local/preloaded.py)."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, cast

from tests.tree import Tree


class Forks:
    """Runs of pytest in one tree, one after another."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._process = subprocess.Popen(
            [sys.executable, "tests/local/preloaded.py"],
            cwd=tree.root,
            env=tree.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )

    def pytest(self, arguments: Sequence[str], timeout: float) -> int:
        """The exit status of one run. Raises TimeoutError after `timeout` seconds, when it has been killed."""
        cast("IO[bytes]", self._process.stdin).write(json.dumps(list(arguments)).encode() + b"\n")
        child = int(self._line(timeout))
        try:
            return int(self._line(timeout))
        except TimeoutError:
            os.killpg(child, signal.SIGKILL)
            self._line(timeout)
            raise

    def close(self) -> None:
        cast("IO[bytes]", self._process.stdin).close()
        self._process.wait()

    def _line(self, timeout: float) -> bytes:
        answers = cast("IO[bytes]", self._process.stdout)
        ready, _, _ = select.select([answers], [], [], timeout)
        if not ready:
            raise TimeoutError
        return answers.readline()


@contextmanager
def forks(trees: Sequence[Tree]) -> Iterator[list[Forks]]:
    """One for each tree; they end with the block."""
    opened = [Forks(tree) for tree in trees]
    try:
        yield opened
    finally:
        for each in opened:
            each.close()
