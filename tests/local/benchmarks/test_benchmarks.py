"""The benchmarks run and say what they promise; how fast anything is, no test decides."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from local.state import REPOSITORY

pytestmark = [pytest.mark.engine, pytest.mark.slow]


def bench(*arguments: str, seconds: float = 240) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=seconds, check=False)


def test_a_quick_run_compares_our_server_with_mlflows_and_checks_the_toolchain() -> None:
    """It exits before it measures when the two servers give different answers."""
    kept = (REPOSITORY / "benchmarks/results.json").read_bytes()
    done = bench("--quick", "--only", "server,toolchain", "--json")
    run = json.loads(done.stdout)
    figures = {figure["name"]: figure for figure in run["figures"]}
    for name in ("model server, CPU per request", "mlflow's server, CPU per request"):
        assert 0 < figures[name]["min"] <= figures[name]["median"] <= figures[name]["max"]
        assert (figures[name]["runs"], figures[name]["goal"]) == (2, None)
    check = figures["toolchain check, toolchain present"]
    assert check["goal"] == 1
    assert done.returncode == (1 if check["verdict"] == "missed" else 0), done.stderr
    assert set(run["machine"]) == {"cores", "memory_gb", "cpu", "system", "python", "load"}
    assert (REPOSITORY / "benchmarks/results.json").read_bytes() == kept, "a quick run is not kept"


def test_a_quick_run_of_what_the_loop_promises_keeps_every_goal() -> None:
    """Drawn from seeds, so that a goal that is kept stays kept; only seconds differ, and none of them has a goal."""
    done = bench("--quick", "--only", "sequential,rollout,drift", "--json", seconds=900)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["figures"]
    assert [figure["name"] for figure in figures if figure["verdict"] == "missed"] == []
    goals = {figure["name"]: (figure["sign"], figure["goal"]) for figure in figures if figure["goal"] is not None}
    assert goals["Rollout: versions sent back though just good enough"] == ("≤", 1e-4)
    harmed = [name for name, kept in goals.items() if "information bound" in name and kept == ("≤", 1.5)]
    assert len(harmed) == 4
    assert sum(kept == ("≤", 1.0) for name, kept in goals.items() if "one tick" in name) == 2
    assert goals["95 % sequences that ever miss (normal, with CUPED)"] == ("≤", 0.05)
    assert goals["width of a sequence by a fixed interval's (normal, with CUPED)"] == ("≤", 1.6)
    assert goals["drift: false alarms a month"] == ("≤", 1)
    found = {figure["name"]: figure["median"] for figure in figures}
    ours, fixed = "drift: windows until a shift of 0.3 SD is found", "drift: the same, PSI above 0.2, at most 50"
    assert found[ours] < found[fixed]


def test_a_quick_run_has_the_drift_job_beside_evidently_and_nannyml() -> None:
    """It exits before it compares when one of them calls other columns drifted than those that are shifted."""
    done = bench("--quick", "--only", "drift-beside", "--json", seconds=900)  # 1.2 GB are installed first
    assert done.stdout, done.stderr
    figures = {figure["name"]: figure for figure in json.loads(done.stdout)["figures"]}
    beside = [figure for name, figure in figures.items() if name.startswith("drift in memory, 100,000 x 20: ")]
    assert [figure["runs"] for figure in beside] == [1, 1, 1, 1]
    assert all(figure["min"] > 0 for figure in beside)
    times = figures["drift in memory: the faster of them, same measures, by ours"]
    assert (times["sign"], times["goal"]) == ("≥", 20)
    assert times["median"] > 1


def test_an_unknown_benchmark_is_refused_with_the_names_there_are() -> None:
    done = bench("--only", "sever")
    assert done.returncode == 2
    assert "got 'sever'; allowed: toolchain, up, server" in done.stderr
