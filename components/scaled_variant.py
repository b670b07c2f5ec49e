"""A variant whose instance count AWS moves."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarm import describe
from components.alerts import Alerts
from components.scaling import Scaling, ScheduledCount
from components.site import Site
from components.tags import model_tags

_SERVICE, _DIMENSION = "sagemaker", "sagemaker:variant:DesiredInstanceCount"
# Seconds between two steps in and out, as in AWS's examples: quick to help, slow to let go.
# https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-code-define.html
_COOL_IN, _COOL_OUT = 600, 300


@dataclass(frozen=True, kw_only=True)
class ScaledVariant:
    """Whose count is scaled: a variant of a live endpoint. `name` is what the resources are called."""

    name: str
    endpoint: pulumi.Input[str]
    variant: str
    model: str
    owner: str


def declare_scaling(
    site: Site, scaled: ScaledVariant, scaling: Scaling, alerts: Alerts | None, opts: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """Declare a variant's scaling; returns what has to exist before the count is left to it.

    Suspension is Rollout's alone (components/rollout.py), so it is ignored here. Scheduled actions move the bounds of
    the target in the account: a refresh shows that, and an `up` after one sets the declared bounds until the next hour.
    """
    target = aws.appautoscaling.Target(
        scaled.name,
        service_namespace=_SERVICE,
        scalable_dimension=_DIMENSION,
        resource_id=pulumi.Output.concat("endpoint/", scaled.endpoint, f"/variant/{scaled.variant}"),
        min_capacity=scaling.minimum,
        max_capacity=scaling.maximum,
        tags=model_tags(scaled.model, scaled.owner),
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=["suspendedState"])),
    )
    made: list[pulumi.Resource] = [target]
    if scaling.invocations_per_instance is not None or scaling.backlog_per_instance is not None:
        made.append(_tracking(site, scaled, scaling, target, opts))
    if scaling.to_zero:
        made += _from_zero(site, scaled, target, alerts, opts)
    for each in scaling.schedule:
        made.append(_scheduled(site, scaled, each, target, opts))
    return made


def _tracking(
    site: Site,
    scaled: ScaledVariant,
    scaling: Scaling,
    target: aws.appautoscaling.Target,
    opts: pulumi.ResourceOptions,
) -> aws.appautoscaling.Policy:
    """Keep requests, or waiting requests, an instance near a number.

    https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html
    """
    followed: dict[str, object] = {
        "predefined_metric_specification": {"predefined_metric_type": "SageMakerVariantInvocationsPerInstance"}
    }
    if scaling.backlog_per_instance is not None:
        followed = {
            "customized_metric_specification": {
                "metric_name": "ApproximateBacklogSizePerInstance",
                "namespace": "AWS/SageMaker",
                "statistic": "Average",
                "dimensions": [{"name": "EndpointName", "value": scaled.endpoint}],
            }
        }
    return aws.appautoscaling.Policy(
        scaled.name,
        name=site.name(scaled.name, limit=255),
        policy_type="TargetTrackingScaling",
        service_namespace=target.service_namespace,
        scalable_dimension=target.scalable_dimension,
        resource_id=target.resource_id,
        target_tracking_scaling_policy_configuration={
            **followed,
            "target_value": scaling.invocations_per_instance or scaling.backlog_per_instance,
            "scale_in_cooldown": _COOL_IN,
            "scale_out_cooldown": _COOL_OUT,
        },
        opts=opts,
    )


def _from_zero(
    site: Site,
    scaled: ScaledVariant,
    target: aws.appautoscaling.Target,
    alerts: Alerts | None,
    opts: pulumi.ResourceOptions,
) -> list[pulumi.Resource]:
    """One instance as soon as a request waits and none is there: a backlog per instance says nothing without one.

    https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html#async-inference-autoscale-scale-up
    """
    name = f"{scaled.name}-from-zero"
    policy = aws.appautoscaling.Policy(
        name,
        name=site.name(name, limit=255),
        policy_type="StepScaling",
        service_namespace=target.service_namespace,
        scalable_dimension=target.scalable_dimension,
        resource_id=target.resource_id,
        step_scaling_policy_configuration={
            "adjustment_type": "ChangeInCapacity",
            "metric_aggregation_type": "Average",
            "cooldown": _COOL_OUT,
            "step_adjustments": [{"metric_interval_lower_bound": "0", "scaling_adjustment": 1}],
        },
        opts=opts,
    )
    title = f"{scaled.model}: requests wait and no instance runs"
    bell = aws.cloudwatch.MetricAlarm(
        name,
        name=site.name(name, limit=255),
        alarm_description=describe(title, scaled.owner, "scale-from-zero", alerts),
        namespace="AWS/SageMaker",
        metric_name="HasBacklogWithoutCapacity",
        dimensions={"EndpointName": scaled.endpoint},
        statistic="Average",
        period=60,
        evaluation_periods=2,
        datapoints_to_alarm=2,
        comparison_operator="GreaterThanOrEqualToThreshold",
        threshold=1,
        treat_missing_data="missing",
        alarm_actions=[policy.arn],
        tags=model_tags(scaled.model, scaled.owner),
        opts=opts,
    )
    return [policy, bell]


def _scheduled(
    site: Site,
    scaled: ScaledVariant,
    each: ScheduledCount,
    target: aws.appautoscaling.Target,
    opts: pulumi.ResourceOptions,
) -> aws.appautoscaling.ScheduledAction:
    name = f"{scaled.name}-{each.name}"
    return aws.appautoscaling.ScheduledAction(
        name,
        name=site.name(name, limit=255),
        service_namespace=target.service_namespace,
        scalable_dimension=target.scalable_dimension,
        resource_id=target.resource_id,
        schedule=f"cron({each.cron})",
        timezone="UTC",
        scalable_target_action={"min_capacity": each.minimum, "max_capacity": each.maximum},
        opts=opts,
    )
