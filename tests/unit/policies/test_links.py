"""Which resources belong together."""

from __future__ import annotations

import pytest

from policies.declared import UNKNOWN, Declared, Graph, UnknownError
from policies.links import belongs, each, parts
from tests.unit.policies.case import declared

BUCKET, VERSIONING = "aws:s3/bucket:Bucket", "aws:s3/bucketVersioning:BucketVersioning"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
RAW = declared(BUCKET, "raw", {"bucket": "raw-1"})


def test_a_part_belongs_by_name_also_at_the_end_of_an_arn() -> None:
    topic = declared("aws:sns/topic:Topic", "t", {"name": "alerts"})
    arn = declared("aws:sns/topicPolicy:TopicPolicy", arn="arn:aws:sns:us-east-1:123456789012:alerts")
    other = declared("aws:sns/topicPolicy:TopicPolicy", arn="arn:aws:sns:us-east-1:123456789012:alerts-2")
    graph = Graph([topic, arn, other])
    assert [belongs(graph, part, "arn", topic) for part in (arn, other)] == [True, False]


def test_a_part_belongs_by_reference_also_through_a_sibling() -> None:
    versioning = declared(VERSIONING, props={"bucket": UNKNOWN}, refs={"bucket": (RAW.urn,)})
    through = declared(LIFECYCLE, props={"bucket": UNKNOWN}, refs={"bucket": (versioning.urn,)})
    graph = Graph([RAW, versioning, through])
    assert parts(graph, RAW, "bucket", VERSIONING, LIFECYCLE) == [versioning, through]


def test_a_property_that_was_taken_out_belongs_to_nothing() -> None:
    gone = declared(VERSIONING, props={}, refs={"bucket": (RAW.urn,)})
    assert not belongs(Graph([RAW, gone]), gone, "bucket", RAW)


def test_what_is_unknown_of_one_does_not_hide_what_another_breaks() -> None:
    def check(resource: Declared) -> str | None:
        if resource.name == "unknown":
            raise UnknownError("p")
        return "bad" if resource.name == "bad" else None

    found = each([declared(BUCKET, name) for name in ("unknown", "good", "bad")], check)
    assert next(found).resource.name == "bad"
    with pytest.raises(UnknownError, match="p"):
        next(found)
