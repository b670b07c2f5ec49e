"""The local cluster: how long it takes until it accepts pods, and what it weighs then."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from benchmarks.figure import Figure, say
from local.cluster import build, control, instance_types, namespace
from local.cluster.stack_file import pools
from local.state import LOCAL, State
from local.toolchain.progress import Progress


def measure(*, quick: bool) -> list[Figure]:
    """Starts with nothing known from before; no figure where the programs are not built or cannot run."""
    if build.present() is None or namespace.refusal():
        say("cluster: left out; `make cluster` builds its programs, or says why this machine runs none")
        return []
    runs = 2 if quick else 5
    say(f"cluster starts, {runs} runs")
    types = instance_types.named(pools(LOCAL))
    took, weighed = [], []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            state = State(Path(folder) / "state")
            try:
                record = control.start(state, types, Progress(io.StringIO()))
                took.append(record.seconds)
                weighed.append(sum(control.memory(record).values()))
            finally:
                control.stop(state)
    return [
        Figure(name="cluster start until pods are accepted", unit="s", values=took, goal=15),
        Figure(name="cluster: memory then", unit="MiB", values=weighed, goal=1024),
    ]
