"""A CloudWatch alarm that says whose it is and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pulumi
import pulumi_aws as aws

from components.alerts import SEVERITIES, Alerts, Severity
from components.site import Site
from components.tags import model_tags

Missing = Literal["notBreaching", "breaching", "ignore", "missing"]
# Where the pages are when no address is configured: in the repository.
_PAGES = "docs/runbooks"
_DAY = 86_400


@dataclass(frozen=True, kw_only=True)
class Query:
    """One line of metric math: a metric, or an expression over the ids of other lines.

    `period` is in seconds; `statistic` may be a percentile such as p99.
    """

    id: str
    expression: str | None = None
    metric: str | None = None
    dimensions: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    statistic: str = "Sum"
    namespace: str = "AWS/SageMaker"
    period: int = 60

    def __post_init__(self) -> None:
        if (self.expression is None) == (self.metric is None):
            raise ValueError(f"query {self.id}: got both or neither; allowed: an expression or a metric")

    def render(self, *, answer: bool) -> dict[str, Any]:
        """The line as PutMetricAlarm takes it; `answer` marks the one whose value is compared."""
        if self.expression is not None:
            return {"id": self.id, "expression": self.expression, "return_data": answer}
        metric = {
            "metric_name": self.metric,
            "namespace": self.namespace,
            "period": self.period,
            "stat": self.statistic,
            "dimensions": dict(self.dimensions),
        }
        return {"id": self.id, "metric": metric, "return_data": answer}


@dataclass(frozen=True, kw_only=True)
class AlarmArgs:
    """What is watched, when it is too much, whose it is, and which page says what to do.

    The alarm goes off when `datapoints` of the last `periods` values break the threshold; `period` is in seconds, and
    `statistic` may be a percentile such as p99. `runbook` is a page's name: docs/runbooks/<runbook>.md. Instead of a
    metric, `expression` gives lines of metric math, of which the last is compared. A `silent` alarm is a part of a
    composite one, which speaks for it.
    Raises ValueError for what CloudWatch refuses and for an alarm that nobody would know what to do about.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    """

    title: str
    owner: str
    runbook: str
    severity: Severity
    threshold: float
    metric: str | None = None
    dimensions: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    statistic: str = "Average"
    comparison: str = "GreaterThanThreshold"
    namespace: str = "AWS/SageMaker"
    period: int = 60
    periods: int = 5
    datapoints: int = 3
    missing: Missing = "notBreaching"
    expression: Sequence[Query] = ()
    model: str | None = None
    silent: bool = False

    def __post_init__(self) -> None:
        def check(fine: bool, field: str, got: object, allowed: str) -> None:
            if not fine:
                raise ValueError(f"alarm {self.title!r}: {field}: got {got!r}; allowed: {allowed}")

        check(bool(self.title), "title", self.title, "what is wrong, in a few words")
        check(bool(self.owner), "owner", self.owner, "who answers for it, an address")
        page = re.fullmatch(r"[a-z0-9-]+", self.runbook) is not None
        check(page, "runbook", self.runbook, "the name of a page in docs/runbooks, without .md")
        check(self.severity in SEVERITIES, "severity", self.severity, ", ".join(SEVERITIES))
        check((self.metric is None) == bool(self.expression), "metric", self.metric, "a metric or an expression")
        whole = self.period in (10, 20, 30) or (self.period > 0 and self.period % 60 == 0)
        check(whole, "period", self.period, "10, 20, 30 or a multiple of 60 seconds")
        check(1 <= self.datapoints <= self.periods, "datapoints", self.datapoints, f"1 to {self.periods} (periods)")
        longest = 7 * _DAY if self.period >= 3600 else _DAY
        check(self.period * self.periods <= longest, "periods", self.periods, f"{longest} seconds in all")


def describe(title: str, owner: str, runbook: str, alerts: Alerts | None) -> str:
    """An alarm's text: what, whose, and where it says what to do."""
    base = alerts.runbooks if alerts else _PAGES
    return f"{title}. Owner: {owner}. Runbook: {base}/{runbook}.md"


def declare_alarm(
    name: str, site: Site, args: AlarmArgs, alerts: Alerts | None, opts: pulumi.ResourceOptions | None = None
) -> aws.cloudwatch.MetricAlarm:
    """Declare an alarm named takeoff-<stack>-<name> that tells the topic of its severity, both ways.

    Without `alerts` it changes state and tells nobody.
    """
    actions = [alerts.topic_arn(args.severity)] if alerts and not args.silent else None
    return aws.cloudwatch.MetricAlarm(
        name,
        name=site.name(name, limit=255),
        alarm_description=describe(args.title, args.owner, args.runbook, alerts),
        comparison_operator=args.comparison,
        threshold=args.threshold,
        evaluation_periods=args.periods,
        datapoints_to_alarm=args.datapoints,
        treat_missing_data=args.missing,
        alarm_actions=actions,
        ok_actions=actions,
        tags=model_tags(args.model, args.owner),
        opts=opts,
        **_watched(args),
    )


def _watched(args: AlarmArgs) -> dict[str, Any]:
    """The part of an alarm that says what it looks at: one metric, or lines of metric math."""
    if args.expression:
        last = len(args.expression) - 1
        return {"metric_queries": [query.render(answer=n == last) for n, query in enumerate(args.expression)]}
    percentile = re.fullmatch(r"p\d{1,2}(\.\d+)?|p100", args.statistic) is not None
    return {
        "metric_name": args.metric,
        "namespace": args.namespace,
        "dimensions": dict(args.dimensions),
        "period": args.period,
        "extended_statistic" if percentile else "statistic": args.statistic,
    }
