"""A network's record of who talked to whom."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.key import Key
from components.role import Role
from components.site import Site
from components.statement import Statement

_DAYS = 90


def declare_flow_log(
    name: str, site: Site, vpc_id: pulumi.Input[str], key: Key, opts: pulumi.ResourceOptions
) -> aws.ec2.FlowLog:
    """Log every connection of a VPC, accepted or rejected, by the minute, for 90 days, under a key.

    https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
    """
    group = aws.cloudwatch.LogGroup(
        name, name=f"/takeoff/{site.stack}/{name}", retention_in_days=_DAYS, kms_key_id=key.arn, opts=opts
    )
    role = Role(
        name,
        site=site,
        service="vpc-flow-logs.amazonaws.com",
        description="Writes the network's flow log",
        opts=opts,
    )
    write = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
    role.allow(
        Statement(actions=write, resources=[pulumi.Output.concat(group.arn, ":*")]),
        Statement(actions=["logs:DescribeLogGroups"], resources=[site.arn("logs", "log-group:*")]),
    )
    return aws.ec2.FlowLog(
        name,
        vpc_id=vpc_id,
        traffic_type="ALL",
        log_destination_type="cloud-watch-logs",
        log_destination=group.arn,
        iam_role_arn=role.ready_arn,
        max_aggregation_interval=60,
        tags={"Name": site.name(name)},
        opts=opts,
    )
