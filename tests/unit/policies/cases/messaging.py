"""Cases of the rules over messages and records."""

from __future__ import annotations

from typing import Any

from policies.declared import UNKNOWN, Declared
from tests.unit.policies.case import Case, declared
from tests.unit.policies.cases._policy import ACCOUNT, KEY, ROLE, STRANGER, allow, policy

TOPIC, TOPIC_POLICY = "aws:sns/topic:Topic", "aws:sns/topicPolicy:TopicPolicy"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
QUEUE, QUEUE_POLICY = "aws:sqs/queue:Queue", "aws:sqs/queuePolicy:QueuePolicy"
STREAM, TABLE = "aws:kinesis/stream:Stream", "aws:dynamodb/table:Table"
SCALING = "aws:appautoscaling/target:Target"
GROUP_POLICY = "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy"
REPOSITORY_POLICY = "aws:ecr/repositoryPolicy:RepositoryPolicy"
RULE, TARGET = "aws:cloudwatch/eventRule:EventRule", "aws:cloudwatch/eventTarget:EventTarget"
SCHEDULE = "aws:scheduler/schedule:Schedule"
TOPIC_ARN = f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts"
ALARMS = {"Service": "cloudwatch.amazonaws.com"}
OURS = {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:*"}}
THEIRS = {"ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:us-east-1:999999999999:alarm:*"}}


def public(action: str, part: str, whole: str) -> Case:
    good = policy(
        allow(action, TOPIC_ARN, ALARMS, OURS),
        allow(action, TOPIC_ARN, "*", {"StringEquals": {"aws:SourceOwner": ACCOUNT}}),
    )
    bad = policy(allow(action, TOPIC_ARN, "*"))
    anywhere = policy(allow(action, TOPIC_ARN, {"AWS": "*"}, {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}}))
    return Case(
        compliant=[declared(part, policy=good), declared(whole)],
        violating=[declared(part, policy=bad), declared(whole, policy=bad), declared(part, policy=anywhere)],
        unknown=[declared(part, policy=UNKNOWN)],
    )


def topic(name: str, *statements: dict[str, Any]) -> Declared:
    return declared(TOPIC_POLICY, name, arn=TOPIC_ARN, policy=policy(*statements))


def capacity(kind: str) -> Declared:
    props = {"resourceId": "table/t", "scalableDimension": f"dynamodb:table:{kind}CapacityUnits"}
    return declared(SCALING, kind, props)


PUBLISH = "sns:Publish"

