"""The bucket that takes access logs, and who is watched."""

from __future__ import annotations

import json
from typing import Any

import pulumi_aws as aws

from components.data_lake import DataLake, DataLakeArgs, LakeArgs
from components.site import Site
from tests.deployment import Deployment, deploy

SITE = Site(stack="test", account="123456789012", region="us-east-1", partition="aws")


def lake(*, whole: bool = True) -> Deployment:
    args = DataLakeArgs(
        retain_data=True, captures=True, capture_days=7, lake=LakeArgs(audit_days=365) if whole else None
    )

    def program() -> None:
        DataLake("lake", SITE, args)

    return deploy(program)


def test_every_bucket_but_the_one_that_takes_logs_is_watched_below_its_own_name() -> None:
    deployment = lake()
    watched = {each.name: dict(each.inputs) for each in deployment.all(aws.s3.BucketLogging)}
    assert set(watched) == {bucket.name for bucket in deployment.all(aws.s3.Bucket)} - {"logs"}
    for name, inputs in watched.items():
        own = f"takeoff-test-{name}-123456789012"
        target = "takeoff-test-logs-123456789012"
        assert inputs == {"bucket": own, "targetBucket": target, "targetPrefix": f"{own}/"}


def test_without_a_lake_nothing_is_watched() -> None:
    deployment = lake(whole=False)
    assert deployment.all(aws.s3.BucketLogging) == []
    assert sorted(bucket.name for bucket in deployment.all(aws.s3.Bucket)) == ["captures", "models"]


def test_whoever_is_watched_waits_until_s3_may_deliver() -> None:
    deployment = lake()
    door = deployment.one(aws.s3.BucketPolicy, "logs").urn
    assert all(door in each.depends_on for each in deployment.all(aws.s3.BucketLogging))


def test_s3_alone_delivers_for_this_account_and_over_tls() -> None:
    tls, delivery = json.loads(lake().one(aws.s3.BucketPolicy, "logs").inputs["policy"])["Statement"]
    assert (tls["Effect"], tls["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert delivery == {
        "Sid": "AccessLogs",
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": ["s3:PutObject"],
        "Resource": f"{tls['Resource'][0]}/*",
        "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
    }


def test_the_bucket_is_as_s3_needs_it_closed_and_forgets_after_ninety_days() -> None:
    deployment = lake()

    def of(kind: Any) -> dict[str, Any]:
        return dict(deployment.one(kind, "logs").inputs)

    (encryption,) = of(aws.s3.BucketServerSideEncryptionConfiguration)["rules"]
    assert encryption["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}
    assert "objectLockEnabled" not in of(aws.s3.Bucket)
    assert of(aws.s3.BucketVersioning)["versioningConfiguration"] == {"status": "Enabled"}
    block = of(aws.s3.BucketPublicAccessBlock)
    assert [value for value in block.values() if isinstance(value, bool)] == [True] * 4
    terms = [rule["expiration"] for rule in of(aws.s3.BucketLifecycleConfiguration)["rules"] if "expiration" in rule]
    assert terms == [{"days": 90}]
