"""Rules on single alarms over requests: they read a metric that exists, and keep still while nobody asks."""

from __future__ import annotations

from typing import Any, Final

from policies.declared import Declared, given, inside, known
from policies.endpoints import ALARM
from policies.nested import rows
from policies.rule import OWN, ResourceRule, Rule, Settings
from policies.watching import readings

# What SageMaker measures per variant of an endpoint alone.
# https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
_PER_VARIANT = frozenset(
    {
        "Invocations",
        "InvocationsPerInstance",
        "Invocation4XXErrors",
        "Invocation5XXErrors",
        "InvocationModelErrors",
        "ModelLatency",
        "OverheadLatency",
    }
)
# Metrics that exist only while something is asked of what they measure.
_ON_REQUEST = ("AWS/SageMaker", "AWS/States")


def _without_variant(alarm: Declared, _settings: Settings) -> str | None:
    """SageMaker publishes these metrics per variant; an alarm on less than that waits for a metric that never comes."""
    for each in readings(alarm):
        if each.namespace != "AWS/SageMaker" or known(each.metric, "metricName") not in _PER_VARIANT:
            continue
        missing = [key for key in ("EndpointName", "VariantName") if not given(inside(each.dimensions, key))]
        if missing:
            return f"{each.metric} without {', '.join(missing)}"
    return None


def _silence(alarm: Declared, _settings: Settings) -> str | None:
    """An endpoint without requests has no metrics: an alarm on them is to keep still, not to flap or to get stuck.

    Alarms that move a count may do as their policy wants.
    """
    queries = [inside(row, "metric.namespace") for row in rows(alarm, "metricQueries")]
    value = known(alarm.at("treatMissingData"), "treatMissingData")
    if value == "notBreaching" or not {alarm.at("namespace"), *queries} & set(_ON_REQUEST):
        return None
    return None if _moves(alarm.at("alarmActions")) else f"treatMissingData {value or 'left at its default, missing'}"


def _moves(actions: Any) -> bool:
    """Whether an alarm speaks to a scaling policy."""
    known_ones = known(actions, "alarmActions") or ()
    return any(":autoscaling:" in str(known(each, "alarmActions")) for each in known_ones)


RULES: Final[tuple[Rule, ...]] = (
    ResourceRule(
        control="Takeoff.14",
        name="takeoff-14-alarms-read-a-metric-that-exists",
        severity="medium",
        frameworks=(OWN,),
        title="Alarms on an endpoint's requests name its variant",
        allowed="the dimensions EndpointName and VariantName, as SageMaker publishes these metrics",
        fix='dimensions={"EndpointName": ..., "VariantName": ...}',
        source="https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html",
        types=(ALARM,),
        check=_without_variant,
    ),
    ResourceRule(
        control="Takeoff.38",
        name="takeoff-38-silence-is-not-an-alarm",
        severity="low",
        frameworks=(OWN,),
        title="Alarms on requests take silence for health",
        allowed="treatMissingData notBreaching",
        fix='treat_missing_data="notBreaching"',
        source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html",
        types=(ALARM,),
        check=_silence,
    ),
)
