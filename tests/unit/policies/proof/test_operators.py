"""Each operator weakens what it says, and every mutant of the shipped stack is one: another stack, by one change."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from policies.declared import UNKNOWN, Declared
from policies.proof.mutant import HELD_OUT_OF, Mutant
from policies.proof.operators import OPERATORS, mutants
from policies.proof.properties import Property, properties
from policies.rules import RULES
from tests.unit.policies.case import declared as resource
from tests.unit.policies.shipped import declared

# Of these the shipped stack has none to weaken; they wait for one that has.
WAITING = {
    ("aws:s3/bucketPolicy:BucketPolicy", "policy", "widen-principal"),
    ("aws:s3/bucketPolicy:BucketPolicy", "policy", "widen-action"),
    ("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "rules", "drop-element"),
    ("aws:sfn/stateMachine:StateMachine", "loggingConfiguration", "drop"),
    ("aws:sfn/stateMachine:StateMachine", "loggingConfiguration.level", "weaken"),
    ("aws:cloudwatch/logGroup:LogGroup", "kmsKeyId", "drop"),
    ("aws:cloudwatch/logGroup:LogGroup", "kmsKeyId", "weaken"),
    # Only an account knows the prefix list of an S3 endpoint; mocks answer none.
    ("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "prefixListId", "widen-cidr"),
}
S3 = {"Effect": "Allow", "Action": ["s3:GetObject", "kms:Decrypt"], "Resource": ["a"], "Principal": {"Service": "s"}}
DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": ["a", "a/*"], "Principal": "*"}
STRANGER = {"AWS": "arn:aws:iam::999999999999:root"}


def change(operator: str, path: str, given: Any, **more: Any) -> list[Any]:
    """What an operator makes of one value of a bucket policy, at the path's first key."""
    twin = resource("aws:s3/bucketPolicy:BucketPolicy", props=given)
    property_ = Property(type=twin.type, path=path, kind="", why="", operators={operator: ("X.1",)}, **more)
    return [each.put[0].props for each in mutants([twin], [property_])]


def policies(operator: str, *statements: Any) -> list[Any]:
    made = change(operator, "policy", {"policy": json.dumps({"Statement": list(statements)})})
    return [json.loads(each["policy"])["Statement"] for each in made]


@pytest.mark.parametrize(
    ("operator", "given", "more", "expected"),
    [
        ("flip", {"x": True}, {"safe": True}, [{"x": False}]),
        ("flip", {"x": False}, {"safe": True}, []),
        ("flip", {"x": False}, {"safe": False}, [{"x": True}]),
        ("flip", {"x": UNKNOWN}, {"safe": True}, []),
        ("drop", {"x": 1, "y": 2}, {}, [{"y": 2}]),
        ("drop", {"y": 2}, {}, []),
        ("empty", {"x": [1]}, {}, [{"x": []}]),
        ("empty", {"x": {"a": 1}}, {}, [{"x": {}}]),
        ("empty", {"x": []}, {}, []),
        ("drop-element", {"x": [1, 2]}, {}, [{"x": [2]}, {"x": [1]}]),
        ("drop-element", {"x": [1]}, {}, []),
        ("weaken", {"x": "a"}, {"weak": ("b", "c")}, [{"x": "b"}, {"x": "c"}]),
        ("weaken", {"x": "b"}, {"weak": ("b",)}, []),
        ("weaken", {}, {"weak": ("b",)}, []),
        ("add", {}, {"weak": ("b",)}, [{"x": "b"}]),
        ("add", {"x": "b"}, {"weak": ("b",)}, []),
        ("lower", {"x": 30}, {"low": (1, 60)}, [{"x": 1}]),
        ("lower", {"x": UNKNOWN}, {"low": (1,)}, []),
        ("raise", {"x": 30}, {"high": (1, 60)}, [{"x": 60}]),
        (
            "untag-digest",
            {"x": "r.us-east-1.y/a@sha256:0"},
            {},
            [{"x": "r.us-east-1.y/a:latest"}, {"x": "r.us-east-1.y/a"}],
        ),
        ("foreign-region", {"x": "arn:aws:kms:us-east-1:1:key/k"}, {}, [{"x": "arn:aws:kms:eu-west-3:1:key/k"}]),
        ("foreign-region", {"x": "alias/k"}, {}, []),
    ],
)
def test_an_operator_on_a_value(operator: str, given: Any, more: Any, expected: Any) -> None:
    assert change(operator, "x", given, **more) == expected


