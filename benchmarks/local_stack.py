"""`make up`: from an empty account, with nothing to change, with other traffic; and what it leaves on disk."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.figure import Figure, say
from benchmarks.results import REPOSITORY
from local.client import client
from local.cloud import daemon
from local.state import CACHE, State

ENDPOINT = "takeoff-local-breast-cancer"
STACK_FILE = REPOSITORY / "stacks" / "Pulumi.local.yaml"
# What a run of `make` tells the `make` below it; the one that is measured is to be a person's own.
_MAKE = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}


@dataclass(frozen=True)
class Machine:
    """An account of the benchmark's own: a state folder, any free port, and a stack file that it may change."""

    root: Path

    @property
    def state(self) -> State:
        return State(self.root / "state")

    @property
    def stack_file(self) -> Path:
        return self.root / "Pulumi.local.yaml"

    def start_up(self) -> subprocess.Popen[str]:
        """`make up` in the background."""
        ours = {"TAKEOFF_STATE": str(self.state.root), "TAKEOFF_STACK_FILE": str(self.stack_file), "TAKEOFF_PORT": "0"}
        env = {name: value for name, value in os.environ.items() if name not in _MAKE} | ours
        return subprocess.Popen(
            ["make", "up"], cwd=REPOSITORY, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def up(self) -> float:
        """Seconds of one `make up`."""
        began = time.perf_counter()
        _finish(self.start_up())
        return time.perf_counter() - began

    def shift(self, main: int) -> float:
        """Seconds from typing `make up` with other traffic until the endpoint's live weights are that traffic."""
        wanted, live = {"main": main, "candidate": 100 - main}, self._weights()
        line = f"traffic: {{main: {main}, candidate: {100 - main}}}"
        self.stack_file.write_text(re.sub(r"traffic: \{.*candidate.*\}", line, self.stack_file.read_text()))
        began = time.perf_counter()
        process = self.start_up()
        while live() != wanted and process.poll() is None:
            time.sleep(0.05)
        took = time.perf_counter() - began
        _finish(process)
        if live() != wanted:
            raise SystemExit(f"`make up` with other traffic: got weights {live()}, wanted {wanted}")
        return took

    def _weights(self) -> Callable[[], dict[str, float]]:
        sagemaker = client(self.state.endpoint(), "sagemaker")

        def live() -> dict[str, float]:
            variants = sagemaker.describe_endpoint(EndpointName=ENDPOINT)["ProductionVariants"]
            return {variant["VariantName"]: variant["CurrentWeight"] for variant in variants}

        return live


def measure(*, quick: bool) -> list[Figure]:
    """Every figure of the local stack; the toolchain must be there. Raises SystemExit when an `up` fails."""
    empty, unchanged, shifts = (1, 2, 1) if quick else (3, 5, 4)
    cold = []
    for number in range(empty - 1):
        with _machine() as machine:
            cold.append(_said(f"make up from an empty account, run {number + 1} of {empty}", machine.up))
    with _machine() as machine:
        cold.append(_said(f"make up from an empty account, run {empty} of {empty}", machine.up))
        warm = [_said(f"make up, nothing changed, run {n + 1} of {unchanged}", machine.up) for n in range(unchanged)]
        live = [
            _said(f"change of traffic, run {n + 1} of {shifts}", partial(machine.shift, (40, 90)[n % 2]))
            for n in range(shifts)
        ]
        state = megabytes(machine.state.root)
    return [
        Figure(name="`make up` from an empty account", unit="s", values=cold, goal=60),
        Figure(name="`make up`, nothing changed", unit="s", values=warm, goal=10),
        Figure(name="`make up` with other traffic, until the live weights are so", unit="s", values=live),
        Figure(name="disk: Python environment", unit="MB", values=[megabytes(Path(sys.prefix))]),
        Figure(name="disk: toolchain", unit="MB", values=[megabytes(CACHE / "toolchain")]),
        Figure(name="disk: account after `make up`", unit="MB", values=[state]),
    ]


def megabytes(folder: Path) -> float:
    """What a folder takes on disk; a file with two names counts once."""
    # du, because it goes on when files vanish under it, as they do while something is built.
    answer = subprocess.run(["du", "-sk", folder], capture_output=True, text=True, check=False).stdout
    return int(answer.split()[0]) * 1024 / 1e6


@contextlib.contextmanager
def _machine() -> Iterator[Machine]:
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(Path(folder))
        machine.stack_file.write_text(STACK_FILE.read_text())
        try:
            yield machine
        finally:
            daemon.stop(machine.state)


def _said(what: str, run: Callable[[], float]) -> float:
    say(what)
    took = run()
    say(f"  {took:.1f} s")
    return took


def _finish(process: subprocess.Popen[str]) -> None:
    output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"`make up` failed (exit {process.returncode}):\n{output[-4000:]}")
