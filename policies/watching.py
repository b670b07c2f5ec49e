"""What a metric alarm reads, and what sets it off."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from policies.declared import Declared, given, inside, known
from policies.nested import rows

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html (ComparisonOperator)
_COMPARED: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


@dataclass(frozen=True)
class Reading:
    """One metric that an alarm reads. `id` is its name in metric math, empty where the alarm is on the metric itself.

    Each of the others may be unknown.
    """

    namespace: Any
    metric: Any
    dimensions: Any
    id: str = ""

    def named(self, namespace: str) -> str:
        """The metric's name where it is one of a namespace, else empty. Raises UnknownError."""
        if known(self.namespace, "namespace") != namespace:
            return ""
        return str(known(self.metric, "metricName") or "")


def readings(alarm: Declared) -> list[Reading]:
    """Every metric that an alarm reads, by itself or in a line of metric math. Raises UnknownError."""
    own = [_reading(alarm.props)] if given(alarm.at("metricName")) else []
    queries = [row for row in rows(alarm, "metricQueries") if given(row.get("metric"))]
    return own + [_reading(row["metric"], str(row.get("id") or "")) for row in queries]


def _reading(metric: Any, id_: str = "") -> Reading:
    namespace, name, dimensions = (inside(metric, key) for key in ("namespace", "metricName", "dimensions"))
    return Reading(namespace, name, dimensions, id_)


def set_off_by(alarm: Declared, value: float) -> bool:
    """Whether a value breaks an alarm's threshold; never that of a band, which has none. Raises UnknownError."""
    compared = _COMPARED.get(str(known(alarm.at("comparisonOperator"), "comparisonOperator")))
    threshold = known(alarm.at("threshold"), "threshold")
    return compared is not None and threshold is not None and compared(value, float(threshold))


def silence(alarm: Declared) -> str:
    """What an alarm takes missing data for. Raises UnknownError.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
    """
    return str(known(alarm.at("treatMissingData"), "treatMissingData") or "missing, the default")
