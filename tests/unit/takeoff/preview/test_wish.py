"""A change of `desired`, told as traffic and versions."""

from __future__ import annotations

import json

import pulumi_aws as aws
import pytest

from catalog.analysis import Analysis, Step
from catalog.candidates import Candidates, Release
from catalog.computed import COMPUTED
from catalog.plan import Plan
from components import endpoint_rules
from takeoff.preview.fleet import CONFIG, MODEL, VERSION_VARIABLE
from takeoff.preview.wish import PARAMETER, wishes
from tests.unit.takeoff.preview.events import Events, desired, release, wish_changes

OLD = {"main": ("1" * 12, "ml.c6i.large"), "candidate": ("3" * 12, "ml.c6i.large")}


def told(events: Events) -> str:
    (wish,) = wishes(events.preview())
    return wish.text()


def test_tokens_and_the_versions_variable_are_those_of_the_components() -> None:
    sdk = (aws.ssm.Parameter, aws.sagemaker.EndpointConfiguration, aws.sagemaker.Model)
    assert [cls.pulumi_type for cls in sdk] == [PARAMETER, CONFIG, MODEL]
    assert VERSION_VARIABLE == endpoint_rules.VERSION_VARIABLE


def test_traffic_is_told_by_variant_the_largest_share_first() -> None:
    old, new = desired("1-x", main=(90, 2), candidate=(10, 1)), desired("1-x", main=(50, 2), candidate=(50, 1))
    assert told(wish_changes(old, new)) == "main 90 → 50 %, candidate 10 → 50 %"


def test_a_new_version_is_told_with_the_old_one() -> None:
    events = wish_changes(
        desired("1-x", main=(90, 2), candidate=(10, 1)), desired("2-x", main=(50, 2), candidate=(50, 1))
    )
    release(events, "delete", "1-x", **OLD)
    release(events, "create", "2-x", **(OLD | {"main": ("2" * 12, "ml.c6i.large")}))
    assert told(events) == "main 90 → 50 %, candidate 10 → 50 %; main: version 111111111111 → 222222222222"


def test_an_instance_type_a_variant_and_a_shadow_are_told() -> None:
    events = wish_changes(desired("1-x", main=(100, 2)), desired("2-x", main=(100, 2)))
    release(events, "delete", "1-x", main=OLD["main"])
    release(events, "create", "2-x", main=("1" * 12, "ml.c6i.xlarge"), shadow=("4" * 12, "ml.c6i.large"))
    assert told(events) == (
        "main: ml.c6i.large → ml.c6i.xlarge; "
        "shadow shadow added (version 444444444444, ml.c6i.large, copies of 20 % of requests)"
    )


def test_a_variant_that_goes_is_told() -> None:
    events = wish_changes(desired("1-x", main=(90, 2), candidate=(10, 1)), desired("2-x", main=(100, 2)))
    release(events, "delete", "1-x", **OLD)
    release(events, "create", "2-x", main=OLD["main"])
    assert told(events) == "main 90 → 100 %, candidate 10 → 0 %; variant candidate removed"


def test_counts_and_plan_are_told_and_autoscaling_is_no_number() -> None:
    old = desired("1-x", main=(100, 2))
    assert told(wish_changes(old, desired("1-x", main=(100, 3)))) == "main: 2 instances → 3 instances"
    scaled = desired("1-x", main=(100, None))
    assert told(wish_changes(old, scaled)) == "main: 2 instances → instances by autoscaling"
    other = desired("1-x", Plan(kind="canary", percent=10, alarms=("a",)), main=(100, 2))
    assert told(wish_changes(old, other)) == "plan linear 50 % → canary 10 %"


def test_nothing_is_claimed_of_an_old_fleet_that_is_not_in_the_state() -> None:
    events = wish_changes(desired("1-x", main=(100, 2)), desired("2-x", main=(100, 2)))
    release(events, "create", "2-x", main=OLD["main"])
    assert told(events) == "the same traffic and versions"


def test_a_first_wish_is_a_new_endpoint() -> None:
    events = Events()
    events.create(PARAMETER, "d", desired("1-x", candidate=(10, 1), main=(90, 2)))
    release(events, "create", "1-x", **OLD)
    assert told(events) == (
        "new endpoint: main 90 % (version 111111111111, ml.c6i.large), "
        "candidate 10 % (version 333333333333, ml.c6i.large)"
    )


