"""Through the real engine: which of two versions is live changes nothing that Pulumi declares."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from catalog.candidates import Candidates
from tests.local.stack.machine import MODEL, Machine, end, machine


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with machine(tmp_path_factory.mktemp("in-turn")) as made:

        def in_turn(model: dict[str, Any]) -> None:
            del model["variants"][1]
            model |= {"traffic": {"main": 100}, "analysis": {}}
            model["deployment"] = {"bakeMinutes": 2, "rollback": {"errorPercent": 5}}

        made.edit(in_turn)
        made.deploy()
        # Frozen, or Rollout would try the second version while the test says which is live.
        made.client("ssm").put_parameter(Name="/takeoff/local/freeze", Value='{"who": "t", "why": "t"}', Type="String")
        yield made


def read(deployed: Machine, leaf: str) -> str:
    found = deployed.client("ssm").get_parameter(Name=f"/takeoff/local/{MODEL}/{leaf}")
    return str(found["Parameter"]["Value"])


def write(deployed: Machine, leaf: str, text: str) -> None:
    deployed.client("ssm").put_parameter(
        Name=f"/takeoff/local/{MODEL}/{leaf}", Value=text, Type="String", Overwrite=True
    )


def previewed(deployed: Machine) -> dict[str, int]:
    """How many resources a preview would do what with."""
    done = deployed.pulumi("preview", "--json")
    assert done.returncode == 0, end(done)
    return dict(json.loads(done.stdout)["changeSummary"])


def test_a_preview_after_a_promotion_and_after_a_rollback_is_empty(deployed: Machine) -> None:
    one = read(deployed, "approved")
    two = json.dumps({**json.loads(one), "version": "b" * 12})
    write(deployed, "candidate", two)
    done = deployed.pulumi("up", "--yes", "--skip-preview")
    assert done.returncode == 0, end(done)
    wish = Candidates.from_json(read(deployed, "desired"))
    assert set(wish.releases) == {json.loads(one)["version"], "b" * 12}
    for approved, candidate in ((two, one), (one, two)):
        write(deployed, "approved", approved)
        write(deployed, "candidate", candidate)
        assert set(previewed(deployed)) == {"same"}


def test_a_plan_whose_steps_go_down_stops_the_preview_in_one_line(deployed: Machine) -> None:
    deployed.edit(lambda model: model.update(analysis={"plan": "staged", "stages": [{"percent": 20}, {"percent": 5}]}))
    done = deployed.pulumi("preview")
    assert done.returncode != 0
    wanted = "takeoff:models.breast-cancer.analysis.stages[1].percent: got 5; allowed: 21 to 99, more than before"
    assert wanted in done.stdout + done.stderr
    deployed.edit(lambda model: model.update(analysis={}))
