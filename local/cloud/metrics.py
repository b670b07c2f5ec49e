"""Invocation metrics of hosting: counted in memory, shown by CloudWatch with both of AWS's dimension sets."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import CloudWatchBackend, MetricAggregatedDatum, cloudwatch_backends

from local.state import ACCOUNT

NAMESPACE = "AWS/SageMaker"
# The newest data are kept; a laptop's account needs no fifteen months of them.
KEPT = 50_000


def install() -> None:
    """Makes GetMetricStatistics match dimensions exactly, as AWS does; moto counts both dimension sets as one."""
    moto: Any = CloudWatchBackend
    lenient = moto.get_metric_statistics

    def get_metric_statistics(backend: Any, *args: Any, dimensions: list[dict[str, str]], **kwargs: Any) -> Any:
        wanted = sorted((each["Name"], each["Value"]) for each in dimensions or [])
        stored = backend.get_all_metrics()
        exact = [each for each in stored if sorted((own.name, own.value) for own in each.dimensions) == wanted]
        backend.get_all_metrics = lambda: exact
        try:
            return lenient(backend, *args, dimensions=dimensions, **kwargs)
        finally:
            del backend.get_all_metrics

    moto.get_metric_statistics = get_metric_statistics


@dataclass(frozen=True)
class Source:
    """Whose invocations are counted."""

    region: str
    endpoint: str
    variant: str
    config: str

    def dimensions(self) -> list[list[dict[str, str]]]:
        variant = [{"Name": "EndpointName", "Value": self.endpoint}, {"Name": "VariantName", "Value": self.variant}]
        return [variant, [*variant, {"Name": "EndpointConfigName", "Value": self.config}]]


@dataclass
class Statistic:
    """What CloudWatch keeps of one metric over one minute."""

    count: int = 0
    total: float = 0.0
    least: float = float("inf")
    most: float = float("-inf")
    shown: list[MetricAggregatedDatum] = field(default_factory=list)

    def add(self, value: float) -> None:
        self.count += 1
        self.total += value
        self.least = min(self.least, value)
        self.most = max(self.most, value)


class Metrics:
    """Counts every invocation at the cost of a few additions; `flush` shows the counts to CloudWatch's readers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minutes: dict[tuple[Source, str, datetime], Statistic] = {}

    def count(self, source: Source, status: int, model_us: float, overhead_us: float) -> None:
        """Counts one answered invocation; latencies in microseconds, as AWS gives them."""
        minute = datetime.now(UTC).replace(second=0, microsecond=0, tzinfo=None)
        values = {
            "Invocations": 1.0,
            "Invocation4XXErrors": float(400 <= status < 500),
            "Invocation5XXErrors": float(status >= 500),
            "ModelLatency": model_us,
            "OverheadLatency": overhead_us,
        }
        with self._lock:
            for metric, value in values.items():
                self._minutes.setdefault((source, metric, minute), Statistic()).add(value)

    def flush(self) -> None:
        """Brings CloudWatch up to date. Call it with the account's lock held."""
        with self._lock:
            for (source, metric, minute), statistic in self._minutes.items():
                self._show(source, metric, minute, statistic)
            newest = max((minute for _, _, minute in self._minutes), default=None)
            self._minutes = {key: value for key, value in self._minutes.items() if key[2] == newest}

    def _show(self, source: Source, metric: str, minute: datetime, statistic: Statistic) -> None:
        if not statistic.shown:
            statistic.shown = [self._datum(metric, minute, each) for each in source.dimensions()]
            stored: list[Any] = cloudwatch_backends[ACCOUNT][source.region].metric_data
            stored.extend(statistic.shown)
            del stored[:-KEPT]
        for datum in statistic.shown:
            datum.min, datum.max = statistic.least, statistic.most
            datum.sample_count, datum.sum = statistic.count, statistic.total

    @staticmethod
    def _datum(metric: str, minute: datetime, dimensions: list[dict[str, str]]) -> MetricAggregatedDatum:
        unit = "Microseconds" if metric.endswith("Latency") else "None"
        return MetricAggregatedDatum(NAMESPACE, metric, 0.0, 0.0, 0.0, 0.0, dimensions, minute, unit)
