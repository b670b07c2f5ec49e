"""The project that applies a stack from inside AWS."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws
import pytest
import yaml

from components.deployer import Deployer, DeployerArgs
from components.placement import Placement
from components.site import Site
from tests.deployment import Deployment, deploy
from tests.tree import ROOT

SITE = Site(stack="prod", account="123456789012", region="us-east-1", partition="aws")
REPOSITORY, ROLE, STATE = "https://github.com/o/r", "arn:aws:iam::123456789012:role/takeoff-deployer", "s3://state"
PLACEMENT = Placement(vpc_id="vpc-1", subnet_ids=["subnet-1", "subnet-2"], security_group_ids=["sg-1"])


def declared(placement: Placement | None = None) -> Deployment:
    def program() -> None:
        args = DeployerArgs(repository=REPOSITORY, branch="main", role_arn=ROLE, state=STATE, placement=placement)
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
        "gitCloneDepth": 1,
        "buildspec": (ROOT / "infra/buildspec.yml").read_text(),
    }
    environment = project.inputs["environment"]
    variables = {each["name"]: each["value"] for each in environment["environmentVariables"]}
    assert variables == {"STACK": "prod", "STATE": STATE, "DEPLOYER_ROLE": ROLE}
    assert environment["privilegedMode"] is False


def test_its_own_role_may_become_the_deployer_write_its_log_and_nothing_else() -> None:
    (policy,) = [json.loads(each.inputs["policy"]) for each in declared().all(aws.iam.RolePolicy)]
    granted = {action: s["Resource"] for s in policy["Statement"] for action in s["Action"]}
    assert set(granted) == {"sts:AssumeRole", "logs:CreateLogStream", "logs:PutLogEvents"}
    assert granted["sts:AssumeRole"] == [ROLE]


def test_it_runs_inside_the_network_where_there_is_one() -> None:
    assert declared(PLACEMENT).one(aws.codebuild.Project).inputs["vpcConfig"]["subnets"] == ["subnet-1", "subnet-2"]
    assert "vpcConfig" not in declared().one(aws.codebuild.Project).inputs


@pytest.mark.parametrize(
    ("key", "value"), [("repository", "https://example.com/o/r"), ("repository", "git@github.com:o/r"), ("state", "x")]
)
def test_a_source_or_state_that_cannot_be_is_refused(key: str, value: str) -> None:
    given = {"repository": REPOSITORY, "branch": "main", "role_arn": ROLE, "state": STATE, key: value}
    with pytest.raises(ValueError, match=f"deployer.{key}: got .*; allowed: "):
        DeployerArgs(**given)


def test_the_buildspec_calls_scripts_that_are_there() -> None:
    phases = yaml.safe_load((ROOT / "infra/buildspec.yml").read_text())["phases"]
    commands = [command for phase in phases.values() for command in phase["commands"]]
    called = [command.split()[0] for command in commands if command.startswith(".ci/")]
    assert called == [".ci/pulumi", ".ci/deploy"]
    assert all((ROOT / path).stat().st_mode & 0o100 for path in called)
