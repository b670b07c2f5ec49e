"""What is attached to roles: no policy of AWS's that gives a service away, and never nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from policies.declared import Declared, Graph, Unknown, UnknownError, given
from policies.links import each, parts
from policies.rule import OWN, Broken, ResourceRule, Rule, Settings, StackRule
from policies.rules.iam.identity import ROLE

_ATTACHMENTS: Final = (
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
)
# AWS's names for policies that hold nothing back.
_FULL: Final = re.compile(r":aws:policy/.*(FullAccess|AdministratorAccess|PowerUserAccess)")


def _attached(resource: Declared, _settings: Settings) -> str | None:
    path = "managedPolicyArns" if resource.type == ROLE else "policyArn"
    value = resource.at(path)
    arns: list[Any] = list(value) if isinstance(value, list | tuple) else [value]
    full = [arn for arn in arns if isinstance(arn, str) and _FULL.search(arn)]
    if full:
        return ", ".join(full)
    if any(isinstance(arn, Unknown) for arn in arns):
        raise UnknownError(path)
    return None


def _empty(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    policies = ("aws:iam/rolePolicy:RolePolicy", "aws:iam/rolePolicyAttachment:RolePolicyAttachment")

    def check(role: Declared) -> str | None:
        own = any(given(role.at(path)) for path in ("inlinePolicies", "managedPolicyArns"))
        return None if own or parts(graph, role, "role", *policies) else "no policy"

    return each(graph.of(ROLE), check)


RULES: Final[tuple[Rule, ...]] = (
    ResourceRule(
        control="Takeoff.7",
        name="takeoff-7-no-full-access",
        severity="high",
        frameworks=(OWN,),
        title="no full-access policy of AWS is attached",
        allowed="policies of your own, and AWS's for one purpose (service-role/...)",
        fix="grant what the role calls (role.allow) instead",
        source="https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#bp-use-aws-defined-policies",
        types=(ROLE, *_ATTACHMENTS),
        check=_attached,
    ),
    StackRule(
        control="Takeoff.45",
        name="takeoff-45-every-role-may-something",
        severity="low",
        frameworks=(OWN,),
        title="every role may do something",
        allowed="an inline policy, a RolePolicy or an attachment",
        fix="grant the role what its user calls, or remove it",
        source="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html",
        types=(ROLE,),
        check=_empty,
    ),
)
