"""Cases of the rules on what keeps a model fit by itself. Each list is a whole stack, but of rules over one alarm."""

from __future__ import annotations

import json
from typing import Any

from policies.declared import UNKNOWN, Declared
from policies.monitored import ALWAYS
from tests.unit.policies.case import Case, declared

MODEL = {"Stack": "prod", "Model": "digits"}
OTHER = {"Stack": "prod", "Model": "risk"}
MACHINE_ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:takeoff-prod-retraining"
TO_ALARM = {
    "source": ["aws.cloudwatch"],
    "detail-type": ["CloudWatch Alarm State Change"],
    "detail": {"alarmName": ["retrain"], "state": {"value": ["ALARM"]}},
}


def parameter(leaf: str = "monitor", *, value: Any = None, model: str = "digits", **settings: Any) -> Declared:
    """What Pulumi writes for the functions of the loop."""
    text = json.dumps({"model": model, "settings": settings}) if value is None else value
    props = {"name": f"/takeoff/prod/{model}/{leaf}", "insecureValue": text}
    return declared("aws:ssm/parameter:Parameter", f"{model}-{leaf}", props)


def alarm(metric: Any, *, missing: Any = "ignore", **more: Any) -> Declared:
    """An alarm on what a monitor finds, called like its metric."""
    props = {
        "name": metric if isinstance(metric, str) else "x",
        "namespace": "Takeoff/Models",
        "metricName": metric,
        "dimensions": MODEL,
        "comparisonOperator": "GreaterThanThreshold",
        "threshold": 0,
        "treatMissingData": missing,
        **more,
    }
    return declared("aws:cloudwatch/metricAlarm:MetricAlarm", props["name"], props)


def silent(
    *, missing: Any = "breaching", dimensions: Any = MODEL, filled: Any = "FILL(results,0)", **more: Any
) -> Declared:
    """The alarm that goes off when nobody looks any more."""
    metric = {"namespace": "Takeoff/Models", "metricName": "Monitored", "dimensions": dimensions}
    queries = [
        {"id": "results", "metric": metric, "returnData": False},
        {"id": "seen", "expression": filled, "returnData": True},
    ]
    props = {"comparisonOperator": "LessThanThreshold", "threshold": 1, "metricQueries": queries, **more}
    return declared("aws:cloudwatch/metricAlarm:MetricAlarm", "silent", props, treatMissingData=missing)


def retrain(*metrics: str) -> Declared:
    """The one alarm over what retraining helps against."""
    rule = " OR ".join(f'ALARM("{metric}")' for metric in metrics)
    return declared("aws:cloudwatch/compositeAlarm:CompositeAlarm", "retrain", alarmName="retrain", alarmRule=rule)


def rule(pattern: Any = TO_ALARM, **more: Any) -> Declared:
    text = json.dumps(pattern) if isinstance(pattern, dict) else pattern
    return declared("aws:cloudwatch/eventRule:EventRule", "drift", {"name": "drift", "eventPattern": text, **more})


def function(handler: str = "model_code.retraining.handler.handle") -> Declared:
    return declared("aws:lambda/function:Function", "step", {"name": "takeoff-prod-step", "handler": handler})


TARGET = declared("aws:cloudwatch/eventTarget:EventTarget", "drift", rule="drift", arn=MACHINE_ARN)
MACHINE = declared(
    "aws:sfn/stateMachine:StateMachine",
    "retraining",
    {"name": "takeoff-prod-retraining"},
    definition='{"Resource": "arn:aws:lambda:us-east-1:123456789012:function:takeoff-prod-step"}',
)
ALWAYS_ALARMS = [alarm(metric) for metric in ALWAYS]
DRIFT = ("InputDrift", "JointDrift", "ConceptDrift")
# Without what starts it.
DRIFTING = [parameter(), parameter("training"), *ALWAYS_ALARMS, retrain(*DRIFT), function(), MACHINE]

CASES: dict[str, Case] = {
    "takeoff-53-each-finding-of-a-monitor-has-an-alarm": Case(
        compliant=[parameter(kpis=[{"name": "a"}], groups=["sex"]), *ALWAYS_ALARMS, alarm("MissedKpi"), alarm("Bias")],
        violating=[parameter(), *ALWAYS_ALARMS[1:]],
        unknown=[parameter(value=UNKNOWN), *ALWAYS_ALARMS],
    ),
    "takeoff-53-findings-stand-until-the-next-look": Case(
        compliant=[
            alarm("InputDrift"),
            alarm("Bias", comparisonOperator="GreaterThanOrEqualToThreshold", threshold=1),
            alarm("FeaturesDrifted", missing="breaching", threshold=5),
            alarm("InputDrift", missing="notBreaching", namespace="Another"),
            silent(),
        ],
        violating=[
            alarm("InputDrift", missing=None),
            alarm("JointDrift", missing="missing"),
            alarm("ConceptDrift", missing="breaching"),
            alarm("MissedKpi", missing="notBreaching"),
            alarm("Bias", threshold=1),
            alarm("Bias", comparisonOperator="LessThanThreshold", threshold=2),
        ],
        unknown=[alarm("InputDrift", missing=UNKNOWN), alarm(UNKNOWN), alarm("Bias", threshold=UNKNOWN)],
    ),
    "takeoff-54-a-monitor-that-stops-is-heard": Case(
        compliant=[parameter(), silent()],
        violating=[parameter(), silent(missing="notBreaching")],
        unknown=[parameter(), silent(missing=UNKNOWN)],
    ),
    "takeoff-55-drift-starts-a-retraining": Case(
        compliant=[*DRIFTING, rule(), TARGET],
        violating=[*DRIFTING, rule()],
        unknown=[*DRIFTING, rule(UNKNOWN), TARGET],
    ),
}
