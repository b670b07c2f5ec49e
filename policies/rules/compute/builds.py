"""Builds: logged, inside the VPC, unprivileged but where they make images, and without credentials in their source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from policies.declared import Declared, Graph, Unknown, given, known
from policies.links import each
from policies.rule import FSBP, OWN, Broken, ResourceRule, Rule, Settings, StackRule
from policies.rules.network.networks import VPC
from policies.sources import hub

_PROJECT: Final = "aws:codebuild/project:Project"
_CREDENTIALS: Final = re.compile(r"://[^/@\s]+@")
_KEYS: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_DOCKER: Final = re.compile(r"\b(docker|buildah|podman|buildx)\b")


def _source(resource: Declared, _settings: Settings) -> str | None:
    location = known(resource.at("source.location"), "source.location")
    return "a source.location with credentials" if _CREDENTIALS.search(str(location or "")) else None


def _variables(resource: Declared, _settings: Settings) -> str | None:
    path = "environment.environmentVariables"
    for variable in known(resource.at(path), path) or ():
        name, kind = known(variable, path).get("name"), known(variable, path).get("type")
        if name in _KEYS and kind in (None, "", "PLAINTEXT"):
            return f"{name} in clear text"
    return None


def _s3_logs(resource: Declared, _settings: Settings) -> str | None:
    path = "logsConfig.s3Logs.encryptionDisabled"
    return "encryptionDisabled true" if known(resource.at(path), path) is True else None


def _logged(resource: Declared, _settings: Settings) -> str | None:
    if not given(resource.at("logsConfig")):
        # CodeBuild writes to a group of its own making by default; what is not said is not counted on.
        return "no logsConfig"
    paths = ("logsConfig.cloudwatchLogs.status", "logsConfig.s3Logs.status")
    found = [known(resource.at(path), path) for path in paths]
    return None if "ENABLED" in found else f"status {', '.join(str(each) for each in found if each) or 'left out'}"


def _unprivileged(resource: Declared, _settings: Settings) -> str | None:
    path = "environment.privilegedMode"
    if known(resource.at(path), path) is not True:
        return None
    buildspec = known(resource.at("source.buildspec"), "source.buildspec")
    return None if _DOCKER.search(str(buildspec or "")) else "privilegedMode true, and a buildspec that builds no image"


def _inside(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    def check(project: Declared) -> str | None:
        missing = [key for key in ("vpcId", "subnets", "securityGroupIds") if not given(project.at(f"vpcConfig.{key}"))]
        return f"no vpcConfig.{', '.join(missing)}" if missing else None

    return each(graph.of(_PROJECT) if graph.of(VPC) else (), check)


def _own_roles(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    """A build that borrows the role of another may do all that the other may: a preview what only a deployment may."""
    projects = graph.of(_PROJECT)

    def check(project: Declared) -> str | None:
        role = _role(graph, project)
        others = [other.name for other in projects if other is not project and _role(graph, other) == role]
        return f"the role of {', '.join(others)} too: {role}" if others else None

    return each(projects, check)


def _role(graph: Graph, project: Declared) -> str:
    """A role by its ARN, or by the resource that it comes from while that is unknown. Raises UnknownError."""
    value, made = project.at("serviceRole"), map(graph.get, project.refs.get("serviceRole", ()))
    roles = [role.name for role in made if role is not None and role.type == "aws:iam/role:Role"]
    return roles[0] if isinstance(value, Unknown) and roles else str(known(value, "serviceRole"))


RULES: Final[tuple[Rule, ...]] = (
    ResourceRule(
        control="CodeBuild.1",
        name="codebuild-1-no-credentials-in-urls",
        severity="critical",
        frameworks=(FSBP,),
        title="a source's address holds no credentials",
        allowed="https://host/path without user and password",
        fix="connect the repository by a CodeConnections connection",
        source=hub("CodeBuild.1"),
        types=(_PROJECT,),
        check=_source,
    ),
    ResourceRule(
        control="CodeBuild.2",
        name="codebuild-2-no-clear-text-keys",
        severity="critical",
        frameworks=(FSBP,),
        title="no access key is a variable in clear text",
        allowed="the project's role; else type PARAMETER_STORE or SECRETS_MANAGER",
        fix="take the variable out: the role is enough",
        source=hub("CodeBuild.2"),
        types=(_PROJECT,),
        check=_variables,
    ),
    ResourceRule(
        control="CodeBuild.3",
        name="codebuild-3-s3-logs-are-encrypted",
        severity="low",
        frameworks=(FSBP,),
        title="a build's logs in S3 are encrypted",
        allowed="logsConfig.s3Logs.encryptionDisabled: false",
        fix="leave encryptionDisabled out",
        source=hub("CodeBuild.3"),
        types=(_PROJECT,),
        check=_s3_logs,
    ),
    ResourceRule(
        control="CodeBuild.4",
        name="codebuild-4-logged",
        severity="medium",
        frameworks=(FSBP,),
        title="a build is logged",
        allowed="logsConfig with cloudwatchLogs or s3Logs of status ENABLED",
        fix="set logsConfig.cloudwatchLogs.status",
        source=hub("CodeBuild.4"),
        types=(_PROJECT,),
        check=_logged,
    ),
    ResourceRule(
        control="Takeoff.44",
        name="takeoff-44-builds-are-unprivileged",
        severity="high",
        frameworks=(OWN,),
        title="a build is privileged only where it builds an image",
        allowed="privilegedMode: false, unless the buildspec calls docker, buildx, buildah or podman",
        fix="set privilegedMode to false",
        source="https://docs.aws.amazon.com/codebuild/latest/userguide/create-project.html",
        types=(_PROJECT,),
        check=_unprivileged,
    ),
    StackRule(
        control="Takeoff.36",
        name="takeoff-36-builds-have-roles-of-their-own",
        severity="high",
        frameworks=(OWN,),
        title="a build's role is its own",
        allowed="one serviceRole per CodeBuild project",
        fix="declare a Role for the project",
        source="https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-service-role.html",
        types=(_PROJECT,),
        check=_own_roles,
    ),
    StackRule(
        control="Takeoff.44",
        name="takeoff-44-builds-run-inside",
        severity="medium",
        frameworks=(OWN,),
        title="a build runs in the VPC, where the stack has one",
        allowed="vpcConfig with vpcId, subnets and securityGroupIds",
        fix="set vpcConfig (the network block of the stack file gives it)",
        source="https://docs.aws.amazon.com/codebuild/latest/userguide/vpc-support.html",
        types=(VPC,),
        check=_inside,
    ),
)
