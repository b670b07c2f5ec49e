"""When a look at a model is worth a message, and when it starts a retraining."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from catalog.analysis import MODELS
from components.alarm import AlarmArgs, Query, declare_alarm, describe
from components.alerts import Alerts
from components.burn_rate import rule
from components.site import Site
from components.tags import model_tags

_DAY = 86_400


@dataclass(frozen=True, kw_only=True)
class Signal:
    """A metric that is 0 while all is well. `retrains`: retraining helps against it."""

    label: str
    metric: str
    title: str
    runbook: str
    retrains: bool


_INPUTS = Signal(label="drift-inputs", metric="InputDrift", title="inputs have drifted", runbook="drift", retrains=True)
_JOINT = Signal(
    label="drift-joint", metric="JointDrift", title="inputs have drifted together", runbook="drift", retrains=True
)
_PREDICTIONS = Signal(
    label="drift-predictions",
    metric="PredictionDrift",
    title="predictions have drifted",
    runbook="drift",
    retrains=False,
)
_CONCEPT = Signal(
    label="drift-concept",
    metric="ConceptDrift",
    title="errs more often than when it was approved",
    runbook="concept-drift",
    retrains=True,
)
_ATTRIBUTION = Signal(
    label="drift-attribution",
    metric="AttributionDrift",
    title="decides by other features than before",
    runbook="drift",
    retrains=False,
)
_BIAS = Signal(label="bias", metric="Bias", title="treats a group outside its limits", runbook="bias", retrains=False)
_KPI = Signal(label="kpi", metric="MissedKpi", title="misses a business KPI", runbook="kpi-missed", retrains=True)


@dataclass(frozen=True, kw_only=True)
class Monitored:
    """Whose results are watched, how many seconds lie between two of them, and what is declared beside drift."""

    model: str
    owner: str
    period_seconds: int
    fair: bool
    kpis: bool

    def signals(self) -> list[Signal]:
        """What there are metrics for: bias only with groups, KPIs only with KPIs."""
        found = [_INPUTS, _JOINT, _PREDICTIONS, _CONCEPT, _ATTRIBUTION]
        return found + ([_BIAS] if self.fair else []) + ([_KPI] if self.kpis else [])

    @property
    def look(self) -> int:
        """Seconds of one of an alarm's periods: as long as a window, of which it then sees one result, or a day."""
        return min(self.period_seconds, _DAY)

    def dimensions(self, site: Site) -> Mapping[str, pulumi.Input[str]]:
        """By which the model's metrics are told from others'."""
        return {"Stack": site.stack, "Model": self.model}


def declare_signals(
    monitored: Monitored, site: Site, alerts: Alerts | None, opts: pulumi.ResourceOptions
) -> aws.cloudwatch.CompositeAlarm:
    """Declare an alarm for each signal, and one over those that retraining helps against, which speaks for them.

    A result stands until the next one: what is missing changes nothing, or an alarm would end and begin again between
    two results, and each beginning would start a retraining.
    """
    parts = [(signal, _declare(signal, monitored, site, alerts, opts)) for signal in monitored.signals()]
    return _retrain([alarm.name for signal, alarm in parts if signal.retrains], monitored, site, alerts, opts)


def declare_dead_man(
    monitored: Monitored, site: Site, alerts: Alerts | None, opts: pulumi.ResourceOptions
) -> aws.cloudwatch.MetricAlarm:
    """Declare the alarm that goes off when no result came for two periods.

    CloudWatch judges by the newest values that there are, however old, as long as there are enough; so what is missing
    is filled in first.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
    """
    look = monitored.look
    periods = math.ceil(2 * monitored.period_seconds / look)
    results = Query(
        id="results", metric="Monitored", namespace=MODELS, dimensions=monitored.dimensions(site), period=look
    )
    args = AlarmArgs(
        title=f"{monitored.model} has not been looked at for two periods",
        owner=monitored.owner,
        model=monitored.model,
        runbook="drift-silent",
        severity="warning",
        expression=[results, Query(id="seen", expression="FILL(results,0)")],
        comparison="LessThanThreshold",
        threshold=1,
        period=look,
        periods=periods,
        datapoints=periods,
        missing="breaching",
    )
    return declare_alarm(f"{monitored.model}-drift-silent", site, args, alerts, opts)


def _declare(
    signal: Signal, monitored: Monitored, site: Site, alerts: Alerts | None, opts: pulumi.ResourceOptions
) -> aws.cloudwatch.MetricAlarm:
    args = AlarmArgs(
        title=f"{monitored.model}: {signal.title}",
        owner=monitored.owner,
        model=monitored.model,
        runbook=signal.runbook,
        severity="warning",
        namespace=MODELS,
        metric=signal.metric,
        dimensions=monitored.dimensions(site),
        statistic="Maximum",
        threshold=0,
        period=monitored.look,
        periods=1,
        datapoints=1,
        missing="ignore",
        silent=signal.retrains,
    )
    return declare_alarm(f"{monitored.model}-{signal.label}", site, args, alerts, opts)


def _retrain(
    names: Sequence[pulumi.Output[str]],
    monitored: Monitored,
    site: Site,
    alerts: Alerts | None,
    opts: pulumi.ResourceOptions,
) -> aws.cloudwatch.CompositeAlarm:
    """The one alarm whose beginning starts a retraining."""
    name = f"{monitored.model}-retrain"
    actions = [alerts.topic_arn("warning")] if alerts else None
    title = f"{monitored.model} no longer fits what it is asked"
    return aws.cloudwatch.CompositeAlarm(
        name,
        alarm_name=site.name(name, limit=255),
        alarm_description=describe(title, monitored.owner, "retrain", alerts),
        alarm_rule=rule("OR", names),
        alarm_actions=actions,
        ok_actions=actions,
        tags=model_tags(monitored.model, monitored.owner),
        opts=opts,
    )
