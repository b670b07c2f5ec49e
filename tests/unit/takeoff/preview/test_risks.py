"""What a deployment puts at risk."""

from __future__ import annotations

import json
from typing import Any

import pulumi_aws as aws
import pytest

from catalog.plan import Plan
from takeoff.preview import risks as module
from takeoff.preview.changes import changes
from takeoff.preview.risks import BUCKET, DOCUMENTS, ENDPOINT, HOLDS, KEY, LOG_GROUP, SERVES, Risk, risks
from takeoff.preview.wish import wishes
from tests.unit.takeoff.preview.events import Events, desired, release, wish_changes

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ROLE = "aws:iam/role:Role"


def found(events: Events) -> list[Risk]:
    preview = events.preview()
    return risks(preview, changes(preview), wishes(preview))


def texts(events: Events) -> list[str]:
    return [f"{risk.kind}: {risk.resource} {risk.text}" for risk in found(events)]


def test_every_token_is_one_of_the_sdk() -> None:
    named = {*HOLDS, *SERVES, *DOCUMENTS, module.LIFECYCLE, module.ATTACHMENT, ROLE, ROLE_POLICY, LOG_GROUP}
    for token in named:
        _, path, name = token.split(":")
        sdk = getattr(getattr(aws, {"lambda": "lambda_"}.get(path.split("/")[0], path.split("/")[0])), name)
        assert sdk.pulumi_type == token


def test_every_property_that_holds_a_document_is_one_of_the_sdk() -> None:
    for token, property_ in DOCUMENTS.items():
        _, path, name = token.split(":")
        sdk = getattr(getattr(aws, path.split("/")[0]), name)
        assert property_ in {_camel(name) for name, value in vars(sdk).items() if isinstance(value, property)}, token


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


@pytest.mark.parametrize("type_", sorted(HOLDS))
def test_deleting_or_replacing_what_holds_data_is_a_serious_loss(type_: str) -> None:
    gone, moved = Events(), Events()
    gone.delete(type_, "x", {})
    moved.replace(type_, "x", {"name": "a"}, {"name": "b"}, "name")
    for events in (gone, moved):
        losses = [risk for risk in found(events) if risk.kind == "data loss"]
        assert [risk.high for risk in losses] == [True]
        assert HOLDS[type_] in losses[0].text


def test_what_stays_in_the_account_is_no_loss_but_its_replacement_is_empty() -> None:
    left, moved = Events(), Events()
    left.delete(BUCKET, "x", {}, old_state={"retainOnDelete": True})
    assert found(left) == []
    kept = {"retainOnDelete": True}
    moved.replace(BUCKET, "x", {"bucket": "a"}, {"bucket": "b"}, "bucket", old_state=kept, new_state=kept)
    (risk,) = found(moved)
    assert "the new one is empty" in risk.text


def test_an_endpoint_that_goes_or_is_replaced_is_downtime() -> None:
    gone, moved = Events(), Events()
    gone.delete(ENDPOINT, "x", {})
    moved.replace(ENDPOINT, "x", {"name": "a"}, {"name": "b"}, "name")
    assert [(risk.kind, risk.high) for risk in found(gone)] == [("downtime", True)]
    assert [(risk.kind, risk.high) for risk in found(moved)] == [("downtime", True)]


def test_another_server_is_down_only_when_it_goes_before_its_successor_is_there() -> None:
    gateway, gap, whole = "aws:ec2/natGateway:NatGateway", Events(), Events()
    whole.replace(gateway, "x", {"a": 1}, {"a": 2}, "a")
    gap.replace(gateway, "x", {"a": 1}, {"a": 2}, "a", gap=True)
    assert found(whole) == []
    assert "before its successor is there" in found(gap)[0].text


def test_a_shorter_retention_deletes_and_a_longer_one_does_not() -> None:
    shorter, longer, created = Events(), Events(), Events()
    shorter.update(LOG_GROUP, "x", {}, {"retentionInDays": 30})
    longer.update(LOG_GROUP, "x", {"retentionInDays": 30}, {"retentionInDays": 90})
    created.create(LOG_GROUP, "x", {"retentionInDays": 30})
    assert texts(shorter) == ["data loss: cloudwatch.LogGroup x logs older than 30 days go; they were kept for ever"]
    assert found(longer) == found(created) == []


