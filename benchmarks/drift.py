"""What a drift job takes for a million rows of 20 features, and how often it is wrong and how soon it is right."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import Figure
from model_code.contract import Feature
from model_code.drift.judge import judge
from model_code.drift.profile import Profile
from model_code.drift.settings import DriftSettings

FEATURES = 20
BATCH = 50_000
_BASELINE = 10  # windows that one baseline is used for
_MEGABYTE = 1 << 20
# The products are of small matrices: threads cost more than they give, and a second job stalls them.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

Columns = dict[str, NDArray[np.float32]]


def measure(*, quick: bool) -> list[Figure]:
    """Our own job alone; benchmarks/drift_beside.py has it beside evidently and NannyML.

    Seconds and peak memory of a process of its own over a window, which it makes batch by batch as a capture is read
    (making it is not timed); then alarms a month without drift, the share of windows in which the shift of one feature
    by half a standard deviation is seen, and windows until a smaller one is. The fixed threshold of 0.2 that many take
    for PSI stands beside them.
    """
    few, many = (100_000, 300_000) if quick else (100_000, 1_000_000)
    figures, peaks = [], {}
    for rows in (few, many):
        runs = [_process(rows, seed) for seed in range(1 if quick else 5)]
        name, peaks[rows] = f"drift job, {rows:,} x {FEATURES}", [peak for _, peak in runs]
        figures.append(Figure(name=name, unit="s", values=[seconds for seconds, _ in runs]))
        figures.append(Figure(name=f"{name}: peak memory", unit="MB", values=peaks[rows]))
    grows = statistics.median(peaks[many]) / statistics.median(peaks[few])
    name = f"drift job: memory for {many // few} times the rows"
    figures.append(Figure(name=name, unit="x", values=[grows], goal=1.1))
    months = 10 if quick else 200
    settings = DriftSettings(false_alarms_per_month=1.0, windows_per_month=30)
    ours = null_streams(months * 30, rows=200, baseline=5_000, settings=settings, seed=0)
    found = shifted_streams(20 if quick else 200, rows=200, baseline=5_000, settings=settings, seed=1)
    per_month = 30 / ours.windows
    figures += [
        Figure(name="drift: false alarms a month", unit="", values=[ours.alarms * per_month], goal=1, sign="≤"),
        Figure(name="drift: false alarms a month, PSI above 0.2", unit="", values=[ours.fixed * per_month]),
        Figure(
            name="drift: shift of 0.5 SD found in one window",
            unit="%",
            values=[100 * found.alarms / found.windows],
        ),
        Figure(name="drift: the same, PSI above 0.2", unit="%", values=[100 * found.fixed / found.windows]),
    ]
    delays = [delay(0.3, rows=200, baseline=5_000, settings=settings, seed=seed) for seed in range(5 if quick else 100)]
    figures += [
        Figure(name="drift: windows until a shift of 0.3 SD is found", unit="", values=[ours for ours, _ in delays]),
        Figure(name="drift: the same, PSI above 0.2, at most 50", unit="", values=[fixed for _, fixed in delays]),
    ]
    return figures


@dataclass(frozen=True)
class Streams:
    """Windows judged, those that ours alarmed for, and those in which some feature's PSI was above 0.2."""

    windows: int
    alarms: int
    fixed: int


def null_streams(windows: int, *, rows: int, baseline: int, settings: DriftSettings, seed: int) -> Streams:
    """Windows of the baseline's own distribution, with a fresh baseline every ten of them.

    Windows of one baseline share its chance deviations, so that few baselines would say little of the rate.
    """
    return _streams(windows, 0.0, rows, baseline, settings, seed)


def shifted_streams(windows: int, *, rows: int, baseline: int, settings: DriftSettings, seed: int) -> Streams:
    """Windows in which one of the features moved by half its standard deviation."""
    return _streams(windows, 0.5, rows, baseline, settings, seed)


def delay(shift: float, *, rows: int, baseline: int, settings: DriftSettings, seed: int) -> tuple[int, int]:
    """Windows until ours, and until the fixed threshold, first alarm after a shift; 50 for not within fifty."""
    random = np.random.default_rng(10_000 + seed)
    profile = Profile.of(WORLD, world(random, baseline), seed=seed)
    found = [0, 0]
    for number in range(1, 51):
        report = judge(profile, profile.empty().add(world(random, rows, shift)), settings)
        above = any(one.distances.get("psi", 0.0) > 0.2 for one in report.statistics)
        for at, alarmed in enumerate((report.alarmed, above)):
            found[at] = found[at] or number * alarmed
        if all(found):
            break
    return found[0] or 50, found[1] or 50


def world(random: np.random.Generator, rows: int, shift: float = 0.0) -> Columns:
    """Five features of different shapes, two of them dependent, one with gaps, one of labels by their position."""
    normal = random.standard_normal(rows)
    gaps = np.where(random.random(rows) < 0.03, np.nan, random.lognormal(0, 1, rows))
    columns = {
        "normal": normal + shift,
        "heavy": random.standard_t(2, rows) + normal,
        "count": random.poisson(2, rows),
        "gaps": gaps,
        "label": random.choice(5, rows, p=[0.5, 0.3, 0.15, 0.045, 0.005]),
    }
    return {name: np.asarray(column, dtype=np.float32) for name, column in columns.items()}


WORLD = (
    Feature(name="normal"),
    Feature(name="heavy"),
    Feature(name="count", dtype="integer"),
    Feature(name="gaps"),
    Feature(name="label", dtype="category", categories=("a", "b", "c", "d", "e")),
)


def _streams(windows: int, shift: float, rows: int, baseline: int, settings: DriftSettings, seed: int) -> Streams:
    random = np.random.default_rng(seed)
    alarms = fixed = 0
    profile = Profile.of(WORLD, world(random, baseline), seed=seed)
    for number in range(windows):
        if number and number % _BASELINE == 0:
            profile = Profile.of(WORLD, world(random, baseline), seed=seed + number)
        report = judge(profile, profile.empty().add(world(random, rows, shift)), settings)
        alarms += report.alarmed
        fixed += any(one.distances.get("psi", 0.0) > 0.2 for one in report.statistics)
    return Streams(windows, alarms, fixed)


def _process(rows: int, seed: int) -> tuple[float, float]:
    command = [sys.executable, "-m", "benchmarks.drift", str(rows), str(seed)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | ONE_THREAD)
    seconds, peak = map(float, done.stdout.split())
    return seconds, peak


def _job(rows: int, seed: int) -> tuple[float, float]:
    """Seconds of adding and judging, and the most memory in MB that the process ever held."""
    features = [Feature(name=f"f{number}") for number in range(FEATURES)]
    random = np.random.default_rng(seed)

    def batch(size: int) -> Columns:
        return {feature.name: random.standard_normal(size, dtype=np.float32) for feature in features}

    baseline = Profile.of(features, batch(BATCH), seed=seed)
    window, took = baseline.empty(), 0.0
    for begin in range(0, rows, BATCH):
        columns = batch(min(BATCH, rows - begin))
        began = time.perf_counter()
        window = window.add(columns)
        took += time.perf_counter() - began
    began = time.perf_counter()
    report = judge(baseline, window, DriftSettings())
    took += time.perf_counter() - began
    assert report.rows[1] == rows
    assert not report.alarmed
    return took, _peak()


def _peak() -> float:
    """The most memory that this process ever held, in MB.

    Linux hands ru_maxrss on from the parent to what it starts, and the parent has measured other things.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MEGABYTE  # macOS: bytes


if __name__ == "__main__":
    print(*_job(int(sys.argv[1]), int(sys.argv[2])))
