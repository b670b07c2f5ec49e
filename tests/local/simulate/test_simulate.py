"""`make simulate`: a tenth of the scenarios on a cluster of the test's own, with what the program deploys."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cluster import control, instance_types
from local.cluster.api import Api
from local.cluster.layout import Layout
from local.cluster.stack_file import pools
from local.simulate.command import COST, SCENARIOS, simulate
from local.state import REPOSITORY, State
from local.toolchain.progress import Progress
from tests.local.programs import require_cluster
from tests.local.simulate.deployed import deploy, replicas

DECLARED = {"vision": 2, "vision-gpu": 1}


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[State]:
    """A running cluster with all that the local stack declares in it; skipped where none can run."""
    require_cluster()
    state = State(tmp_path / "state")
    try:
        control.start(state, instance_types.named(pools(state.stack)), Progress(sys.stderr))
        api = Api(Layout.of(state).kubeconfig)
        deploy(api)
        deadline = time.monotonic() + 120
        # The autoscaler is the last to act: it raises one replica to its minimum.
        while replicas(api) != DECLARED and time.monotonic() < deadline:
            time.sleep(0.5)
        yield state
    finally:
        control.stop(state)


@pytest.mark.slow
def test_every_scenario_holds_and_the_stack_is_left_as_it_was(
    deployed: State, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chart = tmp_path / "simulate.html"
    status = simulate(deployed, ["--small", "--json", "--chart", str(chart)])
    said = capsys.readouterr()
    outcomes = json.loads(said.out)
    wrong = {one["scenario"]: [fact["text"] for fact in one["facts"] if not fact["fine"]] for one in outcomes}
    assert {name: facts for name, facts in wrong.items() if facts} == {}
    assert [one["scenario"] for one in outcomes if one["fine"]] == [*SCENARIOS, COST]
    assert status == 0
    assert outcomes == json.loads(chart.with_suffix(".json").read_text())
    assert f"{len(outcomes)} of {len(outcomes)} scenarios" in chart.read_text()
    api = Api(Layout.of(deployed).kubeconfig)
    assert api.list("/api/v1/namespaces", labels="takeoff/simulation") == []
    assert replicas(api) == DECLARED


def test_names_that_are_no_scenarios_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        simulate(State(Path("nowhere")), ["--only", "cpu,tpu"])
    assert ended.value.code == 2
    assert f"got 'cpu,tpu', allowed: {', '.join([*SCENARIOS, COST])}" in capsys.readouterr().err


def test_without_a_cluster_the_command_ends_with_one_line(tmp_path: Path) -> None:
    environment = {**os.environ, "TAKEOFF_STATE": str(tmp_path)}
    command = [sys.executable, "-m", "local", "simulate", "--only", "cpu"]
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("takeoff: no cluster runs: `make cluster` builds and starts it")
    assert done.stderr.count("\n") == 1
