"""Cases of the rules over the stack as a whole."""

from __future__ import annotations

from typing import Any

from policies.declared import UNKNOWN, Declared
from policies.rules.governance.protection import _TYPES
from tests.unit.policies.case import Case, declared
from tests.unit.policies.cases._policy import ACCOUNT

METRIC, COMPOSITE = "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/compositeAlarm:CompositeAlarm"
TOPIC, BUDGET = "aws:sns/topic:Topic", "aws:budgets/budget:Budget"
ENDPOINT, MODEL = "aws:sagemaker/endpoint:Endpoint", "aws:sagemaker/model:Model"
PROVIDER, GROUP = "pulumi:providers:aws", "aws:cloudwatch/logGroup:LogGroup"
BUCKET, BUCKET_V2, REPOSITORY = "aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2", "aws:ecr/repository:Repository"
SUBNET = "aws:ec2/subnet:Subnet"
TOPIC_ARN = f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts"
TELLS = {"alarmActions": [TOPIC_ARN]}
SAYS = "It fails. Owner: ml@example.com. Runbook: https://example.com/runbooks/it.md"
STACK_TAGS = {"takeoff:stack": "prod", "takeoff:managed-by": "pulumi"}
MODEL_TAGS = {"takeoff:model": "m", "takeoff:owner": "ml@example.com"}
OF_STACK = [{"name": "TagKeyValue", "values": ["user:takeoff:stack$prod"]}]
OF_MODEL = [{"name": "TagKeyValue", "values": ["user:takeoff:model$m"]}]
HEARD = [{"threshold": 80, "subscriberEmailAddresses": ["ml@example.com"]}]


def metric(name: str, **props: Any) -> Declared:
    return declared(METRIC, name, {"name": name, **props})


def composite(name: str, rule: Any, **props: Any) -> Declared:
    return declared(COMPOSITE, name, {"alarmName": name, "alarmRule": rule, **props})


def budget(name: str, filters: Any, notifications: Any, **more: Any) -> Declared:
    return declared(BUDGET, name, costFilters=filters, notifications=notifications, **more)


def child(type_: str, name: str, tags: Any, parent: str = "urn:endpoint") -> Declared:
    return declared(type_, name, {"tags": tags} if tags is not None else {}, parent=parent)


ALERTS = declared(TOPIC, "alerts")

