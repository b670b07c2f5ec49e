"""Which processes are ours: a pid is ended only if the kernel says it is the very process that we started."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path


def birth(pid: int) -> str | None:
    """What tells this process from every other one that ever had its pid; None when it is gone."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
            return None if fields[0] in "ZX" else f"{boot}:{fields[19]}"
        return None
    listed = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listed.stdout.strip() or None


def remember(folder: Path, pid: int) -> None:
    """Writes down that this process is ours, so that the next daemon can end it if this one is killed."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / str(pid)).write_text(birth(pid) or "")


def forget(folder: Path, pid: int) -> None:
    (folder / str(pid)).unlink(missing_ok=True)


def end_group(pid: int, how: signal.Signals) -> None:
    """Signals a process of ours and its children; every process is started as the leader of a group of its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, how)


def reap(folder: Path) -> int:
    """Ends what an earlier daemon left running and answers how many processes that were."""
    ended = 0
    for record in folder.glob("[0-9]*") if folder.is_dir() else ():
        if (born := birth(int(record.name))) and born == record.read_text():
            end_group(int(record.name), signal.SIGKILL)
            ended += 1
        record.unlink(missing_ok=True)
    return ended


def free_port() -> int:
    """A TCP port of loopback that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
