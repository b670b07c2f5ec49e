"""Running Go in a module of ours: its output as progress, its compilers gone when it is interrupted."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from local.toolchain.progress import Progress


def run(
    command: list[str], module: Path, environment: Mapping[str, str], progress: Progress, doing: str, total: int
) -> list[str]:
    """The lines of a Go command's standard output; its standard error, a line a package, becomes progress.

    `total` is how many packages there are, 0 where modules are fetched. Raises RuntimeError with the last lines.
    """
    began, done, tail = time.monotonic(), 0, [""]
    # A file, not a pipe: the list of packages fills a pipe while nobody reads it.
    with tempfile.TemporaryFile("w+") as output, _process(command, module, environment, output) as process:
        lines = _lines(process)
        while (line := next(lines)) is not None:
            if line:
                done, tail = done + 1, [*tail[-20:], line]
            count = f"{done} of at most {total} packages" if total else f"{done} modules"
            progress.tick(f"{doing}: {count}, {time.monotonic() - began:.0f} s")
        if process.wait():
            raise RuntimeError(f"`go {command[1]}` in {module} failed:\n" + "\n".join(tail))
        output.seek(0)
        return output.read().splitlines()


@contextlib.contextmanager
def _process(
    command: list[str], module: Path, environment: Mapping[str, str], output: IO[str]
) -> Iterator[subprocess.Popen[str]]:
    """A Go command in a process group of its own, so that an interrupt ends its compilers as well."""
    process = subprocess.Popen(
        command, cwd=module, env=dict(environment), text=True,
        stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.PIPE, process_group=0,
    )  # fmt: skip
    try:
        yield process
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise


def _lines(process: subprocess.Popen[str]) -> Iterator[str | None]:
    """Each line of standard error as it comes, "" for every second without one, then None."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def pump() -> None:
        for line in process.stderr or ():
            lines.put(line.rstrip())
        lines.put(None)

    threading.Thread(target=pump, daemon=True).start()
    while True:
        try:
            yield lines.get(timeout=1)
        except queue.Empty:
            yield ""
