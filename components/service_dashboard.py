"""Whether a model's endpoint keeps its promise: one dashboard, burn-rate alarms, and one answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarm import AlarmArgs, declare_alarm, describe
from components.alerts import Alerts
from components.burn_rate import BURNS, LEAST_OBJECTIVE, MOST_VARIANTS, Served, declare_burn, error_rate, rule
from components.dashboard import body
from components.site import Site
from components.tags import model_tags

# More than this share of a minute's requests failing is an outage, whatever the objective.
_OUTAGE = 0.05


@dataclass(frozen=True, kw_only=True)
class ServiceDashboardArgs:
    """An endpoint and what it promises: the `objective` share of requests answered without a 5xx, over thirty days.

    `latency_ms` is the 99th percentile of the model's latency that is still good, in milliseconds; None for no promise.
    Raises ValueError for an objective that no error rate could break fast, and for more variants than an alarm can sum.
    """

    model: str
    owner: str
    endpoint: pulumi.Input[str]
    variants: Sequence[str]
    objective: float = 0.999
    latency_ms: int | None = None
    alerts: Alerts | None = None

    def __post_init__(self) -> None:
        if not LEAST_OBJECTIVE <= self.objective < 1:
            got = f"an objective of {self.objective}"
            raise ValueError(f"{self.model}: got {got}; allowed: {LEAST_OBJECTIVE} to below 1")
        if not 1 <= len(self.variants) <= MOST_VARIANTS:
            got = f"{len(self.variants)} variants with an objective"
            raise ValueError(f"{self.model}: got {got}; allowed: 1 to {MOST_VARIANTS}, ten metrics to an alarm")
        if self.latency_ms is not None and self.latency_ms < 1:
            raise ValueError(f"{self.model}: got latency_ms {self.latency_ms}; allowed: 1 or more")


class ServiceDashboard(pulumi.ComponentResource):
    """A dashboard, the alarms of an objective, and `health`, which is in alarm while any of them is."""

    def __init__(
        self, name: str, site: Site, args: ServiceDashboardArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("takeoff:observability:ServiceDashboard", name, None, opts)
        self._name, self._site, self._args = name, site, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._served = Served(
            model=args.model,
            owner=args.owner,
            endpoint=args.endpoint,
            variants=args.variants,
            objective=args.objective,
        )
        burns = [declare_burn(burn, site, self._served, args.alerts, self._child) for burn in BURNS]
        alarms = [self._outage(), *self._latencies()]
        self.health = self._health([*(burn.alarm_name for burn in burns), *(alarm.name for alarm in alarms)])
        arns = [each.arn for each in (self.health, *burns, *alarms)]
        self.dashboard = aws.cloudwatch.Dashboard(
            name,
            dashboard_name=site.name(args.model, limit=255),
            dashboard_body=pulumi.Output.all(args.endpoint, *arns).apply(self._body),
            opts=self._child,
        )
        self.register_outputs({"dashboard": self.dashboard.dashboard_name, "health": self.health.alarm_name})

    def _outage(self) -> aws.cloudwatch.MetricAlarm:
        args = AlarmArgs(
            title=f"{self._args.model} answers with errors",
            owner=self._args.owner,
            model=self._args.model,
            runbook="endpoint-errors",
            severity="critical",
            expression=error_rate(self._served, 60),
            threshold=_OUTAGE,
        )
        return declare_alarm(f"{self._args.model}-errors", self._site, args, self._args.alerts, self._child)

    def _latencies(self) -> list[aws.cloudwatch.MetricAlarm]:
        """One alarm for each variant: a percentile of all of them cannot be had from theirs."""
        if self._args.latency_ms is None:
            return []
        return [self._latency(variant, self._args.latency_ms) for variant in self._args.variants]

    def _latency(self, variant: str, limit: int) -> aws.cloudwatch.MetricAlarm:
        args = AlarmArgs(
            title=f"{self._args.model}: one in a hundred answers of {variant} takes over {limit} ms",
            owner=self._args.owner,
            model=self._args.model,
            runbook="endpoint-latency",
            severity="warning",
            metric="ModelLatency",
            dimensions={"EndpointName": self._args.endpoint, "VariantName": variant},
            statistic="p99",
            threshold=limit * 1000,
        )
        return declare_alarm(f"{self._args.model}-latency-{variant}", self._site, args, self._args.alerts, self._child)

    def _health(self, names: Sequence[pulumi.Output[str]]) -> aws.cloudwatch.CompositeAlarm:
        """The one answer. It tells nobody: what it is made of already did."""
        name, owner = f"{self._args.model}-health", self._args.owner
        text = describe(f"{self._args.model} is unhealthy", owner, "endpoint-unhealthy", self._args.alerts)
        return aws.cloudwatch.CompositeAlarm(
            name,
            alarm_name=self._site.name(name, limit=255),
            alarm_description=text,
            alarm_rule=rule("OR", names),
            tags=model_tags(self._args.model, owner),
            opts=self._child,
        )

    def _body(self, known: Sequence[str]) -> str:
        endpoint, *alarms = known
        shown = body(
            region=self._site.region,
            model=self._args.model,
            endpoint=endpoint,
            variants=self._args.variants,
            alarms=alarms,
            latency_ms=self._args.latency_ms,
        )
        return json.dumps(shown, sort_keys=True)
