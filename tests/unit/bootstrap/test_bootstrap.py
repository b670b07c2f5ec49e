"""What the bootstrap program declares, and what its policies let nobody do."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Mapping
from typing import Any

import pulumi_aws as aws
import pytest

from bootstrap import policies
from bootstrap.config import ConfigError, parse
from bootstrap.program import deploy as program
from components.site import Site
from tests.deployment import ACCOUNT, Deployment, deploy

SITE = Site(stack="bootstrap", account=ACCOUNT, region="us-east-1", partition="aws")
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/takeoff-bootstrap-boundary"
REPOSITORY = {"takeoff-bootstrap:repository": "example/takeoff"}
EVERYTHING = {
    f"takeoff-bootstrap:{key}": "create"
    for key in ("apiGatewayLogs", "configRecorder", "lakeFormation", "anomalyMonitor")
}


def bootstrap(**config: str) -> Deployment:
    given = REPOSITORY | {key.replace("__", ":"): value for key, value in config.items()}
    return deploy(program, stack="sandbox", config=given)


@pytest.fixture(scope="module")
def smallest() -> Deployment:
    return bootstrap()


@pytest.fixture(scope="module")
def whole() -> Deployment:
    return deploy(program, stack="sandbox", config=REPOSITORY | EVERYTHING)


def decide(body: Mapping[str, Any], action: str, resource: str = "*", **context: str) -> bool:
    """What IAM would decide by one document: an explicit deny wins, nothing is allowed by silence."""

    def matches(statement: Mapping[str, Any]) -> bool:
        def listed(key: str) -> list[str]:
            value = statement.get(key, [])
            return [value] if isinstance(value, str) else list(value)

        named = any(fnmatch.fnmatchcase(action, each) for each in listed("Action"))
        if "NotAction" in statement:
            named = not any(fnmatch.fnmatchcase(action, each) for each in listed("NotAction"))
        reached = any(fnmatch.fnmatchcase(resource, each) for each in listed("Resource"))
        conditions = statement.get("Condition", {})
        equal = all(context.get(key) == value for key, value in conditions.get("StringEquals", {}).items())
        unequal = all(context.get(key) != value for key, value in conditions.get("StringNotEquals", {}).items())
        return named and reached and equal and unequal

    effects = {statement["Effect"] for statement in body["Statement"] if matches(statement)}
    return effects == {"Allow"}


HERE = {"aws:RequestedRegion": "us-east-1"}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/takeoff-prod-churn-model"
DEPLOYER_MAY = [
    ("sagemaker:CreateEndpoint", "*", HERE),
    ("iam:CreateRole", ROLE, {"iam:PermissionsBoundary": BOUNDARY}),
    ("iam:PutRolePolicy", ROLE, {"iam:PermissionsBoundary": BOUNDARY}),
    ("iam:PassRole", ROLE, {}),
    ("iam:DeleteRole", ROLE, {}),
    ("iam:GetRole", f"arn:aws:iam::{ACCOUNT}:role/takeoff-bootstrap-deployer", {}),
    ("s3:PutObject", "arn:aws:s3:::takeoff-bootstrap-state-1/x", HERE),
]
DEPLOYER_MAY_NOT = [
    ("sagemaker:CreateEndpoint", "*", {"aws:RequestedRegion": "eu-west-1"}),
    ("iam:CreateRole", ROLE, {}),
    ("iam:CreateRole", ROLE, {"iam:PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"}),
    ("iam:PutRolePolicy", ROLE, {}),
    ("iam:AttachRolePolicy", ROLE, {}),
    ("iam:DeleteRolePermissionsBoundary", ROLE, {"iam:PermissionsBoundary": BOUNDARY}),
    ("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/admin", {"iam:PermissionsBoundary": BOUNDARY}),
    ("iam:UpdateAssumeRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/takeoff-bootstrap-deployer", {}),
    ("iam:CreatePolicyVersion", BOUNDARY, {}),
    ("iam:CreateUser", "*", {}),
    ("iam:CreateAccessKey", "*", {}),
    ("organizations:LeaveOrganization", "*", HERE),
    ("s3:DeleteBucket", "arn:aws:s3:::takeoff-bootstrap-state-1", HERE),
    ("s3:DeleteObjectVersion", "arn:aws:s3:::takeoff-bootstrap-state-1/x", HERE),
    ("kms:ScheduleKeyDeletion", "*", HERE | {"aws:ResourceTag/takeoff:stack": "bootstrap"}),
]


@pytest.mark.parametrize(("action", "resource", "context"), DEPLOYER_MAY)
def test_the_deployer_does_what_a_stack_needs(action: str, resource: str, context: dict[str, str]) -> None:
    assert decide(policies.deployer(SITE, BOUNDARY), action, resource, **context)


@pytest.mark.parametrize(("action", "resource", "context"), DEPLOYER_MAY_NOT)
def test_the_deployer_never_reaches_beyond_its_boundary(action: str, resource: str, context: dict[str, str]) -> None:
    assert not decide(policies.deployer(SITE, BOUNDARY), action, resource, **context)


@pytest.mark.parametrize(
    ("action", "resource", "may"),
    [
        ("s3:GetObject", "arn:aws:s3:::takeoff-prod-models-1/x", True),
        ("iam:PassRole", ROLE, True),
        ("iam:PutRolePolicy", ROLE, False),
        ("iam:CreateUser", "*", False),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/admin", False),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/takeoff-bootstrap-deployer", False),
        ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/takeoff-bootstrap-deployer", True),
        ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/admin", False),
        ("s3:DeleteObjectVersion", "arn:aws:s3:::takeoff-bootstrap-state-1/x", False),
        ("eks-auth:AssumeRoleForPodIdentity", f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/takeoff-prod-cluster", True),
        ("iam:AddRoleToInstanceProfile", f"arn:aws:iam::{ACCOUNT}:instance-profile/eks-us-east-1-x", True),
        ("iam:AddRoleToInstanceProfile", f"arn:aws:iam::{ACCOUNT}:instance-profile/other", False),
        ("iam:CreateServiceLinkedRole", f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/spot.amazonaws.com/x", False),
    ],
)
def test_a_role_inside_the_boundary_has_services_and_no_iam(action: str, resource: str, may: bool) -> None:
    assert decide(policies.boundary(SITE), action, resource) == may


@pytest.mark.parametrize(
    ("action", "resource", "may"),
    [
        ("sagemaker:DescribeEndpoint", "*", True),
        ("s3:GetObject", "arn:aws:s3:::state/x", True),
        ("ssm:GetParametersByPath", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/takeoff/prod", True),
        ("s3:GetObject", "arn:aws:s3:::takeoff-prod-models/x", False),
        ("s3:PutObject", "arn:aws:s3:::state/x", False),
        ("secretsmanager:GetSecretValue", "*", False),
        ("sagemaker:InvokeEndpoint", "*", False),
        ("iam:PassRole", "*", False),
    ],
)
def test_a_pull_request_looks_and_reads_no_data(action: str, resource: str, may: bool) -> None:
    assert decide(policies.preview(SITE, "arn:aws:s3:::state", "arn:key"), action, resource) == may


def test_no_document_is_longer_than_iam_takes_and_none_grants_everything() -> None:
    for body in (
        policies.boundary(SITE),
        policies.deployer(SITE, BOUNDARY),
        policies.preview(SITE, "b" * 80, "k" * 80),
    ):
        assert len(policies.render(body)) <= 6144
        for statement in body["Statement"]:
            if statement["Effect"] == "Allow":
                assert not {"*", "iam:*"} & set(statement["Action"])


def trust(deployment: Deployment, name: str) -> list[dict[str, Any]]:
    return list(json.loads(deployment.one(aws.iam.Role, name).inputs["assumeRolePolicy"])["Statement"])


def test_only_jobs_in_a_named_environment_of_the_repository_take_the_deployers_role(smallest: Deployment) -> None:
    github, projects = trust(smallest, "deployer")
    assert github["Condition"]["StringEquals"] == {
        f"{policies.GITHUB}:aud": "sts.amazonaws.com",
        f"{policies.GITHUB}:sub": [f"repo:example/takeoff:environment:{each}" for each in ("dev", "staging", "prod")],
    }
    assert github["Principal"]["Federated"].endswith("openidconnectprovider/github")
    assert projects["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    made_later = f"arn:aws:iam::{ACCOUNT}:role/takeoff-*-deployer"
    assert projects["Condition"] == {"ArnLike": {"aws:PrincipalArn": made_later}}


def test_a_pull_request_takes_the_preview_role_and_no_other(smallest: Deployment) -> None:
    github, projects = trust(smallest, "preview")
    assert github["Condition"]["StringEquals"][f"{policies.GITHUB}:sub"] == [
        "repo:example/takeoff:pull_request",
        "repo:example/takeoff:ref:refs/heads/main",
    ]
    assert projects["Condition"] == {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/takeoff-*-previews"}}
    assert "pull_request" not in json.dumps(trust(smallest, "deployer"))
    assert "previews" not in json.dumps(trust(smallest, "deployer"))


def test_the_preview_role_starts_previews_in_the_network_as_the_projects_own_role_and_reads_their_reports_alone() -> (
    None
):
    written = policies.preview(SITE, "arn:aws:s3:::state", "arn:aws:kms:us-east-1:1:key/k")
    statements = {each["Sid"]: each for each in written["Statement"]}
    started = statements["InTheNetwork"]
    assert started["Resource"].endswith(":project/takeoff-*-previews")
    assert started["Condition"] == {"Null": {"codebuild:serviceRole": "true"}}
    report = f"arn:aws:s3:::takeoff-prod-models-{ACCOUNT}"
    assert decide(written, "s3:GetObject", f"{report}/previews/1/report.md")
    assert not decide(written, "s3:GetObject", f"{report}/breast-cancer/1/model.tar.gz")
    assert not decide(
        written, "codebuild:StartBuild", f"arn:aws:codebuild:us-east-1:{ACCOUNT}:project/takeoff-prod-deployer"
    )


def test_each_role_has_the_one_policy_that_is_written_for_it(smallest: Deployment) -> None:
    attached = {
        r.inputs["role"]: r.inputs["policyArn"].rpartition("/")[2] for r in smallest.all(aws.iam.RolePolicyAttachment)
    }
    assert attached == {f"takeoff-bootstrap-{name}": f"takeoff-bootstrap-{name}" for name in ("deployer", "preview")}
    written = {r.name: json.loads(r.inputs["policy"]) for r in smallest.all(aws.iam.Policy)}
    arn = smallest.one(aws.iam.Policy, "boundary")
    assert written["boundary"] == policies.boundary(SITE)
    assert decide(written["deployer"], "iam:CreateRole", ROLE, **{"iam:PermissionsBoundary": _arn(arn.inputs["name"])})
    assert decide(
        written["preview"], "s3:GetObject", f"arn:aws:s3:us-east-1:{ACCOUNT}:bucket/takeoff-bootstrap-state-{ACCOUNT}/x"
    )


def _arn(name: str) -> str:
    """As the mocks give it."""
    return f"arn:aws:iam:us-east-1:{ACCOUNT}:policy/{name}"


def test_the_provider_of_identities_serves_this_purpose_alone(smallest: Deployment) -> None:
    provider = smallest.one(aws.iam.OpenIdConnectProvider)
    assert provider.inputs["url"] == f"https://{policies.GITHUB}"
    assert provider.inputs["clientIdLists"] == ["sts.amazonaws.com"]


def test_an_existing_provider_is_used_and_not_declared() -> None:
    found = bootstrap(**{"takeoff-bootstrap__oidcProvider": "use-existing"})
    assert found.all(aws.iam.OpenIdConnectProvider) == []
    assert trust(found, "preview")[0]["Principal"] == {
        "Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{policies.GITHUB}"
    }


def test_the_state_its_key_and_their_settings_are_protected_and_old_states_go(smallest: Deployment) -> None:
    guarded = {r.type.split("/")[0] for r in smallest.resources if r.protect and r.type.startswith("aws:")}
    assert guarded == {"aws:s3", "aws:kms"}
    assert [r.urn for r in smallest.resources if r.type.startswith(("aws:s3", "aws:kms")) and not r.protect] == []
    assert smallest.one(aws.s3.Bucket).inputs["bucket"] == f"takeoff-bootstrap-state-{ACCOUNT}"
    _unfinished, rule = smallest.one(aws.s3.BucketLifecycleConfiguration).inputs["rules"]
    assert rule["noncurrentVersionExpiration"]["noncurrentDays"] == 90


def test_the_smallest_account_has_the_one_service_linked_role_that_stacks_use_and_no_other_singleton(
    smallest: Deployment,
) -> None:
    assert [r.inputs["awsServiceName"] for r in smallest.all(aws.iam.ServiceLinkedRole)] == [
        "sagemaker.application-autoscaling.amazonaws.com"
    ]
    others = ("aws:apigateway", "aws:cfg", "aws:lakeformation", "aws:costexplorer")
    assert [r.urn for r in smallest.resources if r.type.startswith(others)] == []


def test_a_service_linked_role_that_exists_is_not_made_again() -> None:
    roles = '{"sagemaker.application-autoscaling.amazonaws.com": "use-existing"}'
    assert bootstrap(**{"takeoff-bootstrap__serviceLinkedRoles": roles}).all(aws.iam.ServiceLinkedRole) == []


def test_every_singleton_can_be_created(whole: Deployment) -> None:
    assert whole.one(aws.cfg.RecorderStatus).inputs["isEnabled"] is True
    assert whole.one(aws.cfg.Recorder).inputs["recordingGroup"] == {"allSupported": True}
    assert whole.one(aws.cfg.DeliveryChannel).inputs["s3BucketName"] == f"takeoff-bootstrap-recorded-{ACCOUNT}"
    settings = whole.one(aws.lakeformation.DataLakeSettings).inputs
    assert (settings["createDatabaseDefaultPermissions"], settings["createTableDefaultPermissions"]) == ([], [])
    assert settings["admins"][0].endswith("takeoff-bootstrap-deployer")
    monitor = whole.one(aws.costexplorer.AnomalyMonitor).inputs
    assert (monitor["monitorType"], monitor["monitorDimension"]) == ("DIMENSIONAL", "SERVICE")


def test_api_gateway_writes_logs_by_a_role_that_does_nothing_else(whole: Deployment) -> None:
    assert whole.one(aws.apigateway.Account).inputs["cloudwatchRoleArn"].endswith("takeoff-bootstrap-api-logs")
    body = json.loads(whole.one(aws.iam.RolePolicy, "api-logs").inputs["policy"])
    assert {action.split(":")[0] for statement in body["Statement"] for action in statement["Action"]} == {"logs"}


def test_the_recorder_reads_by_awss_policy_and_writes_to_its_bucket_alone(whole: Deployment) -> None:
    role = f"arn:aws:s3:us-east-1:{ACCOUNT}:bucket/takeoff-bootstrap-recorded-{ACCOUNT}"
    body = json.loads(whole.one(aws.iam.RolePolicy, "recorder").inputs["policy"])
    assert decide(body, "s3:PutObject", f"{role}/AWSLogs/1/x")
    assert decide(body, "s3:GetBucketAcl", role)
    assert not decide(body, "s3:PutObject", f"{role}/elsewhere")
    assert any(action == "kms:GenerateDataKey" for s in body["Statement"] for action in s["Action"])
    attached = whole.one(aws.iam.RolePolicyAttachment, "recorder").inputs["policyArn"]
    assert attached == "arn:aws:iam::aws:policy/service-role/AWS_ConfigRole"
    (statement,) = trust(whole, "recorder")
    assert statement["Principal"] == {"Service": "config.amazonaws.com"}


def test_the_outputs_are_what_a_person_types_next(smallest: Deployment) -> None:
    assert smallest.outputs["state"] == f"s3://takeoff-bootstrap-state-{ACCOUNT}?region=us-east-1&awssdk=v2"
    assert smallest.outputs["secretsProvider"] == "awskms://alias/takeoff-bootstrap-state?region=us-east-1"
    assert smallest.outputs["boundary"] == "takeoff-bootstrap-boundary"
    alias = smallest.one(aws.kms.Alias).inputs["name"]
    assert alias in smallest.outputs["secretsProvider"]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({}, "takeoff-bootstrap:repository: got nothing"),
        ({"repository": "x"}, "takeoff-bootstrap:repository: got 'x'"),
        ({"repository": "a/b", "oidcprovider": "create"}, "one of repository, environments, region, oidcProvider"),
        ({"repository": "a/b", "configRecorder": "yes"}, "takeoff-bootstrap:configRecorder: got 'yes'"),
        ({"repository": "a/b", "environments": []}, "takeoff-bootstrap:environments: got"),
    ],
)
def test_a_mistake_is_said_in_one_line(raw: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(raw, "sandbox")
    (line,) = str(caught.value).splitlines()
    assert said in line
    assert line.endswith("fix it in bootstrap/Pulumi.sandbox.yaml")
