"""Roles and statements."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws
import pytest

from components.role import Role
from components.site import Site
from components.statement import UNSCOPABLE, Statement
from tests.deployment import deploy
from tests.stacks.test_local_stack import config, facts

SITE = Site(stack="test", account="123456789012", region="us-east-1", partition="aws")


def role(name: str = "r") -> Role:
    return Role(name, site=SITE, service="lambda.amazonaws.com", description="d")


@pytest.mark.parametrize(
    ("actions", "resources"),
    [(["s3:*"], ["arn:x"]), ([], ["arn:x"]), (["s3:GetObject"], ["*"]), (["ecr:GetAuthorizationToken", "a:b"], ["*"])],
)
def test_a_statement_wider_than_it_must_be_is_refused(actions: list[str], resources: list[str]) -> None:
    with pytest.raises(ValueError, match="allowed:"):
        Statement(actions=actions, resources=resources)


@pytest.mark.parametrize("action", sorted(UNSCOPABLE))
def test_an_action_that_aws_cannot_scope_may_have_every_resource(action: str) -> None:
    assert Statement(actions=[action], resources=["*"]).document()["Resource"] == ["*"]


def test_a_permission_granted_after_the_role_was_handed_out_is_refused() -> None:
    def program() -> None:
        late = role()
        late.allow(Statement(actions=["s3:GetObject"], resources=["arn:x"]))
        assert late.ready_arn is not None
        with pytest.raises(RuntimeError, match="grant before first use"):
            late.allow(Statement(actions=["s3:PutObject"], resources=["arn:x"]))

    deploy(program)


def test_a_role_without_permissions_is_not_handed_out() -> None:
    def program() -> None:
        with pytest.raises(RuntimeError, match="no permission"):
            _ = role().ready_arn

    deploy(program)


def test_statements_become_one_policy_that_the_ready_arn_waits_for() -> None:
    def program() -> None:
        one = role()
        one.allow(Statement(actions=["s3:GetObject"], resources=[pulumi.Output.from_input("arn:x")]))
        one.allow(Statement(actions=["kms:Decrypt"], resources=["arn:y"]))
        aws.sfn.StateMachine("consumer", role_arn=one.ready_arn, definition="{}")

    deployment = deploy(program)
    policy = deployment.one(aws.iam.RolePolicy)
    assert [s["Action"] for s in json.loads(policy.inputs["policy"])["Statement"]] == [
        ["s3:GetObject"],
        ["kms:Decrypt"],
    ]
    assert policy.urn in deployment.one(aws.sfn.StateMachine).depends_on


def test_a_role_trusts_one_service_on_behalf_of_its_own_account() -> None:
    deployment = deploy(lambda: role() and None)
    (statement,) = json.loads(deployment.one(aws.iam.Role).inputs["assumeRolePolicy"])["Statement"]
    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_no_policy_of_the_local_stack_reaches_every_resource_without_a_named_reason() -> None:
    from infra.program import deploy as program

    whole = deploy(program, stack="local", config=config(), parameters=facts())
    checked = 0
    for policy in whole.all(aws.iam.RolePolicy):
        for statement in json.loads(policy.inputs["policy"])["Statement"]:
            checked += 1
            assert not any("*" in action for action in statement["Action"])
            assert "*" not in statement["Resource"] or set(statement["Action"]) <= set(UNSCOPABLE)
    assert checked > 10