def test_a_wish_that_goes_is_told() -> None:
    events = Events()
    events.delete(PARAMETER, "d", desired("1-x", main=(100, 2)))
    assert told(events) == "no longer wished for: Rollout leaves the endpoint as it is"


def test_of_an_unknown_wish_the_stack_file_says_what_it_asks_for() -> None:
    config = {"takeoff:models": {"breast-cancer": {"traffic": {"main": 50, "candidate": 50}}}}
    unknown = {"name": "/takeoff/prod/breast-cancer/desired", "insecureValue": COMPUTED}
    new = Events(config=config)
    new.create(PARAMETER, "d", unknown)
    assert told(new).startswith("asked for: main 50 %, candidate 50 %; known only once")
    changed = wish_changes(desired("1-x", main=(90, 2), candidate=(10, 1)), unknown, config=config)
    assert told(changed).startswith("main 90 → 50 %, candidate 10 → 50 %; known only once")


@pytest.mark.parametrize("text", ["", "null", "{}", "[1]", '{"variants": 1}', "no JSON"])
def test_a_wish_that_is_not_ours_is_told_and_stops_nothing(text: str) -> None:
    events = wish_changes(desired("1-x", main=(100, 2)), {**desired("1-x", main=(100, 2)), "insecureValue": text})
    assert "allowed: what Pulumi writes to `desired`" in told(events)


def test_other_parameters_are_no_wishes() -> None:
    events = Events()
    events.create(PARAMETER, "p", {"name": "/takeoff/prod/breast-cancer/image", "value": json.dumps({})})
    events.same(PARAMETER, "d", desired("1-x", main=(100, 2)))
    assert wishes(events.preview()) == []


LIVE, NEXT = "1" * 12, "2" * 12


def lineup(*versions: str, pinned: str = "", config: str = "1-x", seconds: int = 60) -> dict[str, str]:
    """The inputs of the wish of a model whose versions take each other's place."""
    wish = Candidates(
        endpoint="takeoff-prod-breast-cancer",
        variant="main",
        instances=1,
        releases={each: Release(config=f"{config}-{each}", content="aa", generation=1) for each in versions},
        pinned=pinned,
        plan=Plan(),
        analysis=Analysis(
            steps=(Step(percent=10, requests=100, seconds=seconds),),
            bake_seconds=60,
            look_seconds=60,
            tolerated=0.01,
            detect=0.05,
        ),
    )
    return {"name": "/takeoff/prod/breast-cancer/desired", "type": "String", "insecureValue": wish.to_json()}


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (lineup(LIVE), lineup(LIVE, NEXT), f"version {NEXT}: Rollout tries it before it serves"),
        (lineup(LIVE, NEXT), lineup(LIVE), f"version {NEXT} may no longer serve"),
        (lineup(LIVE), lineup(LIVE, config="2-x"), f"version {LIVE} moves to another config"),
        (lineup(LIVE, NEXT), lineup(LIVE, NEXT, pinned=LIVE), f"pinned to {LIVE}"),
        (lineup(LIVE, NEXT, pinned=LIVE), lineup(LIVE, NEXT), "no longer pinned"),
        (lineup(LIVE), lineup(LIVE, seconds=90), "versions are tried in another way"),
        (
            desired("1-x", main=(100, 1)),
            lineup(LIVE, NEXT),
            f"versions that may serve: {LIVE}, {NEXT}",
        ),
        (
            lineup(LIVE),
            lineup(NEXT),
            f"version {NEXT}: Rollout tries it before it serves; version {LIVE} may no longer serve",
        ),
    ],
)
def test_of_versions_that_take_each_others_place_it_is_told_which_may_serve(
    before: dict[str, str], after: dict[str, str], text: str
) -> None:
    assert told(wish_changes(before, after)) == text


def test_a_first_lineup_and_one_that_goes_are_told() -> None:
    events = Events()
    events.create(PARAMETER, "breast-cancer-desired", lineup(LIVE))
    assert told(events) == f"versions that may serve: {LIVE}"
    events = Events()
    events.delete(PARAMETER, "breast-cancer-desired", lineup(LIVE))
    assert told(events) == f"version {LIVE} may no longer serve"


def test_a_lineup_is_no_wish_for_a_config() -> None:
    (wish,) = wishes(wish_changes(lineup(LIVE), lineup(LIVE, NEXT)).preview())
    assert (wish.before, wish.after, wish.new_config) == (None, None, False)
