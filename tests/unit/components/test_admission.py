"""What an approval in the registry starts, and what it may do."""

from __future__ import annotations

import json
from typing import Any

import pulumi_aws as aws
import pytest

from components.admission import Admission, AdmissionArgs, approval
from components.bucket import Bucket
from components.deployer import Deployer, DeployerArgs
from components.key import Key
from components.site import Site
from tests.deployment import Deployment, deploy

SITE = Site(stack="test", account="123456789012", region="us-east-1", partition="aws")
GROUPS = ["takeoff-test-b", "takeoff-test-a"]


def declared(*, deployed: bool) -> Deployment:
    def program() -> None:
        key = Key("data", site=SITE, purpose="p")
        runs = Bucket("features", site=SITE, key=key, force_destroy=False)
        args = DeployerArgs(
            repository="https://github.com/o/r", branch="main", role_arn="arn:role", state="s3://state", key=key
        )
        deployer = Deployer("deployer", SITE, args) if deployed else None
        Admission("admission", SITE, AdmissionArgs(groups=GROUPS, runs=runs, key=key, deployer=deployer))

    return deploy(program)


def allowed(deployment: Deployment) -> dict[str, list[str]]:
    """Action → resources, of the function's role."""
    document = json.loads(deployment.one(aws.iam.RolePolicy, "admission-step").inputs["policy"])
    return {action: each["Resource"] for each in document["Statement"] for action in each["Action"]}


def test_an_approval_in_any_of_the_groups_starts_the_state_machine_with_the_package() -> None:
    deployment = declared(deployed=True)
    rule, target = deployment.one(aws.cloudwatch.EventRule), deployment.one(aws.cloudwatch.EventTarget)
    assert json.loads(rule.inputs["eventPattern"]) == {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {"ModelPackageGroupName": sorted(GROUPS), "ModelApprovalStatus": ["Approved"]},
    }
    assert target.inputs["arn"].endswith("takeoff-test-admission")
    assert target.inputs["inputTransformer"]["inputPaths"] == {"package": "$.detail.ModelPackageArn"}
    assert target.inputs["inputTransformer"]["inputTemplate"] == '{"package": <package>}'
    start = deployment.one(aws.iam.RolePolicy, "admission-start")
    assert start.urn in target.depends_on
    (may,) = json.loads(start.inputs["policy"])["Statement"]
    assert (may["Action"], may["Resource"]) == (["states:StartExecution"], [target.inputs["arn"]])


def test_the_function_knows_its_stack_and_the_deployers_project() -> None:
    variables = declared(deployed=True).one(aws.lambda_.Function).inputs["environment"]["variables"]
    assert variables == {"TAKEOFF_STACK": "test", "TAKEOFF_DEPLOYER": "takeoff-test-deployer"}
    variables = declared(deployed=False).one(aws.lambda_.Function).inputs["environment"]["variables"]
    assert variables == {"TAKEOFF_STACK": "test", "TAKEOFF_DEPLOYER": ""}


def test_its_log_is_kept_for_ninety_days_under_the_key() -> None:
    deployment = declared(deployed=True)
    function, log = deployment.one(aws.lambda_.Function).inputs, deployment.one(aws.cloudwatch.LogGroup, "admission")
    assert (function["name"], function["timeout"]) == ("takeoff-test-admission", 60)
    assert log.inputs["name"] == "/aws/lambda/takeoff-test-admission"
    assert log.inputs["retentionInDays"] == 90
    assert log.inputs["kmsKeyId"].endswith(":key/data")


def test_the_state_machine_calls_its_function_and_logs_what_fails() -> None:
    deployment = declared(deployed=True)
    machine = deployment.one(aws.sfn.StateMachine).inputs
    called = json.loads(machine["definition"])["States"]["Step"]["Parameters"]["FunctionName"]
    may = json.loads(deployment.one(aws.iam.RolePolicy, "admission-states").inputs["policy"])["Statement"]
    assert [each["Resource"] for each in may if each["Action"] == ["lambda:InvokeFunction"]] == [[called]]
    log = machine["loggingConfiguration"]["logDestination"]
    assert log.endswith("/aws/vendedlogs/states/takeoff-test-admission:*")


def test_it_reads_verdicts_and_decisions_writes_versions_and_starts_that_project_alone() -> None:
    may, parameters = allowed(declared(deployed=True)), "arn:aws:ssm:us-east-1:123456789012:parameter/takeoff/test"
    assert may["ssm:PutParameter"] == [f"{parameters}/*/{leaf}" for leaf in ("approved", "candidate", "versions/*")]
    leaves = ("*/approved", "*/candidate", "*/decisions/*", "*/freeze", "freeze")
    assert may["ssm:GetParameters"] == [f"{parameters}/{leaf}" for leaf in leaves]
    for action in ("codebuild:StartBuild", "codebuild:BatchGetBuilds"):
        assert [each.rpartition("/")[2] for each in may[action]] == ["takeoff-test-deployer"]
    assert may["sagemaker:DescribeModelPackage"] == [
        "arn:aws:sagemaker:us-east-1:123456789012:model-package/takeoff-test-*"
    ]
    assert may["s3:GetObject"] == ["arn:aws:s3:us-east-1:123456789012:bucket/takeoff-test-features-123456789012/runs/*"]
    assert not {action for action in may if action.startswith("sagemaker:")} - {
        "sagemaker:DescribeModelPackage",
        "sagemaker:ListModelPackages",
    }


def test_without_a_deployer_it_may_start_no_build() -> None:
    assert not [action for action in allowed(declared(deployed=False)) if action.startswith("codebuild:")]


def test_more_groups_than_a_rules_pattern_holds_are_refused() -> None:
    nothing: Any = None
    many = [f"takeoff-test-{number:030}" for number in range(60)]
    assert len(json.dumps(approval(many))) > 2048
    with pytest.raises(ValueError, match="got 60 package groups"):
        AdmissionArgs(groups=many, runs=nothing, key=nothing)
    with pytest.raises(ValueError, match="got no package group"):
        AdmissionArgs(groups=[], runs=nothing, key=nothing)
