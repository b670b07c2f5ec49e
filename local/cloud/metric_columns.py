"""Metric data in a snapshot: one row of numbers for each data point, and each metric's names once.

As objects, the points of an hour take pickle three seconds in which the account answers nobody; as rows, milliseconds.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import CloudWatchBackend, Dimension, MetricAggregatedDatum, MetricDatum

from local.cloud.metric_data import key, moment

_KINDS: tuple[type[Any], ...] = (MetricDatum, MetricAggregatedDatum)
# What every data point has, and is kept of its metric or its row's number.
_COMMON = frozenset({"namespace", "name", "dimensions", "timestamp", "unit", "key", "epoch"})


def install() -> None:
    """Lets pickle take a CloudWatch backend's data points as rows."""
    backend: Any = CloudWatchBackend
    backend.__getstate__, backend.__setstate__ = _state, _restore


def _state(backend: Any) -> dict[str, Any]:
    state: dict[str, Any] = backend.__dict__ | {"metric_data": packed(backend.metric_data)}
    return state


def _restore(backend: Any, state: dict[str, Any]) -> None:
    kept = state["metric_data"]
    # Snapshots of before 2026-11-23 have the points themselves.
    backend.__dict__.update(state | {"metric_data": kept if isinstance(kept, list) else unpacked(kept)})


def packed(data: list[Any]) -> dict[str, Any]:
    """Data points as plain tuples and numbers, in their order."""
    metrics: dict[tuple[Any, ...], int] = {}
    fields: dict[tuple[str, ...], int] = {}
    rows = []
    for datum in data:
        own = {name: value for name, value in datum.__dict__.items() if name not in _COMMON}
        said = datum.timestamp.tzinfo is not None
        metric = metrics.setdefault((_KINDS.index(type(datum)), *key(datum), datum.unit, said), len(metrics))
        rows.append((metric, fields.setdefault(tuple(own), len(fields)), moment(datum), tuple(own.values())))
    return {"metrics": list(metrics), "fields": list(fields), "rows": rows}


def unpacked(columns: dict[str, Any]) -> list[Any]:
    """The data points again; those of one metric share their dimensions."""
    metrics = [
        (
            _KINDS[kind],
            said,
            {"namespace": namespace, "name": name, "unit": unit, "dimensions": _dimensions(dimensions)},
        )
        for kind, namespace, name, dimensions, unit, said in columns["metrics"]
    ]
    found = []
    for metric, fields, at, values in columns["rows"]:
        kind, said, common = metrics[metric]
        datum, timestamp = kind.__new__(kind), datetime.fromtimestamp(at, UTC)
        own = dict(zip(columns["fields"][fields], values, strict=True))
        # Some of moto's moments say that they are UTC and some do not.
        datum.__dict__.update(common, timestamp=timestamp if said else timestamp.replace(tzinfo=None), **own)
        found.append(datum)
    return found


def _dimensions(pairs: tuple[tuple[str, str], ...]) -> list[Any]:
    return [Dimension(name, value) for name, value in pairs]