def test_an_earlier_expiry_of_a_bucket_deletes_and_a_later_one_does_not() -> None:
    def rules(days: int) -> dict[str, Any]:
        return {"rules": [{"expiration": {"days": days}}, {"noncurrentVersionExpiration": {"noncurrentDays": 1}}]}

    for old, new, count in ((60, 30, 1), (30, 60, 0)):
        events = Events()
        events.update(module.LIFECYCLE, "captures", rules(old), rules(new))
        assert len(found(events)) == count


def test_permissions_that_widen_are_noted_and_those_of_new_roles_are_not() -> None:
    read, write = (json.dumps({"Statement": {"Effect": "Allow", "Action": f"s3:{a}", "Resource": "r"}}) for a in "RW")
    events = Events()
    events.same(ROLE, "old", {"name": "old", "assumeRolePolicy": "{}"})
    events.create(ROLE, "new", {"name": "new", "assumeRolePolicy": read})
    events.update(ROLE_POLICY, "changed", {"policy": read, "role": "old"}, {"policy": write, "role": "old"})
    events.create(ROLE_POLICY, "added", {"policy": read, "role": "old"})
    events.create(ROLE_POLICY, "fresh", {"policy": read, "role": "new"})
    events.create(module.ATTACHMENT, "attached", {"role": "old", "policyArn": "arn:p"})
    events.create(module.ATTACHMENT, "unattached", {"role": "new", "policyArn": "arn:p"})
    events.update(KEY, "key", {"policy": read}, {"policy": read, "description": "other"})
    assert sorted(texts(events)) == [
        "permissions: iam.RolePolicy added gains s3:R on r",
        "permissions: iam.RolePolicy changed gains s3:W on r",
        "permissions: iam.RolePolicyAttachment attached role old gains arn:p",
    ]


def test_protection_that_goes_is_noted() -> None:
    events = Events()
    events.step("same", ENDPOINT, "x", {}, {}, old_state={"protect": True}, new_state={})
    events.step("same", ENDPOINT, "y", {}, {}, old_state={"protect": True}, new_state={"protect": True})
    (risk,) = found(events)
    assert (risk.kind, risk.resource, risk.high) == ("protection", "sagemaker.Endpoint x", True)


def test_traffic_alone_starts_no_process() -> None:
    events = wish_changes(
        desired("1-x", main=(90, 2), candidate=(10, 1)), desired("1-x", main=(50, 2), candidate=(50, 1))
    )
    assert texts(events) == ["endpoint update: breast-cancer weights and counts only: no new config, no new process"]


def test_a_new_config_says_how_it_comes_how_long_it_takes_and_what_returns_it() -> None:
    plan = Plan(kind="canary", percent=10, step_seconds=600, bake_seconds=300, alarms=("a",))
    events = wish_changes(desired("1-x", main=(100, 2)), desired("2-x", plan, main=(100, 2)))
    release(events, "delete", "1-x", main=("1", "ml.c6i.large"))
    release(events, "create", "2-x", main=("1", "ml.c6i.xlarge"), candidate=("2", "ml.c6i.large"))
    (risk,) = found(events)
    assert risk.text == (
        "new config by canary in steps of 10 %, at least 15 min and the start of instances; "
        "goes back by itself on 1 alarm; main moves to a new fleet of ml.c6i.xlarge, and needs quota for both "
        "meanwhile; new variant candidate"
    )
    assert not risk.high


def test_a_new_config_that_nothing_returns_is_serious() -> None:
    events = wish_changes(desired("1-x", main=(100, 2)), desired("2-x", Plan(), main=(100, 2)))
    (risk,) = found(events)
    assert risk.high
    assert "nothing makes it go back" in risk.text


def test_serious_notes_come_first() -> None:
    events = wish_changes(desired("1-x", main=(90, 2), c=(10, 1)), desired("1-x", main=(50, 2), c=(50, 1)))
    events.delete(KEY, "k", {})
    assert [risk.high for risk in found(events)] == [True, False]
