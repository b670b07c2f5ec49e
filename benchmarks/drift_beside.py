"""Our drift job, evidently and NannyML on the same rows, in one run on one machine.

All of them get arrays in memory, and each has to name the columns that are shifted before its time counts. evidently
and NannyML live in an environment of their own, .takeoff/bench-drift-venv, made on first use.
"""

from __future__ import annotations

import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.drift import BATCH, FEATURES, ONE_THREAD
from benchmarks.figure import Figure, say
from benchmarks.results import REPOSITORY
from model_code.contract import Feature
from model_code.drift.judge import judge
from model_code.drift.profile import Profile
from model_code.drift.settings import DriftSettings

SHIFTED = [3, 7]
GOAL = 20.0
PEERS = REPOSITORY / "benchmarks" / "drift_peers.py"
REQUIREMENTS = REPOSITORY / "benchmarks" / "requirements-drift.txt"
VENV = REPOSITORY / ".takeoff" / "bench-drift-venv"
TITLES = {
    "takeoff": "takeoff",
    "nannyml": "NannyML, the same measures",
    "nannyml-one": "NannyML, one distance alone",
    "evidently": "evidently, its preset",
}
# Both report their use to their makers unless they are told not to.
_QUIET = {"DO_NOT_TRACK": "1", "NML_DISABLE_USAGE_LOGGING": "1"}


def measure(*, quick: bool) -> list[Figure]:
    """Seconds of each, and how many times as fast ours is; the goal is against the faster of the same measures.

    NannyML stands twice: with the distances, missing rates and joint measure that our job has too, and with its
    default, one distance, which is less than any other here computes. evidently takes a minute and more and runs once.
    Raises SystemExit where any of them names other columns than the shifted ones.
    """
    size, rounds = (100_000, 1) if quick else (1_000_000, 3)
    python = _peers_python()
    commands = {name: [python, str(PEERS), name] for name in TITLES if name != "takeoff"}
    commands = {"takeoff": [sys.executable, "-m", "benchmarks.drift_beside"], **commands}
    found: dict[str, list[float]] = {name: [] for name in TITLES}
    with tempfile.TemporaryDirectory() as folder:
        files = rows(Path(folder), size)
        for number in range(rounds):
            say(f"drift jobs, round {number + 1} of {rounds} ({size} rows)")
            for name, command in commands.items():
                if name != "evidently" or number == 0:
                    found[name].append(seconds(name, [*command, *files]))
    return figures(found, size)


def figures(found: Mapping[str, Sequence[float]], size: int) -> list[Figure]:
    """The table's rows of these seconds."""
    faster = min(("nannyml", "evidently"), key=lambda name: statistics.median(found[name]))
    named = [
        Figure(name=f"drift in memory, {size:,} x {FEATURES}: {title}", unit="s", values=found[name])
        for name, title in TITLES.items()
    ]
    return [
        *named,
        Figure(
            name="drift in memory: the faster of them, same measures, by ours",
            unit="x",
            values=_times(found[faster], found["takeoff"]),
            goal=GOAL,
            sign="≥",
        ),
        Figure(
            name="drift in memory: NannyML's one distance, by ours",
            unit="x",
            values=_times(found["nannyml-one"], found["takeoff"]),
            goal=GOAL,
            sign="≥",
        ),
    ]


def _times(theirs: Sequence[float], ours: Sequence[float]) -> list[float]:
    """Round by round: what else the machine does, it does to both."""
    return [more / less for more, less in zip(theirs, ours, strict=False)]


def seconds(name: str, command: Sequence[str]) -> float:
    """What one of them took. Raises SystemExit unless it names exactly the shifted columns."""
    quiet = os.environ | ONE_THREAD | _QUIET
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=quiet)
    answer = json.loads(done.stdout.splitlines()[-1])
    shifted = sorted(f"f{at}" for at in SHIFTED)
    if answer["drifted"] != shifted:
        raise SystemExit(f"{name} calls {answer['drifted']} drifted; the shifted columns are {shifted}: no time counts")
    return float(answer["seconds"])


def rows(folder: Path, size: int) -> list[str]:
    """A baseline and a window of float32, in which two of the columns are shifted by a quarter of their deviation."""
    random = np.random.default_rng(1)
    files = [str(folder / name) for name in ("baseline.npy", "window.npy")]
    window = random.standard_normal((FEATURES, size), dtype=np.float32)
    window[SHIFTED] += 0.25
    np.save(files[0], random.standard_normal((FEATURES, BATCH), dtype=np.float32))
    np.save(files[1], window)
    return files


def _peers_python() -> str:
    """The interpreter of the peers' environment, made when the pinned requirements are new to it."""
    python, stamp = VENV / "bin" / "python", VENV / "requirements.sha256"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        say("installing evidently and NannyML (once; 1.2 GB)")
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(VENV)], check=True)
        install = [uv, "pip", "install", "--quiet", "--no-deps", "--python", str(python)]
        subprocess.run([*install, "-r", str(REQUIREMENTS)], check=True)
        stamp.write_text(wanted)
    return str(python)


def ours(baseline: str, window: str) -> dict[str, Any]:
    """Our job on rows in memory, batch by batch as it reads captures, from the first batch to the report."""
    features = [Feature(name=f"f{number}") for number in range(FEATURES)]
    then, now = (dict(zip((f.name for f in features), np.load(file), strict=True)) for file in (baseline, window))
    profile = Profile.of(features, then, seed=1)
    began = time.perf_counter()
    seen = profile.empty()
    for begin in range(0, len(now["f0"]), BATCH):
        seen = seen.add({name: column[begin : begin + BATCH] for name, column in now.items()})
    report = judge(profile, seen, DriftSettings())
    took = time.perf_counter() - began
    return {"seconds": took, "drifted": sorted({one.feature for one in report.findings if one.kind == "drift"})}


if __name__ == "__main__":
    print(json.dumps(ours(*sys.argv[1:])))
