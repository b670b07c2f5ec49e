"""What a destroy would do, from exported states alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from takeoff.destroy.plan import kept, protected, steps
from takeoff.destroy.resources import Resource, parse, region

URN = "urn:pulumi:prod::takeoff::"


def resource(type_: str, name: str, *needs: str, **more: Any) -> dict[str, Any]:
    """An entry of the export; `needs` are names of earlier entries."""
    return {"urn": f"{URN}{type_}::{name}", "type": type_, "id": name, "dependencies": list(needs), **more}


def urn(type_: str, name: str) -> str:
    return f"{URN}{type_}::{name}"


KEY, ALIAS = urn("aws:kms/key:Key", "key-1"), urn("aws:kms/alias:Alias", "alias/data")
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
BUCKET = urn("aws:s3/bucket:Bucket", "models")


def state(*, retain: bool = True) -> list[Resource]:
    """A model's stack: key, bucket, endpoint with scaling, rollout, image, registry."""
    entries = [
        resource("pulumi:pulumi:Stack", "", outputs={"models": {"churn": {}}}),
        resource("pulumi:providers:aws", "aws", inputs={"region": "eu-west-1"}),
        resource("aws:kms/key:Key", "key-1"),
        resource("aws:kms/alias:Alias", "alias/data", KEY),
        resource("aws:s3/bucket:Bucket", "models", inputs={"forceDestroy": not retain}, protect=retain),
        resource("aws:s3/bucketPolicy:BucketPolicy", "models", BUCKET),
        resource(ENCRYPTION, "models", BUCKET, KEY),
        resource("aws:ecr/repository:Repository", "churn", inputs={"forceDelete": not retain}),
        resource("aws:iam/role:Role", "churn-model"),
        resource("aws:iam/rolePolicy:RolePolicy", "churn-model:permissions", BUCKET, KEY),
        resource("aws:appautoscaling/target:Target", "endpoint/churn/variant/main",
                 outputs={"serviceNamespace": "sagemaker", "resourceId": "endpoint/churn/variant/main"}),
        resource("aws:sagemaker/endpoint:Endpoint", "takeoff-prod-churn", protect=True),
        resource("aws:cloudwatch/eventRule:EventRule", "takeoff-prod-rollout"),
        resource("aws:scheduler/schedule:Schedule", "default/takeoff-prod-churn-batch"),
        resource("aws:sfn/stateMachine:StateMachine", "arn:rollout"),
        resource("aws:codebuild/project:Project", "takeoff-prod-churn"),
        resource("aws:sagemaker/modelPackageGroup:ModelPackageGroup", "takeoff-prod-churn"),
        resource("aws:eks/nodeGroup:NodeGroup", "takeoff-prod-cluster:prod-shared"),
        resource("aws:eks/cluster:Cluster", "takeoff-prod-cluster"),
        resource("aws:ec2/securityGroup:SecurityGroup", "sg-1"),
    ]  # fmt: skip
    return parse({"deployment": {"resources": entries}})


def kinds(resources: Sequence[Resource], delete_data: bool = False) -> list[tuple[str, str]]:
    return [(step.kind, step.target) for step in steps(resources, "prod", delete_data)]


def test_every_protected_resource_is_named_as_a_person_names_it() -> None:
    titles = [each.title for each in protected(state())]
    assert titles == ["s3 Bucket models", "sagemaker Endpoint takeoff-prod-churn"]


def test_first_nothing_new_starts_then_what_runs_ends_and_then_goes_what_holds_other_things() -> None:
    assert kinds(state()) == [
        ("delete-schedule", "default/takeoff-prod-churn-batch"),
        ("disable-rule", "takeoff-prod-rollout"),
        ("stop-executions", "arn:rollout"),
        ("stop-builds", "takeoff-prod-churn"),
        ("stop-jobs", "takeoff-prod-churn"),
        ("suspend-scaling", "endpoint/churn/variant/main"),
        ("delete-endpoint", "takeoff-prod-churn"),
        ("delete-packages", "takeoff-prod-churn"),
        ("release-cluster", "takeoff-prod-cluster"),
        ("delete-nodes", "takeoff-prod-cluster:prod-shared"),
        ("await-interfaces", "sg-1"),
    ]


@pytest.mark.parametrize(
    ("retain", "delete_data", "emptied"), [(True, False, False), (True, True, True), (False, False, True)]
)
def test_data_goes_only_where_the_stack_or_the_person_says_so(retain: bool, delete_data: bool, emptied: bool) -> None:
    found = kinds(state(retain=retain), delete_data)
    assert (("empty-bucket", "models") in found) == emptied
    assert (("empty-repository", "churn") in found) == emptied


def test_a_bucket_that_stays_keeps_its_policy_its_encryption_and_every_key() -> None:
    stay = kept(state(), [BUCKET])
    assert {KEY, ALIAS, BUCKET} <= stay
    assert {name.split("::")[2].split("/")[1].split(":")[0] for name in stay if "aws:s3/" in name} == {
        "bucket",
        "bucketPolicy",
        "bucketServerSideEncryptionConfiguration",
    }
    assert urn("aws:iam/rolePolicy:RolePolicy", "churn-model:permissions") not in stay
    assert urn("aws:sagemaker/endpoint:Endpoint", "takeoff-prod-churn") not in stay


def test_a_key_stays_even_if_an_earlier_attempt_forgot_which_bucket_it_is_of() -> None:
    left = [each for each in state() if "EncryptionConfiguration" not in each.type]
    assert KEY in kept(left, [BUCKET])


def test_what_a_kept_resource_stands_on_stays_too() -> None:
    parent = {"urn": f"{URN}takeoff:data:Bucket::models", "type": "takeoff:data:Bucket"}
    bucket = resource(
        "aws:s3/bucket:Bucket", "models", parent=parent["urn"], provider=f"{URN}pulumi:providers:aws::aws::id-7"
    )
    provider = resource("pulumi:providers:aws", "aws")
    found = parse({"deployment": {"resources": [provider, parent, bucket]}})
    assert kept(found, [bucket["urn"]]) == {provider["urn"], parent["urn"], bucket["urn"]}


def test_where_no_data_stays_nothing_stays() -> None:
    assert kept(state(), []) == set()


def test_jobs_are_found_by_the_stacks_models_so_that_another_stack_with_a_longer_name_is_left_alone() -> None:
    targets = [target for kind, target in kinds(state()) if kind == "stop-jobs"]
    assert targets == ["takeoff-prod-churn"]
    assert not "takeoff-prod-apps-churn".startswith(targets[0])


def test_nothing_is_left_to_do_for_a_stack_that_is_gone() -> None:
    assert kinds(parse({"deployment": {}})) == []


def test_the_region_is_the_providers() -> None:
    assert region(state()) == "eu-west-1"
    assert region([]) is None
