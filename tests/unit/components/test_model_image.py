"""A model's repository and the project that builds its image."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.bucket import Bucket
from components.build_project import BuildProjectArgs
from components.key import Key
from components.model_image import ModelImage, ModelImageArgs
from components.placement import Placement
from components.site import Site
from tests import deployment
from tests.deployment import Deployment, deploy

ROOT = Path(__file__).resolve().parents[3]
SITE = Site(stack="test", account="123456789012", region="us-east-1", partition="aws")
PLACEMENT = Placement(vpc_id="vpc-1", subnet_ids=["subnet-1", "subnet-2"], security_group_ids=["sg-1"])
URL = "123456789012.dkr.ecr.us-east-1.amazonaws.com/takeoff-test-fraud"
SOURCES = "takeoff-test-models-123456789012/image-sources/fraud"


@pytest.fixture(autouse=True)
def _address(monkeypatch: pytest.MonkeyPatch) -> None:
    """ECR names a repository's address; the tests' account knows ARNs and names only."""
    others = deployment._Account.new_resource

    def new_resource(account: Any, args: Any) -> tuple[str, dict[str, Any]]:
        name, state = others(account, args)
        return name, state | ({"repositoryUrl": URL} if args.typ == aws.ecr.Repository.pulumi_type else {})

    monkeypatch.setattr(deployment._Account, "new_resource", new_resource)


def declared(*, retain: bool = True, placement: Placement | None = None) -> Deployment:
    def program() -> None:
        key = Key("data", site=SITE, purpose="p")
        bucket = Bucket("models", site=SITE, key=key, force_destroy=False)
        args = ModelImageArgs(
            model="fraud", code="fraud_code", owner="o@x", sources=bucket, key=key, retain=retain, placement=placement
        )
        image = ModelImage("fraud", SITE, args)
        # Read inside the program: an output that never resolves must not pass for one that does.
        pulumi.export("image", {"project": image.project, "repository": image.repository_url})

    return deploy(program)


def granted(deployment: Deployment) -> dict[str, Any]:
    """The build role's statements by action."""
    policy = deployment.one(aws.iam.RolePolicy, "fraud-image").inputs["policy"]
    return {action: statement for statement in json.loads(policy)["Statement"] for action in statement["Action"]}


def test_an_image_takes_seven_resources_and_says_where_it_is() -> None:
    deployment = declared()
    assert len([r for r in deployment.resources if "ModelImage" in r.urn]) == 7
    assert deployment.outputs["image"] == {"project": "takeoff-test-fraud-image", "repository": URL}


def test_tags_never_change_and_what_is_pushed_is_scanned_and_encrypted() -> None:
    inputs = declared().one(aws.ecr.Repository).inputs
    assert (inputs["name"], inputs["imageTagMutability"]) == ("takeoff-test-fraud", "IMMUTABLE")
    assert inputs["imageScanningConfiguration"] == {"scanOnPush": True}
    (encryption,) = inputs["encryptionConfigurations"]
    assert encryption["encryptionType"] == "KMS"
    assert encryption["kmsKey"].startswith("arn:aws:kms:")


@pytest.mark.parametrize("retain", [True, False])
def test_a_repository_goes_with_its_images_only_where_nothing_is_retained(retain: bool) -> None:
    assert declared(retain=retain).one(aws.ecr.Repository).inputs["forceDelete"] is not retain


def test_no_image_that_a_tag_names_ever_expires() -> None:
    (rule,) = json.loads(declared().one(aws.ecr.LifecyclePolicy).inputs["policy"])["rules"]
    assert rule["selection"] == {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 10}


def test_the_project_builds_the_uploaded_source_by_the_one_buildspec_one_at_a_time() -> None:
    inputs = declared().one(aws.codebuild.Project).inputs
    assert inputs["source"] == {
        "type": "S3",
        "location": f"{SOURCES}/source.zip",
        "buildspec": (ROOT / "model_code/buildspec.yml").read_text(),
    }
    assert (inputs["concurrentBuildLimit"], inputs["buildTimeout"]) == (1, 60)
    assert inputs["encryptionKey"].startswith("arn:aws:kms:")
    assert inputs["environment"]["privilegedMode"] is True
    variables = {each["name"]: each["value"] for each in inputs["environment"]["environmentVariables"]}
    assert variables == {"REPOSITORY_URL": URL, "DOCKERFILE": "model_code/fraud_code/Dockerfile"}
    assert "vpcConfig" not in inputs


