"""The project that previews a stack from inside its network: unread code, so it can look and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.bucket import Bucket
from components.build_project import BuildProjectArgs, declare_build_project
from components.key import Key
from components.placement import ANYWHERE, HTTPS, Placement, after, egress_rule
from components.role import Role
from components.site import Site
from components.statement import Statement

NAME = "previews"
_MINUTES = 30


@dataclass(frozen=True, kw_only=True)
class PreviewsArgs:
    """As whom previews look, and where their reports go.

    `role_arn` is the preview role that bootstrap/ made; it also starts the builds, and reads the reports that they add
    below `previews/` of `reports`. `endpoints_group` is the group of the VPC's interface endpoints, which stand inside
    for AWS's services, and answer only those whom they let in. `key`, the bucket's, encrypts what CodeBuild keeps.
    """

    role_arn: str
    reports: Bucket
    key: Key
    endpoints_group: pulumi.Input[str] | None = None


def declare_previews(
    site: Site,
    args: PreviewsArgs,
    source: aws.codebuild.ProjectSourceArgs,
    branch: str,
    variables: Mapping[str, str],
    placement: Placement | None,
    opts: pulumi.ResourceOptions,
) -> aws.codebuild.Project:
    """Declare a project whose role may become the preview role, add reports and write its log.

    Its name must never end like the deployer's: bootstrap/ lets `takeoff-*-deployer` become the one who deploys.
    """
    role = Role(
        NAME,
        site=site,
        service="codebuild.amazonaws.com",
        description=f"Looks at {site.stack} for pull requests",
        opts=opts,
    )
    role.allow(Statement(actions=["sts:AssumeRole"], resources=[args.role_arn]))
    args.reports.grant_write(role, NAME)
    reports = pulumi.Output.concat("s3://", args.reports.name, "/", NAME)
    build = BuildProjectArgs(
        description=f"Previews the stack {site.stack} for pull requests",
        source=source,
        branch=branch,
        variables={**variables, "ROLE": args.role_arn, "COMMAND": "preview", "REPORTS": reports},
        minutes=_MINUTES,
        key=args.key,
        placement=_apart(site, placement, args.endpoints_group, opts) if placement else None,
    )
    return declare_build_project(NAME, site, build, role, opts)


def _apart(
    site: Site, placement: Placement, endpoints_group: pulumi.Input[str] | None, opts: pulumi.ResourceOptions
) -> Placement:
    """The same subnets without the workloads' group, whose members reach each other on every port."""
    group = aws.ec2.SecurityGroup(
        NAME,
        name=site.name(NAME, limit=255),
        description=f"Previews of {site.stack}",
        vpc_id=placement.vpc_id,
        tags={"Name": site.name(NAME)},
        opts=opts,
    )
    rules: list[pulumi.Resource] = [egress_rule(NAME, group, opts, cidr_ipv4=ANYWHERE)]
    if endpoints_group is not None:
        rules.append(
            aws.vpc.SecurityGroupIngressRule(
                NAME,
                security_group_id=endpoints_group,
                referenced_security_group_id=group.id,
                ip_protocol="tcp",
                from_port=HTTPS,
                to_port=HTTPS,
                description="Previews",
                opts=opts,
            )
        )
    return Placement(
        vpc_id=placement.vpc_id, subnet_ids=placement.subnet_ids, security_group_ids=[after(group.id, rules)]
    )
