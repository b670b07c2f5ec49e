"""What SageMaker refuses about an endpoint is refused before it is asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from catalog.desired import Desired, Share
from catalog.plan import Plan
from components.asynchronous import AsyncOutput
from components.capture import Capture
from components.rollback import Rollback
from components.scaling import Scaling, ScheduledCount
from components.variant import Shadow
from tests.unit.components.hosting import args, record, variant

NOTHING: Any = None
SHADOW = Shadow(name="shadow", version=record("2"), instance_type="ml.c6i.large", instances=1, percent=20)
CANARY = Plan(kind="canary", percent=50, step_seconds=300, bake_seconds=300)
ROLLBACK = Rollback(error_percent=1, latency_ms=200)
HALVES = [variant("main", traffic=50), variant("candidate", traffic=50)]
BUSY = Scaling(minimum=2, maximum=4, invocations_per_instance=100)
IDLE = Scaling(minimum=0, maximum=4, backlog_per_instance=5)
LATER = {"mode": "async", "asynchronous": AsyncOutput(bucket=NOTHING)}
CAPTURE = Capture(percent=10, bucket=NOTHING, key=NOTHING)


def before(**counts: int | None) -> Desired:
    """The wish that the last deployment left, with these variants."""
    shares = {name: Share(traffic=0, instances=count) for name, count in counts.items()}
    return Desired(endpoint="e", config="c", content="x", generation=1, variants=shares)


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ({"variants": HALVES, "shadow": SHADOW}, "shadow: got 2 production variants beside it; allowed: exactly one"),
        ({"shadow": replace(SHADOW, name="main")}, "allowed: a name of its own for each, the shadow too"),
        ({"shadow": SHADOW, **LATER}, "shadow: got mode async; allowed: a shadow of a realtime endpoint only"),
        ({"shadow": SHADOW, "mode": "multi-model"}, "shadow: got mode multi-model"),
        ({"shadow": replace(SHADOW, instance_type="ml.inf1.xlarge")}, "shadow: got ml.inf1.xlarge"),
        ({"mode": "async"}, "asynchronous: got mode async without it"),
        ({"asynchronous": LATER["asynchronous"]}, "asynchronous: got mode realtime with it"),
        ({"capture": CAPTURE, **LATER}, "capture: got mode async; allowed: none"),
        ({"image": f"registry.example.com/m@sha256:{'a' * 64}"}, "allowed: an image in ECR"),
        ({"environment": {"TAKEOFF_MODEL_VERSION": "x"}}, "allowed: any other name"),
    ],
)
def test_modes_that_do_not_go_together_are_refused(given: dict[str, Any], allowed: str) -> None:
    with pytest.raises(ValueError, match="m: ") as refused:
        args(**given)
    assert allowed in str(refused.value)


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ({"plan": replace(CANARY, percent=51)}, "plan.percent: got 51; allowed: 1 to 50 for canary"),
        ({"plan": replace(CANARY, kind="linear", percent=5)}, "plan.percent: got 5; allowed: 10 to 50 for linear"),
        ({"plan": replace(CANARY, bake_seconds=3601)}, "plan.bake_seconds: got 3601; allowed: 0 to 3600 seconds"),
        ({"plan": replace(CANARY, timeout_seconds=28_801)}, "plan.timeout_seconds: got 28801"),
        ({"variants": [variant(instances=1)]}, "plan.kind: got canary with 1 instance; allowed: two or more"),
        ({"variants": [variant(scaling=replace(BUSY, minimum=1))]}, "plan.kind: got canary with 1 instance"),
        ({"plan": replace(CANARY, kind="rolling"), "variants": HALVES}, "plan.kind: got rolling with 2 variants"),
        ({"rollback": None}, "plan.alarms: got none; allowed: one to 10 rollback alarms for canary"),
        ({"plan": replace(CANARY, alarms=("mine",))}, "plan.alarms: got ['mine']; allowed: none"),
        ({"plan": replace(CANARY, bake_seconds=119)}, "plan.bake_seconds: got 119; allowed: 120 or more"),
        ({"plan": replace(CANARY, kind="rolling", step_seconds=60)}, "plan.step_seconds: got 60; allowed: 120"),
        ({"variants": [variant(instance_type="ml.inf1.xlarge")]}, "plan: got guardrails on ml.inf1.xlarge"),
        (
            {"variants": [variant(f"arm-{n}", traffic=20 if n < 5 else 0) for n in range(6)]},
            "plan.alarms: got 12; allowed: at most 10 rollback alarms",
        ),
    ],
)
def test_plans_that_sagemaker_refuses_or_that_protect_nobody_are_refused(given: dict[str, Any], allowed: str) -> None:
    with pytest.raises(ValueError, match="m: ") as refused:
        args(**{"plan": CANARY, "rollback": ROLLBACK, **given})
    assert allowed in str(refused.value)


def test_a_plan_within_every_limit_is_taken() -> None:
    assert args(plan=CANARY, rollback=ROLLBACK).plan == CANARY
    assert args(plan=CANARY, rollback=ROLLBACK, variants=[variant(scaling=BUSY)])


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ({"variants": [variant(scaling=IDLE)]}, "allowed: invocations_per_instance with mode realtime"),
        ({"variants": [variant(scaling=replace(BUSY, minimum=0))]}, "got a minimum of 0 instances"),
        ({"variants": [variant(scaling=BUSY)], **LATER}, "allowed: backlog_per_instance with mode async"),
        (
            {"variants": [variant(scaling=IDLE, traffic=50), variant("b", traffic=50)], **LATER},
            "got 2 variants; allowed: one, since a backlog is an endpoint's",
        ),
    ],
)
def test_scaling_that_does_not_suit_the_mode_is_refused(given: dict[str, Any], allowed: str) -> None:
    with pytest.raises(ValueError, match="m: ") as refused:
        args(**given)
    assert allowed in str(refused.value)


def test_a_schedule_may_not_take_a_realtime_variant_to_zero_either() -> None:
    night = ScheduledCount(name="night", cron="0 20 ? * * *", minimum=0, maximum=1)
    with pytest.raises(ValueError, match="got a minimum of 0 instances"):
        args(variants=[variant(scaling=replace(BUSY, schedule=[night]))])


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ({"minimum": 3, "maximum": 2}, "got 3 to 2 instances"),
        ({"minimum": -1}, "got -1 to 4 instances"),
        ({"minimum": 0, "maximum": 0}, "got 0 to 0 instances"),
        ({"backlog_per_instance": 5}, "allowed: one of the two"),
        ({"invocations_per_instance": None}, "or a schedule"),
        ({"invocations_per_instance": 0}, "above 0"),
    ],
)
def test_bounds_and_targets_that_make_no_sense_are_refused(given: dict[str, Any], allowed: str) -> None:
    with pytest.raises(ValueError, match="allowed:") as refused:
        replace(BUSY, **given)
    assert allowed in str(refused.value)


@pytest.mark.parametrize("cron", ["0 7 * * *", "", "rate(1 day)"])
def test_a_schedule_that_is_no_cron_of_six_fields_is_refused(cron: str) -> None:
    with pytest.raises(ValueError, match="allowed: six fields"):
        ScheduledCount(name="day", cron=cron, minimum=1, maximum=2)


def test_two_schedules_of_one_name_are_refused() -> None:
    day = ScheduledCount(name="day", cron="0 7 ? * * *", minimum=1, maximum=2)
    with pytest.raises(ValueError, match="a name of its own for each"):
        Scaling(minimum=1, maximum=2, schedule=[day, day])


def test_a_first_count_outside_the_bounds_is_refused() -> None:
    with pytest.raises(ValueError, match="got 1 instances; allowed: 2 to 4"):
        variant(instances=1, scaling=BUSY)


@pytest.mark.parametrize("percent", [0, 101])
def test_a_share_of_nothing_or_of_more_than_everything_is_refused(percent: int) -> None:
    with pytest.raises(ValueError, match="allowed: 1 to 100"):
        replace(SHADOW, percent=percent)
    with pytest.raises(ValueError, match="allowed: 1 to 100"):
        replace(CAPTURE, percent=percent)


@pytest.mark.parametrize("concurrent", [0, 1001])
def test_concurrency_beyond_sagemakers_is_refused(concurrent: int) -> None:
    with pytest.raises(ValueError, match="allowed: 1 to 1000"):
        AsyncOutput(bucket=NOTHING, concurrent=concurrent)


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ({}, "got no threshold"),
        ({"error_percent": 100}, "allowed: 0 to below 100"),
        ({"error_percent": -1}, "allowed: 0 to below 100"),
        ({"latency_ms": 0}, "allowed: above 0"),
        ({"latency_ms": 5, "periods": 2, "datapoints": 3}, "allowed: 1 to 2"),
    ],
)
def test_thresholds_that_cannot_be_met_or_missed_are_refused(given: dict[str, Any], allowed: str) -> None:
    with pytest.raises(ValueError, match="rollback") as refused:
        Rollback(**given)
    assert allowed in str(refused.value)


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        (
            {"previous": before(main=2, candidate=1), "plan": CANARY, "rollback": ROLLBACK},
            "plan.kind: got canary from variants ['candidate', 'main'] to ['main']; allowed: all-at-once",
        ),
        (
            {"previous": before(other=1), "variants": [variant(scaling=BUSY)]},
            "variants.main.scaling: got it for a new variant; allowed: once Rollout has added the variant",
        ),
        (
            {"previous": before(main=2, candidate=None)},
            "variants: got none named candidate, which is scaled; allowed: take its scaling away first",
        ),
    ],
)
def test_a_step_that_aws_would_refuse_halfway_is_refused_at_preview(given: dict[str, Any], allowed: str) -> None:
    with pytest.raises(ValueError, match="m: ") as refused:
        args(**given)
    assert allowed in str(refused.value)


def test_a_step_that_changes_no_names_or_goes_all_at_once_is_taken() -> None:
    assert args(previous=before(main=2), plan=CANARY, rollback=ROLLBACK)
    assert args(previous=before(main=2, candidate=1))
    assert args(previous=before(main=2), variants=[variant(scaling=BUSY)])
