"""The engine's events become one value, and what is missing shows."""

from __future__ import annotations

import json

from catalog.computed import COMPUTED
from takeoff.preview.stream import SIGNATURE, parse
from tests.unit.takeoff.preview.events import STACK_URN, Events

BUCKET = "aws:s3/bucket:Bucket"


def whole() -> Events:
    events = Events(
        config={"takeoff:models": {"a": {"traffic": {"main": 100}}}, "takeoff:boundary": "plain", "aws:x": "{}"}
    )
    events.create(BUCKET, "new", {"bucket": COMPUTED})
    events.same(BUCKET, "kept", {"bucket": "kept"}, old_state={"protect": True}, new_state={"protect": True})
    events.update(BUCKET, "other", {"tags": {"a": "1"}}, {"tags": {"a": "2"}})
    events.replace(BUCKET, "moved", {"bucket": "old"}, {"bucket": "new"}, "bucket")
    events.delete(BUCKET, "gone", {"bucket": "gone"}, old_state={"retainOnDelete": True})
    events.policy("s3-1-private", "S3.1 it is public", "advisory")
    events.says("warning", "mind the gap")
    events.says("debug", "never mind")
    return events


def test_names_config_and_seconds_come_from_the_stream() -> None:
    preview = whole().preview()
    assert (preview.stack, preview.project, preview.seconds, preview.complete) == ("prod", "takeoff", 4.0, True)
    assert preview.config == {
        "takeoff:models": {"a": {"traffic": {"main": 100}}},
        "takeoff:boundary": "plain",
        "aws:x": "{}",
    }
    assert list(preview.models) == ["a"]
    assert preview.packs == ("takeoff",)


def test_before_is_what_exists_and_after_what_will_each_once() -> None:
    preview = whole().preview()
    assert sorted(step.name for step in preview.before()) == ["gone", "kept", "moved", "other"]
    assert sorted(step.name for step in preview.after()) == ["kept", "moved", "new", "other"]
    moved = next(step for step in preview.after() if step.name == "moved")
    assert moved.new == {"bucket": "new"}


def test_a_step_knows_what_it_does() -> None:
    steps = {(step.name, step.op): step for step in whole().preview().steps}
    assert steps["new", "create"].creates
    assert steps["gone", "delete"].deletes
    assert steps["gone", "delete"].retained
    assert steps["moved", "replace"].replaces_
    assert steps["moved", "replace"].replaces == ("bucket",)
    assert steps["other", "update"].updates
    assert steps["other", "update"].diffs == ("tags",)
    assert steps["kept", "same"].protect
    assert steps["new", "create"].new == {"bucket": COMPUTED}, "unknown values stay, the engine's own notes do not"


def test_components_and_the_stack_are_no_resources_of_a_provider() -> None:
    events = Events()
    events.create("takeoff:data:DataLake", "lake", {})
    events.create(BUCKET, "raw", {})
    assert [step.custom for step in events.preview().steps] == [False, True]


def test_what_the_program_only_reads_is_not_the_stacks() -> None:
    events = Events()
    events.step("read", BUCKET, "foreign", {"bucket": "x"}, {"bucket": "x"})
    assert events.preview().before() == events.preview().after() == []


def test_outputs_are_those_before_and_those_that_the_program_registers() -> None:
    events = Events()
    old = {"outputs": {"bucket": "b"}}
    events.step("same", "pulumi:pulumi:Stack", "takeoff-prod", {}, {}, old_state=old, new_state={"outputs": {}})
    metadata = {"type": "pulumi:pulumi:Stack", "urn": STACK_URN, "op": "same", "new": {"outputs": {"bucket": "c"}}}
    events.lines.append({"resOutputsEvent": {"metadata": metadata}})
    preview = events.preview()
    assert (preview.outputs_before, preview.outputs) == ({"bucket": "b"}, {"bucket": "c"})


def test_a_secret_is_never_in_a_preview() -> None:
    events = Events()
    events.create("aws:ssm/parameter:Parameter", "p", {"value": {SIGNATURE: "1b47", "plaintext": '"hunter2"'}})
    assert "hunter2" not in repr(events.preview())


def test_an_archive_is_told_by_its_hash() -> None:
    archive = {SIGNATURE: "0def", "hash": "abcdef0123456789", "path": "/somewhere/of/somebody"}
    events = Events()
    events.create("aws:lambda/function:Function", "f", {"code": archive})
    (step,) = events.preview().steps
    assert step.new == {"code": "content abcdef012345"}


def test_a_stream_without_its_summary_is_incomplete() -> None:
    assert not whole().preview(cut=True).complete
    assert not parse([]).complete


def test_a_line_that_was_cut_makes_the_stream_incomplete_and_raises_nothing() -> None:
    lines = whole().text()
    assert not parse([*lines[:-1], lines[-1][:10]]).complete
    assert not parse([*lines[:3], lines[3][:40] + "\n", *lines[4:]]).complete
    assert not parse(["[1]\n", *lines]).complete


def test_a_resource_event_without_a_urn_makes_the_stream_incomplete() -> None:
    lines = [json.dumps({"resourcePreEvent": {"metadata": {"op": "create"}}})]
    assert not parse([*lines, *Events().text()]).complete


def test_unknown_kinds_of_events_are_skipped() -> None:
    lines = [json.dumps({"tomorrowsEvent": {"a": 1}}), "\n", *whole().text()]
    assert parse(lines) == whole().preview()


def test_a_failed_preview_has_an_error_even_if_the_engine_tells_none() -> None:
    assert [each.message for each in whole().preview("failed").errors] == ["the engine says that the preview failed"]
    events = whole()
    events.says("error", "no such bucket")
    assert [each.message for each in events.preview("failed").errors] == ["no such bucket"]


def test_findings_of_policies_are_kept_once() -> None:
    events = whole()
    events.policy("s3-1-private", "S3.1 it is public", "advisory")
    (finding,) = events.preview().policies
    assert (finding.policy, finding.level, finding.urn) == ("s3-1-private", "advisory", STACK_URN)
    assert "S3.1 it is public" in finding.message