CASES: dict[str, Case] = {
    "takeoff-6-budget": Case(
        compliant=[
            declared(ENDPOINT),
            budget("all", OF_STACK, [{"threshold": 80, "subscriberSnsTopicArns": [TOPIC_ARN]}]),
            budget("m", OF_MODEL, HEARD, tags=MODEL_TAGS),
        ],
        violating=[
            declared(ENDPOINT),
            budget("m", OF_MODEL, [*HEARD, {"threshold": 100, "subscriberEmailAddresses": []}]),
            budget("n", OF_MODEL, []),
            budget("o", OF_MODEL, [{"threshold": 80, "subscriberSnsTopicArns": [TOPIC_ARN]}], tags=MODEL_TAGS),
        ],
        unknown=[declared(ENDPOINT), budget("all", None, UNKNOWN)],
    ),
    "takeoff-12-stack-tags": Case(
        compliant=[declared(PROVIDER, defaultTags={"tags": STACK_TAGS}), declared(MODEL)],
        violating=[declared(PROVIDER, defaultTags='{"tags": {"takeoff:stack": "prod"}}'), declared(MODEL)],
        unknown=[declared(PROVIDER, defaultTags=UNKNOWN), declared(MODEL)],
    ),
    "takeoff-12-model-tags": Case(
        compliant=[
            child(ENDPOINT, "e", MODEL_TAGS),
            child(MODEL, "m", MODEL_TAGS),
            child(GROUP, "platform", None, "urn:network"),
        ],
        violating=[
            child(ENDPOINT, "e", MODEL_TAGS),
            child(MODEL, "bare", None),
            child(METRIC, "half", {"takeoff:model": "m"}, "urn:other"),
            child(METRIC, "empty", {**MODEL_TAGS, "takeoff:owner": ""}),
        ],
        unknown=[child(ENDPOINT, "e", UNKNOWN)],
    ),
    "takeoff-13-residency": Case(
        compliant=[
            declared(PROVIDER, region="us-east-1"),
            declared(SUBNET, availabilityZone="us-east-1a"),
            declared(METRIC, props=TELLS),
        ],
        violating=[
            declared(PROVIDER, "p", region="eu-west-3"),
            declared(METRIC, "a", TELLS),
            declared(METRIC, "b", TELLS),
            declared(MODEL, "image", primaryContainer={"image": f"{ACCOUNT}.dkr.ecr.eu-west-3.amazonaws.com/m"}),
            declared(SUBNET, "zone", availabilityZone="eu-west-3a"),
            declared(BUCKET, "own", region="eu-west-3"),
        ],
        unknown=[declared(PROVIDER, region=UNKNOWN), declared(METRIC, props=TELLS)],
    ),
    "takeoff-15-endpoints-have-an-owner": Case(
        compliant=[declared(ENDPOINT, tags=MODEL_TAGS)],
        violating=[declared(ENDPOINT), declared(ENDPOINT, tags={**MODEL_TAGS, "takeoff:owner": "somebody"})],
        unknown=[declared(ENDPOINT, tags=UNKNOWN)],
    ),
    "takeoff-17-protected": Case(
        compliant=[*(declared(type_, protect=True) for type_ in _TYPES), declared(METRIC)],
        violating=[declared(type_) for type_ in _TYPES],
        unknown=[declared(BUCKET, bucket=UNKNOWN, protect=True)],
        unknown_is="fine",
    ),
    "takeoff-17-not-emptied": Case(
        compliant=[declared(BUCKET, forceDestroy=False), declared(BUCKET_V2), declared(REPOSITORY, forceDelete=False)],
        violating=[
            declared(BUCKET, forceDestroy=True),
            declared(BUCKET_V2, forceDestroy=True),
            declared(REPOSITORY, forceDelete=True),
        ],
        unknown=[declared(BUCKET, forceDestroy=UNKNOWN)],
    ),
    "takeoff-22-logs-are-kept-a-while": Case(
        compliant=[declared(GROUP, retentionInDays=90)],
        violating=[
            declared(GROUP),
            declared(GROUP, retentionInDays=0),
            declared(GROUP, retentionInDays=1),
            declared(GROUP, retentionInDays=36500),
        ],
        unknown=[declared(GROUP, retentionInDays=UNKNOWN)],
    ),
    "takeoff-23-alarms-act": Case(
        compliant=[
            ALERTS,
            metric("errors", **TELLS),
            metric("long"),
            composite("burn", 'ALARM("long") AND ALARM("short")', **TELLS),
            # It sums up for a dashboard what others tell.
            composite("health", 'ALARM("errors") OR ALARM(burn)'),
        ],
        violating=[
            ALERTS,
            metric("silent"),
            metric("off", actionsEnabled=False, **TELLS),
            metric("long"),
            # Somebody listens, but tells nobody.
            composite("burn", 'ALARM("long")'),
        ],
        unknown=[ALERTS, metric("errors", actionsEnabled=UNKNOWN, **TELLS)],
    ),
    "takeoff-23-composites-have-their-parts": Case(
        compliant=[metric("long"), composite("burn", 'ALARM("long") AND NOT OK(long)')],
        violating=[metric("long"), composite("burn", 'ALARM("long") AND ALARM("gone")')],
        unknown=[composite("burn", UNKNOWN)],
    ),
    "takeoff-28-alarms-say-what-to-do": Case(
        compliant=[metric("a", alarmDescription=SAYS), composite("b", "", alarmDescription=SAYS)],
        violating=[
            metric("a"),
            metric("a", alarmDescription="Owner: ml@example.com"),
            composite("b", "", alarmDescription="Runbook: none"),
        ],
        unknown=[metric("a", alarmDescription=UNKNOWN)],
    ),
}
