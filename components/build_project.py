"""A CodeBuild project with a log of its own: what ModelImage and Deployer have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.key import Key
from components.network_interfaces import allow_interfaces
from components.placement import Placement
from components.role import Role
from components.site import Site
from components.statement import writes_log

_LONGEST = 480  # minutes; https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html
_IMAGE = "aws/codebuild/amazonlinux-x86_64-standard:5.0"


@dataclass(frozen=True, kw_only=True)
class BuildProjectArgs:
    """What a project builds from and with.

    `minutes` is the longest that a build may take (5–480). `privileged` lets it run a Docker daemon. `key` encrypts
    what CodeBuild keeps of a build, and its log. Raises ValueError for other minutes.
    """

    description: str
    source: aws.codebuild.ProjectSourceArgs
    variables: Mapping[str, pulumi.Input[str]]
    minutes: int
    key: Key
    privileged: bool = False
    branch: str | None = None
    placement: Placement | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 5 <= self.minutes <= _LONGEST:
            raise ValueError(f"build: got {self.minutes} minutes; allowed: 5 to {_LONGEST}")


def declare_build_project(
    name: str, site: Site, args: BuildProjectArgs, role: Role, opts: pulumi.ResourceOptions
) -> aws.codebuild.Project:
    """Declare a log group and a project that runs one build at a time; the role gains what every build needs."""
    physical = site.name(name)
    # CodeBuild would make the group by itself, without an end to what it keeps.
    log = aws.cloudwatch.LogGroup(
        name,
        name=f"/aws/codebuild/{physical}",
        retention_in_days=90,
        kms_key_id=args.key.arn,
        tags=dict(args.tags),
        opts=opts,
    )
    role.allow(writes_log(log.arn))
    args.key.grant_encrypt(role)
    if args.placement:
        allow_interfaces(role, site, args.placement)
    return aws.codebuild.Project(
        name,
        name=physical,
        description=args.description,
        service_role=role.ready_arn,
        source=args.source,
        source_version=args.branch,
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "LINUX_CONTAINER",
            "compute_type": "BUILD_GENERAL1_SMALL",
            "image": _IMAGE,
            "privileged_mode": args.privileged,
            "environment_variables": [{"name": key, "value": value} for key, value in args.variables.items()],
        },
        logs_config={"cloudwatch_logs": {"status": "ENABLED", "group_name": log.name}},
        build_timeout=args.minutes,
        concurrent_build_limit=1,
        encryption_key=args.key.arn,
        vpc_config=_vpc(args.placement) if args.placement else None,
        tags=dict(args.tags),
        opts=opts,
    )


def _vpc(placement: Placement) -> aws.codebuild.ProjectVpcConfigArgs:
    return aws.codebuild.ProjectVpcConfigArgs(
        vpc_id=placement.vpc_id,
        subnets=list(placement.subnet_ids),
        security_group_ids=list(placement.security_group_ids),
    )
