"""What a state machine tells of its executions after they are over."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.key import Key
from components.role import Role
from components.site import Site
from components.statement import Statement

_DAYS = 90
# https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
_DELIVERY = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
)


def declare_execution_log(
    name: str,
    site: Site,
    machine: str,
    key: Key,
    role: Role,
    opts: pulumi.ResourceOptions,
    tags: Mapping[str, str] | None = None,
) -> aws.sfn.StateMachineLoggingConfigurationArgs:
    """Log what fails in the executions of the state machine called `machine`, without their data, for 90 days.

    The machine's role gains what Step Functions needs to deliver there. The name of the group keeps it out of the
    account's policy for log deliveries, which holds 5,120 characters.
    https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-limitations
    """
    group = aws.cloudwatch.LogGroup(
        f"{name}-states",
        name=f"/aws/vendedlogs/states/{machine}",
        retention_in_days=_DAYS,
        kms_key_id=key.arn,
        tags=dict(tags) if tags else None,
        opts=opts,
    )
    role.allow(
        Statement(actions=_DELIVERY, resources=["*"]),
        Statement(actions=["logs:DescribeLogGroups"], resources=[site.arn("logs", "log-group:*")]),
    )
    return aws.sfn.StateMachineLoggingConfigurationArgs(
        level="ERROR", include_execution_data=False, log_destination=pulumi.Output.concat(group.arn, ":*")
    )
