"""Remedies: what an environment may let the engine add by itself. Only what an update adds in place, never a change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from policies.rule import Settings

# The way to a property, and what is set there.
Changes = Mapping[tuple[str, ...], Any]


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """What is added to resources that leave it out. It is off wherever its level is not `remediate`.

    `add` is given inputs as the engine sends them: what is unknown or secret counts as set, and stays as it came.
    """

    name: str
    title: str
    add: Callable[[Mapping[str, Any], Settings], Changes]
    types: frozenset[str] | None = None
    settings: Settings = field(default_factory=dict)

    def changes(self, type_: str, props: Mapping[str, Any], settings: Settings) -> Changes:
        """What to set on a resource; nothing on one of another type, or that says it already."""
        return self.add(props, settings) if self.types is None or type_ in self.types else {}


def _tags(props: Mapping[str, Any], settings: Settings) -> Changes:
    """Only where the resource carries tags: a type that has none would refuse them."""
    tags = props.get("tags")
    if not isinstance(tags, Mapping):
        return {}
    return {("tags", key): value for key, value in settings["tags"].items() if key not in tags}


def _topic(props: Mapping[str, Any], settings: Settings) -> Changes:
    return {} if props.get("kmsMasterKeyId") else {("kmsMasterKeyId",): settings["key"]}


def _queue(props: Mapping[str, Any], _settings: Settings) -> Changes:
    # A queue with a key of its own must not have SQS's: the two exclude each other.
    encrypted = props.get("kmsMasterKeyId") or props.get("sqsManagedSseEnabled")
    return {} if encrypted else {("sqsManagedSseEnabled",): True}


def _stream(props: Mapping[str, Any], settings: Settings) -> Changes:
    if props.get("encryptionType") not in (None, "", "NONE"):
        return {}
    return {("encryptionType",): "KMS", ("kmsKeyId",): props.get("kmsKeyId") or settings["key"]}


def _table(props: Mapping[str, Any], _settings: Settings) -> Changes:
    return {} if props.get("serverSideEncryption") else {("serverSideEncryption",): {"enabled": True}}


# No disk and no file system: their encryption is fixed when they are made, and a remedy would replace them, data and
# all. https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html
REMEDIES: Final[tuple[Remedy, ...]] = (
    Remedy(
        name="remedy-tags",
        title="resources that carry tags carry the environment's default tags",
        add=_tags,
        settings={"tags": {}},
    ),
    Remedy(
        # AWS's own key lets no CloudWatch alarm publish: name a key that does where alarms do.
        # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
        name="remedy-topic-encryption",
        title="SNS topics are encrypted with a key",
        add=_topic,
        types=frozenset({"aws:sns/topic:Topic"}),
        settings={"key": "alias/aws/sns"},
    ),
    Remedy(
        # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-sqs-sse-queue.html
        name="remedy-queue-encryption",
        title="SQS queues are encrypted with SQS's key",
        add=_queue,
        types=frozenset({"aws:sqs/queue:Queue"}),
    ),
    Remedy(
        # https://docs.aws.amazon.com/streams/latest/dev/getting-started-with-sse.html
        name="remedy-stream-encryption",
        title="Kinesis streams are encrypted with a key",
        add=_stream,
        types=frozenset({"aws:kinesis/stream:Stream"}),
        settings={"key": "alias/aws/kinesis"},
    ),
    Remedy(
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
        name="remedy-table-encryption",
        title="DynamoDB tables are encrypted with AWS's key for them",
        add=_table,
        types=frozenset({"aws:dynamodb/table:Table"}),
    ),
)
