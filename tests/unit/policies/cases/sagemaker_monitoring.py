"""Cases of the rules on monitor jobs of every kind, training and what state machines start."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from policies.declared import UNKNOWN, Declared
from policies.rules.sagemaker_monitoring.kinds import KINDS, Kind
from tests.unit.policies.case import Case, declared

KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
ISOLATION, TRAFFIC = "enableNetworkIsolation", "enableInterContainerTrafficEncryption"
CLOSED = {ISOLATION: True, TRAFFIC: True}
SCHEDULES = ("aws:sagemaker/monitoringSchedule:MonitoringSchedule", "aws-native:sagemaker:MonitoringSchedule")
TRAINING = "aws:sagemaker/trainingJob:TrainingJob"
TUNING = "aws:sagemaker/hyperParameterTuningJob:HyperParameterTuningJob"


def job(kind: Kind, type_: str, network: Any = CLOSED, output: Any = KEY, **cluster: Any) -> Declared:
    cluster = {"instanceType": "ml.m5.large", "instanceCount": 2, "volumeKmsKeyId": KEY, **cluster}
    props = {"networkConfig": network, "jobResources": {"clusterConfig": cluster}, kind.output: {"kmsKeyId": output}}
    return declared(type_, props=props)


def schedule(network: Any = CLOSED, output: Any = KEY, volume: Any = KEY, type_: str = SCHEDULES[0]) -> Declared:
    inline = {
        "networkConfig": network,
        "monitoringOutputConfig": {"kmsKeyId": output},
        "monitoringResources": {"clusterConfig": {"instanceType": "ml.m5.large", "volumeKmsKeyId": volume}},
    }
    return declared(type_, monitoringScheduleConfig={"monitoringJobDefinition": inline})


BY_NAME = declared(SCHEDULES[0], monitoringScheduleConfig={"monitoringJobDefinitionName": "quality"})
LATER = declared(SCHEDULES[0], monitoringScheduleConfig={"monitoringJobDefinition": UNKNOWN})


def flagged(kind: Kind, flag: str) -> Case:
    """The cases of one control of a kind of job: its flag true, and everything that is not."""
    first = kind.types[0]
    return Case(
        compliant=[job(kind, type_, {flag: True}) for type_ in kind.types],
        violating=[job(kind, type_, network) for type_ in kind.types for network in ({flag: False}, {}, None)],
        unknown=[job(kind, first, {flag: UNKNOWN}), job(kind, first, UNKNOWN)],
    )


def of_schedule(flag: str) -> Case:
    return Case(
        compliant=[*(schedule({flag: True}, type_=type_) for type_ in SCHEDULES), BY_NAME],
        violating=[schedule({flag: False}), schedule({}), schedule(None, type_=SCHEDULES[1])],
        unknown=[schedule({flag: UNKNOWN}), LATER],
    )


def name(kind: Kind, control: str, what: str) -> str:
    return f"{control.lower().replace('.', '-')}-{kind.slug}-{what}"


SOUND: Mapping[str, Any] = {
    **CLOSED,
    "vpcConfig": {"subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]},
    "outputDataConfig": {"s3OutputPath": "s3://models", "kmsKeyId": KEY},
    "resourceConfig": {"instanceType": "ml.m5.large", "instanceCount": 1, "volumeKmsKeyId": KEY},
    "stoppingCondition": {"maxRuntimeInSeconds": 3600},
}
GPU = {**SOUND, "resourceConfig": {"instanceType": "ml.g5.xlarge", "instanceCount": 1}}


def training(**changes: Any) -> Declared:
    return declared(TRAINING, props={**SOUND, **changes})


def machine(call: str, **parameters: Any) -> Declared:
    task = {"Type": "Task", "Resource": f"arn:aws:states:::sagemaker:{call}", "Parameters": parameters}
    nested = {"Type": "Parallel", "Branches": [{"StartAt": "Score", "States": {"Score": task}}]}
    return states({"StartAt": "All", "States": {"All": nested}})


def states(definition: Any) -> Declared:
    text = json.dumps(definition) if isinstance(definition, dict) else definition
    return declared("aws:sfn/stateMachine:StateMachine", definition=text)


TRANSFORM = {"TransformOutput": {"KmsKeyId": KEY}, "TransformResources": {"VolumeKmsKeyId": KEY}}
TRAIN = {
    "EnableNetworkIsolation": True,
    "EnableInterContainerTrafficEncryption": True,
    "OutputDataConfig": {"KmsKeyId.$": "$.key"},
    "ResourceConfig": {"VolumeKmsKeyId": KEY},
}
MONITORS = [(kind, type_) for kind in KINDS for type_ in kind.types]
FIRST = KINDS[0], KINDS[0].types[0]

CASES = {
    **{name(kind, kind.isolation, "is-isolated"): flagged(kind, ISOLATION) for kind in KINDS},
    **{name(kind, kind.encryption, "encrypts-traffic"): flagged(kind, TRAFFIC) for kind in KINDS if kind.alone},
    **{
        name(kind, kind.encryption, "encrypts-traffic"): Case(
            compliant=[job(kind, kind.types[0]), job(kind, kind.types[0], None, instanceCount=1)],
            violating=[job(kind, kind.types[0], None), job(kind, kind.types[0], {TRAFFIC: False}, instanceCount=3)],
            unknown=[job(kind, kind.types[0], None, instanceCount=UNKNOWN)],
        )
        for kind in KINDS
        if not kind.alone
    },
    "sagemaker-14-monitoring-schedule-is-isolated": of_schedule(ISOLATION),
    "sagemaker-22-monitoring-schedule-encrypts-traffic": of_schedule(TRAFFIC),
    "takeoff-3-monitor-jobs-are-isolated-and-encrypted": Case(
        compliant=[
            *(job(kind, type_) for kind, type_ in MONITORS),
            *(schedule(type_=type_) for type_ in SCHEDULES),
            job(*FIRST, volumeKmsKeyId=None, instanceType="ml.g5.xlarge"),
            job(*FIRST, output=UNKNOWN),
            BY_NAME,
        ],
        violating=[
            *(job(kind, type_, output=None) for kind, type_ in MONITORS),
            *(job(kind, type_, volumeKmsKeyId="") for kind, type_ in MONITORS),
            *(job(kind, type_, {**CLOSED, flag: False}) for kind, type_ in MONITORS for flag in CLOSED),
            job(*FIRST, {ISOLATION: True}, instanceCount=1),
            schedule(output=None),
            schedule(volume=None),
            schedule(None, type_=SCHEDULES[1]),
        ],
        unknown=[job(*FIRST, UNKNOWN), schedule({**CLOSED, TRAFFIC: UNKNOWN})],
    ),
    "takeoff-34-training-is-isolated-encrypted-and-ends": Case(
        compliant=[
            training(),
            training(vpcConfig=UNKNOWN),
            declared(TRAINING, props=GPU),
            declared(TUNING, trainingJobDefinition=dict(SOUND)),
        ],
        violating=[
            *(training(**{key: None}) for key in SOUND),
            training(stoppingCondition={"maxRuntimeInSeconds": 86_401}),
            training(outputDataConfig={"kmsKeyId": "alias/aws/s3"}),
            declared(TUNING, trainingJobDefinitions=[dict(SOUND), {**SOUND, ISOLATION: False}]),
        ],
        unknown=[training(**{ISOLATION: UNKNOWN}), training(stoppingCondition=UNKNOWN)],
    ),
    "takeoff-39-jobs-of-state-machines-are-encrypted": Case(
        compliant=[
            machine("createTransformJob.sync", **TRANSFORM),
            machine("createTrainingJob", **TRAIN),
            machine("describeTrainingJob"),
            states({"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 1, "End": True}}}),
        ],
        violating=[
            machine("createTransformJob", **{**TRANSFORM, "TransformOutput": {}}),
            machine("createTransformJob.sync", **{**TRANSFORM, "TransformResources": {}}),
            machine("createTrainingJob", **{**TRAIN, "EnableNetworkIsolation": False}),
            machine("createProcessingJob", NetworkConfig=CLOSED),
            states({"States": {"Do": {"Resource": "arn:aws:states:::aws-sdk:sagemaker:createTransformJob"}}}),
        ],
        unknown=[states(UNKNOWN)],
    ),
}
