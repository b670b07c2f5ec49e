"""Reading CloudWatch: one way from queries to series for callers and alarms, percentiles and metric math included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterCombination, InvalidParameterValue, ValidationError
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from local.cloud.clock import Clock, period_start
from local.cloud.metric_data import Key, Series, epoch, key, moment, series
from local.cloud.metric_math import Expression, Value


@dataclass(frozen=True, kw_only=True)
class Query:
    """One entry of MetricDataQueries: a statistic of a metric, or an expression over others. `period` is in seconds."""

    id: str
    label: str
    period: float
    metric: Key | None = None
    statistic: str = ""
    expression: str = ""
    shown: bool = True

    @classmethod
    def of(cls, given: dict[str, Any]) -> Query:
        """A query as GetMetricData and PutMetricAlarm take it."""
        name, shown = given["Id"], given.get("ReturnData", True) in (True, "true")
        if "MetricStat" not in given:
            period = float(given.get("Period") or 60)
            return cls(
                id=name, label=given.get("Label") or name, period=period, expression=given["Expression"], shown=shown
            )
        stat, metric = given["MetricStat"], given["MetricStat"]["Metric"]
        dimensions = tuple(sorted((each["Name"], each["Value"]) for each in metric.get("Dimensions") or ()))
        label = given.get("Label") or f"{metric['MetricName']} {stat['Stat']}"
        found = metric["Namespace"], metric["MetricName"], dimensions
        period = float(stat["Period"])
        return cls(id=name, label=label, period=period, metric=found, statistic=stat["Stat"], shown=shown)


class Index(dict[Key, list[Any]]):
    """Data points by metric."""

    @classmethod
    def of(cls, data: Sequence[Any], since: float = 0.0) -> Index:
        found = cls()
        for datum in data:
            if moment(datum) >= since:
                found.setdefault(key(datum), []).append(datum)
        return found


class Results(Mapping[str, Value]):
    """What queries come to between two moments, each worked out when it is asked for. Raises ValueError then."""

    def __init__(self, queries: Sequence[Query], index: Index, clock: Clock, start: float, end: float) -> None:
        self._queries = {query.id: query for query in queries}
        self._metrics = sorted(query.id for query in queries if query.metric)
        self._index, self._clock, self._start, self._end = index, clock, start, end
        self._found: dict[str, Value] = {}

    def __getitem__(self, name: str) -> Value:
        if name not in self._found:
            query = self._queries.pop(name)  # one that asks for itself is not there any more
            self._found[name] = self._metric(query, query.metric) if query.metric else self._expression(query)
        return self._found[name]

    def __contains__(self, name: object) -> bool:
        return name in self._queries or name in self._found

    def __iter__(self) -> Iterator[str]:
        return iter({**self._queries, **self._found})

    def __len__(self) -> int:
        return len({**self._queries, **self._found})

    def series(self, name: str) -> Series:
        """A query's series; a single number stands at every period."""
        found = self[name]
        if isinstance(found, dict):
            return found
        if isinstance(found, list) and len(found) == 1 and isinstance(found[0], dict):
            return found[0]
        raise ValueError(f"query {name}: an expression must come to one time series; got {found!r}")

    def _metric(self, query: Query, metric: Key) -> Series:
        data = self._index.get(metric, [])
        return series(data, query.statistic, self._clock.real(query.period), self._start, self._end)

    def _expression(self, query: Query) -> Value:
        if query.expression.lstrip().upper().startswith("SELECT"):
            raise ValueError("Metrics Insights queries are not served by the emulated account (docs/limits.md).")
        listed = [found for name in self._metrics if isinstance(found := self[name], dict)]
        period = self._clock.real(query.period)
        first, grid = period_start(self._start, period), []
        while first < self._end:
            grid.append(first)
            first += period
        return Expression(self, listed, grid, query.period).value(query.expression)


def install(clock: Clock) -> None:
    """Puts our reading in the place of moto's, which has no percentiles, no math and inexact dimensions."""
    moto: Any = CloudWatchResponse
    moto.get_metric_data = lambda response: get_metric_data(response, clock)
    moto.get_metric_statistics = lambda response: get_metric_statistics(response, clock)


def get_metric_data(response: Any, clock: Clock) -> ActionResult:
    given = response._get_params()
    start, end = _window(given, clock)
    asked = given.get("MetricDataQueries") or []
    if any("MetricStat" not in each and "Expression" not in each for each in asked):
        raise ValidationError("The parameter MetricDataQueries.member.1.MetricStat is required.\n")
    queries = [Query.of(each) for each in asked]
    results = Results(queries, Index.of(response.cloudwatch_backend.get_all_metrics(), start), clock, start, end)
    newest_first = given.get("ScanBy") != "TimestampAscending"
    try:
        found = [
            (query, sorted(results.series(query.id).items(), reverse=newest_first)) for query in queries if query.shown
        ]
    except ValueError as error:
        raise ValidationError(str(error)) from error
    shown = [
        {
            "Id": query.id,
            "Label": query.label,
            "Timestamps": [_moment(moment) for moment, _ in points],
            "Values": [value for _, value in points],
            "StatusCode": "Complete",
        }
        for query, points in found
    ]
    return ActionResult({"MetricDataResults": shown})


def get_metric_statistics(response: Any, clock: Clock) -> ActionResult:
    given = response._get_params()
    start, end = _window(given, clock)
    statistics, extended = given.get("Statistics") or [], given.get("ExtendedStatistics") or []
    if not statistics and not extended:
        raise InvalidParameterCombination("Must specify either Statistics or ExtendedStatistics")
    dimensions = tuple(sorted((each["Name"], each["Value"]) for each in given.get("Dimensions") or ()))
    stored = Index.of(response.cloudwatch_backend.get_all_metrics(), start)
    data = stored.get((given["Namespace"], given["MetricName"], dimensions), [])
    unit = given.get("Unit")
    data = [each for each in data if not unit or each.unit == unit]
    points: dict[float, dict[str, Any]] = {}
    try:
        for name in [*statistics, *extended]:
            for moment, value in series(data, name, clock.real(float(given["Period"])), start, end).items():
                point = points.setdefault(moment, {"Timestamp": _moment(moment), "Unit": data[0].unit or "None"})
                (point.setdefault("ExtendedStatistics", {}) if name in extended else point)[name] = value
    except ValueError as error:
        raise InvalidParameterValue(str(error)) from error
    return ActionResult({"Label": given["MetricName"], "Datapoints": list(points.values())})


def _window(given: dict[str, Any], clock: Clock) -> tuple[float, float]:
    """AWS rounds the start down to a whole minute, so that the minute that it falls into is seen."""
    start, end = period_start(epoch(given["StartTime"]), clock.real(60)), epoch(given["EndTime"])
    if start >= end:
        raise InvalidParameterValue("The parameter StartTime must be less than the parameter EndTime.")
    return start, end


def _moment(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, UTC).replace(tzinfo=None)
