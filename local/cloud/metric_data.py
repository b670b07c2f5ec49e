"""CloudWatch's statistics over moto's data points: sums, extremes, and percentiles from a histogram per minute."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from local.cloud.clock import period_start

Key = tuple[str, str, tuple[tuple[str, str], ...]]
Series = dict[float, float]
# Each bucket of a histogram is two percent wide: a percentile is at most one percent off.
WIDTH = math.log(1.02)
PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")
PLAIN = ("SampleCount", "Sum", "Average", "Minimum", "Maximum")


def bucket(value: float) -> int:
    """The number of the histogram bucket that a value falls into; everything up to zero shares the lowest."""
    return round(math.log(value) / WIDTH) if value > 0 else -(10**6)


def key(datum: Any) -> Key:
    """Which metric a data point belongs to: CloudWatch takes each set of dimensions for a metric of its own."""
    known: Key | None = datum.__dict__.get("key")
    if known is None:
        dimensions = tuple(sorted((each.name, each.value) for each in datum.dimensions))
        known = datum.key = (datum.namespace, datum.name, dimensions)
    return known


def epoch(moment: datetime) -> float:
    """Seconds since 1970; moto keeps UTC without saying so."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def series(data: Iterable[Any], statistic: str, period: float, start: float, end: float) -> Series:
    """A statistic of each period between two moments that has data. Raises ValueError for an unknown statistic."""
    if statistic not in PLAIN and not PERCENTILE.fullmatch(statistic):
        raise ValueError(f"The value {statistic} for parameter Statistic is not supported; allowed {PLAIN} and pNN.")
    periods: dict[float, list[Any]] = {}
    for datum in data:
        if start <= (moment := epoch(datum.timestamp)) < end:
            periods.setdefault(period_start(moment, period), []).append(datum)
    values = {moment: _value(periods[moment], statistic) for moment in sorted(periods)}
    return {moment: value for moment, value in values.items() if value is not None}


def _value(data: list[Any], statistic: str) -> float | None:
    count = sum(getattr(each, "sample_count", 1) for each in data)
    total = sum(each.value if hasattr(each, "value") else each.sum for each in data)
    least = min(each.value if hasattr(each, "value") else each.min for each in data)
    most = max(each.value if hasattr(each, "value") else each.max for each in data)
    if statistic == "Average":
        return float(total / count) if count else None
    plain = {"SampleCount": count, "Sum": total, "Minimum": least, "Maximum": most}
    if statistic in plain:
        return float(plain[statistic])
    if statistic == "p100":
        return float(most)
    found = _percentile(data, float(statistic[1:]) / 100)
    return None if found is None else min(max(found, least), most)


def _percentile(data: list[Any], share: float) -> float | None:
    weights: Counter[float] = Counter()
    for each in data:
        if hasattr(each, "value"):
            weights[each.value] += 1
        elif buckets := getattr(each, "buckets", None):
            for number, count in buckets.items():
                weights[math.exp(number * WIDTH)] += count
        elif each.min == each.max:
            weights[each.min] += each.sample_count
        else:
            # AWS: a statistic set has no percentiles unless all of its values are equal.
            return None
    wanted, seen = share * sum(weights.values()), 0.0
    for value in sorted(weights):
        seen += weights[value]
        if seen >= wanted:
            return value
    return None
