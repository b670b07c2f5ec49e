"""What a role needs so that AWS can put its work into a VPC."""

from __future__ import annotations

import pulumi

from components.placement import Placement
from components.role import Role
from components.site import Site
from components.statement import Statement


def allow_interfaces(role: Role, site: Site, placement: Placement) -> None:
    """Let a role's service make and remove its network interfaces in the placement's subnets.

    https://docs.aws.amazon.com/sagemaker/latest/dg/host-vpc.html#host-vpc-permissions
    """

    def arns(kind: str, ids: list[pulumi.Input[str]]) -> list[pulumi.Input[str]]:
        return [pulumi.Output.concat(site.arn("ec2", f"{kind}/"), each) for each in ids]

    interfaces = site.arn("ec2", "network-interface/*")
    around = arns("subnet", [*placement.subnet_ids]) + arns("security-group", [*placement.security_group_ids])
    role.allow(
        Statement(
            actions=[
                "ec2:DescribeDhcpOptions",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcEndpoints",
                "ec2:DescribeVpcs",
            ],
            resources=["*"],
        ),
        Statement(actions=["ec2:CreateNetworkInterface"], resources=[interfaces, *around]),
        Statement(
            actions=[
                "ec2:CreateNetworkInterfacePermission",
                "ec2:DeleteNetworkInterface",
                "ec2:DeleteNetworkInterfacePermission",
            ],
            resources=[interfaces],
        ),
    )
