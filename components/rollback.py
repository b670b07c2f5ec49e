"""The alarms that make SageMaker return to the old fleet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarm import AlarmArgs, declare_alarm
from components.alerts import Alerts
from components.site import Site

_MINUTE = 60


@dataclass(frozen=True, kw_only=True)
class Rollback:
    """When a new fleet is bad: `error_percent` of its answers are 5xx, or its mean latency exceeds `latency_ms`.

    It has to be so in `datapoints` of the last `periods` minutes. The mean is watched and not a percentile, since the
    slowest of a few requests in a canary's minute says nothing about the fleet.
    Raises ValueError for thresholds that cannot be met or never be missed, and for none.
    """

    error_percent: float | None = None
    latency_ms: float | None = None
    periods: int = 3
    datapoints: int = 2

    def __post_init__(self) -> None:
        if self.error_percent is None and self.latency_ms is None:
            raise ValueError("rollback: got no threshold; allowed: error_percent, latency_ms or both")
        if self.error_percent is not None and not 0 <= self.error_percent < 100:
            raise ValueError(f"rollback.error_percent: got {self.error_percent}; allowed: 0 to below 100")
        if self.latency_ms is not None and self.latency_ms <= 0:
            raise ValueError(f"rollback.latency_ms: got {self.latency_ms}; allowed: above 0")
        if not 1 <= self.datapoints <= self.periods:
            raise ValueError(f"rollback.datapoints: got {self.datapoints}; allowed: 1 to {self.periods} (periods)")

    @property
    def seconds(self) -> int:
        """The shortest time in which one of the alarms can go off."""
        return self.datapoints * _MINUTE

    def names(self, model: str, fleets: Sequence[str]) -> list[str]:
        """What the alarms are called, for as long as the fleets are: a renamed rollback alarm is none at all."""
        watched = [("errors", self.error_percent), ("latency", self.latency_ms)]
        return [f"{model}-rollback-{what}-{name}" for name in fleets for what, limit in watched if limit is not None]


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """What one set of alarms watches: a variant in one config, or in whichever config has it where that is None.

    `name` is what the alarms' names end with.
    """

    name: str
    variant: str
    config: pulumi.Input[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Watched:
    """Whose new fleets are watched, behind `endpoint`."""

    model: str
    owner: str
    endpoint: pulumi.Input[str]
    fleets: Sequence[Fleet]


def declare_rollback(
    site: Site, watched: Watched, rollback: Rollback, alerts: Alerts | None, opts: pulumi.ResourceOptions
) -> list[aws.cloudwatch.MetricAlarm]:
    """Declare the rollback alarms of an endpoint, in the order of `Rollback.names`.

    They watch a new fleet alone: the dimension EndpointConfigName is that of the wished config and follows each
    release, while names stay. An alarm over both fleets would abort a good release because the old fleet is bad, which
    is when a release is needed most. A fleet of no config is a variant that the endpoint has only while a version is
    tried. Missing data is not a fault: before the shift the new fleet has no requests.
    https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html
    """
    return [
        declare_alarm(f"{watched.model}-rollback-{what}-{fleet.name}", site, args, alerts, opts)
        for fleet in watched.fleets
        for what, args in _alarms(watched, fleet, rollback).items()
    ]


def _alarms(watched: Watched, fleet: Fleet, rollback: Rollback) -> dict[str, AlarmArgs]:
    """What one fleet is watched for.

    Invocation5XXErrors is 0 or 1 for each request, so its mean is a rate; ModelLatency is in microseconds.
    https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
    """
    limits = {
        "errors": ("Invocation5XXErrors", rollback.error_percent, 1 / 100, "answers with errors"),
        "latency": ("ModelLatency", rollback.latency_ms, 1000, "answers slowly"),
    }
    within = {"EndpointConfigName": fleet.config} if fleet.config is not None else {}
    return {
        what: AlarmArgs(
            title=f"{watched.model}: the new fleet of {fleet.variant} {text}",
            owner=watched.owner,
            model=watched.model,
            runbook=f"rollback-{what}",
            severity="warning",
            metric=metric,
            dimensions={"EndpointName": watched.endpoint, "VariantName": fleet.variant, **within},
            threshold=limit * unit,
            period=_MINUTE,
            periods=rollback.periods,
            datapoints=rollback.datapoints,
        )
        for what, (metric, limit, unit, text) in limits.items()
        if limit is not None
    }
