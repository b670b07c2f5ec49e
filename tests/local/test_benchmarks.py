"""The benchmarks run and say what they promise; how fast anything is, no test decides."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from local.state import REPOSITORY

pytestmark = [pytest.mark.engine, pytest.mark.slow]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=240, check=False)


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


def test_an_unknown_benchmark_is_refused_with_the_names_there_are() -> None:
    done = bench("--only", "sever")
    assert done.returncode == 2
    assert "got 'sever'; allowed: toolchain, up, server" in done.stderr
