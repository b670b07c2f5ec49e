"""Cases of the rules on releases, approval, alarms and cards. Each list is a whole stack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from policies.declared import UNKNOWN, Declared
from tests.unit.policies.case import Case, declared

KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
NAME, CONFIG = "takeoff-digits", "takeoff-digits-1"
TAGS = {"takeoff:model": "digits"}
TOPIC = "arn:aws:sns:us-east-1:123456789012:alerts"
NEW = {"EndpointName": NAME, "VariantName": "main", "EndpointConfigName": CONFIG}
LIVE = {"EndpointName": NAME, "VariantName": "main"}


def endpoint(**more: Any) -> Declared:
    props = {"name": NAME, "endpointConfigName": "takeoff-digits-0", "tags": TAGS, **more}
    return declared("aws:sagemaker/endpoint:Endpoint", "digits", props)


def config(*variants: str, model: str = "m") -> Declared:
    rows = [{"variantName": name, "modelName": model, "initialInstanceCount": 2} for name in variants]
    return declared(
        "aws:sagemaker/endpointConfiguration:EndpointConfiguration", "config", {"name": CONFIG}, productionVariants=rows
    )


def capturing(*modes: str, **more: Any) -> Declared:
    """The config that is to be served, which captures."""
    capture = {"enableCapture": True, "initialSamplingPercentage": 20, **more}
    capture.setdefault("captureOptions", [{"captureMode": mode} for mode in modes])
    found = config("main")
    return replace(found, props={**found.props, "dataCaptureConfig": capture})


def rated(risk: Any, name: str = "digits", **more: Any) -> Declared:
    """A model card."""
    text = json.dumps({"intended_uses": {"risk_rating": risk}})
    return declared(CARDS[0], name, {"content": text, "tags": {"takeoff:model": name}, **more})


def desired(*alarms: str, **more: Any) -> Declared:
    text = json.dumps({"endpoint": NAME, "config": CONFIG, "plan": {"kind": "canary", "alarms": alarms}})
    props = {"name": "/takeoff/digits/desired", "insecureValue": text, **more}
    return declared("aws:ssm/parameter:Parameter", "desired", props)


def alarm(name: str, dimensions: Any = NEW, missing: Any = "notBreaching", **more: Any) -> Declared:
    props = {"name": name, "dimensions": dimensions, "metricName": "Invocation5XXErrors", "period": 60, **more}
    return declared("aws:cloudwatch/metricAlarm:MetricAlarm", name, props, treatMissingData=missing)


def live(name: str = "errors", actions: Any = (TOPIC,), **more: Any) -> Declared:
    return alarm(name, LIVE, alarmActions=list(actions), **more)


def on_other(name: str, metric: str = "Invocation5XXErrors") -> Declared:
    """An alarm on a second variant."""
    return alarm(name, {**LIVE, "VariantName": "other"}, metricName=metric, alarmActions=[TOPIC])


def composite(name: str, rule: Any, actions: Any = (), **more: Any) -> Declared:
    props = {"alarmName": name, "alarmRule": rule, "alarmActions": list(actions), **more}
    return declared("aws:cloudwatch/compositeAlarm:CompositeAlarm", name, props)


def rate(name: str, dimensions: Any = LIVE, missing: Any = "notBreaching", **more: Any) -> Declared:
    """An alarm on a share of two metrics."""
    metric = {"namespace": "AWS/SageMaker", "metricName": "Invocation5XXErrors", "dimensions": dimensions, "period": 60}
    queries = [{"id": "e", "metric": metric}, {"id": "r", "expression": "e/n"}]
    props = {"name": name, "metricQueries": queries, "treatMissingData": missing, **more}
    return declared("aws:cloudwatch/metricAlarm:MetricAlarm", name, props)


def failing(**more: Any) -> Declared:
    """An alarm on a state machine."""
    props = {"namespace": "AWS/States", "metricName": "ExecutionsFailed", "alarmActions": [TOPIC], **more}
    return alarm("failed", {"StateMachineArn": "arn:aws:states:x:1:stateMachine:batch"}, **props)


SUBSCRIBED = [
    declared("aws:sns/topic:Topic", "alerts", {"name": "alerts"}),
    declared("aws:sns/topicSubscription:TopicSubscription", topic=TOPIC, protocol="email"),
]

NIGHTLY = declared("aws:scheduler/schedule:Schedule", target={"arn": "arn:aws:states:x:1:stateMachine:batch"})
MACHINE = declared("aws:sfn/stateMachine:StateMachine", "batch", {"name": "batch"})

EVENTS = {
    "source": ["aws.sagemaker"],
    "detail-type": ["SageMaker Model Package State Change"],
    "detail": {"ModelPackageGroupName": ["group"], "ModelApprovalStatus": ["Approved"]},
}


WRITTEN = {
    "source": ["aws.ssm"],
    "detail-type": ["Parameter Store Change"],
    "detail": {"name": [{"wildcard": "/takeoff/*/desired"}], "operation": ["Create", "Update"]},
}


def rule(pattern: Any = EVENTS, **more: Any) -> Declared:
    text = json.dumps(pattern) if isinstance(pattern, Mapping) else pattern
    return declared(
        "aws:cloudwatch/eventRule:EventRule", "approved", {"name": "approved", "eventPattern": text, **more}
    )


def group(model: str = "digits") -> Declared:
    return declared(
        "aws:sagemaker/modelPackageGroup:ModelPackageGroup",
        modelPackageGroupName="group",
        tags={"takeoff:model": model},
    )


def pipeline(definition: Any = '{"Steps": [{"Type": "RegisterModel"}]}', **more: Any) -> Declared:
    props = {"pipelineName": "p", "pipelineDefinition": definition, "tags": TAGS, **more}
    return declared("aws:sagemaker/pipeline:Pipeline", "training", props)


TARGET = declared("aws:cloudwatch/eventTarget:EventTarget", rule="approved", arn="arn:aws:codebuild:x")
PACKAGED = declared("aws:sagemaker/model:Model", "m", {"name": "m", "primaryContainer": {"modelPackageName": "p/1"}})
SERVED = [endpoint(endpointConfigName=CONFIG), config("main")]
CARDS = ("aws:sagemaker/modelCard:ModelCard", "aws-native:sagemaker:ModelCard")

CASES = {
    "takeoff-4-endpoint-updates-behind-a-guardrail": Case(
        compliant=[endpoint(), config("main"), desired("new"), alarm("new")],
        violating=[endpoint(), config("main"), desired("new"), alarm("new", missing="breaching")],
        unknown=[
            endpoint(),
            declared(
                "aws:ssm/parameter:Parameter",
                "desired",
                {"insecureValue": UNKNOWN},
                refs={"insecureValue": (endpoint().urn,)},
            ),
        ],
    ),
    "takeoff-5-approval-before-an-endpoint": Case(
        compliant=[endpoint(), rule(), TARGET, group()],
        violating=[endpoint(), rule(state="DISABLED"), TARGET, group()],
        unknown=[endpoint(), rule(UNKNOWN), TARGET],
    ),
    "takeoff-5-approval-before-a-pipelines-version": Case(
        compliant=[pipeline(), rule(), TARGET, group()],
        violating=[pipeline(), rule(), TARGET, group("another-model")],
        unknown=[pipeline(), rule(UNKNOWN), TARGET, group()],
    ),
    "takeoff-5-what-is-approved-is-carried-out": Case(
        compliant=[endpoint(), desired("new"), rule(WRITTEN), TARGET],
        violating=[endpoint(), desired("new"), rule(WRITTEN)],
        unknown=[endpoint(), desired("new"), rule(UNKNOWN), TARGET],
    ),
    "takeoff-14-endpoint-has-alarms-that-are-heard": Case(
        compliant=[endpoint(), live(), *SUBSCRIBED],
        violating=[endpoint(), live(actionsEnabled=False), *SUBSCRIBED],
        unknown=[endpoint(), live(actionsEnabled=UNKNOWN)],
    ),
    "takeoff-32-one-alarm-answers-for-an-endpoint": Case(
        compliant=[
            endpoint(),
            live("errors"),
            rate("fast"),
            alarm("new"),
            composite("slo", 'ALARM("fast")'),
            composite("health", 'ALARM("slo") OR ALARM(errors)'),
        ],
        violating=[endpoint(), live("errors"), rate("fast"), composite("health", 'ALARM("errors")')],
        unknown=[endpoint(), live(), composite("health", UNKNOWN)],
    ),
    "takeoff-38-composite-alarms-name-alarms-that-exist": Case(
        compliant=[
            live("errors"),
            live("latency"),
            composite("slo", "ALARM('errors') AND NOT OK(latency)"),
            composite("health", "ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:slo) OR ALARM(errors)"),
        ],
        violating=[live("errors"), composite("health", 'ALARM("errors") OR ALARM("latency")')],
        unknown=[composite("health", UNKNOWN)],
    ),
    "takeoff-14-variants-are-watched-alike": Case(
        compliant=[endpoint(), desired("new"), config("main", "other"), live("a"), on_other("b")],
        violating=[endpoint(), desired("new"), config("main", "other"), live("a"), on_other("b", "Invocations")],
        unknown=[endpoint(), desired("new"), config("main", "other"), live(metricQueries=UNKNOWN)],
    ),
    "takeoff-14-scheduled-runs-that-fail-are-heard": Case(
        compliant=[NIGHTLY, MACHINE, failing(), *SUBSCRIBED],
        violating=[NIGHTLY, MACHINE, failing(metricName="ExecutionsStarted"), *SUBSCRIBED],
        unknown=[NIGHTLY, MACHINE, failing(actionsEnabled=UNKNOWN)],
    ),
    "takeoff-14-alarms-read-a-metric-that-exists": Case(
        compliant=[
            live(namespace="AWS/SageMaker"),
            rate("fast"),
            alarm("backlog", {"EndpointName": NAME}, namespace="AWS/SageMaker", metricName="ApproximateBacklogSize"),
            failing(),
        ],
        violating=[
            alarm("all", {"EndpointName": NAME}, namespace="AWS/SageMaker"),
            alarm("any", {"VariantName": "main"}, namespace="AWS/SageMaker", metricName="ModelLatency"),
            rate("fast", dimensions={"EndpointName": NAME}),
        ],
        unknown=[alarm("all", {"EndpointName": NAME}, namespace="AWS/SageMaker", metricName=UNKNOWN)],
    ),
    "takeoff-38-silence-is-not-an-alarm": Case(
        compliant=[
            live(namespace="AWS/SageMaker"),
            live(namespace="AWS/Lambda", missing="breaching"),
            live(namespace="AWS/SageMaker", missing="missing", actions=["arn:aws:autoscaling:x:scalingPolicy:y"]),
        ],
        violating=[
            live(namespace="AWS/SageMaker", missing="ignore"),
            live(namespace="AWS/States", missing=None),
            rate("fast", missing="breaching"),
        ],
        unknown=[
            live(namespace="AWS/SageMaker", missing=UNKNOWN),
            live(namespace="AWS/SageMaker", missing="missing", actions=[UNKNOWN]),
        ],
    ),
    "takeoff-51-served-models-have-a-risk-rating": Case(
        compliant=[endpoint(), rated("Low"), rated("Unknown", "other")],
        violating=[endpoint(), rated("Unknown")],
        unknown=[endpoint(), rated("Low", content=UNKNOWN)],
    ),
    "takeoff-52-high-risk-is-captured": Case(
        compliant=[endpoint(), rated("High"), desired("new"), capturing("Input", "Output")],
        violating=[endpoint(), rated("High"), desired("new"), capturing("Input")],
        unknown=[endpoint(), rated("High"), desired("new"), capturing("Input", "Output", enableCapture=UNKNOWN)],
    ),
    "takeoff-37-model-card-has-your-key": Case(
        compliant=[declared(type_, securityConfig={"kmsKeyId": KEY}) for type_ in CARDS],
        violating=[declared(CARDS[0]), declared(CARDS[1], securityConfig={"kmsKeyId": "alias/aws/sagemaker"})],
        unknown=[declared(CARDS[0], securityConfig={"kmsKeyId": UNKNOWN})],
        unknown_is="fine",
    ),
}
