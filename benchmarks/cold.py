"""Builds from nothing: the engine of the local stack, and the programs of its cluster."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figure import Figure, say
from benchmarks.local_stack import megabytes
from benchmarks.results import REPOSITORY

BUILDS = {"toolchain": "local.toolchain", "local cluster": "local.cluster"}


def figures() -> list[Figure]:
    """Both builds, each in a copy of local/ whose caches are empty; needs 5 GB for a while."""
    return [figure for what, module in BUILDS.items() for figure in _built(what, module)]


def _built(what: str, module: str) -> list[Figure]:
    go = "with Go on PATH" if shutil.which("go") else "with Go from PyPI"
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copytree(REPOSITORY / "local", copy / "local", ignore=shutil.ignore_patterns("__pycache__"))
        caches = {"GOCACHE": str(copy / "go-build"), "GOMODCACHE": str(copy / "go-mod")}
        own = {"TAKEOFF_STATE": str(copy / "state"), "PYTHONPATH": str(copy)}
        say(f"building the {what} from nothing, {go}")
        began, busy, most = time.perf_counter(), _cpu(), 0.0
        command = [sys.executable, "-m", module, "build"]
        with subprocess.Popen(command, cwd=copy, env={**os.environ, **caches, **own}) as process:
            while process.poll() is None:
                time.sleep(5)
                most = max(most, megabytes(copy))
        took, busy = time.perf_counter() - began, _cpu() - busy
        if process.returncode:
            raise SystemExit(f"the build failed (exit {process.returncode}); its messages stand above")
        shutil.rmtree(copy / ".takeoff" / "cluster" / "go-cache", ignore_errors=True)
        after = megabytes(copy / ".takeoff")
    return [
        Figure(name=f"{what} built from nothing, {go}", unit="s", values=[took]),
        Figure(name=f"{what}: CPU of that", unit="s", values=[busy]),
        Figure(name=f"disk: most while the {what} builds", unit="MB", values=[most]),
        Figure(name=f"disk: {what} after, without Go's cache", unit="MB", values=[after]),
    ]


def _cpu() -> float:
    """Seconds of CPU that ended children have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
