"""The toolchain, checked when it is there; benchmarks/cold.py builds it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

from benchmarks.figure import Figure, say
from benchmarks.results import REPOSITORY

_COMMAND = [sys.executable, "-m", "local.toolchain", "build"]


def measure(*, quick: bool) -> list[Figure]:
    """`make build` when there is nothing left to build; the first run, which may build, does not count."""
    runs = 2 if quick else 5
    with tempfile.TemporaryDirectory() as state:
        env = {**os.environ, "TAKEOFF_STATE": state}
        say(f"toolchain check, {runs} runs")
        subprocess.run(_COMMAND, cwd=REPOSITORY, env=env, stdout=subprocess.DEVNULL, check=True)
        took = []
        for _ in range(runs):
            began = time.perf_counter()
            subprocess.run(_COMMAND, cwd=REPOSITORY, env=env, stdout=subprocess.DEVNULL, check=True)
            took.append(time.perf_counter() - began)
    return [Figure(name="toolchain check, toolchain present", unit="s", values=took, goal=1)]
