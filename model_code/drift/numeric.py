"""A column of numbers as counts in fixed fine bins: small however many rows, and exact under any batching."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_code.contract import Feature
from model_code.drift.column import Column, array_of
from model_code.drift.errors import DriftError

Floats = NDArray[np.float32]
Counts = NDArray[np.int64]

_FINE = 256
_ATOMS = 128  # as many distinct values get a bin each
_TAILS = 8  # bins beyond the baseline's range on either side, each twice as wide as the one before
_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, kw_only=True, eq=False)
class NumericSketch:
    """Counts of a numeric feature's values between edges that its baseline chose.

    Values are rounded to float32, which is what the model sees. `missing` are None and NaN, `infinite` counts what
    overflows float32 too, `invalid` what is no number, `outside` the finite values beyond the schema's bounds (they are
    binned as well). Everything is a count, a minimum or a maximum, so neither batches nor their order change a result.
    """

    feature: Feature
    edges: Floats
    counts: Counts
    rows: int = 0
    missing: int = 0
    infinite: int = 0
    invalid: int = 0
    outside: int = 0
    lowest: float | None = None
    highest: float | None = None

    @classmethod
    def of(cls, feature: Feature, baseline: Column) -> NumericSketch:
        """A sketch whose bins fit this baseline, which it then holds. Raises DriftError without one finite value."""
        values, _ = floats(baseline)
        finite = np.sort(values[np.isfinite(values)])
        if not len(finite):
            raise DriftError(
                f"feature {feature.name}: the baseline has {len(values)} rows and not one finite number; "
                "leave the feature out of the monitor, or take a baseline that has it"
            )
        edges = _edges(finite)
        return cls(feature=feature, edges=edges, counts=np.zeros(len(edges) + 1, np.int64)).add(baseline)

    @property
    def binned(self) -> int:
        """The rows with a finite number."""
        return self.rows - self.missing - self.infinite - self.invalid

    @property
    def constant(self) -> bool:
        """Whether all finite numbers are one number; false where there are none."""
        return self.lowest is not None and self.lowest == self.highest

    def empty(self) -> NumericSketch:
        """The same bins without a row."""
        return NumericSketch(feature=self.feature, edges=self.edges, counts=np.zeros_like(self.counts))

    def add(self, column: Column) -> NumericSketch:
        """This sketch with the rows of one more batch."""
        values, invalid = floats(column)
        ordered = np.sort(values)  # NaN last; sorting and cutting is ten times faster than looking up each value
        nan = np.float32(np.nan)
        numbers = int(np.searchsorted(ordered, nan)) if len(ordered) and ordered[-1] != ordered[-1] else len(ordered)
        first, last = (int(at) for at in np.searchsorted(ordered[:numbers], [-_LARGEST, np.inf]))
        finite = ordered[first:last]
        upto = np.concatenate([[0], np.searchsorted(finite, self.edges, side="right"), [len(finite)]])
        batch = replace(
            self.empty(),
            counts=np.diff(upto),
            rows=len(values),
            missing=len(values) - numbers - invalid,
            infinite=numbers - len(finite),
            invalid=invalid,
            outside=self._outside(finite),
            lowest=float(finite[0]) if len(finite) else None,
            highest=float(finite[-1]) if len(finite) else None,
        )
        return self.merge(batch)

    def merge(self, other: NumericSketch) -> NumericSketch:
        """Both sketches' rows in one. Raises DriftError unless they have the same feature and bins."""
        self.check(other)
        lows = [low for low in (self.lowest, other.lowest) if low is not None]
        highs = [high for high in (self.highest, other.highest) if high is not None]
        return NumericSketch(
            feature=self.feature,
            edges=self.edges,
            counts=self.counts + other.counts,
            rows=self.rows + other.rows,
            missing=self.missing + other.missing,
            infinite=self.infinite + other.infinite,
            invalid=self.invalid + other.invalid,
            outside=self.outside + other.outside,
            lowest=min(lows, default=None),
            highest=max(highs, default=None),
        )

    def check(self, other: object) -> None:
        """Raises DriftError unless the other sketch was made from the same baseline."""
        if not isinstance(other, NumericSketch) or other.feature != self.feature:
            raise DriftError(f"feature {self.feature.name}: the other profile has another schema for it")
        if not np.array_equal(self.edges, other.edges):
            raise DriftError(f"feature {self.feature.name}: bins of another baseline; begin with `baseline.empty()`")

    def quantile(self, share: float) -> float:
        """The value below which this share of the finite numbers lies, to within a bin."""
        upto = np.cumsum(self.counts[:-1]) / max(self.binned, 1)
        return float(np.interp(share, upto, self.edges.astype(np.float64)))

    def document(self) -> dict[str, Any]:
        """What `read` reads again: JSON of a size that the baseline's bins settle."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        return plain | {"edges": self.edges.tolist(), "counts": self.counts.tolist()}

    @classmethod
    def read(cls, feature: Feature, document: Mapping[str, Any]) -> NumericSketch:
        """The sketch that `document` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        edges = np.array(document["edges"], dtype=np.float32)
        counts = np.array(document["counts"], dtype=np.int64)
        sketch = cls(feature=feature, edges=edges, counts=counts, **{name: document[name] for name in _PLAIN})
        if len(counts) != len(edges) + 1 or (np.diff(edges) <= 0).any() or counts.sum() != sketch.binned:
            raise ValueError("edges must rise, and counts be one more than edges and sum to the finite rows")
        return sketch

    def _outside(self, finite: Floats) -> int:
        low, high = self.feature.minimum, self.feature.maximum
        below = 0 if low is None else int(np.searchsorted(finite, np.float32(low)))
        above = 0 if high is None else len(finite) - int(np.searchsorted(finite, np.float32(high), side="right"))
        return below + above


