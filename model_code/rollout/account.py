"""The rollout's edge to AWS: one read of a wish, one look at an endpoint, one call, one outcome."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from catalog.desired import Desired, Share
from model_code.rollout.decide import Observed

# Data capture belongs to the new config; weights and counts are retained and belong to Rollout.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html
EXCLUDED = [{"VariantPropertyType": "DataCaptureConfig"}]


def read_desired(ssm: Any, parameter: str) -> tuple[Desired, int]:
    """The wish and its version: SSM counts every write."""
    found = ssm.get_parameter(Name=parameter)["Parameter"]
    return Desired.from_json(found["Value"]), int(found["Version"])


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


def update_config(sagemaker: Any, endpoint: str, config: str) -> None:
    """Ask for another config: a new fleet beside the old one, all traffic at once when it is healthy."""
    sagemaker.update_endpoint(
        EndpointName=endpoint,
        EndpointConfigName=config,
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=EXCLUDED,
        DeploymentConfig={
            "BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
            }
        },
    )


def update_shares(sagemaker: Any, endpoint: str, variants: Mapping[str, Share]) -> None:
    """Ask for weights and counts."""
    sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=endpoint,
        DesiredWeightsAndCapacities=[
            {"VariantName": name, "DesiredWeight": share.traffic, "DesiredInstanceCount": share.instances}
            for name, share in variants.items()
        ],
    )


def write_outcome(ssm: Any, parameter: str, outcome: Mapping[str, Any]) -> None:
    """Leave the verdict beside the wish, where `takeoff rollout wait` reads it."""
    ssm.put_parameter(
        Name=parameter.removesuffix("desired") + "outcome",
        Value=json.dumps(outcome, sort_keys=True),
        Type="String",
        Overwrite=True,
    )
