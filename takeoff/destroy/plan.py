"""What it takes to take a stack down: steps and exclusions from its state, without asking anybody."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from takeoff.destroy.resources import Resource

Kind = Literal[
    "delete-schedule", "disable-rule", "stop-executions", "stop-builds", "stop-jobs", "suspend-scaling",
    "delete-endpoint", "delete-packages", "release-cluster", "delete-nodes", "await-interfaces",
    "empty-bucket", "empty-repository",
]  # fmt: skip
BUCKET = "aws:s3/bucket:Bucket"
REPOSITORY = "aws:ecr/repository:Repository"
KEY = "aws:kms/key:Key"
STACK = "pulumi:pulumi:Stack"
# In this order: first nothing new may start, then what runs ends, and then goes what holds other things.
_BY_TYPE: tuple[tuple[str, Kind], ...] = (
    ("aws:scheduler/schedule:Schedule", "delete-schedule"),
    ("aws:cloudwatch/eventRule:EventRule", "disable-rule"),
    ("aws:sfn/stateMachine:StateMachine", "stop-executions"),
    ("aws:codebuild/project:Project", "stop-builds"),
    ("", "stop-jobs"),
    ("aws:appautoscaling/target:Target", "suspend-scaling"),
    ("aws:sagemaker/endpoint:Endpoint", "delete-endpoint"),
    ("aws:sagemaker/modelPackageGroup:ModelPackageGroup", "delete-packages"),
    ("aws:eks/cluster:Cluster", "release-cluster"),
    ("aws:eks/nodeGroup:NodeGroup", "delete-nodes"),
    ("aws:ec2/securityGroup:SecurityGroup", "await-interfaces"),
    (BUCKET, "empty-bucket"),
    (REPOSITORY, "empty-repository"),
)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to do before the engine destroys: what, and on which resource (jobs: on names that begin so)."""

    kind: Kind
    target: str
    state: Mapping[str, Any] = field(default_factory=dict)


def protected(resources: Sequence[Resource]) -> list[Resource]:
    """What refuses to go."""
    return [resource for resource in resources if resource.protect]


def steps(resources: Sequence[Resource], stack: str, delete_data: bool) -> list[Step]:
    """What to do before the engine destroys, in order; none for a stack of which nothing is left.

    A bucket or repository is emptied when its own declaration says so (retainData: false) or `delete_data` does.
    """
    found: list[Step] = []
    for type_, kind in _BY_TYPE:
        if not type_:
            found += [Step(kind=kind, target=f"takeoff-{stack}-{model}") for model in _models(resources)]
            continue
        for resource in resources:
            if resource.type == type_ and (not holds_data(resource) or empties(resource, delete_data)):
                found.append(Step(kind=kind, target=resource.id, state=resource.outputs))
    return found


def _models(resources: Sequence[Resource]) -> list[str]:
    """The stack's models, by its outputs: a name prefix of the stack alone would reach into `<stack>-apps`, too."""
    stack = next((r for r in resources if r.type == STACK), None)
    return list(stack.outputs.get("models") or {}) if stack else []


def holds_data(resource: Resource) -> bool:
    """Whether the resource is a place for things that no state knows."""
    return resource.type in {BUCKET, REPOSITORY}


def empties(resource: Resource, delete_data: bool) -> bool:
    """Whether what such a place holds goes with it."""
    flag = "forceDestroy" if resource.type == BUCKET else "forceDelete"
    return delete_data or bool(resource.outputs.get(flag))


def kept(resources: Sequence[Resource], full: Collection[str]) -> set[str]:
    """The URNs to leave out of the destroy: places of data that are not empty (by URN), and all they stand on.

    A bucket keeps its policy, encryption and versioning. While any data stays, so does every key: without its key what
    is encrypted could never be read again, and a destroy that stopped half-way may have forgotten which key it is.
    """
    by_urn = {resource.urn: resource for resource in resources}
    stay = {urn for urn in full if urn in by_urn}
    if stay:
        stay |= {resource.urn for resource in resources if resource.type == KEY}
    # What belongs to a place of data, or to a key, and nothing else does (settings, aliases), stays with it.
    for owner in [*stay, *_closure(stay, by_urn)]:
        stay |= {r.urn for r in resources if owner in r.needs and _setting(r, by_urn[owner])}
    return _closure(stay, by_urn)


def _setting(resource: Resource, owner: Resource) -> bool:
    """Whether a resource only says something more about another: s3 BucketPolicy of Bucket, kms Alias of Key."""
    return owner.type in {BUCKET, REPOSITORY, KEY} and resource.type.split("/")[0] == owner.type.split("/")[0]


def _closure(urns: Collection[str], by_urn: dict[str, Resource]) -> set[str]:
    found, todo = set(urns), list(urns)
    while todo:
        for urn in by_urn[todo.pop()].needs:
            if urn in by_urn and urn not in found:
                found.add(urn)
                todo.append(urn)
    return found
