"""What a policy document lets somebody do that it did not let before."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.computed import COMPUTED
from takeoff.preview.access import gained


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "arn:x", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


READ = allow("s3:GetObject")


def test_an_action_or_a_resource_more_is_a_gain() -> None:
    assert gained(document(READ), document(allow(["s3:GetObject", "s3:PutObject"]))) == "s3:PutObject on arn:x"
    assert gained(document(READ), document(allow("s3:GetObject", ["arn:x", "*"]))) == "s3:GetObject on *"


def test_less_or_the_same_in_another_order_is_none() -> None:
    more = allow(["s3:PutObject", "s3:GetObject"])
    assert gained(document(more), document(READ)) == ""
    assert gained(document(more), document(allow(["s3:GetObject", "s3:PutObject"]))) == ""
    assert gained(document(READ), None) == ""


def test_a_condition_that_goes_is_a_gain() -> None:
    bound = {**READ, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}
    assert gained(document(bound), document(READ)) == "s3:GetObject on arn:x"
    assert gained(document(READ), document(bound)).startswith("s3:GetObject on arn:x if ")


def test_a_principal_more_is_a_gain() -> None:
    def trust(*services: str) -> str:
        return document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": list(services)}})

    assert gained(trust("a.amazonaws.com"), trust("a.amazonaws.com", "b.amazonaws.com")) == (
        "sts:AssumeRole by b.amazonaws.com"
    )
    anybody = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"})
    assert gained(trust("a"), anybody) == "sts:AssumeRole by *"


def test_a_deny_that_goes_is_a_gain_and_one_that_comes_is_none() -> None:
    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:x"}
    assert gained(document(READ, deny), document(READ)) == "no longer denied: s3:* on arn:x"
    assert gained(document(READ), document(READ, deny)) == ""


def test_a_negated_element_says_so() -> None:
    new = {"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:x", "NotPrincipal": {"AWS": "arn:me"}}
    assert gained(None, document(new)) == "all but iam:* on all but arn:x by all but arn:me"


def test_only_a_few_gains_are_told_and_the_rest_counted() -> None:
    assert gained(None, document(allow([f"s3:A{n}" for n in range(9)]))).endswith("s3:A3 on arn:x; and 5 more")


@pytest.mark.parametrize("text", ["no JSON", "[]", '{"Statement": ["x"]}'])
def test_what_cannot_be_read_is_told(text: str) -> None:
    assert gained(document(READ), text) == "a policy document that cannot be read"


def test_what_is_unknown_yet_is_told() -> None:
    assert gained(document(READ), COMPUTED) == "permissions that are known only at deployment"
