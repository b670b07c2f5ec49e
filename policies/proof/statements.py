"""Operators on the statements of a policy document: widen what it permits, take away what it denies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from policies.proof.change import Change, Operator, Site
from policies.proof.places import NOTHING, Place, at, places

Statement = Mapping[str, Any]
STRANGER = "arn:aws:iam::999999999999:root"
# What a statement for everybody or for a stranger would permit, by the type whose document it is added to.
_GRANTS = {
    "aws:s3/bucketPolicy:BucketPolicy": "s3:GetObject",
    "aws:kms/key:Key": "kms:Decrypt",
    "aws:iam/role:Role": "sts:AssumeRole",
    "aws:sns/topicPolicy:TopicPolicy": "sns:Publish",
}


def on_statements(effect: str, weakened: Callable[[Statement], Iterator[tuple[str, Any]]]) -> Operator:
    """An operator that puts each weaker form of each statement of an effect in its place, labelled by `weakened`."""

    def operator(site: Site) -> Iterator[Change]:
        for place in _statements(site):
            statement = at(site.resource.props, place)
            if statement.get("Effect") == effect:
                for label, weaker in weakened(statement):
                    yield site.edit(place, weaker, label)

    return operator


def widen_action(statement: Statement) -> Iterator[tuple[str, Any]]:
    """Everything may be done."""
    if statement.get("Action") != "*":
        yield "", {**statement, "Action": "*"}


def widen_service(statement: Statement) -> Iterator[tuple[str, Any]]:
    """Everything of a service may be done."""
    actions = _list(statement.get("Action"))
    for service in dict.fromkeys(action.partition(":")[0] for action in actions):
        if f"{service}:*" not in actions:
            yield service, {**statement, "Action": [*actions, f"{service}:*"]}


def widen_resource(statement: Statement) -> Iterator[tuple[str, Any]]:
    """It may be done to everything."""
    if "Resource" in statement and "*" not in _list(statement["Resource"]):
        yield "", {**statement, "Resource": "*"}


def widen_principal(statement: Statement) -> Iterator[tuple[str, Any]]:
    """Everybody may do it."""
    if statement.get("Principal") not in (None, "*", {"AWS": "*"}):
        yield "everybody", {**statement, "Principal": "*"}
        yield "every-account", {**statement, "Principal": {"AWS": "*"}}


def drop_condition(statement: Statement) -> Iterator[tuple[str, Any]]:
    """It may be done under no condition; of several, each goes by itself too."""
    conditions = statement.get("Condition", {})
    if conditions:
        yield "", {key: value for key, value in statement.items() if key != "Condition"}
    keys = [(operator, key) for operator, held in conditions.items() for key in held]
    for operator, key in keys if len(keys) > 1 else ():
        rest = {name: {k: v for k, v in of.items() if (name, k) != (operator, key)} for name, of in conditions.items()}
        yield key, {**statement, "Condition": {name: held for name, held in rest.items() if held}}


def drop_statement(_: Statement) -> Iterator[tuple[str, Any]]:
    """What was denied is denied no more."""
    yield "", NOTHING


def narrow_action(statement: Statement) -> Iterator[tuple[str, Any]]:
    """Only one action is denied."""
    yield "", {**statement, "Action": "s3:GetObject"}


def narrow_resource(statement: Statement) -> Iterator[tuple[str, Any]]:
    """It is denied for one resource of several."""
    resources = _list(statement.get("Resource"))
    for number, resource in enumerate(resources if len(resources) > 1 else ()):
        yield str(number), {**statement, "Resource": resource}


def narrow_principal(statement: Statement) -> Iterator[tuple[str, Any]]:
    """It is denied to one account only."""
    yield "", {**statement, "Principal": {"AWS": STRANGER}}


def granting(principal: Any) -> Operator:
    """An operator that lets a principal in by a statement of its own."""

    def operator(site: Site) -> Iterator[Change]:
        for place in places(site.resource.props, f"{site.property.path}{{}}.Statement"):
            found = _list(at(site.resource.props, place))
            target = {} if site.resource.type == "aws:iam/role:Role" else {"Resource": found[0].get("Resource", "*")}
            grant = {"Effect": "Allow", "Principal": principal, "Action": _GRANTS[site.resource.type], **target}
            yield site.edit(place, [*found, grant])

    return operator


def pass_any(site: Site) -> Iterator[Change]:
    """Any role may be handed to any service."""
    for place in places(site.resource.props, f"{site.property.path}{{}}.Statement"):
        found = _list(at(site.resource.props, place))
        yield site.edit(place, [*found, {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}])


def _statements(site: Site) -> Iterator[Place]:
    """Each statement of the document at a site; a document may hold one that is in no list."""
    path = f"{site.property.path}{{}}.Statement"
    for place in places(site.resource.props, path):
        if isinstance(at(site.resource.props, place), list):
            yield from places(site.resource.props, f"{path}[*]")
        else:
            yield place


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
