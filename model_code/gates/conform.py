"""A data set held to the model's schema: every breach by name, and the arrays if there is none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_code.contract import Feature, Schema
from model_code.dataset import DataError, Dataset
from model_code.errors import InputError
from model_code.gates.frame import Frame
from model_code.gates.report import Finding
from model_code.table import Table

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none"})  # in small letters
_SHOWN = 3  # examples in a finding


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a data set may be, whatever the one before was."""

    rows: int = 100
    rows_per_class: int = 20
    duplicates: float = 0.05
    """Largest share of rows that repeat another row's features."""


def conform(frame: Frame, schema: Schema, limits: Limits, extra: Collection[str] = ()) -> tuple[Finding, ...]:
    """What is wrong with the data set; `extra` are the columns beside the schema's that it may have, such as an id."""
    found = [*_columns(frame, schema, extra), *_counts(frame, limits)]
    found += [finding for feature in schema.features for finding in _feature(frame, feature)]
    found += _target(frame, schema, limits)
    if all(finding.severity != "stop" for finding in found):
        found += _arrays(frame, schema, limits)
    return tuple(found)


def dataset(frame: Frame, schema: Schema, identity: str = "") -> Dataset:
    """The arrays of a data set that conforms, by the check that the server makes of a request. Raises DataError.

    `identity` is the column that tells its rows apart, see holdout.identity_of.
    """
    columns = [_numbers(frame.column(feature.name), feature) for feature in schema.features]
    codes = {label: code for code, label in enumerate(schema.classes)}
    labels = np.array([codes.get(label, -1) for label in frame.column(schema.target)], dtype=np.int64)
    try:
        with np.errstate(over="ignore"):  # becomes Infinity, which the table refuses by name
            values = Table(schema, len(frame.rows)).check(np.column_stack(columns).astype(np.float32))
    except InputError as error:
        raise DataError(f"the data do not keep to the schema: {error.body()}; run the gate `validate` first") from error
    if (labels < 0).any():
        raise DataError(f"{schema.target} has labels beside {', '.join(schema.classes)}; run the gate `validate` first")
    ids = tuple(frame.column(identity)) if identity else None
    return Dataset(values=values, labels=labels, sha256=frame.sha256, identity=identity, ids=ids)


def _columns(frame: Frame, schema: Schema, extra: Collection[str]) -> Iterator[Finding]:
    wanted = (*schema.names, schema.target)
    for name, count in Counter(frame.header).items():
        if count > 1:
            yield _stop("column-twice", f"stands {count} times in the header", name)
    for name in wanted:
        if name not in frame.header:
            yield _stop("column-missing", f"the columns are {', '.join(frame.header)}", name)
    for name in extra:
        if name not in frame.header:
            yield _stop("column-missing", "declared as a column of the data beside the schema's", name)
    for name in sorted(set(frame.header) - {*wanted, *extra}):
        yield _stop("column-unknown", "neither in spec.py nor declared as an extra column", name)
    features = [name for name in frame.header if name in schema.names]
    if sorted(features) == sorted(schema.names) and features != list(schema.names):
        first = next(at for at, name in enumerate(schema.names) if features[at] != name)
        yield _stop("columns-order", f"got {features[first]} where spec.py has {schema.names[first]}", features[first])


def _counts(frame: Frame, limits: Limits) -> Iterator[Finding]:
    if frame.ragged:
        yield _stop("ragged-row", f"{len(frame.ragged)} rows have other cells than the header: {_some(frame.ragged)}")
    if len(frame.rows) < limits.rows:
        yield _stop("too-few-rows", f"got {len(frame.rows)} rows, allowed: at least {limits.rows}")