_PLAIN = ("rows", "missing", "infinite", "invalid", "outside", "lowest", "highest")


def floats(column: Column) -> tuple[Floats, int]:
    """A column as float32, NaN where there is no number, and how many of those were no number and not missing either.

    Raises DriftError for an array of more than one dimension.
    """
    array = array_of(column)
    with np.errstate(over="ignore"):
        if array.dtype.kind in "fiub":
            return array.astype(np.float32, copy=False), 0
        numbers = [_float(cell) for cell in array.tolist()]
        invalid = sum(number is None for number in numbers)
        values = np.array([np.nan if number is None else number for number in numbers], dtype=np.float64)
        return values.astype(np.float32), invalid


def _float(cell: object) -> float | None:
    """NaN for what is missing, None for what is no number."""
    if cell is None or cell == "":
        return float("nan")
    try:
        return float(cell)  # type: ignore[arg-type]
    except OverflowError:
        return float("inf")
    except (TypeError, ValueError):
        return None


def _edges(ordered: Floats) -> Floats:
    """Upper bounds of the bins, included in them; a value that comes often gets a bin of its own."""
    distinct = np.unique(ordered)
    if len(distinct) <= _ATOMS:
        edges, often = distinct, distinct
    else:
        marks = np.linspace(0, len(ordered) - 1, _FINE + 1).astype(np.int64)
        edges, times = np.unique(ordered[marks], return_counts=True)
        often = edges[times > 1]
    with np.errstate(over="ignore"):  # below the lowest float there is only -inf, which is clipped
        just_below = np.nextafter(np.concatenate([often, distinct[:1]]), np.float32(-np.inf))
    low, high = float(distinct[0]), float(distinct[-1])
    span = high - low or max(abs(low), 1.0)
    steps = span * (2.0 ** np.arange(_TAILS))
    tails = np.clip(np.concatenate([low - steps, high + steps]), -_LARGEST, _LARGEST).astype(np.float32)
    return np.unique(np.clip(np.concatenate([edges, just_below, tails]), -_LARGEST, _LARGEST).astype(np.float32))