@pytest.mark.parametrize(
    ("operator", "before", "after"),
    [
        ("widen-action", S3, [[{**S3, "Action": "*"}]]),
        ("widen-action", DENY, []),
        (
            "widen-service",
            S3,
            [[{**S3, "Action": [*S3["Action"], "s3:*"]}], [{**S3, "Action": [*S3["Action"], "kms:*"]}]],
        ),
        ("widen-resource", S3, [[{**S3, "Resource": "*"}]]),
        ("widen-resource", {**S3, "Resource": "*"}, []),
        ("widen-principal", S3, [[{**S3, "Principal": "*"}], [{**S3, "Principal": {"AWS": "*"}}]]),
        ("drop-condition", S3, []),
        ("drop-condition", {**S3, "Condition": {"Bool": {"a": "1"}}}, [[S3]]),
        (
            "drop-condition",
            {**S3, "Condition": {"Bool": {"a": "1", "b": "2"}}},
            [
                [S3],
                [{**S3, "Condition": {"Bool": {"b": "2"}}}],
                [{**S3, "Condition": {"Bool": {"a": "1"}}}],
            ],
        ),
        ("drop-statement", DENY, [[]]),
        ("drop-statement", S3, []),
        ("narrow-action", DENY, [[{**DENY, "Action": "s3:GetObject"}]]),
        ("narrow-resource", DENY, [[{**DENY, "Resource": "a"}], [{**DENY, "Resource": "a/*"}]]),
        ("narrow-principal", DENY, [[{**DENY, "Principal": STRANGER}]]),
        (
            "grant-public",
            DENY,
            [[DENY, {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": ["a", "a/*"]}]],
        ),
        ("pass-any", DENY, [[DENY, {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}]]),
    ],
)
def test_an_operator_on_a_statement(operator: str, before: Any, after: Any) -> None:
    assert policies(operator, before) == after


def test_a_dropped_property_drops_what_it_was_made_from() -> None:
    twin = resource("t", x="1", y="2", refs={"x": ("urn:a",), "y": ("urn:b",)})
    property_ = Property(type="t", path="x", kind="", why="", operators={"drop": ("X.1",)})

    (mutant,) = mutants([twin], [property_])

    assert mutant.put[0].refs == {"y": ("urn:b",)}


def test_a_deleted_resource_takes_what_cannot_be_without_it_and_leaves_the_rest_without_its_name() -> None:
    key = resource("aws:kms/key:Key", "data")
    alias = resource("aws:kms/alias:Alias", "data", targetKeyId="k", refs={"targetKeyId": (key.urn,)})
    topic = resource("aws:sns/topic:Topic", "t", kmsMasterKeyId="k", refs={"kmsMasterKeyId": (key.urn,)})
    nested = [{"default": {"kms": "arn:aws:kms:us-east-1:1:key/k", "algorithm": "aws:kms"}}]
    bucket = resource("aws:s3/x:X", "b", rules=nested, bucket="b", refs={"rules": (key.urn, "urn:other")})
    property_ = Property(type=key.type, path="", kind="", why="", operators={"delete": ("X.1",)})

    (mutant,) = mutants([key, alias, topic, bucket], [property_])
    after = {each.urn: each for each in mutant.applied([key, alias, topic, bucket])}

    assert set(after) == {topic.urn, bucket.urn}
    assert (after[topic.urn].props, after[topic.urn].refs) == ({}, {})
    assert after[bucket.urn].props == {"rules": [{"default": {"algorithm": "aws:kms"}}], "bucket": "b"}
    assert after[bucket.urn].refs == {"rules": ("urn:other",)}


def test_grants_of_a_bucket_go_from_every_policy_at_once_and_make_one_mutant() -> None:
    bucket = resource("aws:s3/bucket:Bucket", "raw", bucket="raw")
    raw, other = {"Action": "s3:GetObject", "Resource": ["arn:aws:s3:::raw/*"]}, {"Action": "x", "Resource": "*"}
    both = {"Action": "s3:GetObject", "Resource": ["arn:aws:s3:::raw", "arn:aws:s3:::raw-more"]}
    roles = [
        resource("aws:iam/rolePolicy:RolePolicy", name, policy=json.dumps({"Statement": statements}))
        for name, statements in (("a", [raw, other]), ("b", [both]))
    ]
    property_ = Property(type=roles[0].type, path="", kind="", why="", operators={"delete-grants": ("X.1",)})

    (mutant,) = mutants([bucket, *roles], [property_])

    assert [json.loads(each.props["policy"])["Statement"] for each in mutant.put] == [
        [other],
        [{**both, "Resource": ["arn:aws:s3:::raw-more"]}],
    ]


def test_a_grant_that_nobody_knows_yet_cannot_be_taken_out() -> None:
    text = json.dumps({"Statement": [{"Action": "s3:GetObject", "Resource": ["arn:aws:s3:::raw/*"]}]})
    stack = [
        resource("aws:s3/bucket:Bucket", "raw", bucket="raw"),
        resource("aws:iam/rolePolicy:RolePolicy", "a", policy=text),
        resource("aws:iam/rolePolicy:RolePolicy", "b", policy=UNKNOWN),
    ]
    property_ = Property(type=stack[1].type, path="", kind="", why="", operators={"delete-grants": ("X.1",)})

    assert mutants(stack, [property_]) == []


def test_what_is_unknown_goes_with_all_that_it_was_made_from() -> None:
    group = resource("aws:cloudwatch/logGroup:LogGroup", "states")
    machine = resource("aws:sfn/stateMachine:StateMachine", "m", logging={"level": "ERROR", "to": UNKNOWN})
    of = {"logging": (group.urn,)}
    property_ = Property(type=group.type, path="", kind="", why="", operators={"delete": ("X.1",)})

    (mutant,) = mutants([group, replace(machine, refs=of)], [property_])
    (other,) = mutants([group, replace(machine, refs={"logging": (group.urn, "urn:other")})], [property_])

    assert mutant.put[0].props == {"logging": {"level": "ERROR"}}
    assert other.put[0].props == machine.props


def test_properties_name_operators_that_exist_and_controls_for_each() -> None:
    for each in properties():
        assert set(each.operators) <= set(OPERATORS), each
        assert all(each.operators.values()), f"{each.type} {each.path}: an operator without a control"
    assert {name for each in properties() for name in each.operators} == set(OPERATORS)


def test_every_operator_of_a_property_has_a_rule_that_could_see_it() -> None:
    controls = {rule.control for rule in RULES}
    blind = [
        (each.type, each.path, operator)
        for each in properties()
        for operator, named in each.operators.items()
        if not controls & set(named)
    ]

    assert blind == []


def shipped() -> tuple[list[Declared], list[Mutant]]:
    twin = declared("prod")
    return twin, mutants(twin)


def test_every_property_is_weakened_by_each_of_its_operators_somewhere_in_the_shipped_stacks() -> None:
    twin = [*shipped()[0], *declared("prod-apps")]
    idle = {
        (each.type, each.path, operator)
        for each in properties()
        for operator, controls in each.operators.items()
        if not mutants(twin, [Property(**{**vars(each), "operators": {operator: controls}})])
    }

    assert idle <= WAITING


def test_every_mutant_of_the_shipped_stack_is_another_stack_and_its_twin_stays_as_it_is() -> None:
    before = list(declared("prod"))
    twin, found = shipped()

    assert len({each.id for each in found}) == len(found) > 1000
    for mutant in found:
        after = mutant.applied(twin)
        assert after != twin, mutant.id
        assert len({each.urn for each in after}) == len(after), mutant.id
        assert all(set(each.refs) <= set(each.props) for each in mutant.put), mutant.id
    assert twin == before


def test_every_mutant_keeps_its_documents_readable() -> None:
    _, found = shipped()
    documents = [(each.id, put.props["policy"]) for each in found for put in each.put if "policy" in put.props]

    assert documents
    for _id, text in documents:
        json.loads(text)


def test_one_mutant_in_five_is_held_out_and_another_seed_holds_out_others() -> None:
    _, found = shipped()
    held = [{each.id for each in found if each.held_out(seed)} for seed in (1, 2)]

    for some in held:
        assert 0.8 < HELD_OUT_OF * len(some) / len(found) < 1.2
    assert held[0] != held[1]