def _feature(frame: Frame, feature: Feature) -> Iterator[Finding]:
    if frame.header.count(feature.name) != 1 or not frame.rows:
        return
    cells = frame.column(feature.name)
    numbers, missing = _numbers(cells, feature), np.array([cell.lower() in MISSING for cell in cells])
    if feature.categories:
        missing &= ~np.isin(cells, feature.categories)  # a category may be called "none"
    if missing.any():
        share = missing.mean()
        yield _stop("missing", f"{missing.sum()} of {len(cells)} values ({share:.1%}), allowed: none", feature.name)
    unread = np.isnan(numbers) & ~missing
    if unread.any():
        what, allowed = "not-a-number", "a number"
        if feature.categories:
            what, allowed = "unknown-category", ", ".join(feature.categories)
        yield _stop(what, f"{_examples(cells, unread)}, allowed: {allowed}", feature.name)
    infinite = np.isinf(numbers)
    if infinite.any():
        yield _stop("not-finite", f"{_examples(cells, infinite)}, allowed: finite numbers", feature.name)
    fine = np.isfinite(numbers)
    low = -np.inf if feature.minimum is None else feature.minimum
    high = np.inf if feature.maximum is None else feature.maximum
    outside = fine & ((numbers < low) | (numbers > high))
    if outside.any():
        yield _stop("out-of-range", f"{_examples(cells, outside)}, allowed: {low:g} to {high:g}", feature.name)
    if feature.dtype == "integer" and (broken := fine & (numbers != np.rint(numbers))).any():
        yield _stop("not-whole", f"{_examples(cells, broken)}, allowed: whole numbers", feature.name)
    if fine.sum() > 1 and np.unique(numbers[fine]).size == 1:
        yield Finding(name="constant", severity="note", text=f"every value is {cells[0]}", where=feature.name)


def _target(frame: Frame, schema: Schema, limits: Limits) -> Iterator[Finding]:
    if frame.header.count(schema.target) != 1:
        return
    counts = Counter(frame.column(schema.target))
    for label in sorted(counts.keys() - set(schema.classes)):
        allowed = ", ".join(schema.classes)
        yield _stop("unknown-class", f"{label[:40]!r} in {counts[label]} rows, allowed: {allowed}", schema.target)
    for label in schema.classes:
        if counts[label] < limits.rows_per_class:
            yield _stop("too-few-of-class", f"{counts[label]} rows, allowed: at least {limits.rows_per_class}", label)


def _arrays(frame: Frame, schema: Schema, limits: Limits) -> Iterator[Finding]:
    try:
        data = dataset(frame, schema)
    except DataError as error:  # what float64 holds and the served float32 does not
        yield _stop("refused", str(error))
        return
    labels: dict[bytes, set[int]] = {}
    for row, label in zip(data.values, data.labels, strict=True):
        labels.setdefault(row.tobytes(), set()).add(int(label))
    repeated, contradicting = 1 - len(labels) / len(data.values), sum(len(seen) > 1 for seen in labels.values())
    if repeated:
        over = repeated > limits.duplicates
        text = f"{repeated:.1%} of the rows repeat another's features, allowed: {limits.duplicates:.1%}"
        yield Finding(name="duplicates", severity="stop" if over else "note", text=text)
    if contradicting:
        text = f"{contradicting} rows of equal features have different classes"
        yield Finding(name="contradiction", severity="note", text=text, where=schema.target)


def _numbers(cells: Sequence[str], feature: Feature) -> NDArray[np.float64]:
    """The cells as numbers, a category as its position; NaN for what cannot be read."""
    codes = {label: float(code) for code, label in enumerate(feature.categories)}
    return np.array([codes.get(cell, np.nan) if codes else _number(cell) for cell in cells])


def _number(cell: str) -> float:
    try:
        return float(cell) if "_" not in cell else np.nan  # Python reads 1_0 as 10; a CSV does not mean that
    except ValueError:
        return np.nan


def _examples(cells: Sequence[str], where: NDArray[np.bool_]) -> str:
    rows = np.flatnonzero(where)
    return f"{len(rows)} of {len(cells)} values, such as {_some([repr(cells[row][:40]) for row in rows[:_SHOWN]])}"


def _some(texts: Sequence[str]) -> str:
    return ", ".join(texts[:_SHOWN]) + (f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else "")


def _stop(name: str, text: str, where: str = "") -> Finding:
    return Finding(name=name, severity="stop", text=text, where=where)
