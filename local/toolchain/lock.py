"""One builder at a time, on one machine."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.toolchain.progress import Progress


@contextmanager
def alone(path: Path, what: str, progress: Progress) -> Iterator[None]:
    """Hold the lock in `path`; when another process holds it, say so and wait.

    The kernel frees it when its holder ends, however it ends, so nothing is ever left locked.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say(f"another run is at work: {what}; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
