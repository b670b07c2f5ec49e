"""required.json says what the installed SDK asks for, and a mutant without it is invalid."""

from __future__ import annotations

import inspect
from dataclasses import replace

import pulumi_aws as aws
import pytest

from policies.proof.mutant import Mutant
from policies.proof.refused import FILE, refused, required
from policies.proof.required import text

DROP = Mutant(id="", operator="drop", type="aws:s3/bucketVersioning:BucketVersioning", urn="", path="", controls=())


def test_the_file_is_what_the_sdk_says() -> None:
    assert FILE.read_text() == text(), "run `python -m policies.proof.required`"


@pytest.mark.parametrize(
    ("token", "args"),
    [
        ("aws:sns/topicPolicy:TopicPolicy", aws.sns.TopicPolicyArgs),
        ("aws:lambda/function:Function", aws.lambda_.FunctionArgs),
        ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", aws.vpc.SecurityGroupIngressRuleArgs),
    ],
)
def test_the_signatures_say_the_same_when_they_are_imported(token: str, args: type) -> None:
    parameters = inspect.signature(args).parameters.values()
    asked = {each.name for each in parameters if each.default is inspect.Parameter.empty}

    top = {path for path in required(token) if "." not in path}
    assert {"".join(f"_{c.lower()}" if c.isupper() else c for c in path) for path in top} == asked


def test_a_mutant_without_a_required_input_is_refused_however_deep_it_stands() -> None:
    deep = replace(DROP, type="aws:budgets/budget:Budget", path="notifications[2].comparisonOperator", drops=True)

    assert refused(replace(DROP, path="versioningConfiguration", drops=True))
    assert refused(replace(DROP, path="versioningConfiguration.status", drops=True))
    assert refused(deep)


def test_a_mutant_with_another_value_or_without_an_optional_input_is_not() -> None:
    assert not refused(replace(DROP, path="versioningConfiguration", drops=False))
    assert not refused(replace(DROP, path="mfa", drops=True))
    assert not refused(replace(DROP, type="aws:x/y:Z", path="anything", drops=True))
