"""Whether a SageMaker execution role may read a model's artifact at this very moment, as AWS asks it."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends

from local.cloud.artifacts import read
from local.state import ACCOUNT

SERVICE = "sagemaker.amazonaws.com"


def refusal(role_arn: str, artifact: str | None, region: str) -> str | None:
    """AWS's words for why a model with this role and artifact cannot be made; None when it can."""
    role = _role(role_arn)
    if role is None or not _trusts(role):
        return (
            f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal '{SERVICE}' "
            "to assume the role."
        )
    if artifact and (not _allows(role, "s3:GetObject", artifact) or read(artifact) is None):
        return (
            f'Could not access model data at {artifact}. Please ensure that the role "{role_arn}" exists and that its '
            f'trust relationship policy allows the action "sts:AssumeRole" for the service principal "{SERVICE}". Also '
            f'ensure that the role has "s3:GetObject" permissions and that the object is located in {region}.'
        )
    return None


def permits(role_arn: str, action: str, url: str) -> bool:
    """Whether a role that SageMaker may assume allows an action on the object of an s3:// URL at this moment."""
    role = _role(role_arn)
    return role is not None and _trusts(role) and _allows(role, action, url)


def trusted(role_arn: str, service: str) -> bool:
    """Whether there is such a role and the service may assume it."""
    role = _role(role_arn)
    return role is not None and _trusts(role, service)


def _role(arn: str) -> Any | None:
    try:
        return iam_backends[ACCOUNT]["aws"].get_role_by_arn(arn)
    except NotFoundException:
        return None


def _trusts(role: Any, service: str = SERVICE) -> bool:
    document = role.assume_role_policy_document
    statements = (json.loads(unquote(document)) if isinstance(document, str) else document).get("Statement", [])
    return any(
        statement.get("Effect") == "Allow" and service in _listed(statement.get("Principal", {}), "Service")
        for statement in ([statements] if isinstance(statements, dict) else statements)
    )


def _listed(principal: Any, kind: str) -> list[str]:
    value = principal.get(kind, []) if isinstance(principal, dict) else []
    return [value] if isinstance(value, str) else list(value)


def _allows(role: Any, action: str, url: str) -> bool:
    parts = urlsplit(url)
    resource = f"arn:aws:s3:::{parts.netloc}{parts.path}"
    results = [_read(policy).is_action_permitted(action, resource) for policy in _policies(role)]
    return PermissionResult.PERMITTED in results and PermissionResult.DENIED not in results


def _read(policy: Any) -> IAMPolicy:
    return _parsed(policy) if isinstance(policy, str) else IAMPolicy(policy)


@lru_cache(maxsize=256)
def _parsed(document: str) -> IAMPolicy:
    """A job asks for thousands of objects by the same few policies."""
    return IAMPolicy(document)


def _policies(role: Any) -> list[Any]:
    return [*role.policies.values(), *role.managed_policies.values()]
