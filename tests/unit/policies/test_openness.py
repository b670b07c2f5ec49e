"""Who a resource's policy lets in."""

from __future__ import annotations

from typing import Any

import pytest

from policies.documents import Statement, parse
from policies.openness import account_of, public, strangers, unnamed_services

OWN = {"123456789012"}
SERVICE = {"Service": "cloudwatch.amazonaws.com"}


def statement(principal: Any, key: str = "", value: Any = "", operator: str = "StringEquals") -> Statement:
    condition = {operator: {key: value}} if key else {}
    body = {"Effect": "Allow", "Action": "sns:Publish", "Principal": principal, "Condition": condition}
    return parse({"Statement": body}, "x")[0]


@pytest.mark.parametrize(
    ("key", "value", "operator", "open_"),
    [
        ("", "", "", True),
        ("aws:SourceAccount", "123456789012", "StringEquals", False),
        ("aws:SourceAccount", ["123456789012", "*"], "StringLike", True),
        ("aws:SourceAccount", "123456789012", "StringNotEquals", True),
        ("aws:SourceArn", "arn:aws:sns:us-east-1:123456789012:a*", "ArnLike", False),
        ("aws:SourceArn", "arn:aws:sns:*:*:*", "ArnLike", True),
        ("aws:PrincipalArn", "arn:aws:iam::123456789012:role/${aws:username}", "ArnLike", True),
        ("aws:SecureTransport", "true", "Bool", True),
    ],
)
def test_everybody_under_a_fixed_value_is_somebody(key: str, value: Any, operator: str, open_: bool) -> None:
    assert public(statement("*", key, value, operator)) is open_


def test_all_but_some_principals_are_everybody() -> None:
    (found,) = parse({"Statement": {"Effect": "Allow", "NotPrincipal": {"AWS": "1"}, "Action": "*"}}, "x")
    assert public(found)


def test_strangers_are_principals_of_other_accounts() -> None:
    named = ["123456789012", "arn:aws:iam::123456789012:role/r", "arn:aws:iam::999999999999:root"]
    assert strangers(statement({"AWS": named}), OWN) == ["arn:aws:iam::999999999999:root"]
    assert strangers(statement({"AWS": "*"}), OWN) == ["*"]
    assert strangers(statement(SERVICE), OWN) == []


@pytest.mark.parametrize(
    ("key", "value", "strange"),
    [
        ("aws:PrincipalAccount", "123456789012", False),
        ("aws:PrincipalAccount", "999999999999", True),
        ("aws:PrincipalOrgID", "o-1", False),
        ("aws:SourceVpce", "vpce-1", False),
        ("aws:SourceArn", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:*", True),
        ("aws:SourceAccount", "123456789012", True),
    ],
)
def test_everybody_is_a_stranger_unless_a_condition_names_the_caller(key: str, value: str, strange: bool) -> None:
    assert strangers(statement("*", key, value, "StringLike"), OWN) == (["*"] if strange else [])


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("", "", False),
        ("aws:SourceAccount", "123456789012", True),
        ("aws:SourceAccount", "999999999999", False),
        ("aws:SourceAccount", ["123456789012", "999999999999"], False),
        ("aws:SourceArn", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:*", True),
        ("aws:SourceArn", "arn:aws:cloudwatch:us-east-1:*:alarm:*", False),
        ("aws:SourceArn", "arn:aws:s3:::raw", True),
        ("aws:SourceArn", "arn:aws:s3:::*", False),
        ("aws:PrincipalTag/team", "ml", False),
    ],
)
def test_a_service_comes_for_this_account_or_for_nobody(key: str, value: Any, named: bool) -> None:
    assert (unnamed_services(statement(SERVICE, key, value, "StringLike"), OWN) == []) is named


def test_an_account_is_read_from_digits_and_from_arns() -> None:
    assert [account_of(each) for each in ("123456789012", "arn:aws:iam::1:role/r", "*", "arn:aws:s3:::b")] == [
        "123456789012",
        "1",
        "",
        "",
    ]
