"""A schema compiled to arrays: turns rows into one float32 matrix and refuses what the schema does not allow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_code.contract import Feature, Schema
from model_code.errors import InputError

Matrix = NDArray[np.float32]

_LARGEST = float(np.finfo(np.float32).max)
_NUMBERS = frozenset((int, float))  # not bool: true is no measurement


class Table:
    """What one request may hold: these columns, these bounds, so many rows.

    A category travels as its label in JSON and CSV and as its position in `categories` in the matrix.
    """

    def __init__(self, schema: Schema, max_rows: int) -> None:
        features = schema.features
        self.names = schema.names
        self.width = len(features)
        self.max_rows = max_rows
        self._features = features
        self._known = frozenset(self.names)
        self._codes = {
            column: {label: float(code) for code, label in enumerate(feature.categories)}
            for column, feature in enumerate(features)
            if feature.dtype == "category"
        }
        self._whole = [column for column, feature in enumerate(features) if feature.dtype != "float"]
        bounds = np.array([_bounds(feature) for feature in features])
        # Clipped to float32's range, so that one comparison also catches Infinity; NaN fails every comparison.
        self._low, self._high = np.clip(bounds, -_LARGEST, _LARGEST).astype(np.float32).T

    def matrix(self, rows: Sequence[Any]) -> Matrix:
        """Rows of numbers (or name → number objects) as a checked matrix."""
        self.check_count(len(rows))
        cells = [self._row(row, index) for index, row in enumerate(rows)]
        try:
            with np.errstate(over="ignore"):  # 1e300 becomes Infinity, which check() refuses by name
                values = np.array(cells, dtype=np.float32)
        except OverflowError:  # an integer beyond every float
            values = np.array([[_to_float(cell) for cell in row] for row in cells], dtype=np.float32)
        return self.check(values)

    def cells(self, texts: Sequence[str]) -> list[Any]:
        """A line of text as a row: numbers where they can be read, labels and anything else as they came."""
        return [text if column in self._codes else _number(text) for column, text in enumerate(texts)]

    def check(self, values: Matrix) -> Matrix:
        """The matrix itself, if its shape and every value are allowed."""
        self.check_count(len(values))
        if values.shape[1] != self.width:
            raise self._wrong_width(values.shape[1], 0)
        if b"\0" in ((values >= self._low) & (values <= self._high)).tobytes():  # all() costs three times as much
            raise self._out_of_bounds(values)
        if self._whole and not (values[:, self._whole] == np.rint(values[:, self._whole])).all():
            raise self._not_whole(values)
        return values

    def check_count(self, rows: int) -> None:
        """Refuses an empty request, and one of more rows than the model answers at once."""
        if not 1 <= rows <= self.max_rows:
            raise InputError("wrong number of rows", got=rows, allowed=f"1 to {self.max_rows} rows a request")

    def _row(self, row: Any, index: int) -> Sequence[float]:
        if type(row) is dict:
            if row.keys() != self._known:
                raise self._wrong_names(row, index)
            row = [row[name] for name in self.names]
        elif type(row) is not list:
            raise InputError("a row must be an array or an object", got=row, allowed=self._shape(), row=index)
        elif len(row) != self.width:
            raise self._wrong_width(len(row), index)
        if self._codes:
            row = self._encoded(row, index)
        if not _NUMBERS.issuperset(map(type, row)):
            column = next(column for column, cell in enumerate(row) if type(cell) not in _NUMBERS)
            raise self._refusal("not a number", row[column], index, column)
        return row  # type: ignore[no-any-return]

    def _encoded(self, row: Sequence[Any], index: int) -> list[Any]:
        cells = list(row)
        for column, codes in self._codes.items():
            code = codes.get(row[column]) if type(row[column]) is str else None
            if code is None:
                raise self._refusal("unknown category", row[column], index, column)
            cells[column] = code
        return cells

    def _wrong_width(self, got: int, index: int) -> InputError:
        return InputError("wrong number of features", got=got, allowed=self._shape(), row=index)

    def _wrong_names(self, row: dict[str, Any], index: int) -> InputError:
        unknown, missing = sorted(row.keys() - self._known), [name for name in self.names if name not in row]
        if unknown:
            return InputError("unknown feature", got=unknown[0], allowed=list(self.names), row=index)
        return InputError("missing feature", allowed=self._shape(), row=index, feature=missing[0])

    def _out_of_bounds(self, values: Matrix) -> InputError:
        index, column = map(int, np.argwhere(~((values >= self._low) & (values <= self._high)))[0])
        what = "out of bounds" if np.isfinite(values[index, column]) else "not a finite number"
        return self._refusal(what, _shown(values[index, column]), index, column)

    def _not_whole(self, values: Matrix) -> InputError:
        fractional = values != np.rint(values)
        fractional[:, [column for column in range(self.width) if column not in self._whole]] = False
        index, column = map(int, np.argwhere(fractional)[0])
        return self._refusal("not a whole number", _shown(values[index, column]), index, column)

    def _refusal(self, what: str, got: object, index: int, column: int) -> InputError:
        feature = self._features[column]
        return InputError(what, got=got, allowed=_allowed(feature), row=index, feature=feature.name)

    def _shape(self) -> str:
        return f"{self.width} features: {', '.join(self.names)}"


def _bounds(feature: Feature) -> tuple[float, float]:
    if feature.categories:
        return 0.0, len(feature.categories) - 1.0
    low, high = feature.minimum, feature.maximum
    return -_LARGEST if low is None else low, _LARGEST if high is None else high


def _allowed(feature: Feature) -> object:
    if feature.categories:
        return list(feature.categories)
    kind = "a whole number" if feature.dtype == "integer" else "a number"
    if feature.minimum is None and feature.maximum is None:
        return kind
    if feature.minimum is None:
        return f"{kind}, at most {feature.maximum:g}"
    return f"{kind} from {feature.minimum:g}" + ("" if feature.maximum is None else f" to {feature.maximum:g}")


def _shown(value: np.float32) -> str:
    return f"{value:.7g}"


def _number(text: str) -> float | str:
    try:
        return float(text) if "_" not in text else text  # Python reads 1_0 as 10; a CSV does not mean that
    except ValueError:
        return text


def _to_float(cell: float) -> float:
    try:
        return float(cell)
    except OverflowError:
        return float("inf")
