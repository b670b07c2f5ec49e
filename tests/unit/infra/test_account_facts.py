"""What the program learns of an account: versions, images and wishes of either kind."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.analysis import Analysis, Step
from catalog.candidates import Candidates, Release
from catalog.desired import Desired
from catalog.plan import Plan
from infra import models
from infra.account import Facts, sort
from infra.config import parse
from model_code.contract import VersionRecord

ANALYSIS = Analysis(
    steps=(Step(percent=10, requests=1, seconds=1),), bake_seconds=0, look_seconds=60, tolerated=0.01, detect=0.05
)
IN_TURN = Candidates(
    endpoint="e",
    variant="main",
    instances=1,
    releases={"1" * 12: Release(config="c", content="x", generation=1)},
    pinned="",
    plan=Plan(),
    analysis=ANALYSIS,
)
ALONE = Desired(endpoint="e", config="c", content="x", generation=1, variants={})


def record(digit: str) -> VersionRecord:
    return VersionRecord(version=digit * 12, artifact=f"s3://b/m/{digit}/model.tar.gz", algorithm="x", metrics={})


@pytest.mark.parametrize("wish", [IN_TURN, ALONE])
def test_a_wish_of_either_kind_is_read_back(wish: Candidates | Desired) -> None:
    assert sort({"/takeoff/s/m/desired": wish.to_json()}, "s")["m"].desired == wish


def test_what_rollout_keeps_for_itself_is_no_fact() -> None:
    leaves = {
        "analysis": "{}",
        "outcome": "{}",
        "override": "{}",
        "freeze": "{}",
        f"decisions/{'1' * 12}": "{}",
        "approved": record("1").model_dump_json(),
        f"versions/{'2' * 12}": record("2").model_dump_json(),
    }
    found = sort({f"/takeoff/s/m/{leaf}": text for leaf, text in leaves.items()}, "s")["m"]
    assert found == Facts(versions={"approved": record("1"), "2" * 12: record("2")})


def other(version: str = "approved", **slots: VersionRecord) -> str | None:
    """The version that would stand beside the live one."""
    raw: dict[str, Any] = {
        "code": "breast_cancer",
        "owner": "a@example.com",
        "variants": [{"name": "main", "instanceType": "ml.c6i.large", "version": version}],
        "traffic": {"main": 100},
        "analysis": {},
    }
    known = {**slots, "1" * 12: record("1"), "2" * 12: record("2"), "3" * 12: record("3")}
    found = models._other(parse({"models": {"m": raw}}, "s").models["m"], Facts(versions=known))
    return found.version[0] if found else None


def test_beside_the_approved_version_stands_the_candidate_if_it_is_another() -> None:
    one, two, three = map(record, "123")
    assert other(approved=one, candidate=two) == "2"
    assert other(approved=one, candidate=one) is None
    assert other(approved=one) is None
    assert other("3" * 12, approved=one, candidate=two) == "2"
    assert other("2" * 12, approved=one, candidate=two) == "1"
    assert other("3" * 12, approved=three) is None
