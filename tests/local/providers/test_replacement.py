"""Which changes replace: the table against AWS's create-only properties, and names that block a replacement."""

from __future__ import annotations

import pytest

from local.providers.aws.diff import changes, name_is_taken, replaces
from local.providers.aws.replacement import DISAGREEMENTS, disagreements
from local.providers.aws.table import TABLE

ENDPOINT, CONFIG = (
    TABLE["aws:sagemaker/endpoint:Endpoint"],
    TABLE["aws:sagemaker/endpointConfiguration:EndpointConfiguration"],
)


@pytest.mark.parametrize("token", sorted(TABLE))
def test_every_disagreement_with_aws_is_listed_with_its_reason(token: str) -> None:
    assert disagreements(TABLE[token], "us-east-1") == set(DISAGREEMENTS.get(token, {}))
    assert all(DISAGREEMENTS.get(token, {}).values())


def test_a_new_config_updates_an_endpoint_in_place_and_a_new_rollback_alarm_replaces_it() -> None:
    assert not replaces(ENDPOINT, "endpointConfigName")
    assert not replaces(ENDPOINT, "deploymentConfig.blueGreenUpdatePolicy.terminationWaitInSeconds")
    assert replaces(ENDPOINT, "deploymentConfig.autoRollbackConfiguration.alarms[0].alarmName")


def test_any_change_of_a_config_replaces_it_but_tags() -> None:
    olds = {"productionVariants": [{"instanceType": "a", "initialInstanceCount": 1}], "tags": {"a": "1"}}
    news = {"productionVariants": [{"instanceType": "b", "initialInstanceCount": 1}], "tags": {"a": "2"}}
    found = changes(CONFIG, olds, news)
    assert found == {"productionVariants[0].instanceType": "update", "tags.a": "update"}
    assert [path for path in found if replaces(CONFIG, path)] == ["productionVariants[0].instanceType"]


def test_a_name_of_the_programs_own_makes_a_replacement_wait_for_the_deletion() -> None:
    named, auto = {"name": "x", "__defaults": []}, {"name": "x", "__defaults": ["name"]}
    assert name_is_taken(CONFIG, named, named)
    assert not name_is_taken(CONFIG, named, {**named, "name": "y"})
    assert not name_is_taken(CONFIG, auto, auto)


def test_documents_that_mean_the_same_are_no_change() -> None:
    role = TABLE["aws:iam/role:Role"]
    assert changes(role, {"assumeRolePolicy": '{"a": 1}'}, {"assumeRolePolicy": '{"a":1}'}) == {}
    assert changes(role, {"assumeRolePolicy": '{"a": 1}'}, {"assumeRolePolicy": '{"a":2}'}) == {
        "assumeRolePolicy": "update"
    }
    assert changes(role, {"description": '{"a": 1}'}, {"description": '{"a":1}'}) == {"description": "update"}


def test_a_properties_coming_and_going_is_told_apart_from_its_change() -> None:
    olds, news = {"a": 1, "list": [1, 2], "object": {"b": 1}}, {"c": 1, "list": [1], "object": {"b": True}}
    assert changes(CONFIG, olds, news) == {"a": "delete", "c": "add", "list[1]": "delete", "object.b": "update"}
