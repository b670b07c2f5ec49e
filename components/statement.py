"""IAM policy statements that name what they reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

_DELIVERY = "a delivery of logs, and the account's policy that lets it in, belong to no log group"
# Actions for which AWS's service authorization reference lists no resource type: only "*" works. Each with its reason.
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
UNSCOPABLE: Mapping[str, str] = {
    "ecr:GetAuthorizationToken": "the token is the registry's, not a repository's",
    "cloudwatch:GetMetricData": "metrics have no ARN, and no condition key names one",
    "cloudwatch:PutMetricData": "metrics have no ARN; scoped by the condition cloudwatch:namespace instead",
    "ec2:DescribeDhcpOptions": "EC2 scopes no Describe call",
    "ec2:DescribeNetworkInterfaces": "EC2 scopes no Describe call",
    "ec2:DescribeSecurityGroups": "EC2 scopes no Describe call",
    "ec2:DescribeSubnets": "EC2 scopes no Describe call",
    "ec2:DescribeVpcEndpoints": "EC2 scopes no Describe call",
    "ec2:DescribeVpcs": "EC2 scopes no Describe call",
    "application-autoscaling:DescribeScalableTargets": "the service scopes no Describe call",
    # https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
    "logs:CreateLogDelivery": _DELIVERY,
    "logs:DeleteLogDelivery": _DELIVERY,
    "logs:DescribeResourcePolicies": _DELIVERY,
    "logs:GetLogDelivery": _DELIVERY,
    "logs:ListLogDeliveries": _DELIVERY,
    "logs:PutResourcePolicy": _DELIVERY,
    "logs:UpdateLogDelivery": _DELIVERY,
}


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One Allow statement.

    Raises ValueError for a resource of "*" under an action that AWS can scope, and for an action with a wildcard.
    """

    actions: Sequence[str]
    resources: Sequence[pulumi.Input[str]]
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        wild = [action for action in self.actions if "*" in action]
        if wild or not self.actions:
            raise ValueError(f"statement: got actions {list(self.actions)}; allowed: one or more named actions, no '*'")
        scopable = [action for action in self.actions if action not in UNSCOPABLE]
        if "*" in self.resources and scopable:
            raise ValueError(f"statement: got resource '*' for {scopable}; allowed: ARNs (see components/statement.py)")

    def document(self) -> dict[str, Any]:
        """The statement in IAM's policy grammar, outputs still inside."""
        body: dict[str, Any] = {"Effect": "Allow", "Action": list(self.actions), "Resource": list(self.resources)}
        if self.conditions:
            body["Condition"] = self.conditions
        return body


def writes_log(group: pulumi.Input[str]) -> Statement:
    """Write to a log group that is declared, by its ARN."""
    return Statement(
        actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[pulumi.Output.concat(group, ":*")]
    )


def policy(statements: Sequence[Mapping[str, Any]]) -> pulumi.Output[str]:
    """A policy document as JSON, resolved once everything it names is known."""
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": list(statements)}, sort_keys=True)
