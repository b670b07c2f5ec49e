"""Buckets and keys."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pulumi_aws as aws
import pytest

from components.bucket import Bucket, ObjectLock
from components.bucket_parts import lifecycle
from components.key import Key
from components.role import Role
from components.site import Site
from tests.deployment import Deployment, deploy

SITE = Site(stack="test", account="123456789012", region="us-east-1", partition="aws")


def bucket(**other: Any) -> Bucket:
    key = Key("k", site=SITE, purpose="p")
    return Bucket("b", **{"site": SITE, "key": key, "force_destroy": False, **other})


def granted(grant: Callable[[Bucket, Role], None]) -> list[dict[str, Any]]:
    """The statements that a role has after one grant."""

    def program() -> None:
        role = Role("r", site=SITE, service="lambda.amazonaws.com", description="d")
        grant(bucket(), role)
        assert role.ready_arn is not None

    policy = deploy(program).one(aws.iam.RolePolicy)
    statements: list[dict[str, Any]] = json.loads(policy.inputs["policy"])["Statement"]
    return statements


def made(**other: Any) -> Deployment:
    def program() -> None:
        bucket(**other)

    return deploy(program)


def test_whoever_takes_a_buckets_name_waits_until_it_is_encrypted_and_closed() -> None:
    def program() -> None:
        aws.s3.BucketObject("first", bucket=bucket().name, key="k", content="c")

    deployment = deploy(program)
    waits = deployment.one(aws.s3.BucketObject).depends_on
    assert deployment.one(aws.s3.BucketServerSideEncryptionConfiguration).urn in waits
    assert deployment.one(aws.s3.BucketPublicAccessBlock).urn in waits


def test_a_bucket_that_asks_for_nothing_more_is_six_resources() -> None:
    own = [r for r in made().resources if r.name == "b"]
    assert len(own) == 6
    assert "objectLockEnabled" not in made().one(aws.s3.Bucket).inputs


def test_a_role_that_may_write_adds_objects_under_its_prefix_and_reads_none() -> None:
    objects, key = granted(lambda b, role: b.grant_write(role, "m"))
    assert objects["Action"] == ["s3:PutObject", "s3:AbortMultipartUpload"]
    assert [arn.rpartition(":")[2] for arn in objects["Resource"]] == ["bucket/takeoff-test-b-123456789012/m/*"]
    assert key["Action"] == ["kms:GenerateDataKey", "kms:Decrypt"]
    assert [arn.rpartition(":")[2] for arn in key["Resource"]] == ["key/k"]


def test_what_has_a_term_is_deleted_for_good_a_day_after_it() -> None:
    configuration = made(expire={"m/": 30}).one(aws.s3.BucketLifecycleConfiguration)
    _, rule = configuration.inputs["rules"]
    assert rule == {
        "id": "expire-m",
        "status": "Enabled",
        "filter": {"prefix": "m/"},
        "expiration": {"days": 30},
        "noncurrentVersionExpiration": {"noncurrentDays": 1},
    }


def test_uploads_that_nobody_finished_go_in_the_whole_bucket() -> None:
    whole = {
        "id": "unfinished",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
    }
    assert [lifecycle({"m/": 1}, None)[0], lifecycle({}, 90)[0]] == [whole, whole]
    assert lifecycle({}, None) == []


def test_versions_have_to_be_on_before_their_rules() -> None:
    deployment = made(expire={"": 1}, lock=ObjectLock(days=1))
    versions = deployment.one(aws.s3.BucketVersioning).urn
    assert versions in deployment.one(aws.s3.BucketLifecycleConfiguration).depends_on
    assert versions in deployment.one(aws.s3.BucketObjectLockConfiguration).depends_on


def test_old_versions_can_go_while_what_is_current_stays() -> None:
    _, rule = lifecycle({}, 90)
    assert rule["noncurrent_version_expiration"] == {"noncurrent_days": 90}
    assert "expiration" not in rule


def test_every_rule_has_a_name_of_its_own() -> None:
    names = [rule["id"] for rule in lifecycle({"": 9, "a/": 1, "b/": 2}, 3)]
    assert names == ["unfinished", "expire-all", "expire-a", "expire-b", "old-versions"]


def test_a_term_of_no_days_is_refused() -> None:
    with pytest.raises(ValueError, match="allowed: 1 day or more"):
        lifecycle({"m/": 0}, None)


def test_a_locked_bucket_is_born_locked_and_keeps_objects_for_its_days() -> None:
    deployment = made(lock=ObjectLock(days=365, mode="COMPLIANCE"))
    assert deployment.one(aws.s3.Bucket).inputs["objectLockEnabled"] is True
    lock = deployment.one(aws.s3.BucketObjectLockConfiguration).inputs
    assert lock["rule"] == {"defaultRetention": {"mode": "COMPLIANCE", "days": 365}}


def test_a_lock_of_no_days_is_refused() -> None:
    with pytest.raises(ValueError, match="allowed: 1 or more"):
        ObjectLock(days=0)


def test_a_key_lets_in_the_services_it_was_told_of_and_no_other() -> None:
    def program() -> None:
        Key("k", site=SITE, purpose="p", services=["cloudwatch.amazonaws.com"])

    deployment = deploy(program)
    account, logs, service = json.loads(deployment.one(aws.kms.Key).inputs["policy"])["Statement"]
    assert account["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert service == {
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
    }
    assert json.loads(made().one(aws.kms.Key).inputs["policy"])["Statement"] == [account, logs]


def test_a_key_lets_cloudwatch_encrypt_this_accounts_log_groups_and_nothing_else() -> None:
    _, logs = json.loads(made().one(aws.kms.Key).inputs["policy"])["Statement"]
    assert logs == {
        "Effect": "Allow",
        "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
        "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        "Resource": "*",
        "Condition": {
            "ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:us-east-1:123456789012:log-group:*"}
        },
    }
