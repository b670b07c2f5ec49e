"""What a state machine tells of its executions after they are over."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.part import Part
from components.role import Role
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


def declare_execution_log(part: Part, role: Role) -> aws.sfn.StateMachineLoggingConfigurationArgs:
    """Log what fails in the executions of a part's state machine, without their data, for 90 days.

    The machine's role gains what Step Functions needs to deliver there. The name of the group keeps it out of the
    account's policy for log deliveries, which holds 5,120 characters.
    https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-limitations
    """
    group = aws.cloudwatch.LogGroup(
        f"{part.name}-states",
        name=f"/aws/vendedlogs/states/{part.physical}",
        retention_in_days=_DAYS,
        kms_key_id=part.key.arn,
        tags=part.tags,
        opts=part.opts,
    )
    role.allow(
        Statement(actions=_DELIVERY, resources=["*"]),
        Statement(actions=["logs:DescribeLogGroups"], resources=[part.site.arn("logs", "log-group:*")]),
    )
    return aws.sfn.StateMachineLoggingConfigurationArgs(
        level="ERROR", include_execution_data=False, log_destination=pulumi.Output.concat(group.arn, ":*")
    )
