"""The data lake, from its smallest form up."""

from __future__ import annotations

import json
from typing import Any

import pulumi_aws as aws
import pytest

from components.data_lake import DataLake, DataLakeArgs, LakeArgs
from components.site import Site
from tests import deployment as harness
from tests.deployment import Deployment, deploy

SITE = Site(stack="test", account="123456789012", region="us-east-1", partition="aws")
READER = "arn:aws:iam::123456789012:role/scientists/reader"


def lake(**other: Any) -> Deployment:
    args = DataLakeArgs(**{"retain_data": True, **other})

    def program() -> None:
        DataLake("lake", SITE, args)

    return deploy(program)


def whole(**other: Any) -> Deployment:
    return lake(lake=LakeArgs(**{"audit_days": 365, "audit_mode": "COMPLIANCE", **other}))


def buckets(deployment: Deployment) -> dict[str, dict[str, Any]]:
    return {bucket.name: dict(bucket.inputs) for bucket in deployment.all(aws.s3.Bucket)}


def test_the_smallest_lake_is_a_key_and_the_models_bucket() -> None:
    deployment = lake()
    assert [r.name for r in deployment.all("takeoff:access:Key")] == ["data"]
    assert [r.name for r in deployment.all("takeoff:data:Bucket")] == ["models"]
    assert len(deployment.resources) == 11
    assert buckets(deployment)["models"]["bucket"] == "takeoff-test-models-123456789012"


def test_what_stood_alone_before_keeps_its_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """A component that moves without an alias is another one, and the old one goes with what it holds."""
    asked: dict[str, list[Any]] = {}
    register = harness._Monitor.RegisterResource

    def listen(self: Any, request: Any) -> Any:
        asked[request.name if request.custom is False else f"{request.type} {request.name}"] = list(request.aliases)
        return register(self, request)

    monkeypatch.setattr(harness._Monitor, "RegisterResource", listen)
    lake(captures=True, capture_days=7)
    assert [alias.spec.noParent for alias in asked["data"]] == [True]
    assert [alias.spec.noParent for alias in asked["models"]] == [True]
    assert asked["captures"] == []


def test_captures_stay_for_their_term_for_all_or_by_model() -> None:
    def terms(days: Any) -> dict[str, int]:
        configuration = lake(captures=True, capture_days=days).one(aws.s3.BucketLifecycleConfiguration, "captures")
        rules = [rule for rule in configuration.inputs["rules"] if "expiration" in rule]
        return {rule["filter"]["prefix"]: rule["expiration"]["days"] for rule in rules}

    assert terms(30) == {"": 30}
    assert terms({"a": 7, "b": 90}) == {"a/": 7, "b/": 90}


@pytest.mark.parametrize("days", [0, {}])
def test_captures_without_a_term_are_refused(days: Any) -> None:
    with pytest.raises(ValueError, match="allowed: 1 day or more"):
        DataLakeArgs(retain_data=True, captures=True, capture_days=days)


def test_buckets_keep_what_is_in_them_unless_told_otherwise_and_the_audit_bucket_always() -> None:
    args = LakeArgs(audit_days=1)
    kept = {name: b["forceDestroy"] for name, b in buckets(lake(lake=args)).items()}
    assert kept == dict.fromkeys(("models", "raw", "features", "audit", "logs"), False)
    gone = {name: b["forceDestroy"] for name, b in buckets(lake(lake=args, retain_data=False)).items()}
    assert gone == {"models": True, "raw": True, "features": True, "logs": True, "audit": False}


def test_nobody_deletes_what_is_audited_for_its_days() -> None:
    deployment = whole()
    assert buckets(deployment)["audit"]["objectLockEnabled"] is True
    lock = deployment.one(aws.s3.BucketObjectLockConfiguration)
    assert lock.name == "audit"
    assert lock.inputs["rule"] == {"defaultRetention": {"mode": "COMPLIANCE", "days": 365}}


