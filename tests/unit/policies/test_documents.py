"""Policy documents read alike however they are written."""

from __future__ import annotations

import json

import pytest

from policies.declared import UNKNOWN, UnknownError
from policies.documents import Condition, DocumentError, Principal, parse, statements
from tests.unit.policies.case import declared

TYPE = "aws:iam/rolePolicy:RolePolicy"


def test_a_statement_alone_and_in_a_list_with_texts_and_lists_reads_the_same() -> None:
    short = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::b",
        "Principal": {"Service": "a.com"},
    }
    long = {**short, "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::b"], "Principal": {"Service": ["a.com"]}}
    assert parse(json.dumps({"Statement": short}), "x") == parse({"Statement": [long]}, "x")


def test_everybody_is_one_principal_however_written() -> None:
    (bare,), (named,) = (
        parse({"Statement": {"Effect": "Allow", "Principal": each}}, "x") for each in ("*", {"AWS": "*"})
    )
    assert bare.principals == named.principals == (Principal("AWS", "*"),)
    assert bare.principals[0].everybody


def test_condition_keys_are_found_in_any_case_and_by_operator() -> None:
    body = {
        "Effect": "Deny",
        "Condition": {"StringEqualsIfExists": {"aws:SourceAccount": "1"}, "Bool": {"a:B": [True]}},
    }
    (statement,) = parse({"Statement": body}, "x")
    assert not statement.allows
    assert statement.conditions[1] == Condition("Bool", "a:b", ("True",))
    assert statement.condition("AWS:SourceAccount") == ("1",)
    assert statement.condition("aws:SourceAccount", "StringEquals") == ("1",)
    assert statement.condition("aws:SourceAccount", "StringLike") == ()


@pytest.mark.parametrize(
    ("body", "does"),
    [
        ({"Action": "s3:*"}, True),
        ({"Action": "S3:getobject"}, True),
        ({"Action": "s3:PutObject"}, False),
        ({"NotAction": "iam:*"}, True),
        ({"NotAction": ["s3:Get*"]}, False),
    ],
)
def test_an_action_is_spoken_of_with_wildcards_and_in_any_case(body: dict[str, object], does: bool) -> None:
    (statement,) = parse({"Statement": {"Effect": "Allow", **body}}, "x")
    assert statement.does("s3:GetObject") is does


def test_a_resource_without_a_document_has_no_statements() -> None:
    assert statements(declared(TYPE), "policy") == []


def test_a_document_that_is_not_known_yet_is_said_to_be_so() -> None:
    with pytest.raises(UnknownError, match="policy"):
        statements(declared(TYPE, policy=UNKNOWN), "policy")


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"Statement": [1]}', '{"Statement": {"Action": "*"}}'])
def test_what_is_no_document_is_refused_by_name(text: str) -> None:
    with pytest.raises(DocumentError, match=r"r\.policy: got .*; allowed: a policy document"):
        statements(declared(TYPE, "r", policy=text), "policy")
