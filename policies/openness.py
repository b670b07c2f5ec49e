"""How far a resource's own policy opens it: to everybody, to other accounts, to services for whoever asks."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from policies.documents import Principal, Statement

# Conditions that hold a statement to fixed callers, and networks that are somebody's own. What AWS takes for
# non-public: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
NARROWING: Final = (
    "aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:resourceaccount",
    "aws:resourceorgid", "aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceowner", "aws:sourcevpc",
    "aws:sourcevpce", "aws:userid", "kms:calleraccount",
)  # fmt: skip
# Those of them that speak of the caller.
_CALLERS: Final = tuple(
    key for key in NARROWING if not key.startswith(("aws:resource", "aws:sourcea", "aws:sourceorg"))
)
_EQUAL: Final = ("StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike")


def held(statement: Statement) -> bool:
    """Whether a condition names who may call or for whom: a fixed value, wildcards at most in an ARN's last part."""
    return any(
        values and all(_fixed(key, value) for value in values)
        for key in NARROWING
        if (values := _values(statement, key))
    )


def public(statement: Statement) -> bool:
    """Whether a statement lets everybody do something."""
    everybody = any(each.everybody for each in statement.principals) or bool(statement.not_principals)
    return statement.allows and everybody and not held(statement)


def strangers(statement: Statement, own: Collection[str]) -> list[str]:
    """The principals of other accounts than one's own that a statement lets in, everybody included."""
    if not statement.allows:
        return []
    named = [each.value for each in statement.principals if each.kind != "Service" and not _is_own(each, own)]
    # AWS takes everybody under aws:SourceArn for nobody in public. A service is better named: only services send it.
    return [each for each in named if each != "*" or not _called_by_own(statement, own)]


def unnamed_services(statement: Statement, own: Collection[str]) -> list[str]:
    """The services that a statement lets in without saying for which account they may come: a confused deputy's way.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    services = [each.value for each in statement.principals if each.kind == "Service"]
    return services if statement.allows and services and not _for_own(statement, own) else []


def account_of(value: str) -> str:
    """The account of a principal: of its ARN, or the twelve digits themselves; empty where there is none."""
    if value.isdigit():
        return value
    fields = value.split(":")
    return fields[4] if len(fields) > 5 else ""


def _called_by_own(statement: Statement, own: Collection[str]) -> bool:
    """Whether a condition names the callers: one's own accounts and what is in them, an organisation, a network."""
    for key in _CALLERS:
        values = _values(statement, key)
        if values and all(_fixed(key, value) and (account_of(value) in ("", *own)) for value in values):
            return True
    return False


def _is_own(principal: Principal, own: Collection[str]) -> bool:
    return principal.kind in ("AWS", "Federated") and account_of(principal.value) in own and not principal.everybody


def _for_own(statement: Statement, own: Collection[str]) -> bool:
    """Every value of a condition about the source is of one's own account, or a named bucket (whose ARN has none)."""
    values = [account_of(each) for key in ("aws:sourcearn",) for each in _values(statement, key)]
    values += list(_values(statement, "aws:sourceaccount"))
    # CloudWatch Logs names the group in what it encrypts with, and nothing else.
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    contexts = [each.key for each in statement.conditions if each.key.startswith("kms:encryptioncontext:")]
    values += [account_of(each) for key in contexts for each in _values(statement, key)]
    buckets = [each for each in _values(statement, "aws:sourcearn") if each.startswith("arn:") and ":s3:::" in each]
    organised = _values(statement, "aws:sourceorgid") + _values(statement, "kms:calleraccount")
    named = [each for each in values if each]
    if any(each not in own for each in named):
        return False
    return bool(named or organised or any(not each.endswith(":::*") for each in buckets))


def _values(statement: Statement, key: str) -> tuple[str, ...]:
    return statement.condition(key, *_EQUAL)


def _fixed(key: str, value: str) -> bool:
    if "${" in value:
        return False
    if key in ("aws:sourcearn", "aws:principalarn"):
        head, _, tail = value.rpartition(":")
        return "*" not in head and (bool(account_of(value)) or tail not in ("", "*"))
    return "*" not in value