def test_a_build_writes_an_encrypted_log_that_ends_after_ninety_days() -> None:
    deployment = declared()
    log = deployment.one(aws.cloudwatch.LogGroup)
    assert (log.inputs["name"], log.inputs["retentionInDays"]) == ("/aws/codebuild/takeoff-test-fraud-image", 90)
    project = deployment.one(aws.codebuild.Project)
    assert log.inputs["kmsKeyId"] == project.inputs["encryptionKey"]
    assert project.inputs["logsConfig"]["cloudwatchLogs"]["groupName"] == log.inputs["name"]
    assert granted(deployment)["logs:PutLogEvents"]["Resource"] == [
        f"arn:aws:cloudwatch:us-east-1:123456789012:loggroup/{log.inputs['name']}:*"
    ]


def test_a_build_reads_its_own_sources_and_pushes_to_its_own_repository_and_no_more() -> None:
    found = granted(declared())
    everything = f"arn:aws:s3:::{SOURCES}/*"
    assert found["s3:GetObjectVersion"]["Resource"] == [everything]
    assert [resource.endswith(f"/{SOURCES}/*") for resource in found["s3:GetObject"]["Resource"]] == [True]
    pushing = {action: s["Resource"] for action, s in found.items() if action.startswith("ecr:")}
    assert pushing.pop("ecr:GetAuthorizationToken") == ["*"]
    assert set(pushing) == {
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:CompleteLayerUpload",
        "ecr:InitiateLayerUpload",
        "ecr:PutImage",
        "ecr:UploadLayerPart",
    }
    assert {str(resources) for resources in pushing.values()} == {
        "['arn:aws:ecr:us-east-1:123456789012:repository/takeoff-test-fraud']"
    }
    assert {action.partition(":")[0] for action in found} == {"s3", "ecr", "logs", "kms"}
    assert {"kms:Decrypt", "kms:GenerateDataKey"} <= set(found)


def test_a_build_inside_a_network_may_make_its_interface_in_those_subnets_alone() -> None:
    deployment = declared(placement=PLACEMENT)
    assert deployment.one(aws.codebuild.Project).inputs["vpcConfig"] == {
        "vpcId": "vpc-1",
        "subnets": ["subnet-1", "subnet-2"],
        "securityGroupIds": ["sg-1"],
    }
    found, here = granted(deployment), "arn:aws:ec2:us-east-1:123456789012:"
    assert found["ec2:CreateNetworkInterface"]["Resource"] == [
        f"{here}network-interface/*",
        f"{here}subnet/subnet-1",
        f"{here}subnet/subnet-2",
        f"{here}security-group/sg-1",
    ]
    assert found["ec2:DeleteNetworkInterface"]["Resource"] == [f"{here}network-interface/*"]
    assert found["ec2:CreateNetworkInterfacePermission"]["Resource"] == [f"{here}network-interface/*"]


@pytest.mark.parametrize("minutes", [4, 481])
def test_a_build_of_no_possible_length_is_refused(minutes: int) -> None:
    source, nothing = aws.codebuild.ProjectSourceArgs(type="S3"), object()
    given: dict[str, Any] = {"description": "d", "source": source, "variables": {}, "key": nothing}
    with pytest.raises(ValueError, match="allowed: 5 to 480"):
        BuildProjectArgs(**given, minutes=minutes)


def test_what_belongs_to_the_image_carries_its_models_name_and_owner() -> None:
    wanted, deployment = {"takeoff:model": "fraud", "takeoff:owner": "o@x"}, declared()
    tagged = [aws.ecr.Repository, aws.codebuild.Project, aws.cloudwatch.LogGroup]
    assert [deployment.one(kind).inputs["tags"] for kind in tagged] == [wanted] * 3
