"""What a deployment puts at risk: data, availability, permissions; and how each endpoint gets where it is wished."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from catalog.plan import duration
from takeoff.preview.access import gained
from takeoff.preview.changes import Change, short
from takeoff.preview.previewed import Preview, Step
from takeoff.preview.wish import Wish

Kind = Literal["data loss", "downtime", "permissions", "protection", "endpoint update"]

# Type tokens: the command line may not import the SDK, so a test compares them with its classes.
ENDPOINT = "aws:sagemaker/endpoint:Endpoint"
FEATURE_GROUP = "aws:sagemaker/featureGroup:FeatureGroup"
KEY = "aws:kms/key:Key"
BUCKET = "aws:s3/bucket:Bucket"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
# What is lost with each, besides the resource.
HOLDS: Mapping[str, str] = {
    FEATURE_GROUP: "the features of its online store, and the catalog of its offline store",
    KEY: "everything that is encrypted with it, once the waiting period of 7 to 30 days is over",
    BUCKET: "its objects, with all versions",
    LOG_GROUP: "its logs",
    "aws:ecr/repository:Repository": "its images",
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": "its registered versions",
    "aws:dynamodb/table:Table": "its items",
    "aws:kinesis/stream:Stream": "the records that nobody has read yet",
    "aws:secretsmanager/secret:Secret": "its value, once the recovery window is over",
    "aws:sqs/queue:Queue": "the messages that nobody has read yet",
}
# What answers no longer, or not for a while, when it goes.
SERVES: Mapping[str, str] = {
    ENDPOINT: "every caller gets errors until another endpoint of its name is in service",
    "aws:ec2/natGateway:NatGateway": "its subnets reach nothing outside meanwhile",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "its subnets do not reach the service meanwhile",
    "aws:ec2/subnet:Subnet": "whatever runs in it stops",
    "aws:lambda/function:Function": "whoever invokes it gets errors meanwhile",
    "aws:sfn/stateMachine:StateMachine": "its running executions end",
}
# Where permissions are written, and by which property.
DOCUMENTS: Mapping[str, str] = {
    ROLE: "assumeRolePolicy",
    ROLE_POLICY: "policy",
    "aws:iam/policy:Policy": "policy",
    "aws:s3/bucketPolicy:BucketPolicy": "policy",
    KEY: "policy",
    "aws:sns/topicPolicy:TopicPolicy": "policy",
    "aws:ecr/repositoryPolicy:RepositoryPolicy": "policy",
    "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy": "resourcePolicy",
}


@dataclass(frozen=True, kw_only=True)
class Risk:
    """One note: what kind, on which resource, and why. `high` ones cannot be undone by another deployment."""

    kind: Kind
    resource: str
    text: str
    high: bool = False


def risks(preview: Preview, changed: Sequence[Change], wished: Sequence[Wish]) -> list[Risk]:
    """Every note on a deployment, high ones first."""
    roles = {(step.old or {}).get("name") for step in preview.before() if step.type == ROLE} - {None}
    found = [risk for change in changed for risk in (*_lost(change), *_down(change), *_wider(change, roles))]
    found += _unprotected(preview)
    found += [note for wish in wished if (note := update(wish))]
    return sorted(found, key=lambda risk: not risk.high)


def update(wish: Wish) -> Risk | None:
    """How an endpoint gets from one wish to the next, and how long that takes by itself."""
    if wish.problem or wish.before is None or wish.after is None:
        return None
    if not wish.new_config:
        moved = wish.before.variants != wish.after.variants
        text = "weights and counts only: no new config, no new process" if moved else "the endpoint stays as it is"
        return Risk(kind="endpoint update", resource=wish.model, text=text)
    plan = wish.after.plan
    how = f"{plan.kind} in steps of {plan.percent} %" if plan.percent != 100 else plan.kind
    minutes = round(duration(plan) / 60)
    back = f"goes back by itself on {_alarms(len(plan.alarms))}" if plan.alarms else "nothing makes it go back"
    said = [f"new config by {how}, at least {minutes} min and the start of instances; {back}", *_fleets(wish)]
    return Risk(kind="endpoint update", resource=wish.model, text="; ".join(said), high=not plan.alarms)


def _fleets(wish: Wish) -> Iterator[str]:
    for name, fleet in wish.fleets_after.items():
        old = wish.fleets_before.get(name)
        kind = "shadow" if fleet.copied is not None else "variant"
        if old is None and wish.fleets_before:
            yield f"new {kind} {name}"
        elif old and old.instance_type != fleet.instance_type:
            yield f"{name} moves to a new fleet of {fleet.instance_type}, and needs quota for both meanwhile"


def _alarms(count: int) -> str:
    return f"{count} alarm{'' if count == 1 else 's'}"


def _lost(change: Change) -> Iterator[Risk]:
    step, old, new = change.step, change.step.old or {}, change.step.new or {}
    name = f"{short(step.type)} {step.name}"
    if change.what in {"delete", "replace"} and step.type in HOLDS:
        if step.retained:
            text = "is replaced: the new one is empty, the old one stays in the account and nothing uses it"
            yield Risk(kind="data loss", resource=name, text=text, high=True)
        else:
            does = "deletes" if change.what == "delete" else "replaces"
            yield Risk(kind="data loss", resource=name, text=f"{does} {HOLDS[step.type]}", high=True)
    if change.what not in {"update", "replace"}:
        return
    if step.type == LOG_GROUP and _days(new.get("retentionInDays")) < _days(old.get("retentionInDays")):
        text = f"logs older than {new['retentionInDays']} days go; they were kept {_kept(old.get('retentionInDays'))}"
        yield Risk(kind="data loss", resource=name, text=text, high=True)
    if step.type == LIFECYCLE:
        before, after = _expiry(old), _expiry(new)
        if after < before:
            kept = "for ever" if before == float("inf") else f"{before:g} days"
            text = f"objects older than {after:g} days go; they were kept {kept}"
            yield Risk(kind="data loss", resource=name, text=text, high=True)


def _down(change: Change) -> Iterator[Risk]:
    step = change.step
    if step.type not in SERVES or change.what not in {"delete", "replace"}:
        return
    if change.what == "delete" or change.gap or step.type == ENDPOINT:
        before = " before its successor is there" if change.gap else ""
        text = f"goes{before}: {SERVES[step.type]}"
        yield Risk(kind="downtime", resource=f"{short(step.type)} {step.name}", text=text, high=step.type == ENDPOINT)


def _wider(change: Change, roles: set[Any]) -> Iterator[Risk]:
    step, old, new = change.step, change.step.old, change.step.new or {}
    name = f"{short(step.type)} {step.name}"
    if step.type == ATTACHMENT and change.what in {"create", "update", "replace"} and new.get("role") in roles:
        text = f"role {new['role']} gains {new.get('policyArn')}"
        yield Risk(kind="permissions", resource=name, text=text)
    property_ = DOCUMENTS.get(step.type)
    if property_ is None or change.what in {"delete", "leave"}:
        return
    # What a new role, bucket or key allows is no widening; a policy that is added to a role that exists is.
    added = change.what == "create" and step.type == ROLE_POLICY and new.get("role") in roles
    if old is None and not added:
        return
    if more := gained((old or {}).get(property_), new.get(property_)):
        yield Risk(kind="permissions", resource=name, text=f"gains {more}")


def _unprotected(preview: Preview) -> Iterator[Risk]:
    after: dict[str, Step] = {step.urn: step for step in preview.after()}
    for step in after.values():
        if step.was_protected and not step.protect:
            text = "is no longer protected: a later deployment may delete or replace it"
            yield Risk(kind="protection", resource=f"{short(step.type)} {step.name}", text=text, high=True)


def _days(value: Any) -> float:
    """Days of retention; for ever where none are given."""
    return float(value) if isinstance(value, int | float) and value > 0 else float("inf")


def _kept(value: Any) -> str:
    return "for ever" if _days(value) == float("inf") else f"{value} days"


def _expiry(inputs: Mapping[str, Any]) -> float:
    """The shortest time in days after which a bucket's own rules delete an object."""
    rules = inputs.get("rules")
    found = [rule.get("expiration") for rule in rules if isinstance(rule, Mapping)] if isinstance(rules, list) else []
    return min((_days(each.get("days")) for each in found if isinstance(each, Mapping)), default=float("inf"))
