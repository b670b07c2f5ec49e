"""A model whose versions take each other's place: both are declared, and nothing says which is live."""

from __future__ import annotations

import dataclasses
from typing import Any

import pulumi_aws as aws
import pytest

from catalog.analysis import Analysis, Shadow, Step
from catalog.candidates import Candidates
from catalog.desired import Desired
from catalog.plan import Plan
from components.model_endpoint import Shadow as Listener
from components.rollback import Rollback
from components.scaling import Scaling
from tests.deployment import Deployment, Registered
from tests.unit.components.hosting import allowed, args, hosted, record, variant

ANALYSIS = Analysis(
    steps=(Step(percent=10, requests=200, seconds=60), Step(percent=50, requests=500, seconds=60)),
    bake_seconds=120,
    look_seconds=60,
    tolerated=0.01,
    detect=0.05,
)
ONE, TWO, THREE = record("1"), record("2"), record("3")
WATCHED = {"plan": Plan(bake_seconds=300), "rollback": Rollback(error_percent=5, latency_ms=200)}


def in_turn(live: Any = ONE, other: Any = TWO, **more: Any) -> Deployment:
    """An endpoint that serves `live`, with `other` in waiting."""
    return hosted(variants=[variant(version=live)], analysis=ANALYSIS, other=other, **more)


def wish(deployment: Deployment) -> Candidates:
    return Candidates.from_json(deployment.one(aws.ssm.Parameter).inputs["insecureValue"])


def seen(deployment: Deployment) -> dict[str, dict[str, Any]]:
    """What the engine would compare: every resource's inputs without those that it is told to ignore."""

    def kept(resource: Registered) -> dict[str, Any]:
        left_out = (*resource.ignore_changes, "code")  # an archive is equal to no other one
        return {key: value for key, value in resource.inputs.items() if key not in left_out}

    return {resource.urn: kept(resource) for resource in deployment.resources}


def test_a_promotion_and_a_rollback_change_nothing_that_is_declared() -> None:
    before = in_turn(**WATCHED)
    after = in_turn(TWO, ONE, previous=wish(before), **WATCHED)
    assert seen(before) == seen(after)
    assert seen(in_turn(previous=wish(after), **WATCHED)) == seen(before)


def test_the_first_deployment_names_versions_and_not_roles() -> None:
    assert seen(in_turn()) == seen(in_turn(TWO, ONE))


def test_the_comparison_sees_another_version() -> None:
    assert seen(in_turn()) != seen(in_turn(other=THREE))


def test_each_version_has_a_model_and_a_config_that_serves_it_alone() -> None:
    deployment = in_turn()
    configs = {each.inputs["name"]: each.inputs for each in deployment.all(aws.sagemaker.EndpointConfiguration)}
    releases = wish(deployment).releases
    assert sorted(releases) == [ONE.version, TWO.version]
    models = {each.inputs["name"]: each.inputs["primaryContainer"] for each in deployment.all(aws.sagemaker.Model)}
    for version, release in releases.items():
        (only,) = configs[release.config]["productionVariants"]
        assert (only["variantName"], only["initialVariantWeight"]) == ("main", 100)
        assert models[only["modelName"]]["environment"]["TAKEOFF_MODEL_VERSION"] == version
        assert models[only["modelName"]]["modelDataUrl"].split("/")[-2] == version[0] * 64


def test_the_endpoint_begins_with_the_live_version() -> None:
    for live, other in ((ONE, TWO), (TWO, ONE)):
        deployment = in_turn(live, other)
        begins = deployment.one(aws.sagemaker.Endpoint).inputs["endpointConfigName"]
        assert begins == wish(deployment).releases[live.version].config


def test_one_version_alone_is_one_release() -> None:
    assert sorted(wish(in_turn(other=None)).releases) == [ONE.version]


def test_a_third_version_takes_the_place_of_the_one_that_is_neither_live_nor_new() -> None:
    before = wish(in_turn())
    after = wish(in_turn(TWO, THREE, previous=before))
    assert sorted(after.releases) == [TWO.version, THREE.version]
    assert after.releases[TWO.version] == before.releases[TWO.version]
    assert after.releases[THREE.version].generation == 3


def test_a_model_that_gains_an_analysis_keeps_serving_from_the_config_it_has() -> None:
    single = hosted(variants=[variant(version=ONE)])
    config = single.one(aws.sagemaker.EndpointConfiguration).inputs["name"]
    old = Desired.from_json(single.one(aws.ssm.Parameter).inputs["insecureValue"])
    assert wish(in_turn(previous=old)).releases[ONE.version].config == config


