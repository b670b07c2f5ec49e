"""Whether a deployment may go ahead; what is not known to be well is refused."""

from __future__ import annotations

from typing import Any

import pytest

from takeoff.preview.document import Verdict
from takeoff.preview.report import build
from takeoff.preview.risks import BUCKET, ENDPOINT, FEATURE_GROUP, KEY
from takeoff.preview.verdict import KEPT, Environment
from tests.unit.takeoff.preview.events import Events

STRICT, LOOSE = Environment({"all": "mandatory"}), Environment({"all": "advisory"})
TOPIC = "aws:sns/topic:Topic"


def verdict(
    events: Events, environment: Environment = STRICT, result: str = "succeeded", *, cut: bool = False
) -> Verdict:
    return build(events.preview(result, cut=cut), environment).verdict


def test_the_first_line_counts_prices_and_judges() -> None:
    events = Events()
    events.create(TOPIC, "a", {})
    events.create(TOPIC, "b", {})
    events.update(TOPIC, "c", {"name": "c"}, {"name": "d"})
    events.policy("sns-1-x", "SNS.1 it is open", "advisory")
    found = verdict(events)
    assert found.ready
    assert found.text.startswith("prod: 2 to create, 1 to update, 0 to replace, 0 to delete; USD ")
    assert found.text.endswith("policy: 0 mandatory, 1 advisory; READY")


@pytest.mark.parametrize(
    ("policies", "strict"),
    [
        (None, True),
        ({}, True),
        ({"all": "mandatory"}, True),
        ({"all": {"enforcementLevel": "mandatory"}}, True),
        ({"all": "remediate"}, True),
        ({"all": "advisory"}, False),
        ({"all": {"enforcementLevel": "advisory"}}, False),
        ({"all": "disabled"}, False),
    ],
)
def test_an_environment_is_strict_unless_its_configuration_says_otherwise(policies: Any, strict: bool) -> None:
    assert Environment(policies).strict == strict


def test_a_mandatory_finding_refuses_everywhere() -> None:
    events = Events()
    events.create(TOPIC, "a", {})
    events.policy("sns-1-x", "SNS.1 it is open")
    events.says("error", "preview failed")
    for environment in (STRICT, LOOSE):
        assert verdict(events, environment, "failed").reasons == ("1 finding of mandatory policies",)


@pytest.mark.parametrize("type_", sorted(KEPT))
def test_a_strict_environment_refuses_to_lose_what_holds_data_or_serves(type_: str) -> None:
    assert {ENDPOINT, FEATURE_GROUP, KEY, BUCKET} == KEPT
    gone, moved = Events(), Events()
    gone.delete(type_, "x", {})
    moved.replace(type_, "x", {"name": "a"}, {"name": "b"}, "name")
    assert verdict(gone).reasons[0].startswith("deletes ")
    assert verdict(moved).reasons[0].startswith("replaces ")
    assert verdict(gone, LOOSE).ready
    assert verdict(moved, LOOSE).ready


def test_what_stays_in_the_account_may_leave_the_stack() -> None:
    events = Events()
    events.delete(BUCKET, "x", {}, old_state={"retainOnDelete": True})
    assert verdict(events).ready
    assert "1 to leave in the account" in verdict(events).text


def test_a_failed_preview_is_refused_with_the_first_error() -> None:
    events = Events()
    events.create(TOPIC, "a", {})
    events.says(
        "error",
        'Preview failed: resource "urn:pulumi:prod::takeoff::a:b:C$aws:sns/topic:Topic::a" cannot be\n'
        "deleted because it is protected. To unprotect the resource, either",
    )
    events.says("error", "another")
    events.says("error", "preview failed")
    (reason,) = verdict(events, result="failed").reasons
    assert reason == ("the preview failed: resource sns.Topic a cannot be deleted because it is protected (and 1 more)")


def test_a_failure_without_an_error_of_its_own_is_refused() -> None:
    events = Events()
    events.says("error", "preview failed")
    assert verdict(events, LOOSE, "failed").reasons == ("the preview failed: preview failed",)
    assert not verdict(Events(), LOOSE, "failed").ready


def test_a_stream_that_was_cut_is_refused_everywhere() -> None:
    events = Events()
    events.create(TOPIC, "a", {})
    for environment in (STRICT, LOOSE):
        assert "end before" in verdict(events, environment, cut=True).reasons[0]


def test_a_preview_that_nobody_judged_is_refused_where_policies_are_mandatory() -> None:
    events = Events(packs=())
    events.create(TOPIC, "a", {})
    assert verdict(events).reasons == ("no policy pack has judged it",)
    assert "policy: not judged" in verdict(events).text
    assert verdict(events, LOOSE).ready


def test_a_budget_that_is_broken_refuses() -> None:
    gateways = Events(config={"takeoff:budget": {"monthly": 10, "email": ["a@example.com"]}})
    gateways.same("pulumi:providers:aws", "aws", {"region": "us-east-1"})
    gateways.create("aws:ec2/natGateway:NatGateway", "nat", {})
    for environment in (STRICT, LOOSE):
        (reason,) = verdict(gateways, environment).reasons
        assert reason.startswith("over budget: stack: USD ")
        assert reason.endswith(" of 10 a month")


def test_a_budget_that_cannot_be_proven_for_want_of_a_price_refuses_only_where_policies_are_mandatory() -> None:
    events = Events(config={"takeoff:budget": {"monthly": 1000, "email": ["a@example.com"]}})
    events.same("pulumi:providers:aws", "aws", {"region": "us-east-1"})
    events.create("aws:mystery/box:Box", "box", {})
    (reason,) = verdict(events).reasons
    assert reason.startswith("budget not proven: stack")
    assert verdict(events, LOOSE).ready


def test_a_quantity_that_only_the_deployment_tells_refuses_nothing() -> None:
    unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    events = Events(config={"takeoff:budget": {"monthly": 1000, "email": ["a@example.com"]}})
    events.same("pulumi:providers:aws", "aws", {"region": "us-east-1"})
    events.create(ENDPOINT, "e", {"name": "e", "endpointConfigName": unknown})
    assert verdict(events).ready, verdict(events).text


def test_many_reasons_are_counted_in_the_first_line_and_kept_whole() -> None:
    events = Events()
    for number in range(9):
        events.delete(KEY, f"k{number}", {})
    found = verdict(events)
    assert len(found.reasons) == 9
    assert found.text.endswith("deletes kms.Key k3; and 5 more")
