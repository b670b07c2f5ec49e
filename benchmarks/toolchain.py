"""The toolchain: checked when it is there, and built from nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figure import Figure, say
from benchmarks.local_stack import megabytes
from benchmarks.results import REPOSITORY
from local.toolchain import build

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


def cold() -> list[Figure]:
    """A build of the engine from nothing, in a copy of local/ whose caches are empty; needs 5 GB for a while."""
    go = "with Go on PATH" if shutil.which("go") else "with Go from PyPI"
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copytree(REPOSITORY / "local", copy / "local", ignore=shutil.ignore_patterns("__pycache__"))
        caches = {"GOCACHE": str(copy / "go-build"), "GOMODCACHE": str(copy / "go-mod")}
        own = {"TAKEOFF_STATE": str(copy / "state"), "PYTHONPATH": str(copy)}
        say(f"building Pulumi {build.VERSION} from nothing, {go}")
        began, most = time.perf_counter(), 0.0
        with subprocess.Popen(_COMMAND, cwd=copy, env={**os.environ, **caches, **own}) as process:
            while process.poll() is None:
                time.sleep(5)
                most = max(most, megabytes(copy))
        took = time.perf_counter() - began
        if process.returncode:
            raise SystemExit(f"the build failed (exit {process.returncode}); its messages stand above")
        after = megabytes(copy / ".takeoff")
    return [
        Figure(name=f"toolchain built from nothing, {go}", unit="s", values=[took]),
        Figure(name="disk: most while it builds", unit="MB", values=[most]),
        Figure(name="disk: toolchain after", unit="MB", values=[after]),
    ]
