"""The rollout's requests, held against AWS's own service models."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from catalog.desired import Desired, Share
from catalog.plan import Plan
from model_code.rollout import account

ENDPOINT_ARN = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/e"
PLANS = [
    Plan(),
    Plan(kind="canary", percent=10, step_seconds=60, bake_seconds=60, alarms=("a",)),
    Plan(kind="linear", percent=25, step_seconds=60, alarms=("a",)),
    Plan(kind="rolling", percent=5, step_seconds=60, alarms=("a", "b")),
]


def stubbed(service: str) -> tuple[Any, Stubber]:
    client = boto3.client(service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    return client, Stubber(client)


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.kind)
def test_every_plan_is_a_request_that_sagemakers_model_knows(plan: Plan) -> None:
    client, stub = stubbed("sagemaker")
    shares = {"main": Share(traffic=100, instances=2)}
    desired = Desired(endpoint="e", config="c", content="x", generation=1, variants=shares, plan=plan)
    stub.add_response("update_endpoint", {"EndpointArn": ENDPOINT_ARN})
    with stub:
        account.update_config(client, desired, guarded=True)
    stub.assert_no_pending_responses()


def test_weights_and_counts_are_asked_for_apart() -> None:
    client, stub = stubbed("sagemaker")
    for change in ({"DesiredWeight": 30}, {"DesiredInstanceCount": 2}):
        wanted = {"EndpointName": "e", "DesiredWeightsAndCapacities": [{"VariantName": "main", **change}]}
        stub.add_response("update_endpoint_weights_and_capacities", {"EndpointArn": ENDPOINT_ARN}, wanted)
    with stub:
        account.update_weights(client, "e", {"main": 30})
        account.update_count(client, "e", "main", 2)
    stub.assert_no_pending_responses()


def test_a_target_that_is_not_yet_suspended_is_and_the_others_are_left() -> None:
    client, stub = stubbed("application-autoscaling")
    kinds = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
    target = {
        "ServiceNamespace": "sagemaker",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "MinCapacity": 1,
        "MaxCapacity": 2,
        "RoleARN": "arn:aws:iam::123456789012:role/r",
        "CreationTime": 0,
    }
    states = {"main": True, "candidate": False}
    found = [
        {**target, "ResourceId": f"endpoint/e/variant/{name}", "SuspendedState": dict.fromkeys(kinds, state)}
        for name, state in states.items()
    ]
    asked = ["endpoint/e/variant/candidate", "endpoint/e/variant/main"]
    named = {"ServiceNamespace": "sagemaker", "ScalableDimension": ANY}
    stub.add_response("describe_scalable_targets", {"ScalableTargets": found}, {**named, "ResourceIds": asked})
    suspended = {"ResourceId": "endpoint/e/variant/candidate", "SuspendedState": dict.fromkeys(kinds, True)}
    stub.add_response("register_scalable_target", {}, {**named, **suspended})
    with stub:
        account.suspend_scaling(client, "e", {"main", "candidate"}, suspended=True)
    stub.assert_no_pending_responses()


def test_alarms_are_read_by_name() -> None:
    client, stub = stubbed("cloudwatch")
    found = [{"AlarmName": "a", "StateValue": "ALARM"}]
    stub.add_response("describe_alarms", {"MetricAlarms": found}, {"AlarmNames": ["a", "b"]})
    with stub:
        assert account.alarm_states(client, ["b", "a"]) == {"a": "ALARM"}


def tried(verdict: dict[str, str] | None, experiment: str = "e") -> dict[str, int]:
    """The traffic that is left of 50, 30 and 20 percent."""
    variants = {name: Share(traffic=share, instances=1) for name, share in (("a", 50), ("b", 30), ("c", 20))}
    wish = Desired(endpoint="e", config="c", content="x", generation=1, variants=variants, experiment=experiment)
    client, stub = stubbed("ssm")
    if experiment:
        names = ["/takeoff/test/m/experiment-verdict"]
        found = [{"Name": names[0], "Value": json.dumps(verdict)}] if verdict else []
        answer = {"Parameters": found} | ({} if verdict else {"InvalidParameters": names})
        stub.add_response("get_parameters", answer, {"Names": names})
    with stub:
        left = account.tried(client, wish, "/takeoff/test/m")
    stub.assert_no_pending_responses()
    assert {name: share.instances for name, share in left.variants.items()} == {"a": 1, "b": 1, "c": 1}
    return {name: share.traffic for name, share in left.variants.items()}


@pytest.mark.parametrize(
    ("verdict", "left"),
    [
        ({"experiment": "e", "kind": "winner", "arm": "b"}, {"a": 0, "b": 100, "c": 0}),
        ({"experiment": "e", "kind": "guardrail broken", "arm": "c"}, {"a": 70, "b": 30, "c": 0}),
        ({"experiment": "e", "kind": "guardrail broken", "arm": "a"}, {"a": 0, "b": 80, "c": 20}),
        ({"experiment": "e", "kind": "no difference", "arm": "a"}, {"a": 50, "b": 30, "c": 20}),
        ({"experiment": "the one before", "kind": "winner", "arm": "b"}, {"a": 50, "b": 30, "c": 20}),
        ({"experiment": "e", "kind": "winner", "arm": "gone"}, {"a": 50, "b": 30, "c": 20}),
        (None, {"a": 50, "b": 30, "c": 20}),
    ],
)
def test_the_verdict_of_its_experiment_changes_a_wishs_traffic(verdict: Any, left: dict[str, int]) -> None:
    assert tried(verdict) == left


def test_a_wish_without_an_experiment_asks_for_no_verdict() -> None:
    assert tried(None, experiment="") == {"a": 50, "b": 30, "c": 20}
