"""The rollout's edge to AWS: one read of a wish, one look at an endpoint, one call, one outcome."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from catalog.desired import Desired, Share
from catalog.trial import honoured
from model_code.rollout.decide import Observed

# Data capture belongs to the new config; weights and counts are retained and belong to Rollout and autoscaling.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html
CAPTURE, WEIGHT = {"VariantPropertyType": "DataCaptureConfig"}, {"VariantPropertyType": "DesiredWeight"}
_SCALED = {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
_KINDS = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")


def read_desired(ssm: Any, parameter: str) -> tuple[str, int]:
    """The wish as it is written, and its version: SSM counts every write."""
    found = ssm.get_parameter(Name=parameter)["Parameter"]
    return str(found["Value"]), int(found["Version"])


def tried(ssm: Any, desired: Desired, folder: str) -> Desired:
    """The wish with the traffic that the verdict of its experiment leaves, if it has one and there is a verdict."""
    if not desired.experiment:
        return desired
    found = ssm.get_parameters(Names=[f"{folder}/experiment-verdict"])["Parameters"]
    verdict = json.loads(found[0]["Value"]) if found else {}
    shares = honoured({name: share.traffic for name, share in desired.variants.items()}, verdict, desired.experiment)
    variants = {name: replace(share, traffic=shares[name]) for name, share in desired.variants.items()}
    return replace(desired, variants=variants)


def observe(sagemaker: Any, endpoint: str) -> Observed:
    """The endpoint as it is now."""
    found = sagemaker.describe_endpoint(EndpointName=endpoint)
    variants = {
        variant["VariantName"]: Share(
            traffic=round(variant.get("DesiredWeight", variant.get("CurrentWeight", 0))),
            instances=variant.get("DesiredInstanceCount", variant.get("CurrentInstanceCount", 0)),
        )
        for variant in found.get("ProductionVariants", [])
    }
    return Observed(
        status=found["EndpointStatus"],
        config=found["EndpointConfigName"],
        variants=variants,
        reason=found.get("FailureReason", ""),
    )


def alarm_states(cloudwatch: Any, names: Collection[str]) -> dict[str, str]:
    """The state of each alarm that exists. A plan has ten alarms at most: one page."""
    found = cloudwatch.describe_alarms(AlarmNames=sorted(names))
    return {alarm["AlarmName"]: alarm["StateValue"] for alarm in found["MetricAlarms"]}


def update_config(sagemaker: Any, desired: Desired, *, guarded: bool) -> None:
    """Ask for another config: a new fleet beside the old one, and traffic by the plan if `guarded`.

    One variant has all the traffic, so its weight is taken from the config: a shadow beside it gets its share then,
    whatever share it had before.
    """
    plan = {"DeploymentConfig": desired.plan.deployment_config()} if guarded else {}
    sagemaker.update_endpoint(
        EndpointName=desired.endpoint,
        EndpointConfigName=desired.config,
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[CAPTURE, WEIGHT] if len(desired.variants) == 1 else [CAPTURE],
        **plan,
    )


def update_weights(sagemaker: Any, endpoint: str, weights: Mapping[str, int]) -> None:
    """Ask for shares of traffic."""
    sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=endpoint,
        DesiredWeightsAndCapacities=[
            {"VariantName": name, "DesiredWeight": weight} for name, weight in weights.items()
        ],
    )


def update_count(sagemaker: Any, endpoint: str, variant: str, instances: int) -> None:
    """Ask for a count.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpointWeightsAndCapacities.html
    """
    sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=endpoint,
        DesiredWeightsAndCapacities=[{"VariantName": variant, "DesiredInstanceCount": instances}],
    )


def suspend_scaling(autoscaling: Any, endpoint: str, variants: Collection[str], *, suspended: bool) -> None:
    """Stop or start whatever scales these variants; those in that state already and those not scaled are left alone.

    An update is refused while a count changes, and a count cannot change while an update runs. Nobody remembers what a
    person had suspended before: it is resumed too.
    https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-suspend-resume-scaling.html
    """
    resources = [f"endpoint/{endpoint}/variant/{variant}" for variant in sorted(variants)]
    found = autoscaling.describe_scalable_targets(**_SCALED, ResourceIds=resources)
    for target in found["ScalableTargets"]:
        state = target.get("SuspendedState", {})
        ours = all(state.get(kind, False) for kind in _KINDS)
        if ours != suspended:
            autoscaling.register_scalable_target(
                **_SCALED, ResourceId=target["ResourceId"], SuspendedState=dict.fromkeys(_KINDS, suspended)
            )


def write_outcome(ssm: Any, parameter: str, outcome: Mapping[str, Any]) -> None:
    """Leave the verdict beside the wish, where `takeoff rollout wait` reads it."""
    ssm.put_parameter(
        Name=parameter.removesuffix("desired") + "outcome",
        Value=json.dumps(outcome, sort_keys=True),
        Type="String",
        Overwrite=True,
    )
