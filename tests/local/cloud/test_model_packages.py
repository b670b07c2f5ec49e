"""The registry: versions that count up, approvals that are heard of, and AWS's refusals."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.cloud.emulated import Cloud, until
from tests.local.cloud.test_builds import Project
from tests.local.cloud.test_events import WRITER, rule, value

CHANGE = "SageMaker Model Package State Change"


def group(cloud: Cloud) -> str:
    name = f"Group-{next(cloud.names)}"
    cloud.sagemaker.create_model_package_group(ModelPackageGroupName=name)
    return name


def register(cloud: Cloud, name: str, **more: Any) -> str:
    container = {"Image": cloud.image, "ModelDataUrl": "s3://models/one/model.tar.gz"}
    specification = {"Containers": [container], "SupportedContentTypes": ["text/csv"]}
    specification["SupportedResponseMIMETypes"] = ["application/json"]
    given = {"ModelPackageGroupName": name, "InferenceSpecification": specification} | more
    return str(cloud.sagemaker.create_model_package(**given)["ModelPackageArn"])


def versions(cloud: Cloud, name: str, **more: Any) -> list[int]:
    listed = cloud.sagemaker.list_model_packages(ModelPackageGroupName=name, SortOrder="Descending", **more)
    return [each["ModelPackageVersion"] for each in listed["ModelPackageSummaryList"]]


def test_versions_count_up_and_no_number_is_given_twice(cloud: Cloud) -> None:
    name = group(cloud)
    arns = [register(cloud, name), register(cloud, name, ModelApprovalStatus="Approved")]
    assert arns == [f"arn:aws:sagemaker:us-east-1:123456789012:model-package/{name.lower()}/{n}" for n in (1, 2)]
    assert versions(cloud, name) == [2, 1]
    assert versions(cloud, name, ModelApprovalStatus="PendingManualApproval") == [1]
    cloud.sagemaker.delete_model_package(ModelPackageName=arns[1])
    assert register(cloud, name).endswith("/3")
    assert versions(cloud, name) == [3, 1]
    with pytest.raises(ClientError, match="Could not find model package"):
        cloud.sagemaker.describe_model_package(ModelPackageName=arns[1])


def test_the_same_token_registers_once(cloud: Cloud) -> None:
    name = group(cloud)
    assert register(cloud, name, ClientToken="one") == register(cloud, name, ClientToken="one")
    assert register(cloud, name, ClientToken="two").endswith("/2")


def test_an_update_changes_what_it_names_and_adds_to_the_metadata(cloud: Cloud) -> None:
    arn = register(
        cloud, group(cloud), ModelApprovalStatus="Approved", CustomerMetadataProperties={"run": "r", "data": "v1"}
    )
    change = {"CustomerMetadataProperties": {"commit": "c"}, "CustomerMetadataPropertiesToRemove": ["data"]}
    cloud.sagemaker.update_model_package(ModelPackageArn=arn, **change)
    found = cloud.sagemaker.describe_model_package(ModelPackageName=arn)
    assert found["CustomerMetadataProperties"] == {"run": "r", "commit": "c"}
    assert found["ModelApprovalStatus"] == "Approved"


def test_creation_and_every_change_of_approval_are_heard_and_nothing_else_is(cloud: Cloud) -> None:
    name, out = group(cloud), f"/out/{next(cloud.names)}"
    arn = cloud.client("lambda").get_function(FunctionName=cloud.function(WRITER, OUT=out))["Configuration"]
    detail = {"ModelPackageGroupName": [name]}
    rule(cloud, {"source": ["aws.sagemaker"], "detail-type": [CHANGE], "detail": detail}, arn["FunctionArn"])
    package = register(cloud, name, CustomerMetadataProperties={"run": "r"})

    def heard(status: str) -> dict[str, Any]:
        def told() -> Any:
            seen = value(cloud, out)
            return seen and seen["detail"]["ModelApprovalStatus"] == status and seen["detail"]

        return dict(until(told))

    first = heard("PendingManualApproval")
    assert (first["ModelPackageArn"], first["ModelPackageVersion"]) == (package, 1)
    assert (first["ModelPackageStatus"], first["CustomerMetadataProperties"]) == ("Completed", {"run": "r"})
    update = cloud.sagemaker.update_model_package
    update(ModelPackageArn=package, CustomerMetadataProperties={"seen": "yes"})
    update(ModelPackageArn=package, ModelApprovalStatus="Approved", ApprovalDescription="fine")
    # The change of metadata alone was told to nobody, or it would have been heard of before this.
    assert heard("Approved")["ApprovalDescription"] == "fine"
    history = cloud.client("ssm").get_parameter_history(Name=out)["Parameters"]
    assert len(history) == 2
    update(ModelPackageArn=package, ModelApprovalStatus="Rejected")
    assert heard("Rejected")["CustomerMetadataProperties"] == {"run": "r", "seen": "yes"}


def test_a_card_is_kept_with_its_version_and_an_archived_one_is_not_rewritten(cloud: Cloud) -> None:
    content = json.dumps({"intended_uses": {"risk_rating": "High"}})
    arn = register(cloud, group(cloud), ModelCard={"ModelCardContent": content, "ModelCardStatus": "Draft"})

    def found() -> Any:
        return cloud.sagemaker.describe_model_package(ModelPackageName=arn).get("ModelCard")

    assert found() == {"ModelCardContent": content, "ModelCardStatus": "Draft"}
    update = cloud.sagemaker.update_model_package
    update(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    update(ModelPackageArn=arn, ModelCard={"ModelCardStatus": "Archived"})
    with pytest.raises(ClientError, match="Model Card is in Archived state"):
        update(ModelPackageArn=arn, ModelCard={"ModelCardContent": "{}"}, CustomerMetadataProperties={"a": "b"})
    assert found() == {"ModelCardContent": content, "ModelCardStatus": "Archived"}
    described = cloud.sagemaker.describe_model_package(ModelPackageName=register(cloud, group(cloud)))
    assert "ModelCard" not in described


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ({"ModelCardStatus": "Fine"}, "modelCardStatus' failed to satisfy"),
        ({"ModelCardContent": "{"}, "no JSON"),
        ({"ModelCardContent": "[]"}, "a list; allowed: an object"),
        ({"ModelCardContent": "{\n}"}, "on one line"),
        ({"ModelCardContent": json.dumps({"model_package_details": {}})}, "'model_package_details'; allowed"),
        ({"ModelCardContent": json.dumps({"model_overview": {"model_name": "m"}})}, "model_overview.model_name"),
        ({"ModelCardContent": json.dumps({"intended_uses": {"risk_rating": "high"}})}, "risk_rating 'high'"),
    ],
)
def test_a_card_that_aws_does_not_take_registers_nothing(cloud: Cloud, card: dict[str, str], said: str) -> None:
    name = group(cloud)
    with pytest.raises(ClientError, match=said):
        register(cloud, name, ModelCard=card)
    assert versions(cloud, name) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"ModelPackageGroupName": "nobody"}, "Model Package Group nobody does not exist"),
        ({"ModelApprovalStatus": "Fine"}, "Member must satisfy enum value set"),
        ({"CustomerMetadataProperties": {"key": "x" * 257}}, "got 'key'; allowed: 50 entries"),
        ({"CustomerMetadataProperties": {str(n): "x" for n in range(51)}}, "got 51 entries"),
    ],
)
def test_what_aws_does_not_take_is_refused_and_registers_nothing(
    cloud: Cloud, changed: dict[str, Any], said: str
) -> None:
    name = group(cloud)
    with pytest.raises(ClientError, match=said):
        register(cloud, name, **changed)
    assert versions(cloud, name) == []


def test_an_update_that_aws_does_not_take_changes_nothing(cloud: Cloud) -> None:
    arn = register(cloud, group(cloud))
    with pytest.raises(ClientError, match="enum value set"):
        cloud.sagemaker.update_model_package(
            ModelPackageArn=arn, ModelApprovalStatus="Fine", CustomerMetadataProperties={"a": "b"}
        )
    found = cloud.sagemaker.describe_model_package(ModelPackageName=arn)
    assert (found["ModelApprovalStatus"], found.get("CustomerMetadataProperties")) == ("PendingManualApproval", None)


def test_a_rule_s_own_input_changes_the_build_that_it_starts_and_an_event_does_not(cloud: Cloud) -> None:
    name, project = group(cloud), Project(cloud, "version: 0.2\nphases: {build: {commands: [true]}}", COLOUR="red")
    target = f"arn:aws:codebuild:us-east-1:123456789012:project/{project.name}"
    pattern = {"source": ["aws.sagemaker"], "detail-type": [CHANGE], "detail": {"ModelPackageGroupName": [name]}}
    first = rule(cloud, pattern, target)
    builds = cloud.client("codebuild")

    def colours(count: int) -> list[str]:
        def told() -> Any:
            ids = builds.list_builds_for_project(projectName=project.name, sortOrder="ASCENDING")["ids"]
            found = builds.batch_get_builds(ids=ids)["builds"] if ids else []
            return len(found) == count and all(each["buildComplete"] for each in found) and found

        return [each["environment"]["environmentVariables"][0]["value"] for each in until(told)]

    register(cloud, name)
    assert colours(1) == ["red"]
    cloud.client("events").disable_rule(Name=first)
    rule(cloud, pattern, target, Input='{"environmentVariablesOverride": [{"name": "COLOUR", "value": "blue"}]}')
    register(cloud, name)
    assert sorted(colours(2)) == ["blue", "red"]
