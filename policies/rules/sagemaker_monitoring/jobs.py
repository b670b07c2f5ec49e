"""Rules on training and tuning jobs, and on the jobs that a state machine starts itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from catalog.instance_types import has_local_storage
from policies.declared import Declared, given, inside, known
from policies.nested import customer_key, rows
from policies.rule import OWN, ResourceRule, Rule, Settings

_CALM, _CLOSED = "enableNetworkIsolation", "enableInterContainerTrafficEncryption"
_TRAINING = (
    "aws:sagemaker/trainingJob:TrainingJob",
    "aws:sagemaker/hyperParameterTuningJob:HyperParameterTuningJob",
)


def _training(job: Declared, settings: Settings) -> str | None:
    """What is missing of a training job, or of what a tuning job starts. Seconds are bounded by `hours`."""
    found = [each for definition, name in _definitions(job) for each in _train(definition, name, settings["hours"])]
    return ", ".join(found) or None


def _definitions(job: Declared) -> Iterator[tuple[Any, str]]:
    if job.type == _TRAINING[0]:
        yield job.props, ""
    for path in ("trainingJobDefinition", "trainingJobDefinitions"):
        for row in rows(job, path):
            yield row, f"{path}."


def _train(job: Any, name: str, hours: float) -> Iterator[str]:
    for flag in (_CALM, _CLOSED):
        if known(inside(job, flag), flag) is not True:
            yield f"{name}{flag} not true"
    if not given(inside(job, "vpcConfig")):
        yield f"no {name}vpcConfig"
    if not customer_key(inside(job, "outputDataConfig.kmsKeyId")):
        yield f"no key of yours as {name}outputDataConfig.kmsKeyId"
    instance_type = inside(job, "resourceConfig.instanceType")
    disks = isinstance(instance_type, str) and has_local_storage(instance_type)
    if not disks and not customer_key(inside(job, "resourceConfig.volumeKmsKeyId")):
        yield f"no key of yours as {name}resourceConfig.volumeKmsKeyId"
    longest = known(inside(job, "stoppingCondition.maxRuntimeInSeconds"), "stoppingCondition.maxRuntimeInSeconds")
    if not isinstance(longest, int | float) or not 0 < longest <= hours * 3600:
        yield f"{name}stoppingCondition.maxRuntimeInSeconds {longest or 'not set'}"


def _started(machine: Declared, _settings: Settings) -> str | None:
    """What the jobs leave open that a state machine starts itself. Raises UnknownError, ValueError for no JSON."""
    states = json.loads(known(machine.at("definition"), "definition") or "{}")
    found = [f"{name}: {each}" for name, task in _tasks(states) for each in _job(task)]
    return ", ".join(found) or None


def _tasks(node: Any, name: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every state with a resource, by name, at any depth (branches, maps)."""
    if isinstance(node, Mapping):
        if isinstance(node.get("Resource"), str):
            yield name, node
        for key, value in node.items():
            yield from _tasks(value, key if key not in {"States", "Branches", "Iterator"} else name)
    elif isinstance(node, list):
        for each in node:
            yield from _tasks(each, name)


_INPUT = "from the state's input"
# What each call must carry: flags that are true, and fields that name a key.
# https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
_CALLS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "createtransformjob": ((), ("TransformOutput.KmsKeyId", "TransformResources.VolumeKmsKeyId")),
    "createtrainingjob": (
        ("EnableNetworkIsolation", "EnableInterContainerTrafficEncryption"),
        ("OutputDataConfig.KmsKeyId", "ResourceConfig.VolumeKmsKeyId"),
    ),
    "createprocessingjob": (
        ("NetworkConfig.EnableNetworkIsolation", "NetworkConfig.EnableInterContainerTrafficEncryption"),
        ("ProcessingOutputConfig.KmsKeyId", "ProcessingResources.ClusterConfig.VolumeKmsKeyId"),
    ),
}


def _job(task: Mapping[str, Any]) -> Iterator[str]:
    service, _, call = task["Resource"].removeprefix("arn:aws:states:::").removeprefix("aws-sdk:").partition(":")
    if service != "sagemaker":
        return
    flags, keys = _CALLS.get(call.partition(".")[0].lower(), ((), ()))
    arguments = task.get("Parameters") or task.get("Arguments") or {}
    yield from (f"{path} not true" for path in flags if _argument(arguments, path) not in (True, _INPUT))
    yield from (f"no key of yours as {path}" for path in keys if not customer_key(_argument(arguments, path)))


def _argument(arguments: Any, path: str) -> Any:
    """An argument of a call; `_INPUT` for one that the state takes from its input (`KmsKeyId.$`)."""
    parent, _, name = path.rpartition(".")
    inner = inside(arguments, parent) if parent else arguments
    return _INPUT if isinstance(inner, Mapping) and given(inner.get(f"{name}.$")) else inside(arguments, path)


RULES: Final[tuple[Rule, ...]] = (
    ResourceRule(
        control="Takeoff.34",
        name="takeoff-34-training-is-isolated-encrypted-and-ends",
        severity="high",
        frameworks=(OWN,),
        title="Training jobs run isolated in a VPC, encrypted with your key, and end",
        allowed="both flags true, vpcConfig, keys of yours for volume and output, and a runtime of at most `hours`",
        fix="enable_network_isolation=True, enable_inter_container_traffic_encryption=True, vpc_config, KMS keys and "
        "stopping_condition",
        source="https://docs.aws.amazon.com/sagemaker/latest/dg/mkt-algo-model-internet-free.html",
        types=_TRAINING,
        check=_training,
        settings={"hours": 24},
    ),
    ResourceRule(
        control="Takeoff.39",
        name="takeoff-39-jobs-of-state-machines-are-encrypted",
        severity="medium",
        frameworks=(OWN,),
        title="Transform, training and processing jobs that a state machine starts are encrypted and isolated",
        allowed="keys of yours for volume and output, and the isolation flags where the call has them",
        fix="KmsKeyId and VolumeKmsKeyId (and both flags) in the state's Parameters",
        source="https://docs.aws.amazon.com/sagemaker/latest/dg/encryption-at-rest-nbi.html",
        types=("aws:sfn/stateMachine:StateMachine",),
        check=_started,
    ),
)
