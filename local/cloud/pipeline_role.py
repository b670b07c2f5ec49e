"""Whether a pipeline's role may do what a step does, asked when the step begins, as on AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends

from local.cloud import access
from local.cloud.pipeline_definition import Step
from local.state import ACCOUNT


def refusal(role: str, region: str, step: Step, arguments: Mapping[str, Any], job: str) -> str | None:
    """AWS's words for a step that the pipeline's role may not do; None when it may. Needs the account's lock.

    `job` is the name that a job of the step is to have.
    """
    if said := access.refusal(role, None, region):
        return said
    for action, resource in _needed(region, step, arguments, job):
        if not allows(role, action, resource):
            who = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.rpartition('/')[2]}/SageMaker"
            return (
                f"User: {who} is not authorized to perform: {action} on resource: {resource} because no identity-based "
                f"policy allows the {action} action"
            )
    return None


def allows(role: str, action: str, resource: str) -> bool:
    """Whether a role's policies allow an action on an ARN. Conditions of an Allow count as met, a Deny's as not."""
    allowed = False
    for statement in _statements(role):
        if _matches(statement, "Action", action.lower(), lower=True) and _matches(statement, "Resource", resource):
            if statement["Effect"] == "Deny" and "Condition" not in statement:
                return False
            allowed = allowed or statement["Effect"] == "Allow"
    return allowed


def _needed(region: str, step: Step, arguments: Mapping[str, Any], job: str) -> Iterator[tuple[str, str]]:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-access.html"""
    place = f"arn:aws:sagemaker:{region}:{ACCOUNT}"
    if step.kind in ("Processing", "Training"):
        yield f"sagemaker:Create{step.kind}Job", f"{place}:{step.kind.lower()}-job/{job}"
        yield "iam:PassRole", str(arguments["RoleArn"])
    if step.kind == "RegisterModel":
        group = str(arguments.get("ModelPackageGroupName", "")).rpartition("/")[2]
        yield "sagemaker:CreateModelPackage", f"{place}:model-package/{group}/1"


def _matches(statement: Mapping[str, Any], element: str, value: str, *, lower: bool = False) -> bool:
    negated = f"Not{element}" in statement
    patterns = statement.get(f"Not{element}" if negated else element, [])
    listed = [patterns] if isinstance(patterns, str) else patterns
    return any(fnmatchcase(value, each.lower() if lower else each) for each in listed) is not negated


def _statements(arn: str) -> Iterator[Mapping[str, Any]]:
    try:
        role = iam_backends[ACCOUNT]["aws"].get_role_by_arn(arn)
    except NotFoundException:
        return
    attached = [next(v.document for v in each.versions if v.is_default) for each in role.managed_policies.values()]
    for document in [*role.policies.values(), *attached]:
        given = json.loads(document)["Statement"]
        yield from [given] if isinstance(given, dict) else given
