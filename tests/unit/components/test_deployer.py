"""The project that applies a stack from inside AWS."""

from __future__ import annotations

import fnmatch
import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
import yaml

from components.bucket import Bucket
from components.deployer import Deployer, DeployerArgs
from components.key import Key
from components.placement import Placement
from components.previews import PreviewsArgs
from components.site import Site
from tests.deployment import Deployment, deploy
from tests.tree import ROOT

SITE = Site(stack="prod", account="123456789012", region="us-east-1", partition="aws")
REPOSITORY, ROLE, STATE = "https://github.com/o/r", "arn:aws:iam::123456789012:role/takeoff-deployer", "s3://state"
LOOKS = "arn:aws:iam::123456789012:role/takeoff-bootstrap-preview"
PLACEMENT = Placement(vpc_id="vpc-1", subnet_ids=["subnet-1", "subnet-2"], security_group_ids=["sg-1"])


def declared(placement: Placement | None = None) -> Deployment:
    def program() -> None:
        key = Key("data", site=SITE, purpose="Data")
        args = DeployerArgs(
            repository=REPOSITORY, branch="main", role_arn=ROLE, state=STATE, key=key, placement=placement
        )
        pulumi.export("arn", Deployer("deployer", SITE, args).project_arn)

    return deploy(program)


def test_it_applies_its_own_stack_from_the_branch_one_at_a_time() -> None:
    deployment = declared()
    project = deployment.one(aws.codebuild.Project)
    assert deployment.outputs["arn"].endswith("takeoff-prod-deployer")
    assert project.inputs["concurrentBuildLimit"] == 1
    assert project.inputs["sourceVersion"] == "main"
    assert project.inputs["source"] == {
        "type": "GITHUB",
        "location": REPOSITORY,
        "buildspec": (ROOT / "infra/buildspec.yml").read_text(),
    }
    environment = project.inputs["environment"]
    variables = {each["name"]: each["value"] for each in environment["environmentVariables"]}
    assert variables == {"STACK": "prod", "STATE": STATE, "ROLE": ROLE, "COMMAND": "deploy"}
    assert environment["privilegedMode"] is False


def test_its_own_role_may_become_the_deployer_write_its_log_and_nothing_else() -> None:
    (policy,) = [json.loads(each.inputs["policy"]) for each in declared().all(aws.iam.RolePolicy)]
    granted = {action: s["Resource"] for s in policy["Statement"] for action in s["Action"]}
    encrypt = {"kms:Decrypt", "kms:GenerateDataKey"}
    assert set(granted) == {"sts:AssumeRole", "logs:CreateLogStream", "logs:PutLogEvents"} | encrypt
    assert granted["sts:AssumeRole"] == [ROLE]


def test_it_runs_inside_the_network_where_there_is_one() -> None:
    assert declared(PLACEMENT).one(aws.codebuild.Project).inputs["vpcConfig"]["subnets"] == ["subnet-1", "subnet-2"]
    assert "vpcConfig" not in declared().one(aws.codebuild.Project).inputs


@pytest.mark.parametrize(
    ("key", "value"), [("repository", "https://example.com/o/r"), ("repository", "git@github.com:o/r"), ("state", "x")]
)
def test_a_source_or_state_that_cannot_be_is_refused(key: str, value: str) -> None:
    given: dict[str, Any] = {"repository": REPOSITORY, "branch": "main", "role_arn": ROLE, "state": STATE, "key": None}
    given[key] = value
    with pytest.raises(ValueError, match=f"deployer.{key}: got .*; allowed: "):
        DeployerArgs(**given)


def with_previews(placement: Placement | None = None, endpoints_group: str | None = None) -> Deployment:
    def program() -> None:
        key = Key("data", site=SITE, purpose="Data")
        bucket = Bucket("models", site=SITE, key=key, force_destroy=False)
        previews = PreviewsArgs(role_arn=LOOKS, reports=bucket, key=key, endpoints_group=endpoints_group)
        args = DeployerArgs(
            repository=REPOSITORY,
            branch="main",
            role_arn=ROLE,
            state=STATE,
            key=key,
            placement=placement,
            previews=previews,
        )
        Deployer("deployer", SITE, args)

    return deploy(program)


