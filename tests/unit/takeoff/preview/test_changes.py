"""One line a resource, what cannot be undone first."""

from __future__ import annotations

import json

from catalog.computed import COMPUTED
from takeoff.preview.changes import changes, short
from tests.unit.takeoff.preview.events import Events

BUCKET = "aws:s3/bucket:Bucket"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"


def test_what_cannot_be_undone_comes_first() -> None:
    events = Events()
    events.update(ALARM, "updated", {"threshold": 1}, {"threshold": 2})
    events.create(ALARM, "created", {})
    events.same(ALARM, "same", {})
    events.delete(BUCKET, "left", {}, old_state={"retainOnDelete": True})
    events.delete(BUCKET, "deleted", {})
    events.replace(ALARM, "replaced", {"name": "a"}, {"name": "b"}, "name")
    events.create("takeoff:data:Bucket", "component", {})
    found = [(change.what, change.step.name) for change in changes(events.preview())]
    assert found == [
        ("replace", "replaced"),
        ("delete", "deleted"),
        ("leave", "left"),
        ("create", "created"),
        ("update", "updated"),
    ]


def test_a_line_says_what_changes_and_counts_the_rest() -> None:
    events = Events()
    old, new = {f"p{n}": n for n in range(6)}, {f"p{n}": n + 1 for n in range(6)}
    events.update(ALARM, "a", old, new)
    (change,) = changes(events.preview())
    assert change.text() == "cloudwatch.MetricAlarm a: p0 0 → 1, p1 1 → 2, p2 2 → 3, p3 3 → 4, and 2 more"
    assert change.details() == "p4 4 → 5\np5 5 → 6"


def test_changes_are_found_inside_objects_and_lists() -> None:
    events = Events()
    events.update(ALARM, "a", {"d": {"x": 1, "y": [1, 2]}}, {"d": {"x": 1, "y": [1, 3], "z": COMPUTED}})
    (change,) = changes(events.preview())
    assert [edit.text() for edit in change.edits] == ["d.y[1] 2 → 3", "d.z none → known after"]


def test_a_document_is_named_in_the_line_and_compared_below() -> None:
    old, new = ({"Statement": [{"Action": "s3:GetObject", "Resource": name * 40}]} for name in "ab")
    events = Events()
    events.update("aws:iam/rolePolicy:RolePolicy", "p", {"policy": json.dumps(old)}, {"policy": json.dumps(new)})
    (change,) = changes(events.preview())
    assert change.text() == "iam.RolePolicy p: policy"
    assert f'-      "Resource": "{"a" * 40}"' in change.details()
    assert f'+      "Resource": "{"b" * 40}"' in change.details()
    assert "GetObject" in change.details(), "a little of what stays is shown"


def test_a_huge_document_is_counted_not_compared() -> None:
    events = Events()
    events.update(ALARM, "a", {"body": json.dumps(list(range(2000)))}, {"body": json.dumps(list(range(3000)))})
    (change,) = changes(events.preview())
    assert "a document of 2002 lines → one of 3002" in change.details()


def test_a_replacement_says_which_property_makes_it_one_and_whether_there_is_a_gap() -> None:
    events = Events()
    events.replace(ALARM, "whole", {"name": "a"}, {"name": "b"}, "name")
    events.replace(ALARM, "gap", {"name": "a"}, {"name": "b"}, "name", gap=True)
    whole, gap = changes(events.preview())
    assert whole.text() == "cloudwatch.MetricAlarm whole because of name: name a → b"
    assert (whole.gap, gap.gap) == (False, True)
    assert gap.edits == whole.edits


def test_type_tokens_are_said_as_people_say_them() -> None:
    assert short("aws:sagemaker/endpoint:Endpoint") == "sagemaker.Endpoint"
    assert short("takeoff:data:DataLake") == "data.DataLake"
    assert short("pulumi:providers:aws") == "pulumi:providers:aws"
