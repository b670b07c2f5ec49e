"""The shipped stacks as rules see them, made in this process with every value known."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from policies.declared import Declared
from tests.deployment import ACCOUNT, Registered
from tests.stacks.shipped import apps, whole


@cache
def declared(stack: str) -> list[Declared]:
    """Everything that a shipped stack, or its `-apps` sibling, declares once its models have images and versions."""
    deployment = apps(stack.removesuffix("-apps")) if stack.endswith("-apps") else whole(stack)
    return [_declared(resource) for resource in deployment.resources]


def _declared(resource: Registered) -> Declared:
    return Declared(
        type=resource.type,
        name=resource.name,
        urn=resource.urn,
        props=_real(resource.inputs),
        parent=resource.parent,
        refs=resource.made_from,
        protect=resource.protect,
    )


def _real(value: Any) -> Any:
    """Values with AWS's own ARNs: the mocks name region and account in every one, and a bucket as if it were a type."""
    if isinstance(value, str):
        return value.replace(f"arn:aws:s3:us-east-1:{ACCOUNT}:bucket/", "arn:aws:s3:::").replace(
            "arn:aws:iam:us-east-1:", "arn:aws:iam::"
        )
    if isinstance(value, Mapping):
        return {key: _real(each) for key, each in value.items()}
    return [_real(each) for each in value] if isinstance(value, list) else value
