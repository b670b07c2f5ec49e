"""Functions and state machines: called by whom is meant, on runtimes that AWS still mends, with logs that are kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.declared import Declared, Graph, given, known
from policies.links import each
from policies.rule import FSBP, OWN, Broken, ResourceRule, Rule, Settings, StackRule
from policies.sources import hub

_FUNCTION: Final = "aws:lambda/function:Function"
_MACHINE: Final = "aws:sfn/stateMachine:StateMachine"
_PROJECT: Final = "aws:codebuild/project:Project"
_FLOW_LOG: Final = "aws:ec2/flowLog:FlowLog"
_CLUSTER: Final = "aws:eks/cluster:Cluster"
_GROUP: Final = "aws:cloudwatch/logGroup:LogGroup"
# https://docs.aws.amazon.com/securityhub/latest/userguide/lambda-controls.html#lambda-2, read 2026-11-23
_RUNTIMES: Final = (
    "dotnet8", "java11", "java17", "java21", "java25", "java8.al2", "nodejs20.x", "nodejs22.x", "nodejs24.x",
    "python3.10", "python3.11", "python3.12", "python3.13", "python3.14", "ruby3.2", "ruby3.3", "ruby3.4",
)  # fmt: skip


def _called(resource: Declared, _settings: Settings) -> str | None:
    principal = known(resource.at("principal"), "principal")
    held = any(given(resource.at(path)) for path in ("sourceAccount", "sourceArn", "principalOrgId"))
    if principal == "*" and not held:
        return "principal *"
    # A bucket's name says nothing of its account: another's could call after ours is deleted.
    bucket = principal == "s3.amazonaws.com" and not given(resource.at("sourceAccount"))
    return "s3.amazonaws.com without sourceAccount" if bucket else None


def _named(resource: Declared, _settings: Settings) -> str | None:
    if resource.type == "aws:lambda/functionUrl:FunctionUrl":
        kind = known(resource.at("authorizationType"), "authorizationType")
        return None if kind == "AWS_IAM" else f"authorizationType {kind}"
    principal = str(known(resource.at("principal"), "principal"))
    if principal.endswith(".amazonaws.com") and not any(given(resource.at(p)) for p in ("sourceArn", "sourceAccount")):
        return f"{principal} for whichever account asks"
    action = known(resource.at("action"), "action")
    return f"action {action}" if action in ("*", "lambda:*") else None


def _supported(resource: Declared, settings: Settings) -> str | None:
    runtime = known(resource.at("runtime"), "runtime")
    if runtime is None or known(resource.at("packageType"), "packageType") == "Image":
        return None
    return None if runtime in settings["runtimes"] else f"runtime {runtime}"


def _zones(resource: Declared, _settings: Settings) -> str | None:
    subnets = known(resource.at("vpcConfig.subnetIds"), "vpcConfig.subnetIds")
    return f"{len(subnets)} subnet" if subnets is not None and len(subnets) < 2 else None


def _logged(resource: Declared, _settings: Settings) -> str | None:
    level = known(resource.at("loggingConfiguration.level"), "loggingConfiguration.level")
    if level not in ("ALL", "ERROR", "FATAL"):
        return f"loggingConfiguration.level {level or 'left out'}"
    to = given(resource.at("loggingConfiguration.logDestination"))
    return None if to else "loggingConfiguration without logDestination"


def _grouped(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    groups = graph.of(_GROUP)
    names = {group.at("name") for group in groups if isinstance(group.at("name"), str)}

    def check(resource: Declared) -> str | None:
        path, wanted = _group_of(resource)
        referred = any(urn in {group.urn for group in groups} for urn in resource.refs.get(path.partition(".")[0], ()))
        if referred or wanted is None:
            return None
        return None if known(wanted, path) in names else f"no LogGroup {wanted}"

    return each(graph.of(_FUNCTION, _PROJECT, _FLOW_LOG, _MACHINE, _CLUSTER), check)


def _group_of(resource: Declared) -> tuple[str, object]:
    """The property that names a resource's log group, and the group's name; none where it logs elsewhere."""
    if resource.type == _FUNCTION:
        chosen = resource.at("loggingConfig.logGroup")
        name = known(resource.at("name"), "name")
        return "loggingConfig", chosen if given(chosen) else f"/aws/lambda/{name}"
    if resource.type == _CLUSTER:
        kinds = resource.at("enabledClusterLogTypes")
        return "name", f"/aws/eks/{known(resource.at('name'), 'name')}/cluster" if given(kinds) else None
    if resource.type == _PROJECT:
        chosen = resource.at("logsConfig.cloudwatchLogs.groupName")
        status = resource.at("logsConfig.cloudwatchLogs.status")
        name = known(resource.at("name"), "name")
        return "logsConfig", None if status == "DISABLED" else (chosen if given(chosen) else f"/aws/codebuild/{name}")
    path = "loggingConfiguration.logDestination" if resource.type == _MACHINE else "logDestination"
    to = resource.at(path)
    if resource.type == _MACHINE and not given(to):
        level = known(resource.at("loggingConfiguration.level"), "loggingConfiguration.level")
        return path, None if level in (None, "", "OFF") else "of its own"
    if isinstance(to, str):
        return path, to.partition(":log-group:")[2].removesuffix(":*") or None
    return path, to


RULES: Final[tuple[Rule, ...]] = (
    ResourceRule(
        control="Lambda.1",
        name="lambda-1-not-public",
        severity="critical",
        frameworks=(FSBP,),
        title="nobody at large calls a function",
        allowed="a principal by name; s3.amazonaws.com with sourceAccount",
        fix="name the principal, and set sourceAccount",
        source=hub("Lambda.1"),
        types=("aws:lambda/permission:Permission",),
        check=_called,
    ),
    ResourceRule(
        control="Takeoff.19",
        name="takeoff-19-function-callers",
        severity="high",
        frameworks=(OWN,),
        title="a service calls a function on this account's behalf only, and a function's address asks who is there",
        allowed="services with sourceArn or sourceAccount, an action by name; authorizationType AWS_IAM",
        fix="set sourceArn to the one that calls; set authorizationType AWS_IAM",
        source="https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html",
        types=("aws:lambda/permission:Permission", "aws:lambda/functionUrl:FunctionUrl"),
        check=_named,
    ),
    ResourceRule(
        control="Lambda.2",
        name="lambda-2-supported-runtime",
        severity="medium",
        frameworks=(FSBP,),
        title="a function runs on a supported runtime",
        allowed=f"one of {', '.join(_RUNTIMES)}, or an image",
        fix="name a runtime of the list",
        source=hub("Lambda.2"),
        settings={"runtimes": list(_RUNTIMES)},
        types=(_FUNCTION,),
        check=_supported,
    ),
    ResourceRule(
        control="Lambda.5",
        name="lambda-5-several-zones",
        severity="medium",
        frameworks=(FSBP,),
        title="a function in a VPC survives the loss of a zone",
        allowed="two or more vpcConfig.subnetIds, or no VPC",
        fix="name the private subnets of all zones",
        source=hub("Lambda.5"),
        types=(_FUNCTION,),
        check=_zones,
    ),
    ResourceRule(
        control="StepFunctions.1",
        name="stepfunctions-1-logged",
        severity="medium",
        frameworks=(FSBP,),
        title="a state machine logs what it did",
        allowed="loggingConfiguration.level ALL, ERROR or FATAL with a logDestination",
        fix="set loggingConfiguration, and let the role deliver logs",
        source=hub("StepFunctions.1"),
        types=(_MACHINE,),
        check=_logged,
    ),
    StackRule(
        control="Takeoff.30",
        name="takeoff-30-logs-are-declared",
        severity="medium",
        frameworks=(OWN,),
        title="whatever runs has a log group of the stack's own",
        allowed="a LogGroup with the name that the function, project, state machine, flow log or cluster writes to",
        fix="declare it: a group that a service makes by itself is kept for ever, and under no key",
        source="https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html",
        types=(_FUNCTION, _PROJECT, _FLOW_LOG, _MACHINE, _CLUSTER),
        check=_grouped,
    ),
)
