"""Data points of CloudWatch in a snapshot: all of them, as they were, and quick to write."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import CloudWatchBackend, MetricAggregatedDatum, MetricDatum

from local.cloud import metric_columns
from local.cloud.metric_data import key, moment

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
NAMES = [{"Name": "Model", "Value": "risk"}, {"Name": "Stack", "Value": "local"}]


def points() -> list[Any]:
    plain = [MetricDatum("Takeoff/Models", "Wrong", float(n), NAMES, AT, "Count") for n in range(3)]
    minute = MetricAggregatedDatum("AWS/SageMaker", "ModelLatency", 1, 9, 4, 20, NAMES[:1], AT.replace(tzinfo=None))
    minute.buckets = {3: 4.0}
    return [*plain, minute, MetricDatum("Takeoff/Models", "Wrong", 7.0, [], AT)]


def told(datum: Any) -> tuple[Any, ...]:
    own = {name: value for name, value in vars(datum).items() if name not in ("dimensions", "key", "epoch")}
    return type(datum), key(datum), moment(datum), own


def test_points_come_back_as_they_were_and_in_their_order() -> None:
    assert [told(each) for each in metric_columns.unpacked(metric_columns.packed(points()))] == [
        told(each) for each in points()
    ]


def test_a_backend_comes_back_with_its_points() -> None:
    metric_columns.install()
    backend: Any = CloudWatchBackend("us-east-1", "123456789012")
    backend.metric_data = points()
    again = pickle.loads(pickle.dumps(backend))  # noqa: S301  our own
    assert [told(each) for each in again.metric_data] == [told(each) for each in points()]
    assert backend.metric_data[0].value == 0.0, "the backend itself is as it was"


def test_a_snapshot_that_has_the_points_themselves_is_read_as_well() -> None:
    metric_columns.install()
    backend: Any = CloudWatchBackend("us-east-1", "123456789012")
    again: Any = CloudWatchBackend.__new__(CloudWatchBackend)
    again.__setstate__(backend.__dict__ | {"metric_data": points()})
    assert [told(each) for each in again.metric_data] == [told(each) for each in points()]


def test_a_metrics_names_are_kept_once_however_many_points_it_has() -> None:
    many = [MetricDatum("Takeoff/Models", "Wrong", float(n), NAMES, AT) for n in range(1_000)]
    assert pickle.dumps(metric_columns.packed(many)).count(b"Takeoff/Models") == 1
