"""CloudWatch's embedded metric format: metrics that stand in log lines. Everybody's PutLogEvents is read for them."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from typing import Any

from moto.cloudwatch.models import MetricDatum, cloudwatch_backends
from moto.logs.models import LogsBackend

from local.cloud.clock import Clock
from local.cloud.metrics import KEPT
from local.state import ACCOUNT

log = logging.getLogger(__name__)
# What CloudWatch takes: metrics of a directive, values of a metric, keys of a dimension set; age and lead in seconds.
MOST, MOST_KEYS, OLDEST, NEWEST = 100, 30, 14 * 86_400, 2 * 3_600


class EmbeddedMetricError(ValueError):
    """A line that says that it holds metrics and does not keep to the format."""


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """The values of one metric under one set of dimensions, at a moment in seconds since 1970."""

    namespace: str
    name: str
    unit: str
    dimensions: tuple[tuple[str, str], ...]
    moment: float
    values: tuple[float, ...]


def embedded(line: str) -> list[Embedded]:
    """The metrics of a log line; none for a line that is not in the format. Raises EmbeddedMetricError for a bad one.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    try:
        root = json.loads(line) if '"_aws"' in line else None
    except ValueError:
        return []
    if not isinstance(root, dict) or "CloudWatchMetrics" not in (about := root.get("_aws") or {}):
        return []
    moment = about.get("Timestamp")
    if moment is None or not _is_number(moment):
        raise EmbeddedMetricError(f"_aws.Timestamp must be milliseconds since 1970; got {moment!r}")
    return [each for directive in _list(about, "CloudWatchMetrics") for each in _of(directive, root, moment / 1000)]


def store(region: str, lines: Iterable[str], now: float) -> None:
    """Makes the metrics of log lines data points of a region; a line that is malformed or out of time says so in the
    daemon's log. `now` is in seconds since 1970. Call it with the account's lock held."""
    stored: list[Any] = cloudwatch_backends[ACCOUNT][region].metric_data
    for line in lines:
        try:
            found = embedded(line)
            if early := [each for each in found if not now - OLDEST <= each.moment <= now + NEWEST]:
                raise EmbeddedMetricError(f"{early[0].moment} is over two weeks ago, or more than two hours ahead")
        except EmbeddedMetricError as error:
            log.warning("embedded metrics ignored: %s in %s", error, line[:300])
            continue
        stored.extend(datum for each in found for datum in _data(each))
    del stored[:-KEPT]


def install(clock: Clock) -> None:
    """Lets every log event that is put, by whomever, be read for metrics."""
    moto: Any = LogsBackend
    put = moto.put_log_events

    def put_log_events(logs: Any, group: str, stream: str, log_events: list[dict[str, Any]]) -> Any:
        answer = put(logs, group, stream, log_events)
        store(logs.region_name, (event["message"] for event in log_events), clock.time())
        return answer

    moto.put_log_events = put_log_events


def _data(found: Embedded) -> Iterator[Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in found.dimensions]
    moment = datetime.fromtimestamp(found.moment, UTC).replace(tzinfo=None)
    for value in found.values:
        yield MetricDatum(found.namespace, found.name, value, dimensions, moment, found.unit)


def _of(directive: Any, root: dict[str, Any], moment: float) -> Iterator[Embedded]:
    if not isinstance(directive, dict) or not isinstance(namespace := directive.get("Namespace"), str) or not namespace:
        raise EmbeddedMetricError(f"a directive needs a Namespace; got {directive!r}")
    sets = [_dimensions(keys, root) for keys in _list(directive, "Dimensions")]
    for dimensions, metric in product(sets, _list(directive, "Metrics", MOST)):
        if not isinstance(metric, dict) or not isinstance(name := metric.get("Name"), str):
            raise EmbeddedMetricError(f"a metric needs a Name; got {metric!r}")
        yield Embedded(
            namespace=namespace,
            name=name,
            unit=str(metric.get("Unit", "None")),
            dimensions=dimensions,
            moment=moment,
            values=_values(name, root.get(name)),
        )


def _dimensions(keys: Any, root: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    if not isinstance(keys, list) or len(keys) > MOST_KEYS:
        raise EmbeddedMetricError(f"a dimension set is a list of at most {MOST_KEYS} keys; got {keys!r}")
    named = tuple((key, root.get(key) if isinstance(key, str) else None) for key in keys)
    if bad := [key for key, value in named if not isinstance(value, str) or not value]:
        raise EmbeddedMetricError(f"dimension {bad[0]!r} must name a member of the line that is a string")
    return tuple(sorted((key, str(value)) for key, value in named))


def _values(name: str, value: Any) -> tuple[float, ...]:
    values = value if isinstance(value, list) else [value]
    if not 0 < len(values) <= MOST or not all(_is_number(each) for each in values):
        raise EmbeddedMetricError(f"metric {name!r} must be a number or a list of 1 to {MOST} of them; got {value!r}")
    return tuple(float(each) for each in values)


def _list(given: dict[str, Any], name: str, most: int | None = None) -> list[Any]:
    found = given.get(name)
    if not isinstance(found, list) or (most is not None and len(found) > most):
        raise EmbeddedMetricError(f"{name} must be a list{f' of at most {most}' if most else ''}; got {found!r}")
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
