"""What Rollout hears, and whose requests it may read."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pulumi_aws as aws

from components.bucket import Bucket
from components.key import Key
from components.rollout import Rollout, pattern
from components.site import Site
from tests.deployment import Deployment, deploy

SITE = Site(stack="test", account="123456789012", region="us-east-1", partition="aws")


def declared(compared: Sequence[str]) -> Deployment:
    def program() -> None:
        key = Key("data", site=SITE, purpose="p")
        captures = Bucket("captures", site=SITE, key=key, force_destroy=True)
        Rollout("rollout", SITE, key, captures, compared)

    return deploy(program)


def read(deployment: Deployment) -> list[str]:
    """The prefixes of the captures that its function may read."""
    document = json.loads(deployment.one(aws.iam.RolePolicy, "rollout-step").inputs["policy"])
    found = [arn for one in document["Statement"] if "s3:GetObject" in one["Action"] for arn in one["Resource"]]
    return [arn.partition("takeoff-test-captures-123456789012")[2] for arn in found]


def test_a_wish_and_an_operators_word_start_it_and_nothing_else_does() -> None:
    assert pattern(SITE) == {
        "source": ["aws.ssm"],
        "detail-type": ["Parameter Store Change"],
        "detail": {
            "name": [{"wildcard": "/takeoff/test/*/desired"}, {"wildcard": "/takeoff/test/*/override"}],
            "operation": ["Create", "Update"],
        },
    }
    rule = declared([]).one(aws.cloudwatch.EventRule).inputs
    assert json.loads(rule["eventPattern"]) == pattern(SITE)


def test_captures_are_read_of_the_models_whose_versions_are_compared() -> None:
    assert read(declared(["m", "n"])) == ["/m/*", "/n/*"]
    assert read(declared([])) == []