def statements(deployment: Deployment) -> list[dict[str, Any]]:
    """What the role of the project for previews may do."""
    (policy,) = [each for each in deployment.all(aws.iam.RolePolicy) if each.inputs["role"] == "takeoff-prod-previews"]
    found: list[dict[str, Any]] = json.loads(policy.inputs["policy"])["Statement"]
    return found


def test_pull_requests_have_a_project_of_their_own_that_never_names_the_deployer() -> None:
    deployment = with_previews()
    (project,) = [p for p in deployment.all(aws.codebuild.Project) if p.inputs["name"] == "takeoff-prod-previews"]
    variables = {each["name"]: each["value"] for each in project.inputs["environment"]["environmentVariables"]}
    assert variables == {
        "STACK": "prod",
        "STATE": STATE,
        "ROLE": LOOKS,
        "COMMAND": "preview",
        "REPORTS": "s3://takeoff-prod-models-123456789012/previews",
    }
    assert ROLE not in json.dumps(project.inputs)
    assert "gitCloneDepth" not in project.inputs["source"]
    assert project.inputs["environment"]["privilegedMode"] is False


def test_what_runs_unread_code_may_look_add_a_report_write_its_log_and_nothing_else() -> None:
    granted = {action: s["Resource"] for s in statements(with_previews()) for action in s["Action"]}
    reports = ["arn:aws:s3:us-east-1:123456789012:bucket/takeoff-prod-models-123456789012/previews/*"]
    assert granted.pop("sts:AssumeRole") == [LOOKS]
    assert granted.pop("s3:PutObject") == granted.pop("s3:AbortMultipartUpload") == reports
    assert set(granted) == {"kms:GenerateDataKey", "kms:Decrypt", "logs:CreateLogStream", "logs:PutLogEvents"}


def test_its_role_is_none_that_bootstrap_lets_become_the_deployer() -> None:
    names = {each.inputs["name"] for each in with_previews().all(aws.iam.Role)}
    assert {name for name in names if fnmatch.fnmatch(name, "takeoff-*-deployer")} == {"takeoff-prod-deployer"}
    assert "takeoff-prod-previews" in names


def test_inside_the_network_unread_code_is_no_member_of_the_workloads_group() -> None:
    deployment = with_previews(PLACEMENT, endpoints_group="sg-endpoints")
    group = deployment.one(aws.ec2.SecurityGroup)
    (project,) = [p for p in deployment.all(aws.codebuild.Project) if p.inputs["name"] == "takeoff-prod-previews"]
    within = project.inputs["vpcConfig"]
    assert within["subnets"] == ["subnet-1", "subnet-2"]
    assert len(within["securityGroupIds"]) == 1
    assert within["securityGroupIds"] != ["sg-1"]
    (out,) = deployment.all(aws.vpc.SecurityGroupEgressRule)
    assert (out.inputs["fromPort"], out.inputs["toPort"], out.inputs["cidrIpv4"]) == (443, 443, "0.0.0.0/0")
    (into,) = deployment.all(aws.vpc.SecurityGroupIngressRule)
    # Only into the endpoints; nothing is let into the group itself.
    assert into.inputs["securityGroupId"] == "sg-endpoints"
    assert into.inputs["referencedSecurityGroupId"] == out.inputs["securityGroupId"] == within["securityGroupIds"][0]
    assert group.inputs["vpcId"] == "vpc-1"


def test_without_a_role_for_previews_there_is_one_project() -> None:
    assert len(declared().all(aws.codebuild.Project)) == 1


def test_the_buildspec_calls_scripts_that_are_there() -> None:
    phases = yaml.safe_load((ROOT / "infra/buildspec.yml").read_text())["phases"]
    commands = [command for phase in phases.values() for command in phase["commands"]]
    called = [word for command in commands for word in command.split() if word.startswith(".ci/")]
    assert called == [".ci/pulumi", ".ci/deploy", ".ci/report"]
    assert all((ROOT / path).stat().st_mode & 0o100 for path in called)
