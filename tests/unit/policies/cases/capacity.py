"""Cases of the rules on GPUs, regions and scaling. Each list is a whole stack."""

from __future__ import annotations

from typing import Any

from policies.declared import UNKNOWN, Declared
from tests.unit.policies.case import Case, declared

SERVICE = {"scalableDimension": "sagemaker:variant:DesiredInstanceCount", "resourceId": "endpoint/e/variant/main"}


def config(instance_type: Any = "ml.g5.xlarge", count: Any = 2, **more: Any) -> Declared:
    rows = [{"variantName": "main", "instanceType": instance_type, "initialInstanceCount": count}]
    props = {"name": "c", "productionVariants": rows, **more}
    return declared("aws:sagemaker/endpointConfiguration:EndpointConfiguration", "c", props)


def endpoint(**more: Any) -> Declared:
    return declared("aws:sagemaker/endpoint:Endpoint", "e", {"name": "e", "endpointConfigName": "c", **more})


def provider(region: Any) -> Declared:
    return declared("pulumi:providers:aws", region=region)


def target(least: Any, most: Any = 6, **more: Any) -> Declared:
    props = {**SERVICE, "minCapacity": least, "maxCapacity": most, **more}
    return declared("aws:appautoscaling/target:Target", "main", props)


def hour(least: Any, most: Any = 6) -> Declared:
    action = {"minCapacity": least, "maxCapacity": most}
    return declared(
        "aws:appautoscaling/scheduledAction:ScheduledAction", "night", {**SERVICE, "scalableTargetAction": action}
    )


def pool(**limits: Any) -> Declared:
    needs = [{"key": "eks.amazonaws.com/instance-gpu-count", "operator": "Gt", "values": ["0"]}]
    spec = {"limits": limits, "template": {"spec": {"requirements": needs}}}
    return declared("kubernetes:karpenter.sh/v1:NodePool", "gpu", {"spec": spec})


CASES = {
    "takeoff-9-gpu-cap": Case(
        compliant=[endpoint(), config(count=2), target(2, 3), hour(2, 4), pool(**{"nvidia.com/gpu": 4})],
        violating=[endpoint(), config(count=2), target(2, 3), hour(2, 5), pool(**{"nvidia.com/gpu": 4})],
        unknown=[config(UNKNOWN)],
    ),
    "takeoff-9-instance-cap": Case(
        compliant=[config("ml.c6i.large", 4), target(2, 20), hour(2, 20)],
        violating=[config("ml.c6i.large", 4), target(2, 20), hour(2, 200)],
        unknown=[target(2, UNKNOWN)],
    ),
    "takeoff-10-instance-type-exists-in-the-region": Case(
        compliant=[provider("us-east-1"), config("ml.g5.xlarge")],
        violating=[provider("us-east-1"), config("ml.g5.huge")],
        unknown=[provider(UNKNOWN), config("ml.g5.xlarge")],
    ),
    "takeoff-35-scaling-keeps-two-instances": Case(
        compliant=[endpoint(), config(), target(2), hour(2)],
        violating=[endpoint(), config(), target(2), hour(1)],
        unknown=[endpoint(), config(), target(UNKNOWN)],
    ),
}
