"""Handing a role to a service: by name, and to the service that is meant."""

from __future__ import annotations

import re
from typing import Final

from policies.declared import Declared
from policies.documents import Statement
from policies.rule import OWN, ResourceRule, Rule, Settings
from policies.rules.iam.identity import POLICIES, first

# A role's ARN with the beginning of a name, behind a path or not.
_ROLE: Final = re.compile(r"^arn:aws[a-z-]*:iam::\d{12}:role/[^*?]")


def _passes(statement: Statement) -> str | None:
    if not statement.does("iam:PassRole"):
        return None
    if wide := [each for each in statement.resources if not _ROLE.match(each)] or list(statement.not_resources):
        return f"iam:PassRole on {', '.join(wide)}"
    services = statement.condition("iam:PassedToService", "StringEquals", "StringLike", "StringEqualsIgnoreCase")
    if not services:
        return "iam:PassRole without iam:PassedToService"
    open_ = [each for each in services if "*" in each]
    return f"iam:PassedToService {', '.join(open_)}" if open_ else None


def _check(resource: Declared, _settings: Settings) -> str | None:
    return first(resource, _passes)


RULES: Final[tuple[Rule, ...]] = (
    ResourceRule(
        control="Takeoff.8",
        name="takeoff-8-pass-role",
        severity="high",
        frameworks=(OWN,),
        title="a role is passed by name and to the service that is meant",
        allowed="iam:PassRole on role ARNs with the beginning of a name, under iam:PassedToService",
        fix='name the roles, and add {"StringEquals": {"iam:PassedToService": [...]}}',
        source="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
        types=POLICIES,
        check=_check,
    ),
)
