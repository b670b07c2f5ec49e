"""What an endpoint configuration and a model can hold reads back without a change."""

from __future__ import annotations

from typing import Any

import pytest

from local.providers.values import Properties
from tests.local.cloud.emulated import Cloud
from tests.local.providers.plugin import Plugin

CONFIG, MODEL = "aws:sagemaker/endpointConfiguration:EndpointConfiguration", "aws:sagemaker/model:Model"
KEY = "arn:aws:kms:us-east-1:123456789012:key/one"


def variant(name: str, model: str) -> Properties:
    return {
        "variantName": name,
        "modelName": model,
        "instanceType": "ml.m5.large",
        "initialInstanceCount": 1,
        "initialVariantWeight": 100,
    }


def reads_back(plugin: Plugin, cloud: Cloud, token: str, wanted: Properties) -> None:
    plugin.seed = str(next(cloud.names)).encode()
    inputs, problems = plugin.check(token, wanted)
    assert problems == []
    made = plugin.create(token, inputs)
    found = plugin.read(token, made.id, made)
    assert found is not None
    assert found.inputs == made.inputs
    assert found.state == made.state
    again = plugin.read(token, made.id)
    assert again is not None
    assert not plugin.diff(token, again, {**inputs, "name": made.id}).diffs


@pytest.mark.parametrize(
    "more",
    [
        {
            "dataCaptureConfig": {
                "enableCapture": True,
                "initialSamplingPercentage": 20,
                "destinationS3Uri": "s3://captures/one",
                "kmsKeyId": KEY,
                "captureOptions": [{"captureMode": "Input"}, {"captureMode": "Output"}],
                "captureContentTypeHeader": {"csvContentTypes": ["text/csv"], "jsonContentTypes": ["application/json"]},
            }
        },
        {
            "asyncInferenceConfig": {
                "clientConfig": {"maxConcurrentInvocationsPerInstance": 4},
                "outputConfig": {
                    "s3OutputPath": "s3://captures/out",
                    "s3FailurePath": "s3://captures/failed",
                    "kmsKeyId": KEY,
                    "notificationConfig": {"errorTopic": "arn:aws:sns:us-east-1:123456789012:critical"},
                },
            }
        },
        {"shadowProductionVariants": True},
    ],
    ids=["capture", "asynchronous", "shadow"],
)
def test_an_endpoint_config_reads_back_as_it_was_declared(plugin: Plugin, cloud: Cloud, more: dict[str, Any]) -> None:
    model = cloud.model("1")
    if more.get("shadowProductionVariants"):
        more = {"shadowProductionVariants": [variant("shadow", model)]}
    reads_back(plugin, cloud, CONFIG, {"productionVariants": [variant("main", model)], "kmsKeyArn": KEY, **more})


@pytest.mark.parametrize("mode", ["SingleModel", "MultiModel"])
def test_a_model_in_a_network_reads_back_as_it_was_declared(plugin: Plugin, cloud: Cloud, mode: str) -> None:
    url = cloud.artifact("1")
    container = {"image": cloud.image, "modelDataUrl": url if mode == "SingleModel" else "s3://models/", "mode": mode}
    place = {"subnets": ["subnet-1", "subnet-2"], "securityGroupIds": ["sg-1"]}
    wanted = {"executionRoleArn": cloud.role(), "primaryContainer": container, "vpcConfig": place}
    reads_back(plugin, cloud, MODEL, {**wanted, "enableNetworkIsolation": True})
