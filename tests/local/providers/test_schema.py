"""AWS's schemas as judges of planned inputs: what they say, and in whose words."""

from __future__ import annotations

from typing import Any

import pytest

from local.providers.aws.schema import violations
from local.providers.aws.table import TABLE
from local.providers.values import UNKNOWN

CONFIG = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"


def variant(**more: Any) -> dict[str, Any]:
    return {"variantName": "main", "modelName": "m", "instanceType": "ml.m5.large", "initialInstanceCount": 1, **more}


def judged(token: str, inputs: dict[str, Any], region: str = "us-east-1", secrets: tuple[str, ...] = ()) -> list[str]:
    return violations(TABLE[token], inputs, frozenset(secrets), region)


def test_a_wrong_instance_type_is_answered_with_the_nearest_ones() -> None:
    (said,) = judged(CONFIG, {"productionVariants": [variant(), variant(instanceType="ml.m5.larg")]})
    assert said.startswith('productionVariants[1].instanceType: got "ml.m5.larg", allowed ml.m5.large, ')
    assert said.endswith(" more in us-east-1")


def test_an_instance_type_is_judged_by_what_its_region_has() -> None:
    inputs = {"productionVariants": [variant(instanceType="ml.p4d.24xlarge")]}
    assert judged(CONFIG, inputs) == []
    assert len(judged(CONFIG, inputs, "af-south-1")) == 1


def test_a_type_that_a_region_lacks_is_refused() -> None:
    assert judged(CONFIG, {"productionVariants": [variant()]}, "nowhere-1") == [
        "AWS::SageMaker::EndpointConfig is not available in nowhere-1"
    ]


@pytest.mark.parametrize(
    ("token", "inputs", "said"),
    [
        (CONFIG, {}, "productionVariants: missing; AWS requires it"),
        (CONFIG, {"productionVariants": [{"modelName": "m"}]}, "productionVariants[0].variantName: missing"),
        (
            CONFIG,
            {"productionVariants": [variant(volumeSizeInGb="big")]},
            '[0].volumeSizeInGb: got "big", allowed integer',
        ),
        (
            "aws:sagemaker/model:Model",
            {"name": "under_score", "executionRoleArn": "arn:aws:iam::123456789012:role/r"},
            'name: got "under_score", allowed text that matches',
        ),
        (
            "aws:lambda/function:Function",
            {"role": "arn:aws:iam::123456789012:role/r", "s3Bucket": "b", "timeout": 0},
            "timeout: got 0, allowed 1 to",
        ),
        (
            "aws:lambda/function:Function",
            {"role": "arn:aws:iam::123456789012:role/r", "s3Bucket": "b", "runtime": "python3"},
            'runtime: got "python3", allowed python3.',
        ),
        ("aws:lambda/function:Function", {"s3Bucket": "b"}, "role: missing"),
        ("aws:cloudwatch/logGroup:LogGroup", {"retentionInDays": 8}, "retentionInDays: got 8, allowed"),
        ("aws:iam/role:Role", {"assumeRolePolicy": "{"}, 'assumeRolePolicy: got "{", allowed a JSON document'),
        ("aws:kms/key:Key", {"deletionWindowInDays": 3}, "deletionWindowInDays: got 3, allowed 7 to 30"),
        (
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
            {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES"}}]},
            'rules[0].applyServerSideEncryptionByDefault.sseAlgorithm: got "AES", allowed AES256',
        ),
    ],
)
def test_a_violation_says_where_what_and_what_is_allowed(token: str, inputs: dict[str, Any], said: str) -> None:
    found = judged(token, inputs)
    assert any(said in violation for violation in found), found


def test_what_is_not_known_yet_is_not_judged() -> None:
    assert judged(CONFIG, {"productionVariants": [variant(instanceType=UNKNOWN, modelName=UNKNOWN)]}) == []
    assert judged(CONFIG, {"productionVariants": UNKNOWN}) == []


def test_a_secret_is_not_printed() -> None:
    (said,) = judged("aws:ssm/parameter:Parameter", {"type": "Text", "value": "x"}, secrets=("type",))
    assert said == "type: got [secret], allowed String, StringList"
    assert judged("aws:ssm/parameter:Parameter", {"type": "SecureString", "value": "x"}) == []
