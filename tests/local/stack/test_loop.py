"""`make loop`: scenarios of the loop on a machine of its own and a fast clock."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from local.state import REPOSITORY
from tests.local.stack.machine import Machine

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.alone]
PLAYED_ON = ("risk", "offers")
# What the loop needs beside its two models: data, alarms, versions, and who deploys them.
AROUND = ("retainData", "lake", "alerts", "registry", "deployer")
LETTERS = "abcdefghij"
PATIENCE = 2400.0


def only_the_loop() -> str:
    """The shipped stack file with the two models that the scenarios play on, as they are declared there."""
    shipped = yaml.safe_load((REPOSITORY / "stacks/Pulumi.local.yaml").read_text())["config"]
    models = {name: shipped["takeoff:models"][name] for name in PLAYED_ON}
    around = {f"takeoff:{name}": shipped[f"takeoff:{name}"] for name in AROUND}
    return yaml.safe_dump({"config": {**around, "takeoff:models": models}})


def test_scenarios_hold_on_the_deployed_stack(fresh: Machine, tmp_path: Path) -> None:
    fresh.stack_file.write_text(only_the_loop())
    done = fresh.run("up", timeout=1200)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    chart = tmp_path / "loop.html"
    done = fresh.run("loop", "--json", "--only", LETTERS, "--chart", str(chart), timeout=PATIENCE)
    assert done.returncode in (0, 1), done.stdout[-3000:] + done.stderr[-3000:]
    verdicts = json.loads(done.stdout)
    wrong = {one["scenario"]: [fact["text"] for fact in one["facts"] if not fact["fine"]] for one in verdicts}
    assert {letter: facts for letter, facts in wrong.items() if facts} == {}
    assert {one["scenario"] for one in verdicts if one["fine"]} == set(LETTERS)
    assert done.returncode == 0
    assert f"{len(LETTERS)} of {len(LETTERS)} scenarios" in chart.read_text()
