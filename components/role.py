"""A role whose ARN nobody can use before its permissions exist."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import pulumi
import pulumi_aws as aws

from components.site import Site
from components.statement import Statement, policy

# These say with session tags for what they take a role on, and may not without the action.
# https://docs.aws.amazon.com/eks/latest/userguide/auto-cluster-iam-role.html and .../pod-id-role.html
_TAGGING = frozenset({"eks.amazonaws.com", "pods.eks.amazonaws.com"})
# EC2 names no account when an instance takes its role; a role cannot be passed to another account's instance.
_UNNAMED = frozenset({"ec2.amazonaws.com"})


class Role:
    """An IAM role for one AWS service, made of two resources under whoever needs it (`opts.parent`).

    Statements are collected by `allow` (usually through a verb of the resource that owns the data, such as
    `bucket.grant_read(role)`) and written as one inline policy when `ready_arn`, the only public output, is first read.
    A SageMaker model that takes a plain ARN does not wait for the role's policy and fails minutes later.
    `session` names tags that the service must set with these values when it takes the role on.
    """

    def __init__(
        self,
        name: str,
        *,
        site: Site,
        service: str,
        description: str,
        session: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        self._name, self._opts = name, opts
        self._statements: list[Statement] = []
        self._managed: list[str] = []
        self._partition = site.partition
        self._sealed = False
        self._role = aws.iam.Role(
            name,
            name=site.name(name, limit=64),
            description=description,
            assume_role_policy=_trust(service, site.account, session or {}),
            permissions_boundary=_boundary(site),
            opts=opts,
        )

    def allow(self, *statements: Statement) -> None:
        """Add permissions. Raises RuntimeError once the role has been handed out."""
        if self._sealed:
            raise RuntimeError(f"role {self._name}: permission added after ready_arn was read; grant before first use")
        self._statements.extend(statements)

    def attach(self, *names: str) -> None:
        """Attach policies that AWS maintains, by name: for a service that refuses a role without them, and no other.

        Raises RuntimeError once the role has been handed out.
        """
        if self._sealed:
            raise RuntimeError(f"role {self._name}: policy attached after ready_arn was read; attach before first use")
        self._managed.extend(names)

    @cached_property
    def ready_arn(self) -> pulumi.Output[str]:
        """The role's ARN, resolved after its policies exist. Reading it closes the list of permissions."""
        self._sealed = True
        if not self._statements:
            raise RuntimeError(f"role {self._name}: no permission was granted before ready_arn was read")
        inline = aws.iam.RolePolicy(
            self._name,
            name="permissions",
            role=self._role.name,
            policy=policy([statement.document() for statement in self._statements]),
            opts=self._opts,
        )
        attached = [
            aws.iam.RolePolicyAttachment(
                f"{self._name}-{name}",
                role=inline.role,
                policy_arn=f"arn:{self._partition}:iam::aws:policy/{name}",
                opts=self._opts,
            )
            for name in self._managed
        ]
        waited = [inline.id, *(each.id for each in attached)]
        return pulumi.Output.all(self._role.arn, *waited).apply(lambda known: str(known[0]))


def _boundary(site: Site) -> str | None:
    """The policy that says what no role of the stack may ever do, whatever its own policies allow."""
    return f"arn:{site.partition}:iam::{site.account}:policy/{site.boundary}" if site.boundary else None


def _trust(service: str, account: str, session: Mapping[str, str]) -> str:
    """Who may assume the role: one service, on behalf of this account only (the confused-deputy condition).

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": ["sts:AssumeRole", "sts:TagSession"] if service in _TAGGING else "sts:AssumeRole",
    }
    if service not in _UNNAMED:
        tags = {f"aws:RequestTag/{key}": value for key, value in session.items()}
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": account, **tags}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, sort_keys=True)
