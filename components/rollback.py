"""The alarms that make SageMaker return to the old fleet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarm import AlarmArgs, declare_alarm
from components.alerts import Alerts
from components.site import Site
from components.variant import Variant

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

    def names(self, model: str, variants: Sequence[Variant]) -> list[str]:
        """What the alarms are called, for as long as the variants are: a renamed rollback alarm is none at all."""
        watched = [("errors", self.error_percent), ("latency", self.latency_ms)]
        return [f"{model}-rollback-{what}-{v.name}" for v in variants for what, limit in watched if limit is not None]


@dataclass(frozen=True, kw_only=True)
class Watched:
    """Whose new fleet is watched: the one of `config`, behind `endpoint`."""

    model: str
    owner: str
    endpoint: pulumi.Input[str]
    config: pulumi.Input[str]
    variants: Sequence[Variant]


def declare_rollback(
    site: Site, watched: Watched, rollback: Rollback, alerts: Alerts | None, opts: pulumi.ResourceOptions
) -> list[aws.cloudwatch.MetricAlarm]:
    """Declare the rollback alarms of an endpoint, in the order of `Rollback.names`.

    They watch the new fleet alone: the dimension EndpointConfigName is that of the wished config and follows each
    release, while names stay. An alarm over both fleets would abort a good release because the old fleet is bad, which
    is when a release is needed most. Missing data is not a fault: before the shift the new fleet has no requests.
    https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html
    """
    return [
        declare_alarm(f"{watched.model}-rollback-{what}-{variant.name}", site, args, alerts, opts)
        for variant in watched.variants
        for what, args in _alarms(watched, variant, rollback).items()
    ]


def _alarms(watched: Watched, variant: Variant, rollback: Rollback) -> dict[str, AlarmArgs]:
    """What one variant is watched for.

    Invocation5XXErrors is 0 or 1 for each request, so its mean is a rate; ModelLatency is in microseconds.
    https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
    """
    limits = {
        "errors": ("Invocation5XXErrors", rollback.error_percent, 1 / 100, "answers with errors"),
        "latency": ("ModelLatency", rollback.latency_ms, 1000, "answers slowly"),
    }
    return {
        what: AlarmArgs(
            title=f"{watched.model}: the new fleet of {variant.name} {text}",
            owner=watched.owner,
            model=watched.model,
            runbook=f"rollback-{what}",
            severity="warning",
            metric=metric,
            dimensions={
                "EndpointName": watched.endpoint,
                "VariantName": variant.name,
                "EndpointConfigName": watched.config,
            },
            threshold=limit * unit,
            period=_MINUTE,
            periods=rollback.periods,
            datapoints=rollback.datapoints,
        )
        for what, (metric, limit, unit, text) in limits.items()
        if limit is not None
    }
