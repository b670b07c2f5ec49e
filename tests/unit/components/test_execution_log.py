"""What a state machine logs, and what its role may do for that."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.execution_log import declare_execution_log
from components.key import Key
from components.part import Part
from components.site import Site
from tests.deployment import Deployment, deploy

SITE = Site(stack="test", account="123456789012", region="us-east-1", partition="aws")


@pytest.fixture(scope="module")
def declared() -> Deployment:
    def program() -> None:
        key = Key("data", site=SITE, purpose="p")
        opts = pulumi.ResourceOptions()
        part = Part(name="one", physical="takeoff-test-one", site=SITE, key=key, opts=opts, owner="o@x.com", model="m")
        role = part.role("states", "states", "d")
        logging = declare_execution_log(part, role)
        aws.sfn.StateMachine("one", role_arn=role.ready_arn, definition="{}", logging_configuration=logging)

    return deploy(program)


def test_what_fails_is_logged_without_data_in_an_encrypted_group_that_ends_after_ninety_days(
    declared: Deployment,
) -> None:
    group = declared.one(aws.cloudwatch.LogGroup)
    assert group.inputs == {
        "name": "/aws/vendedlogs/states/takeoff-test-one",
        "retentionInDays": 90,
        "kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/data",
        "tags": {"takeoff:model": "m", "takeoff:owner": "o@x.com"},
    }
    logging: dict[str, Any] = declared.one(aws.sfn.StateMachine).inputs["loggingConfiguration"]
    destination = logging.pop("logDestination")
    assert logging == {"level": "ERROR", "includeExecutionData": False}
    assert destination.endswith("/aws/vendedlogs/states/takeoff-test-one:*")
    assert group.urn in declared.one(aws.sfn.StateMachine).depends_on


def test_the_machines_role_may_arrange_deliveries_and_look_at_this_accounts_groups(declared: Deployment) -> None:
    statements = json.loads(declared.one(aws.iam.RolePolicy).inputs["policy"])["Statement"]
    granted = {action: each["Resource"] for each in statements for action in each["Action"]}
    assert granted.pop("logs:DescribeLogGroups") == ["arn:aws:logs:us-east-1:123456789012:log-group:*"]
    assert set(granted) == {
        "logs:CreateLogDelivery",
        "logs:GetLogDelivery",
        "logs:UpdateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:DescribeResourcePolicies",
    }
    assert all(resources == ["*"] for resources in granted.values())
