"""What an endpoint declares beyond its models: shadow, capture, placement, scaling, alarms, other modes."""

from __future__ import annotations

from typing import Any

import pulumi_aws as aws
import pytest

from catalog.desired import Desired
from catalog.plan import Plan
from components.asynchronous import AsyncOutput
from components.capture import Capture
from components.model_endpoint import ModelEndpoint
from components.placement import Placement
from components.rollback import Rollback
from components.scaling import Scaling, ScheduledCount
from components.variant import Shadow
from tests.deployment import Deployment
from tests.unit.components.hosting import OWNER, allowed, args, hosted, record, variant, wish

SHADOW = Shadow(name="shadow", version=record("2"), instance_type="ml.c6i.xlarge", instances=3, percent=20)
PLAN = Plan(kind="canary", percent=10, step_seconds=300, bake_seconds=300)
ROLLBACK = Rollback(error_percent=2, latency_ms=150, periods=5, datapoints=3)
DAY = ScheduledCount(name="day", cron="0 7 ? * MON-FRI *", minimum=3, maximum=8)
BUSY = Scaling(minimum=2, maximum=4, invocations_per_instance=600, schedule=[DAY])
IDLE = Scaling(minimum=0, maximum=2, backlog_per_instance=5)
PLACE = Placement(vpc_id="vpc-1", subnet_ids=["subnet-1", "subnet-2"], security_group_ids=["sg-1"])
TAGS = {"takeoff:model": "m", "takeoff:owner": OWNER}


def capture(key: Any, bucket: Any) -> Capture:
    return Capture(percent=30, bucket=bucket, key=key)


def later(_: Any, bucket: Any) -> AsyncOutput:
    return AsyncOutput(bucket=bucket, concurrent=4)


def config(deployment: Deployment) -> dict[str, Any]:
    return dict(deployment.one(aws.sagemaker.EndpointConfiguration).inputs)


def resources(deployment: Deployment, action: str) -> list[Any]:
    """Everything on which the model's role may do one thing."""
    return [r for s in allowed(deployment) if action in s["Action"] for r in s["Resource"]]


@pytest.fixture(scope="module")
def plain() -> Deployment:
    return hosted()


@pytest.fixture(scope="module")
def guarded() -> Deployment:
    return hosted(alerted=True, plan=PLAN, rollback=ROLLBACK, variants=[variant(scaling=BUSY)])


def test_nothing_that_is_not_asked_for_is_declared(plain: Deployment) -> None:
    extra = {"shadowProductionVariants", "dataCaptureConfig", "asyncInferenceConfig"}
    assert not extra & set(config(plain))
    assert "vpcConfig" not in plain.one(aws.sagemaker.Model).inputs
    kinds = (aws.appautoscaling.Target, aws.cloudwatch.MetricAlarm)
    assert [resource.urn for kind in kinds for resource in plain.all(kind)] == []
    assert wish(plain)["plan"]["alarms"] == []


def test_a_shadow_listens_to_its_percent_of_the_production_variants_requests() -> None:
    deployment = hosted(shadow=SHADOW)
    (production,), (shadow,) = (config(deployment)[k] for k in ("productionVariants", "shadowProductionVariants"))
    assert (production["initialVariantWeight"], shadow["initialVariantWeight"]) == (100, 20)
    assert (shadow["variantName"], shadow["instanceType"], shadow["initialInstanceCount"]) == (
        "shadow",
        "ml.c6i.xlarge",
        3,
    )
    models = {model.inputs["name"]: model.inputs["primaryContainer"] for model in deployment.all(aws.sagemaker.Model)}
    assert models[shadow["modelName"]]["environment"] == {"TAKEOFF_MODEL_VERSION": "2" * 12}
    assert set(wish(deployment)["variants"]) == {"main"}


