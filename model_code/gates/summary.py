"""What is remembered of an accepted data set: enough to tell the next one from it, and no row of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from model_code.contract import Schema
from model_code.dataset import DataError, Dataset, Labels

_POINTS = 101  # of a column's distribution that are kept: its percentiles


@dataclass(frozen=True, kw_only=True)
class Column:
    """A feature's distribution: at each of some values, the share of rows below it and the share up to it."""

    name: str
    mean: float
    deviation: float
    values: tuple[float, ...]
    below: tuple[float, ...]
    up_to: tuple[float, ...]
    auc: tuple[float, ...]
    """How well the feature alone tells each class from the others, 0.5 for not at all; for two classes the second."""

    @property
    def median(self) -> float:
        """The middle one of the values that were kept."""
        return next(value for value, share in zip(self.values, self.up_to, strict=True) if share >= 0.5)


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A data set's version, its rows by class, and its columns."""

    data: str
    classes: tuple[str, ...]
    counts: tuple[int, ...]
    columns: tuple[Column, ...]

    @property
    def rows(self) -> int:
        """All rows."""
        return sum(self.counts)

    def to_json(self) -> str:
        """The summary; equal summaries give equal text."""
        return json.dumps(asdict(self), sort_keys=True, allow_nan=False) + "\n"

    @classmethod
    def read(cls, text: str | bytes, schema: Schema) -> Self:
        """A summary back from its JSON. Raises DataError for one of another schema."""
        try:
            document = json.loads(text)
            columns = tuple(Column(**_tuples(column)) for column in document["columns"])
            summary = cls(**{**_tuples(document), "columns": columns})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(
                f"the baseline is no summary of a data set: {error!r}; the gate `validate` writes it"
            ) from error
        got = tuple(column.name for column in columns), summary.classes
        if got != (schema.names, schema.classes):
            raise DataError(
                f"the baseline is of another schema than spec.py's: {len(got[0])} features from {got[0][:3]}, classes "
                f"{got[1]}; after a change of the schema, accept the first data set with --first"
            )
        return summary


def summary(data: Dataset, schema: Schema, version: str) -> Summary:
    """The summary of a data set that conforms to the schema."""
    columns = []
    for at, feature in enumerate(schema.features):
        cells = data.values[:, at].astype(np.float64)
        values = np.unique(np.quantile(cells, np.linspace(0, 1, _POINTS), method="inverted_cdf"))
        below, up_to = distribution(cells, values)
        columns.append(
            Column(
                name=feature.name,
                mean=float(cells.mean()),
                deviation=float(cells.std()),
                values=tuple(values.tolist()),
                below=tuple(below.tolist()),
                up_to=tuple(up_to.tolist()),
                auc=tuple(_aucs(cells, data.labels, len(schema.classes))),
            )
        )
    counts = np.bincount(data.labels, minlength=len(schema.classes))
    counted = tuple(int(count) for count in counts)
    return Summary(data=version, classes=schema.classes, counts=counted, columns=tuple(columns))


def distribution(
    cells: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The share of cells below each value, and up to it."""
    ordered = np.sort(cells)
    return (
        np.searchsorted(ordered, values, side="left") / len(cells),
        np.searchsorted(ordered, values, side="right") / len(cells),
    )


def _aucs(cells: NDArray[np.float64], labels: Labels, classes: int) -> list[float]:
    """Mann-Whitney's share of pairs in order, ties counted half; both sides of a class are never empty here."""
    _, places, ties = np.unique(cells, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[places]
    found = []
    for label in range(1 if classes == 2 else 0, classes):
        mine = labels == label
        count, others = int(mine.sum()), int((~mine).sum())
        found.append(float((ranks[mine].sum() - count * (count + 1) / 2) / (count * others)))
    return found


def _tuples(document: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in document.items()}
