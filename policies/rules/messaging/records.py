"""Queues, streams and tables: encrypted, kept long enough, and there again after a mistake."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.declared import Declared, Graph, given, known
from policies.links import each
from policies.rule import FSBP, Broken, ResourceRule, Rule, Settings, StackRule
from policies.sources import hub

_QUEUE: Final = "aws:sqs/queue:Queue"
_STREAM: Final = "aws:kinesis/stream:Stream"
_TABLE: Final = "aws:dynamodb/table:Table"
_SCALABLE: Final = "aws:appautoscaling/target:Target"


def _queue(resource: Declared, _settings: Settings) -> str | None:
    if given(resource.at("kmsMasterKeyId")):
        return None
    # SQS encrypts new queues with its own keys unless it is told not to.
    off = known(resource.at("sqsManagedSseEnabled"), "sqsManagedSseEnabled") is False
    return "sqsManagedSseEnabled false and no kmsMasterKeyId" if off else None


def _stream(resource: Declared, _settings: Settings) -> str | None:
    kind = known(resource.at("encryptionType"), "encryptionType")
    return None if kind == "KMS" else f"encryptionType {kind or 'left out'}"


def _kept(resource: Declared, settings: Settings) -> str | None:
    hours = int(known(resource.at("retentionPeriod"), "retentionPeriod") or 24)
    return None if hours >= settings["least"] else f"retentionPeriod {hours} hours"


def _scales(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    def check(table: Declared) -> str | None:
        if known(table.at("billingMode"), "billingMode") == "PAY_PER_REQUEST":
            return None
        targets = [target for target in graph.of(_SCALABLE) if _scaled(target, table)]
        dimensions = {str(known(target.at("scalableDimension"), "scalableDimension")) for target in targets}
        missing = [each for each in ("Read", "Write") if f"dynamodb:table:{each}CapacityUnits" not in dimensions]
        return f"{' and '.join(missing).lower()} capacity that stays as it is" if missing else None

    return each(graph.of(_TABLE), check)


def _scaled(target: Declared, table: Declared) -> bool:
    identity, name = target.at("resourceId"), table.at("name")
    return table.urn in target.refs.get("resourceId", ()) or (given(name) and identity == f"table/{name}")


def _recoverable(resource: Declared, _settings: Settings) -> str | None:
    on = known(resource.at("pointInTimeRecovery.enabled"), "pointInTimeRecovery.enabled")
    return None if on is True else "no pointInTimeRecovery"


def _guarded(resource: Declared, _settings: Settings) -> str | None:
    on = known(resource.at("deletionProtectionEnabled"), "deletionProtectionEnabled")
    return None if on is True else "deletionProtectionEnabled not true"


RULES: Final[tuple[Rule, ...]] = (
    ResourceRule(
        control="SQS.1",
        name="sqs-1-encrypted",
        severity="medium",
        frameworks=(FSBP,),
        title="a queue's messages are encrypted",
        allowed="kmsMasterKeyId, or SQS's own encryption",
        fix="set kmsMasterKeyId to the stack's key",
        source=hub("SQS.1"),
        types=(_QUEUE,),
        check=_queue,
    ),
    ResourceRule(
        control="Kinesis.1",
        name="kinesis-1-encrypted",
        severity="medium",
        frameworks=(FSBP,),
        title="a stream's records are encrypted",
        allowed="encryptionType KMS",
        fix="set encryptionType KMS and kmsKeyId",
        source=hub("Kinesis.1"),
        types=(_STREAM,),
        check=_stream,
    ),
    ResourceRule(
        control="Kinesis.3",
        name="kinesis-3-kept",
        severity="medium",
        frameworks=(FSBP,),
        title="a stream keeps its records long enough to read them again",
        allowed="retentionPeriod of at least `least` hours",
        fix="set retentionPeriod",
        source=hub("Kinesis.3"),
        settings={"least": 168},
        types=(_STREAM,),
        check=_kept,
    ),
    StackRule(
        control="DynamoDB.1",
        name="dynamodb-1-scales",
        severity="medium",
        frameworks=(FSBP,),
        title="a table's capacity follows its load",
        allowed="billingMode PAY_PER_REQUEST, or scaling targets for reads and writes",
        fix="set billingMode PAY_PER_REQUEST",
        source=hub("DynamoDB.1"),
        types=(_TABLE,),
        check=_scales,
    ),
    ResourceRule(
        control="DynamoDB.2",
        name="dynamodb-2-point-in-time",
        severity="medium",
        frameworks=(FSBP,),
        title="a table can be had back as it was",
        allowed="pointInTimeRecovery.enabled: true",
        fix="set pointInTimeRecovery",
        source=hub("DynamoDB.2"),
        types=(_TABLE,),
        check=_recoverable,
    ),
    ResourceRule(
        control="DynamoDB.6",
        name="dynamodb-6-deletion-protection",
        severity="medium",
        frameworks=(FSBP,),
        title="a table is not deleted by mistake",
        allowed="deletionProtectionEnabled: true",
        fix="set deletionProtectionEnabled",
        source=hub("DynamoDB.6"),
        types=(_TABLE,),
        check=_guarded,
    ),
)