CASES: dict[str, Case] = {
    "sns-4-not-public": public(PUBLISH, TOPIC_POLICY, TOPIC),
    "sqs-3-not-public": public("sqs:SendMessage", QUEUE_POLICY, QUEUE),
    "takeoff-19-resource-policies": Case(
        compliant=[
            topic("t", allow(PUBLISH, TOPIC_ARN, ALARMS, OURS)),
            declared(
                GROUP_POLICY,
                resourcePolicy=policy(allow("sagemaker:DescribeModelPackage", "*", {"AWS": "210987654321"})),
            ),
            declared(REPOSITORY_POLICY, policy=policy(allow("ecr:BatchGetImage", None, {"AWS": ROLE}))),
        ],
        violating=[
            topic("t", allow(PUBLISH, TOPIC_ARN, {"AWS": ROLE})),
            topic("whoever", allow(PUBLISH, TOPIC_ARN, ALARMS)),
            topic("theirs", allow(PUBLISH, TOPIC_ARN, ALARMS, THEIRS)),
            topic("wide", allow("sns:*", TOPIC_ARN, ALARMS, OURS)),
            topic("all", allow(PUBLISH, TOPIC_ARN, "*")),
            # Nobody in public, as AWS counts it; but the service is not named.
            topic("anybody", allow(PUBLISH, TOPIC_ARN, "*", OURS)),
            declared(
                GROUP_POLICY,
                "group",
                resourcePolicy=policy(allow("sagemaker:DescribeModelPackage", "*", {"AWS": STRANGER})),
            ),
            declared(REPOSITORY_POLICY, "images", policy=policy(allow("ecr:BatchGetImage", None, "*"))),
        ],
        unknown=[declared(TOPIC_POLICY, arn=TOPIC_ARN, policy=UNKNOWN)],
        settings={"accounts": ["210987654321"]},
    ),
    "takeoff-23-topics-are-heard": Case(
        compliant=[declared(TOPIC, "a", {"name": "alerts"}), declared(SUBSCRIPTION, topic=TOPIC_ARN)],
        violating=[
            declared(TOPIC, "a", {"name": "alerts"}),
            declared(TOPIC, "b", {"name": "critical"}),
            declared(SUBSCRIPTION, topic=TOPIC_ARN),
        ],
        unknown=[
            declared(TOPIC, "a"),
            declared(SUBSCRIPTION, props={"topic": UNKNOWN}, refs={"topic": (declared(TOPIC, "a").urn,)}),
        ],
        unknown_is="fine",
    ),
    "takeoff-43-messages-travel-encrypted": Case(
        compliant=[declared(SUBSCRIPTION, protocol="email")],
        violating=[declared(SUBSCRIPTION, protocol="http")],
        unknown=[declared(SUBSCRIPTION, protocol=UNKNOWN)],
    ),
    "sqs-1-encrypted": Case(
        compliant=[declared(QUEUE), declared(QUEUE, sqsManagedSseEnabled=False, kmsMasterKeyId=KEY)],
        violating=[declared(QUEUE, sqsManagedSseEnabled=False)],
        unknown=[declared(QUEUE, sqsManagedSseEnabled=UNKNOWN)],
    ),
    "kinesis-1-encrypted": Case(
        compliant=[declared(STREAM, encryptionType="KMS", kmsKeyId=KEY)],
        violating=[declared(STREAM), declared(STREAM, encryptionType="NONE")],
        unknown=[declared(STREAM, encryptionType=UNKNOWN)],
    ),
    "kinesis-3-kept": Case(
        compliant=[declared(STREAM, retentionPeriod=168)],
        violating=[declared(STREAM), declared(STREAM, retentionPeriod=24)],
        unknown=[declared(STREAM, retentionPeriod=UNKNOWN)],
    ),
    "dynamodb-1-scales": Case(
        compliant=[
            declared(TABLE, "demand", billingMode="PAY_PER_REQUEST"),
            declared(TABLE, "t", {"name": "t", "billingMode": "PROVISIONED"}),
            capacity("Read"),
            capacity("Write"),
        ],
        violating=[declared(TABLE, "t", {"name": "t"}), capacity("Read"), declared(TABLE, "fixed", {"name": "fixed"})],
        unknown=[declared(TABLE, billingMode=UNKNOWN)],
    ),
    "dynamodb-2-point-in-time": Case(
        compliant=[declared(TABLE, pointInTimeRecovery={"enabled": True})],
        violating=[declared(TABLE), declared(TABLE, pointInTimeRecovery={"enabled": False})],
        unknown=[declared(TABLE, pointInTimeRecovery=UNKNOWN)],
    ),
    "dynamodb-6-deletion-protection": Case(
        compliant=[declared(TABLE, deletionProtectionEnabled=True)],
        violating=[declared(TABLE), declared(TABLE, deletionProtectionEnabled=False)],
        unknown=[declared(TABLE, deletionProtectionEnabled=UNKNOWN)],
    ),
    "takeoff-46-rules-have-targets": Case(
        compliant=[declared(RULE, "r", {"name": "r"}), declared(TARGET, rule="r")],
        violating=[declared(RULE, "r", {"name": "r"}), declared(RULE, "s", {"name": "s"}), declared(TARGET, rule="r")],
        unknown=[
            declared(RULE, "r"),
            declared(TARGET, props={"rule": UNKNOWN}, refs={"rule": (declared(RULE, "r").urn,)}),
        ],
        unknown_is="fine",
    ),
    "takeoff-46-rules-and-schedules-are-on": Case(
        compliant=[declared(RULE), declared(RULE, state="ENABLED"), declared(SCHEDULE, target={"arn": UNKNOWN})],
        violating=[
            declared(RULE, state="DISABLED"),
            declared(RULE, isEnabled=False),
            declared(SCHEDULE, state="DISABLED"),
            declared(SCHEDULE, target={}),
        ],
        unknown=[declared(RULE, state=UNKNOWN)],
    ),
}
