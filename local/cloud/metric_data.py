"""CloudWatch's statistics over moto's data points: sums, extremes, and percentiles and their ranks from a histogram."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from local.cloud.clock import period_start

Key = tuple[str, str, tuple[tuple[str, str], ...]]
Series = dict[float, float]
# Each bucket of a histogram is two percent wide: a percentile is at most one percent off.
WIDTH = math.log(1.02)
PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")
RANK = re.compile(r"PR\((?=.*\d)(\d+(?:\.\d+)?)?:(\d+(?:\.\d+)?)?\)")
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


def moment(datum: Any) -> float:
    """When a data point is of, in seconds since 1970: asked of every one, whenever an alarm is looked at."""
    known: float | None = datum.__dict__.get("epoch")
    if known is None:
        known = datum.epoch = epoch(datum.timestamp)
    return known


def series(data: Iterable[Any], statistic: str, period: float, start: float, end: float) -> Series:
    """A statistic of each period between two moments that has data. Raises ValueError for an unknown statistic."""
    if statistic not in PLAIN and not PERCENTILE.fullmatch(statistic) and not RANK.fullmatch(statistic):
        allowed = f"{PLAIN}, pNN and PR(LOWER:UPPER)"
        raise ValueError(f"The value {statistic} for parameter Statistic is not supported; allowed {allowed}.")
    periods: dict[float, list[Any]] = {}
    for datum in data:
        if start <= (at := moment(datum)) < end:
            periods.setdefault(period_start(at, period), []).append(datum)
    values = {at: _value(periods[at], statistic) for at in sorted(periods)}
    return {at: value for at, value in values.items() if value is not None}


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
    weights = _weights(data)
    if not weights or not weights.total():
        return None
    # A bucket stands for its middle, which may lie outside of what was seen.
    clamped = sorted((min(max(value, least), most), weight) for value, weight in weights.items())
    if bounds := RANK.fullmatch(statistic):
        return _rank(clamped, float(bounds[1] or "-inf"), float(bounds[2] or "inf"))
    return _percentile(clamped, float(statistic[1:]) / 100)


def _percentile(values: Sequence[tuple[float, float]], share: float) -> float:
    """The smallest value that this share of the weight does not exceed."""
    wanted, seen = share * sum(weight for _, weight in values), 0.0
    for value, weight in values:
        seen += weight
        if seen >= wanted:
            return value
    return values[-1][0]


def _rank(values: Sequence[tuple[float, float]], above: float, to: float) -> float:
    """The percentage of the weight above one bound and up to the other.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
    """
    within = sum(weight for value, weight in values if above < value <= to)
    return 100.0 * within / sum(weight for _, weight in values)


def _weights(data: list[Any]) -> Counter[float] | None:
    """How often each value was seen; None when nobody knows any more."""
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
    return weights
