"""Invocation metrics of hosting: counted in memory, shown by CloudWatch with both of AWS's dimension sets."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import MetricAggregatedDatum, cloudwatch_backends

from local.cloud.clock import Clock
from local.cloud.metric_data import bucket
from local.state import ACCOUNT

NAMESPACE = "AWS/SageMaker"
# The newest data are kept; a laptop's account needs no fifteen months of them.
KEPT = 50_000


@dataclass(frozen=True)
class Source:
    """Whose invocations are counted. The config tells two fleets of one variant apart while traffic shifts."""

    region: str
    endpoint: str
    variant: str
    config: str

    def dimensions(self) -> list[list[dict[str, str]]]:
        variant = [{"Name": "EndpointName", "Value": self.endpoint}, {"Name": "VariantName", "Value": self.variant}]
        return [variant, [*variant, {"Name": "EndpointConfigName", "Value": self.config}]]


@dataclass
class Statistic:
    """What CloudWatch keeps of one metric over one minute; percentiles are asked of latencies alone."""

    percentiles: bool = False
    count: int = 0
    total: float = 0.0
    least: float = float("inf")
    most: float = float("-inf")
    buckets: Counter[int] = field(default_factory=Counter)
    shown: list[Any] = field(default_factory=list)

    def add(self, value: float) -> None:
        self.count += 1
        self.total += value
        self.least = min(self.least, value)
        self.most = max(self.most, value)
        if self.percentiles:
            self.buckets[bucket(value)] += 1


class Metrics:
    """Counts every invocation at the cost of a few additions; `flush` shows the counts to CloudWatch's readers."""

    def __init__(self, clock: Clock) -> None:
        self._lock, self._clock = threading.Lock(), clock
        self._minutes: dict[tuple[Source, float], dict[str, Statistic]] = {}

    def count(self, source: Source, status: int, model_us: float, overhead_us: float) -> None:
        """Counts one answered invocation; latencies in microseconds, as AWS gives them."""
        values = {
            "Invocations": 1.0,
            "Invocation4XXErrors": float(400 <= status < 500),
            "Invocation5XXErrors": float(status >= 500),
            "ModelLatency": model_us,
            "OverheadLatency": overhead_us,
        }
        moment = source, self._clock.minute()
        with self._lock:
            statistics = self._minutes.get(moment)
            if statistics is None:
                statistics = self._minutes[moment] = {name: Statistic(name.endswith("Latency")) for name in values}
            for metric, value in values.items():
                statistics[metric].add(value)

    def flush(self) -> None:
        """Brings CloudWatch up to date. Call it with the account's lock held."""
        with self._lock:
            for (source, minute), statistics in self._minutes.items():
                for metric, statistic in statistics.items():
                    self._show(source, metric, minute, statistic)
            newest = max((minute for _, minute in self._minutes), default=None)
            self._minutes = {key: value for key, value in self._minutes.items() if key[1] == newest}

    def _show(self, source: Source, metric: str, minute: float, statistic: Statistic) -> None:
        if not statistic.shown:
            statistic.shown = [self._datum(metric, minute, each) for each in source.dimensions()]
            stored: list[Any] = cloudwatch_backends[ACCOUNT][source.region].metric_data
            stored.extend(statistic.shown)
            del stored[:-KEPT]
        for datum in statistic.shown:
            datum.min, datum.max = statistic.least, statistic.most
            datum.sample_count, datum.sum = statistic.count, statistic.total
            if statistic.percentiles:
                datum.buckets = dict(statistic.buckets)

    @staticmethod
    def _datum(metric: str, minute: float, dimensions: list[dict[str, str]]) -> Any:
        unit, moment = "Microseconds" if metric.endswith("Latency") else "None", datetime.fromtimestamp(minute, UTC)
        return MetricAggregatedDatum(NAMESPACE, metric, 0, 0, 0, 0, dimensions, moment.replace(tzinfo=None), unit)
