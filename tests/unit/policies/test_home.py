"""Where a stack lives."""

from __future__ import annotations

from policies import home
from policies.declared import Graph
from tests.unit.policies.case import declared

TOPIC = "aws:sns/topic:Topic"


def arn(account: str, region: str = "us-east-1") -> str:
    return f"arn:aws:sns:{region}:{account}:t"


def test_the_account_and_region_are_those_that_most_arns_name() -> None:
    ours = [declared(TOPIC, str(number), policy=f'{{"a": ["{arn("111111111111")}"]}}') for number in range(2)]
    theirs = declared(TOPIC, "x", policy=arn("222222222222", "eu-west-3"))
    graph = Graph([*ours, theirs])
    assert (home.account(graph), home.region(graph)) == ("111111111111", "us-east-1")


def test_a_provider_says_the_region_only_where_nothing_else_does() -> None:
    provider = declared("pulumi:providers:aws", region="eu-west-3")
    assert home.region(Graph([provider])) == "eu-west-3"
    assert home.region(Graph([provider, declared(TOPIC, arn=arn("1" * 12))])) == "us-east-1"
    assert home.account(Graph([provider])) is None


def test_where_nothing_says_the_account_only_those_that_are_added_are_own() -> None:
    bare = Graph([declared(TOPIC)])
    assert home.own(bare, []) == set()
    assert home.own(bare, ["333333333333"]) == {"333333333333"}
    assert home.own(Graph([declared(TOPIC, arn=arn("1" * 12))]), ["333333333333"]) == {"1" * 12, "333333333333"}


def test_images_endpoints_and_a_resource_itself_name_regions_too() -> None:
    resource = declared(
        TOPIC,
        image="123456789012.dkr.ecr.eu-west-1.amazonaws.com/m",
        serviceName="com.amazonaws.eu-west-2.s3",
        region="eu-west-3",
    )
    assert sorted(home.regions(resource)) == ["eu-west-1", "eu-west-2", "eu-west-3"]