def test_the_wish_says_the_pin_the_count_and_the_analysis() -> None:
    found = wish(in_turn(pinned=True))
    assert (found.pinned, found.variant, found.instances) == (ONE.version, "main", 2)
    assert dataclasses.replace(found.analysis, alarms=()) == ANALYSIS
    assert wish(in_turn()).pinned == ""
    scaled = hosted(
        variants=[variant(scaling=Scaling(minimum=1, maximum=4, invocations_per_instance=100))], analysis=ANALYSIS
    )
    assert wish(scaled).instances is None
    assert len(scaled.all(aws.appautoscaling.Target)) == 1


def test_a_version_that_is_tried_is_watched_in_whatever_config_it_stands() -> None:
    deployment = in_turn(**WATCHED)
    alarms = {each.inputs["name"]: each.inputs for each in deployment.all(aws.cloudwatch.MetricAlarm)}
    found = wish(deployment)
    assert set(found.analysis.alarms) == {
        "takeoff-test-m-rollback-errors-candidate",
        "takeoff-test-m-rollback-latency-candidate",
    }
    for name in found.analysis.alarms:
        assert alarms[name]["dimensions"] == {"EndpointName": "takeoff-test-m", "VariantName": "candidate"}


def test_a_new_config_of_a_version_is_watched_in_that_config_by_an_alarm_that_keeps_its_name() -> None:
    deployment = in_turn(**WATCHED)
    alarms = {each.inputs["name"]: each.inputs for each in deployment.all(aws.cloudwatch.MetricAlarm)}
    found = wish(deployment)
    assert set(alarms) == {*found.plan.alarms, *found.analysis.alarms}
    for version, release in found.releases.items():
        watched = alarms[f"takeoff-test-m-rollback-errors-main-{version}"]["dimensions"]
        assert (watched["VariantName"], watched["EndpointConfigName"]) == ("main", release.config)
    # SageMaker reads the plan's alarms as the model's role.
    (read,) = [each["Resource"] for each in allowed(deployment) if each["Action"] == ["cloudwatch:DescribeAlarms"]]
    assert {arn.rpartition(":")[2] for arn in read} == set(found.plan.alarms)


def test_without_rollback_nothing_is_watched() -> None:
    deployment = in_turn()
    assert deployment.all(aws.cloudwatch.MetricAlarm) == []
    assert wish(deployment).analysis.alarms == wish(deployment).plan.alarms == ()


def test_the_wish_fits_into_a_standard_parameter_at_its_longest() -> None:
    steps = tuple(Step(percent=share, requests=10_000_000, seconds=86_400) for share in range(5, 100, 5))
    long = dataclasses.replace(ANALYSIS, steps=steps, shadow=Shadow(percent=100, requests=10_000_000))
    deployment = hosted(variants=[variant()], analysis=long, other=TWO, model="m" * 30, **WATCHED)
    assert len(deployment.one(aws.ssm.Parameter).inputs["insecureValue"]) < 4096


LISTENER = Listener(name="s", version=TWO, instance_type="ml.m5.large", instances=1, percent=5)


def steps(*shares: int) -> Analysis:
    return dataclasses.replace(ANALYSIS, steps=tuple(Step(percent=s, requests=1, seconds=1) for s in shares))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"variants": [variant(traffic=90), variant("arm", traffic=10)]}, "got 2 variants"),
        (
            {"shadow": Listener(name="s", version=TWO, instance_type="ml.m5.large", instances=1, percent=5)},
            "and a shadow",
        ),
        ({"mode": "multi-model"}, "got mode multi-model"),
        ({"variants": [variant("candidate")]}, "the name candidate"),
        ({"variants": [variant("shadow")]}, "the name shadow"),
        ({"analysis": dataclasses.replace(ANALYSIS, alarms=("a",))}, "allowed: none"),
        ({"analysis": steps()}, "shares that rise"),
        ({"analysis": steps(50, 10)}, "shares that rise"),
        ({"analysis": steps(10, 10)}, "shares that rise"),
        ({"analysis": steps(10, 100)}, "each of 1 to 99"),
        ({"analysis": steps(0, 10)}, "each of 1 to 99"),
        ({"analysis": None, "other": TWO}, "with analysis only"),
        ({"analysis": None, "pinned": True}, "with analysis only"),
        (
            {
                "variants": [variant(instance_type="ml.inf1.xlarge")],
                "analysis": dataclasses.replace(ANALYSIS, shadow=Shadow(percent=10, requests=1)),
            },
            "any instances but ml.inf1",
        ),
    ],
)
def test_what_rollout_could_not_try_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        args(**{"analysis": ANALYSIS, **wrong})


def test_a_variant_may_not_be_renamed_by_a_plan_that_needs_equal_names() -> None:
    previous = wish(in_turn(**WATCHED))
    canary = Plan(kind="canary", percent=10, bake_seconds=300)
    with pytest.raises(ValueError, match="got canary from variants \\['main'\\] to \\['other'\\]"):
        args(
            variants=[variant("other")],
            analysis=ANALYSIS,
            previous=previous,
            plan=canary,
            rollback=WATCHED["rollback"],
        )
