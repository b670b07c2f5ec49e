"""The project that applies a stack from inside AWS: on an approval, and for what only its network reaches."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pulumi
import pulumi_aws as aws

from components.build_project import BuildProjectArgs, declare_build_project
from components.key import Key
from components.placement import Placement
from components.previews import PreviewsArgs, declare_previews
from components.role import Role
from components.site import Site
from components.statement import Statement

_BUILDSPEC = Path(__file__).resolve().parent.parent / "infra" / "buildspec.yml"
_MINUTES = 120


@dataclass(frozen=True, kw_only=True)
class DeployerArgs:
    """What is deployed, from where, and as whom.

    `repository` is the https address of a GitHub repository and `branch` what is deployed of it; a private one needs
    the account's connection to GitHub. `role_arn` is the deployer role and `state` the address (s3://…) of the state
    bucket that bootstrap/ made; `key` encrypts what a build leaves. In a `placement` the subnets need a way to the
    internet. With `previews` a second project answers pull requests from the same place, as another role. Raises
    ValueError for another source or state.
    """

    repository: str
    branch: str
    role_arn: str
    state: str
    key: Key
    placement: Placement | None = None
    previews: PreviewsArgs | None = None

    def __post_init__(self) -> None:
        if not self.repository.startswith("https://github.com/"):
            raise ValueError(f"deployer.repository: got {self.repository!r}; allowed: https://github.com/OWNER/NAME")
        if not self.state.startswith("s3://"):
            raise ValueError(f"deployer.state: got {self.state!r}; allowed: s3://BUCKET, as bootstrap/ names it")


class Deployer(pulumi.ComponentResource):
    """A CodeBuild project that runs `pulumi up` for its stack, one at a time, and waits for the stack's lock."""

    CALLS: ClassVar[frozenset[str]] = frozenset({"logs", "sts"})

    def __init__(self, name: str, site: Site, args: DeployerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("takeoff:delivery:Deployer", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = Role(
            name,
            site=site,
            service="codebuild.amazonaws.com",
            description=f"Becomes the deployer of {site.stack}",
            opts=child,
        )
        role.allow(Statement(actions=["sts:AssumeRole"], resources=[args.role_arn]))
        variables = {"STACK": site.stack, "STATE": args.state}
        build = BuildProjectArgs(
            description=f"Applies the stack {site.stack}",
            source=_source(args.repository),
            branch=args.branch,
            variables={**variables, "ROLE": args.role_arn, "COMMAND": "deploy"},
            minutes=_MINUTES,
            key=args.key,
            placement=args.placement,
        )
        project = declare_build_project(name, site, build, role, child)
        self.project: pulumi.Output[str] = project.name
        self.project_arn: pulumi.Output[str] = project.arn
        if args.previews:
            source = _source(args.repository)
            declare_previews(site, args.previews, source, args.branch, variables, args.placement, child)
        self.register_outputs({"project_arn": self.project_arn})


def _source(repository: str) -> aws.codebuild.ProjectSourceArgs:
    """The repository with our own buildspec; whole, as a commit that is no branch's last one needs."""
    return aws.codebuild.ProjectSourceArgs(type="GITHUB", location=repository, buildspec=_BUILDSPEC.read_text())
