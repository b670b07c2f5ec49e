"""The edge to AWS for a model with candidates: its parameters, its alarms, and the temporary configs."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from catalog.candidates import Candidates
from model_code.rollout.account import CAPTURE, WEIGHT
from model_code.rollout.records import Decision, Order, Record, State
from model_code.rollout.seen import CANDIDATE
from model_code.rollout.steps import CreateCanary

_A_CALL = 10  # https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """What stands beside a wish."""

    approved: Record | None
    candidate: Record | None
    state: State
    order: Order
    frozen: str
    versions: Mapping[str, Record] = field(default_factory=dict)
    decisions: Mapping[str, Decision] = field(default_factory=dict)


def read(ssm: Any, folder: str, wish: Candidates) -> Parameters:
    """All parameters of a model (`folder` is /takeoff/<stack>/<model>) that a look needs; absent ones are empty.

    Raises ValueError for one that holds something else.
    """
    versions = [*wish.releases]
    stack_freeze = f"{folder.rpartition('/')[0]}/freeze"
    leaves = ["approved", "candidate", "analysis", "override", "freeze"]
    leaves += [f"{kind}/{version}" for kind in ("decisions", "versions") for version in versions]
    texts = _values(ssm, [stack_freeze, *(f"{folder}/{leaf}" for leaf in leaves)])

    def text(leaf: str) -> str:
        return texts.get(f"{folder}/{leaf}", "")

    def record(leaf: str) -> Record | None:
        found: Record | None = json.loads(text(leaf) or "null")
        return found

    kept = {version: record(f"versions/{version}") for version in versions}
    return Parameters(
        approved=record("approved"),
        candidate=record("candidate"),
        state=State.from_json(text("analysis")),
        order=Order.from_json(text("override")),
        frozen=_frozen(text("freeze") or texts.get(stack_freeze, "")),
        versions={version: found for version, found in kept.items() if found},
        decisions={v: Decision.from_json(found) for v in versions if (found := text(f"decisions/{v}"))},
    )


def _values(ssm: Any, names: list[str]) -> dict[str, str]:
    found = {}
    for start in range(0, len(names), _A_CALL):
        answer = ssm.get_parameters(Names=names[start : start + _A_CALL])
        found.update({each["Name"]: each["Value"] for each in answer["Parameters"]})
    return found


def _frozen(text: str) -> str:
    """Who froze the model or its stack, and why."""
    said = json.loads(text or "{}")
    return f"{said.get('who', 'somebody')}: {said.get('why', '')}" if said else ""


def write(ssm: Any, name: str, text: str, *, new: bool = False) -> None:
    """Put a parameter; with `new` only where there is none: of two that try, SSM lets one through."""
    ssm.put_parameter(Name=name, Value=text, Type="String", Overwrite=not new)


def alarm_states(cloudwatch: Any, names: Collection[str]) -> dict[str, str]:
    """The state of each of these alarms that exists, composite ones too."""
    if not names:
        return {}
    found = cloudwatch.describe_alarms(AlarmNames=sorted(names), AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    alarms = [*found.get("MetricAlarms", []), *found.get("CompositeAlarms", [])]
    return {alarm["AlarmName"]: alarm["StateValue"] for alarm in alarms}


def create_canary(sagemaker: Any, asked: CreateCanary, variant: str, shadow_percent: int) -> None:
    """Make a temporary config out of two releases' configs; one that is there already is the same.

    The live version's variant is taken as it is, with as many instances as it has now; the candidate's gets as many.
    Key, data capture and tags are the candidate's. The live variant begins with all the traffic; a shadow's weight is
    its share of that. https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html
    """
    live = sagemaker.describe_endpoint_config(EndpointConfigName=asked.live)
    candidate = sagemaker.describe_endpoint_config(EndpointConfigName=asked.candidate)
    tags = sagemaker.list_tags(ResourceArn=candidate["EndpointConfigArn"])["Tags"]
    shadow = asked.phase == "shadow"
    one = _variant(live, variant, variant, 100, asked.instances)
    other = _variant(candidate, variant, CANDIDATE, shadow_percent if shadow else 0, asked.instances)
    variants = {"ProductionVariants": [one], "ShadowProductionVariants": [other]}
    copied = {key: candidate[key] for key in ("KmsKeyId", "DataCaptureConfig") if key in candidate}
    try:
        sagemaker.create_endpoint_config(
            EndpointConfigName=asked.config,
            Tags=[tag for tag in tags if not tag["Key"].startswith("aws:")],
            **(variants if shadow else {"ProductionVariants": [one, other]}),
            **copied,
        )
    except ClientError as error:
        if "already exist" not in str(error):
            raise


def _variant(config: Mapping[str, Any], variant: str, name: str, weight: int, instances: int) -> dict[str, Any]:
    found = next(each for each in config["ProductionVariants"] if each["VariantName"] == variant)
    return {**found, "VariantName": name, "InitialVariantWeight": float(weight), "InitialInstanceCount": instances}


def move_to_canary(sagemaker: Any, endpoint: str, config: str) -> None:
    """Move to a temporary config: counts stay, weights begin as the config has them. Names change, so no guardrail."""
    sagemaker.update_endpoint(
        EndpointName=endpoint,
        EndpointConfigName=config,
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[CAPTURE, WEIGHT],
    )


def delete_config(sagemaker: Any, config: str) -> None:
    """Delete a config, or find it gone."""
    try:
        sagemaker.delete_endpoint_config(EndpointConfigName=config)
    except ClientError as error:
        if "Could not find" not in str(error):
            raise