def test_requests_and_answers_are_captured_under_the_models_prefix_and_the_key() -> None:
    deployment = hosted(capture=capture)
    captured = config(deployment)["dataCaptureConfig"]
    assert captured.pop("kmsKeyId") == config(deployment)["kmsKeyArn"]
    assert captured == {
        "enableCapture": True,
        "initialSamplingPercentage": 30,
        "destinationS3Uri": "s3://takeoff-test-captures-123456789012/m",
        "captureOptions": [{"captureMode": "Input"}, {"captureMode": "Output"}],
        "captureContentTypeHeader": {
            "csvContentTypes": ["text/csv"],
            "jsonContentTypes": ["application/json"],
        },
    }
    (written,) = resources(deployment, "s3:PutObject")
    assert written.endswith("takeoff-test-captures-123456789012/m/*")
    assert resources(deployment, "kms:GenerateDataKey") == [config(deployment)["kmsKeyArn"]]


def test_models_run_in_the_placements_subnets_isolated_all_the_same() -> None:
    deployment = hosted(placement=PLACE)
    model = deployment.one(aws.sagemaker.Model).inputs
    assert model["vpcConfig"] == {"subnets": ["subnet-1", "subnet-2"], "securityGroupIds": ["sg-1"]}
    assert model["enableNetworkIsolation"] is True
    ec2 = "arn:aws:ec2:us-east-1:123456789012:"
    assert resources(deployment, "ec2:CreateNetworkInterface") == [
        f"{ec2}network-interface/*",
        f"{ec2}subnet/subnet-1",
        f"{ec2}subnet/subnet-2",
        f"{ec2}security-group/sg-1",
    ]
    assert resources(deployment, "ec2:DeleteNetworkInterface") == [f"{ec2}network-interface/*"]
    assert resources(deployment, "ec2:DescribeVpcEndpoints") == ["*"]


def test_isolated_containers_need_no_endpoint_of_a_vpc() -> None:
    assert frozenset() == ModelEndpoint.CALLS


def test_a_scaled_variant_follows_its_requests_within_its_bounds(guarded: Deployment) -> None:
    target, policy = guarded.one(aws.appautoscaling.Target), guarded.one(aws.appautoscaling.Policy)
    assert target.inputs["resourceId"] == "endpoint/takeoff-test-m/variant/main"
    assert (target.inputs["minCapacity"], target.inputs["maxCapacity"]) == (2, 4)
    assert target.inputs["scalableDimension"] == "sagemaker:variant:DesiredInstanceCount"
    assert target.inputs["tags"] == TAGS
    followed = policy.inputs["targetTrackingScalingPolicyConfiguration"]
    assert followed["targetValue"] == 600
    predefined = followed["predefinedMetricSpecification"]["predefinedMetricType"]
    assert predefined == "SageMakerVariantInvocationsPerInstance"
    assert (followed["scaleInCooldown"], followed["scaleOutCooldown"]) == (600, 300)


def test_a_schedule_moves_the_bounds(guarded: Deployment) -> None:
    action = guarded.one(aws.appautoscaling.ScheduledAction).inputs
    assert (action["schedule"], action["timezone"]) == ("cron(0 7 ? * MON-FRI *)", "UTC")
    assert action["scalableTargetAction"] == {"minCapacity": 3, "maxCapacity": 8}


def test_what_suspends_scaling_is_left_to_rollout(guarded: Deployment) -> None:
    assert guarded.one(aws.appautoscaling.Target).ignore_changes == ("suspendedState",)


def test_the_count_of_a_scaled_variant_is_not_in_the_wish(guarded: Deployment) -> None:
    assert wish(guarded)["variants"] == {"main": {"traffic": 100, "instances": None}}


def test_the_wish_is_written_after_alarms_and_scaling_exist(guarded: Deployment) -> None:
    waits = guarded.one(aws.ssm.Parameter).depends_on
    kinds = (aws.cloudwatch.MetricAlarm, aws.appautoscaling.Target, aws.appautoscaling.Policy)
    relied_on = [resource.urn for kind in kinds for resource in guarded.all(kind)]
    assert len(relied_on) == 4
    assert set(relied_on) <= set(waits)


