"""Cases of the rules on models, endpoint configs and shadow tests."""

from __future__ import annotations

from typing import Any

from policies.declared import UNKNOWN, Declared
from tests.unit.policies.case import Case, declared

KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
AWS_KEY = "alias/aws/sagemaker"
REPOSITORY = "123456789012.dkr.ecr.us-east-1.amazonaws.com/model"
IMAGE = f"{REPOSITORY}@sha256:{'a' * 64}"
VPC = {"subnets": ["subnet-1", "subnet-2"], "securityGroupIds": ["sg-1"]}
REGISTRIES = {"registries": ["123456789012.dkr.ecr.*.amazonaws.com"]}
PRIVATE, PLATFORM = {"repositoryAccessMode": "Vpc"}, {"repositoryAccessMode": "Platform"}


def config(*variants: Any, **props: Any) -> Declared:
    return declared(
        "aws:sagemaker/endpointConfiguration:EndpointConfiguration", productionVariants=[*variants], **props
    )


def variant(count: Any = 2, name: str = "main", **more: Any) -> dict[str, Any]:
    return {"variantName": name, "initialInstanceCount": count, "instanceType": "ml.c6i.large", **more}


def model(name: str = "x", **props: Any) -> Declared:
    return declared("aws:sagemaker/model:Model", name, props)


def primary(image: Any = IMAGE, mode: Any = None, **props: Any) -> Declared:
    return model(primaryContainer={"image": image, "imageConfig": mode}, **props)


def several(*modes: Any, **props: Any) -> Declared:
    return model(containers=[{"image": IMAGE, "imageConfig": mode} for mode in modes], **props)


def experiment(**props: Any) -> Declared:
    return declared("aws-native:sagemaker:InferenceExperiment", props=props)


def role(number: int) -> str:
    return f"arn:aws:iam::123456789012:role/{number}"


def serving(name: str, role: Any, **more: Any) -> Declared:
    return declared("aws:sagemaker/model:Model", name, executionRoleArn=role, tags={"takeoff:model": name}, **more)


CAPTURE = {"enableCapture": True, "kmsKeyId": KEY}
SERVERLESS = {"variantName": "main", "serverlessConfig": {"maxConcurrency": 5}}
GPU = variant(instanceType="ml.g6.xlarge")

CASES = {
    "sagemaker-4-endpoint-has-two-instances": Case(
        compliant=[
            config(variant(2)),
            config(SERVERLESS),
            config(variant(2), shadowProductionVariants=[variant(1, "shadow")]),
        ],
        violating=[config(variant(1)), config(variant(2), variant(1, "other")), config(variant(None))],
        unknown=[config(variant(UNKNOWN)), config(UNKNOWN)],
    ),
    "sagemaker-5-model-is-isolated": Case(
        compliant=[model(enableNetworkIsolation=True)],
        violating=[model(enableNetworkIsolation=False), model()],
        unknown=[model(enableNetworkIsolation=UNKNOWN)],
    ),
    "sagemaker-16-primary-container-from-a-private-registry": Case(
        compliant=[primary(mode=PRIVATE), primary(vpcConfig=VPC), several(PLATFORM)],
        violating=[
            primary(),
            primary(mode=PLATFORM),
            primary("images.example.com/model:1", vpcConfig=VPC),
            primary("123456789012.dkr.ecr.example.com/model", vpcConfig=VPC),
        ],
        unknown=[primary(mode=UNKNOWN), primary(UNKNOWN, vpcConfig=VPC)],
        settings=REGISTRIES,
    ),
    "sagemaker-19-pipeline-containers-from-a-private-registry": Case(
        compliant=[several(PRIVATE, PRIVATE), primary(mode=PLATFORM)],
        violating=[several(PRIVATE, PLATFORM), several(PRIVATE, None, vpcConfig=VPC)],
        unknown=[several(PRIVATE, UNKNOWN)],
    ),
    "sagemaker-23-experiment-disks-have-your-key": Case(
        compliant=[experiment(kmsKey=KEY)],
        violating=[experiment(), experiment(kmsKey=AWS_KEY)],
        unknown=[experiment(kmsKey=UNKNOWN)],
        unknown_is="fine",
    ),
    "sagemaker-24-experiment-data-has-your-key": Case(
        compliant=[experiment(dataStorageConfig={"kmsKey": KEY}), experiment()],
        violating=[
            experiment(dataStorageConfig={"destination": "s3://captures"}),
            experiment(dataStorageConfig={"kmsKey": AWS_KEY}),
        ],
        unknown=[experiment(dataStorageConfig={"kmsKey": UNKNOWN})],
        unknown_is="fine",
    ),
    "takeoff-21-endpoint-writes-under-your-key": Case(
        compliant=[
            config(variant(), kmsKeyArn=KEY, dataCaptureConfig=CAPTURE),
            config(variant(), kmsKeyArn=UNKNOWN),
            config(GPU),
            config(SERVERLESS),
            config(variant(), kmsKeyArn=KEY, dataCaptureConfig={"enableCapture": False}),
            config(variant(), kmsKeyArn=KEY, asyncInferenceConfig={"outputConfig": {"kmsKeyId": KEY}}),
            config(variant(coreDumpConfig={"kmsKeyId": KEY}), kmsKeyArn=KEY),
        ],
        violating=[
            config(variant()),
            config(variant(), kmsKeyArn=AWS_KEY),
            config(GPU, dataCaptureConfig={"enableCapture": True}),
            config(GPU, asyncInferenceConfig={"outputConfig": {}}),
            config({**GPU, "coreDumpConfig": {"destinationS3Uri": "s3://dumps"}}),
        ],
        unknown=[config(variant(instanceType=UNKNOWN)), config(GPU, dataCaptureConfig={"enableCapture": UNKNOWN})],
    ),
    "takeoff-24-model-images-by-digest": Case(
        compliant=[primary(), several(None, None), model(primaryContainer={"modelPackageName": "model/3"})],
        violating=[
            primary(f"{REPOSITORY}:latest"),
            primary(REPOSITORY),
            primary(f"{REPOSITORY}@sha256:abc"),
            model(primaryContainer={}, containers=[{"image": IMAGE}, {"image": f"{REPOSITORY}:1"}]),
        ],
        unknown=[primary(UNKNOWN)],
    ),
    "takeoff-31-model-runs-in-a-vpc": Case(
        compliant=[model(vpcConfig=VPC), model(vpcConfig=UNKNOWN)],
        violating=[
            model(),
            model(vpcConfig={**VPC, "subnets": ["subnet-1"]}),
            model(vpcConfig={**VPC, "securityGroupIds": []}),
        ],
        unknown=[model(vpcConfig={"subnets": UNKNOWN, "securityGroupIds": UNKNOWN})],
        unknown_is="fine",
    ),
    "takeoff-36-no-borrowed-roles": Case(
        compliant=[
            serving("digits", role(1)),
            serving("risk", role(2)),
            declared("aws:sagemaker/pipeline:Pipeline", roleArn=role(3)),
        ],
        violating=[serving("digits", role(1)), serving("risk", role(1))],
        unknown=[serving("digits", UNKNOWN), serving("risk", role(2))],
    ),
}
