"""How fast an error budget is spent, and when that is worth a message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarm import AlarmArgs, Query, declare_alarm, describe
from components.alerts import Alerts, Severity
from components.site import Site
from components.tags import model_tags

# A metric-math alarm takes ten metrics, and each variant brings two.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html
MOST_VARIANTS = 5


@dataclass(frozen=True, kw_only=True)
class Burn:
    """Spending `rate` times the budget over both windows (in seconds): the long one says it matters, the short that it
    still goes on."""

    name: str
    rate: float
    long: int
    short: int
    severity: Severity


# 2 % of thirty days' budget in an hour, 5 % in six. https://sre.google/workbook/alerting-on-slos/ (recommended
# parameters for an SLO-based alerting configuration) wakes people for both; at the second rate the budget lasts five
# days, and morning is early enough.
BURNS = (
    Burn(name="fast", rate=14.4, long=3600, short=300, severity="critical"),
    Burn(name="slow", rate=6, long=21_600, short=1800, severity="warning"),
)
# With a lower objective the fast burn would be more than all requests.
LEAST_OBJECTIVE = 0.95


@dataclass(frozen=True, kw_only=True)
class Served:
    """Whose answers are counted: all variants of one endpoint. `objective` is the share that must be good."""

    model: str
    owner: str
    endpoint: pulumi.Input[str]
    variants: Sequence[str]
    objective: float


def error_rate(served: Served, period: int) -> list[Query]:
    """Metric math for the share of requests that fail with 5xx in a period (in seconds), over all variants.

    A variant without requests has no data, and a sum with no data in it is none: hence FILL. No requests at all leave
    zero over zero, which CloudWatch drops.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
    """
    metrics = {"e": "Invocation5XXErrors", "n": "Invocations"}
    lines = [
        Query(
            id=f"{letter}{number}",
            metric=metric,
            dimensions={"EndpointName": served.endpoint, "VariantName": variant},
            period=period,
        )
        for letter, metric in metrics.items()
        for number, variant in enumerate(served.variants)
    ]
    errors, requests = ("+".join(f"FILL({each}{n},0)" for n in range(len(served.variants))) for each in metrics)
    return [*lines, Query(id="rate", expression=f"({errors})/({requests})")]


def declare_burn(
    burn: Burn, site: Site, served: Served, alerts: Alerts | None, opts: pulumi.ResourceOptions
) -> aws.cloudwatch.CompositeAlarm:
    """Declare the alarm that goes off while both windows of a burn do."""
    name, runbook = f"{served.model}-slo-{burn.name}", f"slo-{burn.name}-burn"
    title = f"{served.model} spends its error budget {burn.rate} times too fast"
    windows = [
        declare_alarm(
            f"{name}-{label}",
            site,
            AlarmArgs(
                title=f"{title} ({seconds // 60} minutes)",
                owner=served.owner,
                model=served.model,
                runbook=runbook,
                severity=burn.severity,
                expression=error_rate(served, seconds),
                threshold=round(burn.rate * (1 - served.objective), 6),
                period=seconds,
                periods=1,
                datapoints=1,
                silent=True,
            ),
            alerts,
            opts,
        )
        for label, seconds in (("long", burn.long), ("short", burn.short))
    ]
    actions = [alerts.topic_arn(burn.severity)] if alerts else None
    return aws.cloudwatch.CompositeAlarm(
        name,
        alarm_name=site.name(name, limit=255),
        alarm_description=describe(title, served.owner, runbook, alerts),
        alarm_rule=rule("AND", [window.name for window in windows]),
        alarm_actions=actions,
        ok_actions=actions,
        tags=model_tags(served.model, served.owner),
        opts=opts,
    )


def rule(operator: str, names: Sequence[pulumi.Output[str]]) -> pulumi.Output[str]:
    """A composite alarm's rule over alarms by name, resolved once they exist.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
    """
    return pulumi.Output.all(*names).apply(lambda known: f" {operator} ".join(f'ALARM("{name}")' for name in known))