def test_rollback_alarms_watch_the_new_fleet_alone(guarded: Deployment) -> None:
    name = config(guarded)["name"]
    watched = {alarm.inputs["metricName"]: alarm.inputs for alarm in guarded.all(aws.cloudwatch.MetricAlarm)}
    assert {metric: alarm["threshold"] for metric, alarm in watched.items()} == {
        "Invocation5XXErrors": 0.02,
        "ModelLatency": 150_000,
    }
    for alarm in watched.values():
        assert alarm["dimensions"] == {
            "EndpointName": "takeoff-test-m",
            "VariantName": "main",
            "EndpointConfigName": name,
        }
        assert (alarm["statistic"], alarm["treatMissingData"]) == ("Average", "notBreaching")
        assert (alarm["period"], alarm["evaluationPeriods"], alarm["datapointsToAlarm"]) == (60, 5, 3)


def test_rollback_alarms_say_whose_they_are_and_what_to_do(guarded: Deployment) -> None:
    texts = {a.inputs["metricName"]: a.inputs["alarmDescription"] for a in guarded.all(aws.cloudwatch.MetricAlarm)}
    assert "rollback-errors.md" in texts["Invocation5XXErrors"]
    assert "rollback-latency.md" in texts["ModelLatency"]
    for alarm in guarded.all(aws.cloudwatch.MetricAlarm):
        assert f"Owner: {OWNER}" in alarm.inputs["alarmDescription"]
        assert alarm.inputs["tags"] == TAGS
        assert [arn.rpartition("/")[2] for arn in alarm.inputs["alarmActions"]] == ["takeoff-test-alerts-warning"]


def test_the_names_of_rollback_alarms_outlive_every_release(guarded: Deployment) -> None:
    first = wish(guarded)
    changed = [variant(version=record("3"), scaling=BUSY)]
    previous = Desired.from_json(guarded.one(aws.ssm.Parameter).inputs["insecureValue"])
    after = hosted(alerted=True, plan=PLAN, rollback=ROLLBACK, variants=changed, previous=previous)
    assert wish(after)["config"] != first["config"]
    assert wish(after)["plan"] == first["plan"]
    alarms = after.all(aws.cloudwatch.MetricAlarm)
    assert sorted(alarm.inputs["name"] for alarm in alarms) == sorted(first["plan"]["alarms"])
    assert {alarm.inputs["dimensions"]["EndpointConfigName"] for alarm in alarms} == {wish(after)["config"]}
    assert {a.urn for a in alarms} == {a.urn for a in guarded.all(aws.cloudwatch.MetricAlarm)}


def test_the_model_role_may_read_the_alarms_of_its_plan_and_no_others(guarded: Deployment) -> None:
    alarms = [f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}" for name in wish(guarded)["plan"]["alarms"]]
    assert resources(guarded, "cloudwatch:DescribeAlarms") == alarms


def test_an_asynchronous_endpoint_answers_below_the_models_prefix_and_tells_of_failures() -> None:
    deployment = hosted(alerted=True, mode="async", asynchronous=later)
    given = config(deployment)["asyncInferenceConfig"]
    bucket = "s3://takeoff-test-captures-123456789012/m"
    output = given["outputConfig"]
    assert (output["s3OutputPath"], output["s3FailurePath"]) == (f"{bucket}/output", f"{bucket}/failures")
    assert output["kmsKeyId"] == config(deployment)["kmsKeyArn"]
    assert output["notificationConfig"]["errorTopic"].endswith("takeoff-test-alerts-warning")
    assert given["clientConfig"] == {"maxConcurrentInvocationsPerInstance": 4}
    assert resources(deployment, "sns:Publish") == [output["notificationConfig"]["errorTopic"]]
    assert any(each.endswith("/m/input/*") for each in resources(deployment, "s3:GetObject"))
    assert any(each.endswith("/m/*") for each in resources(deployment, "s3:PutObject"))


