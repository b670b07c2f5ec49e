"""A stack's cluster from outside: started in the background, stopped, asked how it is."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from local.cloud.processes import birth, end_group, reap
from local.cluster import instance_types
from local.cluster.build import build
from local.cluster.layout import Layout
from local.cluster.parts import OWN_STAGES
from local.cluster.record import Record, read
from local.state import REPOSITORY, State
from local.toolchain.lock import alone
from local.toolchain.progress import Progress

PATIENCE = 180.0
_GRACE = 45.0


class ClusterError(RuntimeError):
    """Why the cluster cannot be started or stopped."""


def start(state: State, types: Iterable[str], progress: Progress, *, spot: bool = True) -> Record:
    """Start a stack's cluster, built where it is not, and wait until it accepts pods; what is known of it.

    `types` are the EC2 types that its simulated cloud has, each on `spot` too unless that is short. A cluster that runs
    with other types, programs or code is started anew; what its API server holds stays. It runs until `stop`, whoever
    started it. Raises ClusterError, UnknownTypeError, and RuntimeError of the build.
    """
    offered = json.dumps(instance_types.document(types, spot=spot), indent=1)
    programs = build(progress)
    wanted = _digest(programs, offered)
    layout = Layout.of(state)
    with alone(layout.lock, "starting the cluster", progress):
        running = read(layout)
        if running and running.lives and running.wanted == wanted and running.ready:
            return running
        _end(layout)
        layout.instance_types.write_text(offered)
        process = _spawn(layout, programs, wanted)
        try:
            return _await_ready(layout, process, progress)
        except BaseException:
            _end(layout)
            raise


def stop(state: State, *, forget: bool = False) -> bool:
    """End a stack's cluster and every process of it; whether one ran. `forget` removes what it knew as well."""
    if not state.root.exists():
        return False
    layout = Layout.of(state)
    running = read(layout)
    lived = running is not None and running.lives
    left = _end(layout)
    if forget:
        shutil.rmtree(layout.root)
    return lived or left


def status(state: State) -> Record | None:
    """What is known of a stack's cluster; None where none was started, or the last one was stopped."""
    return read(Layout.of(state)) if state.root.exists() else None


def memory(record: Record) -> dict[str, float]:
    """The resident memory of each process of a cluster, its supervisor's included, in MiB."""
    return {name: _resident(pid) for name, pid in {"supervisor": record.pid, **record.processes}.items() if birth(pid)}


def _digest(programs: Path, offered: str) -> str:
    digest = hashlib.sha256(f"{programs.name}\n{offered}".encode())
    for file in sorted([*Path(__file__).parent.glob("*.py"), OWN_STAGES]):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _spawn(layout: Layout, programs: Path, wanted: str) -> subprocess.Popen[bytes]:
    log = layout.log("supervisor")
    log.parent.mkdir(exist_ok=True)
    layout.record.unlink(missing_ok=True)
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "local.cluster.supervisor", str(layout.root), str(programs), wanted],
            cwd=REPOSITORY,
            env={name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _await_ready(layout: Layout, process: subprocess.Popen[bytes], progress: Progress) -> Record:
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        found = read(layout)
        if found and found.ready:
            progress.say(f"the cluster accepts pods after {found.seconds:.1f} s (simulated nodes, no containers)")
            return found
        if process.poll() is not None:
            why = found.failed if found and found.failed else layout.log("supervisor").read_text()[-2000:]
            raise ClusterError(f"the cluster did not start: {why}")
        steps = ", ".join(found.took) if found and found.took else "nothing yet"
        progress.tick(f"starting the cluster: {time.monotonic() - began:.0f} s; ready: {steps}")
        time.sleep(0.05)
    raise ClusterError(f"the cluster was not ready within {PATIENCE:g} s; its logs are in {layout.log('x').parent}")


def _end(layout: Layout) -> bool:
    """End a supervisor and what a killed one left; whether there was any of that."""
    running = read(layout)
    if running and running.lives:
        os.kill(running.pid, signal.SIGTERM)
        deadline = time.monotonic() + _GRACE
        while running.lives and time.monotonic() < deadline:
            # A child of ours stays a zombie until it is asked for.
            with contextlib.suppress(ChildProcessError):
                os.waitpid(running.pid, os.WNOHANG)
            time.sleep(0.02)
        if running.lives:
            end_group(running.pid, signal.SIGKILL)
    left = reap(layout.pids)
    for file in (layout.record, layout.door):
        file.unlink(missing_ok=True)
    return bool(left)


def _resident(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0