def rules(deployment: Deployment, bucket: str) -> dict[str, Any]:
    """A bucket's lifecycle rules by their names."""
    configuration = deployment.one(aws.s3.BucketLifecycleConfiguration, bucket)
    return {rule["id"]: rule for rule in configuration.inputs["rules"]}


@pytest.mark.parametrize("bucket", ["models", "raw", "features"])
def test_overwritten_data_can_be_had_back_for_ninety_days(bucket: str) -> None:
    assert rules(whole(), bucket)["old-versions"]["noncurrentVersionExpiration"] == {"noncurrentDays": 90}


def test_what_was_overwritten_in_the_audit_bucket_goes_when_no_lock_can_hold_it_any_more() -> None:
    found = rules(whole(), "audit")
    assert set(found) == {"unfinished", "old-versions"}
    assert found["old-versions"]["noncurrentVersionExpiration"] == {"noncurrentDays": 365}


def test_reports_of_previews_go_after_two_weeks_and_artifacts_stay() -> None:
    found = {
        rule["filter"]["prefix"]: rule["expiration"]
        for rule in rules(lake(), "models").values()
        if "expiration" in rule
    }
    assert found == {"previews/": {"days": 14}}


def test_everything_but_access_logs_is_under_one_key() -> None:
    deployment = whole()
    encryptions = [e for e in deployment.all(aws.s3.BucketServerSideEncryptionConfiguration) if e.name != "logs"]
    assert len(encryptions) == 4
    key = deployment.one(aws.kms.Key).urn
    assert all(key in encryption.depends_on for encryption in encryptions)


def test_raw_data_and_features_are_in_the_catalog_and_reached_through_lake_formation() -> None:
    deployment = whole()
    assert deployment.one(aws.glue.CatalogDatabase).inputs["name"] == "takeoff_test_lake"
    registered = deployment.all(aws.lakeformation.Resource)
    assert sorted(r.inputs["arn"].rpartition("/")[2] for r in registered) == [
        "takeoff-test-features-123456789012",
        "takeoff-test-raw-123456789012",
    ]
    policy = deployment.one(aws.iam.RolePolicy)
    assert all(policy.urn in r.depends_on for r in registered)


def test_lake_formation_reaches_raw_data_and_features_and_no_other_bucket() -> None:
    deployment = whole()
    statements = json.loads(deployment.one(aws.iam.RolePolicy).inputs["policy"])["Statement"]
    reached = {tuple(s["Action"]): [arn.partition("/")[2] for arn in s["Resource"]] for s in statements}
    raw, features = "takeoff-test-raw-123456789012", "takeoff-test-features-123456789012"
    assert reached == {
        ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"): [f"{raw}/*", f"{features}/*"],
        ("s3:ListBucket",): [raw, features],
        ("kms:GenerateDataKey", "kms:Decrypt"): ["data"],
    }
    trust = json.loads(deployment.one(aws.iam.Role).inputs["assumeRolePolicy"])["Statement"][0]
    assert trust["Principal"] == {"Service": "lakeformation.amazonaws.com"}


def test_a_reader_finds_tables_and_selects_from_them_and_nobody_else_is_let_in() -> None:
    grants = {g.name: dict(g.inputs) for g in whole(readers=[READER]).all(aws.lakeformation.Permissions)}
    assert grants == {
        "lake-reader": {
            "principal": READER,
            "permissions": ["DESCRIBE"],
            "database": {"name": "takeoff_test_lake"},
        },
        "lake-reader-tables": {
            "principal": READER,
            "permissions": ["DESCRIBE", "SELECT"],
            "table": {"databaseName": "takeoff_test_lake", "wildcard": True},
        },
    }
    assert whole().all(aws.lakeformation.Permissions) == []


def test_a_reader_that_is_no_role_is_refused() -> None:
    with pytest.raises(ValueError, match="allowed: ARNs of IAM roles"):
        LakeArgs(audit_days=1, readers=["arn:aws:iam::123456789012:user/me"])