def test_an_asynchronous_variant_scales_to_zero_and_back_at_the_first_waiting_request() -> None:
    deployment = hosted(mode="async", asynchronous=later, variants=[variant(scaling=IDLE)])
    policies = {policy.inputs["policyType"]: policy for policy in deployment.all(aws.appautoscaling.Policy)}
    tracking, step = policies["TargetTrackingScaling"], policies["StepScaling"]
    followed = tracking.inputs["targetTrackingScalingPolicyConfiguration"]
    metric = followed["customizedMetricSpecification"]
    assert (metric["metricName"], followed["targetValue"]) == ("ApproximateBacklogSizePerInstance", 5)
    assert metric["dimensions"] == [{"name": "EndpointName", "value": "takeoff-test-m"}]
    steps = step.inputs["stepScalingPolicyConfiguration"]
    assert steps["stepAdjustments"] == [{"metricIntervalLowerBound": "0", "scalingAdjustment": 1}]
    assert steps["adjustmentType"] == "ChangeInCapacity"
    bell = deployment.one(aws.cloudwatch.MetricAlarm).inputs
    assert (bell["metricName"], bell["threshold"]) == ("HasBacklogWithoutCapacity", 1)
    assert bell["dimensions"] == {"EndpointName": "takeoff-test-m"}
    assert bell["comparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert [arn.rpartition("/")[2] for arn in bell["alarmActions"]] == [step.inputs["name"]]
    assert "scale-from-zero.md" in bell["alarmDescription"]
    assert deployment.one(aws.appautoscaling.Target).inputs["minCapacity"] == 0


def test_a_multi_model_endpoint_serves_every_artifact_below_its_prefix() -> None:
    deployment = hosted(mode="multi-model", environment={"A": "b"})
    container = deployment.one(aws.sagemaker.Model).inputs["primaryContainer"]
    assert container["mode"] == "MultiModel"
    assert container["modelDataUrl"] == "s3://takeoff-test-models-123456789012/m/"
    assert container["environment"] == {"A": "b"}
    conditions = [s["Condition"] for s in allowed(deployment) if "s3:ListBucket" in s["Action"]]
    assert conditions == [{"StringLike": {"s3:prefix": ["m/*"]}}]


def test_a_containers_environment_keeps_its_version() -> None:
    container = hosted(environment={"A": "b"}).one(aws.sagemaker.Model).inputs["primaryContainer"]
    assert container["environment"] == {"A": "b", "TAKEOFF_MODEL_VERSION": "1" * 12}


def test_a_shadow_on_instances_with_disks_of_their_own_goes_without_the_key() -> None:
    deployment = hosted(shadow=Shadow(**{**vars(SHADOW), "instance_type": "ml.g5.xlarge"}))
    assert "kmsKeyArn" not in config(deployment)


@pytest.mark.parametrize(
    "more",
    [
        {"shadow": SHADOW},
        {"shadow": Shadow(**{**vars(SHADOW), "percent": 21})},
        {"capture": Capture(percent=1, bucket=None, key=None)},  # type: ignore[arg-type]
        {"placement": PLACE},
        {"mode": "multi-model"},
        {"mode": "async", "asynchronous": AsyncOutput(bucket=None)},  # type: ignore[arg-type]
        {"environment": {"A": "b"}},
    ],
)
def test_what_a_config_cannot_change_makes_another_release(more: dict[str, Any]) -> None:
    known = {
        args().lineups()[0].release.content,
        args(shadow=SHADOW).lineups()[0].release.content if more != {"shadow": SHADOW} else "",
    }
    assert args(**more).lineups()[0].release.content not in known


@pytest.mark.parametrize(
    "more",
    [
        {"variants": [variant(scaling=BUSY)]},
        {"plan": PLAN, "rollback": ROLLBACK},
        {"variants": [variant(instances=9)]},
    ],
)
def test_what_moves_without_a_config_makes_no_other_release(more: dict[str, Any]) -> None:
    assert args(**more).lineups()[0].release == args().lineups()[0].release


def test_another_version_of_a_multi_model_endpoint_needs_no_release() -> None:
    one, two = (args(mode="multi-model", variants=[variant(version=record(digit))]) for digit in "12")
    assert one.lineups()[0].release == two.lineups()[0].release


def test_an_image_of_another_account_is_pulled_from_there() -> None:
    image = f"763104351884.dkr.ecr.eu-west-1.amazonaws.com/djl/inference:0.30@sha256:{'b' * 64}"
    pulled = resources(hosted(image=image), "ecr:BatchGetImage")
    assert pulled == ["arn:aws:ecr:eu-west-1:763104351884:repository/djl/inference"]
