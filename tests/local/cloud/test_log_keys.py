"""Log groups under keys: CloudWatch Logs takes a key that lets it in for that group, and no other."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.cloud.emulated import POLICY, Cloud

LETS_IN = {
    "Effect": "Allow",
    "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
    "Action": ["kms:Encrypt*", "kms:Decrypt*"],
    "Resource": "*",
    "Condition": {
        "ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:us-east-1:123456789012:log-group:/ours/*"}
    },
}


def key(cloud: Cloud, **changes: Any) -> str:
    document = json.dumps(POLICY | {"Statement": [{**LETS_IN, **changes}]})
    return str(cloud.client("kms").create_key(Policy=document)["KeyMetadata"]["Arn"])


def refused(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return f"{caught.value.response['Error']['Code']}: {caught.value.response['Error']['Message']}"


def kept(logs: Any, name: str) -> str | None:
    (group,) = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    found: str | None = group.get("kmsKeyId")
    return found


def test_a_log_group_is_put_under_a_key_and_out_of_it(cloud: Cloud) -> None:
    logs, name = cloud.client("logs"), f"/ours/{next(cloud.names)}"
    first, second = key(cloud), key(cloud)
    logs.create_log_group(logGroupName=name, kmsKeyId=first)
    assert kept(logs, name) == first
    logs.associate_kms_key(logGroupName=name, kmsKeyId=second)
    assert kept(logs, name) == second
    logs.disassociate_kms_key(logGroupName=name)
    assert kept(logs, name) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}},
        {"Principal": {"Service": "logs.eu-west-1.amazonaws.com"}},
        {"Action": ["kms:Decrypt*"]},
        {"Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:*:*:log-group:/theirs/*"}}},
        {"Effect": "Deny"},
    ],
)
def test_a_key_that_does_not_let_the_service_in_is_refused(cloud: Cloud, changes: dict[str, Any]) -> None:
    logs, name, closed = cloud.client("logs"), f"/ours/{next(cloud.names)}", key(cloud, **changes)
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{name}"
    said = f"AccessDeniedException: The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'"
    assert refused(logs.create_log_group, logGroupName=name, kmsKeyId=closed) == said
    logs.create_log_group(logGroupName=name)
    assert refused(logs.associate_kms_key, logGroupName=name, kmsKeyId=closed) == said
    assert kept(logs, name) is None


def test_a_key_that_is_not_there_and_a_group_that_is_not_there_are_refused(cloud: Cloud) -> None:
    logs, name = cloud.client("logs"), f"/ours/{next(cloud.names)}"
    nobody = "arn:aws:kms:us-east-1:123456789012:key/nobody"
    assert "does not exist" in refused(logs.create_log_group, logGroupName=name, kmsKeyId=nobody)
    assert refused(logs.associate_kms_key, logGroupName=name, kmsKeyId=key(cloud)).startswith("ResourceNotFound")
    assert refused(logs.disassociate_kms_key, logGroupName=name).startswith("ResourceNotFound")
