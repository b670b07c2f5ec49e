"""A column of labels as counts: the known ones each, the others together, and the names of a few of those."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_code.contract import Feature
from model_code.drift.column import Column, array_of
from model_code.drift.errors import DriftError

_KNOWN = 200  # labels counted each; a baseline with more has its rarest counted with the new ones
_NAMED = 10  # new labels kept by name: the first in alphabetical order, whose counts are exact in any order of rows
_LENGTH = 64  # of a label, as the contract has it


@dataclass(frozen=True, kw_only=True, eq=False)
class CategorySketch:
    """Counts of a category's labels. `known` are the schema's and the baseline's most frequent; `new` is the rest.

    A column is labels (None and "" are missing), or numbers: positions in the schema's categories, as in the model's
    matrix (NaN is missing; a number that is no position is a new label).
    """

    feature: Feature
    known: tuple[str, ...]
    counts: tuple[int, ...]
    rows: int = 0
    missing: int = 0
    new: int = 0
    named: Mapping[str, int]

    @classmethod
    def of(cls, feature: Feature, baseline: Column) -> CategorySketch:
        """A sketch that knows this baseline's labels and holds its rows. Raises DriftError without one label."""
        seen = _counted(feature, baseline)
        seen.pop(None, 0)
        if not seen:
            raise DriftError(
                f"feature {feature.name}: the baseline has no label at all; leave the feature out of the monitor, "
                "or take a baseline that has it"
            )
        by_count = sorted(seen, key=lambda label: (-seen[label], str(label)))
        labels = dict.fromkeys([*feature.categories, *map(str, by_count)])
        known = tuple(labels)[: max(_KNOWN, len(feature.categories))]
        return cls(feature=feature, known=known, counts=(0,) * len(known), named={}).add(baseline)

    @property
    def binned(self) -> int:
        """The rows with a label."""
        return self.rows - self.missing

    @property
    def constant(self) -> bool:
        """Whether all labels are one known label; false where there are none."""
        return self.binned > 0 and max(self.counts) == self.binned

    def empty(self) -> CategorySketch:
        """The same labels without a row."""
        return CategorySketch(feature=self.feature, known=self.known, counts=(0,) * len(self.known), named={})

    def add(self, column: Column) -> CategorySketch:
        """This sketch with the rows of one more batch."""
        seen = _counted(self.feature, column)
        rows, missing = sum(seen.values()), seen.pop(None, 0)
        counts = tuple(seen.pop(label, 0) for label in self.known)
        named: Counter[str] = Counter()
        for label, count in seen.items():
            named[str(label)[:_LENGTH]] += count
        batch = CategorySketch(
            feature=self.feature,
            known=self.known,
            counts=counts,
            rows=rows,
            missing=missing,
            new=sum(seen.values()),
            named=_first(named),
        )
        return self.merge(batch)

    def merge(self, other: CategorySketch) -> CategorySketch:
        """Both sketches' rows in one. Raises DriftError unless they have the same feature and labels."""
        self.check(other)
        return CategorySketch(
            feature=self.feature,
            known=self.known,
            counts=tuple(map(sum, zip(self.counts, other.counts, strict=True))),
            rows=self.rows + other.rows,
            missing=self.missing + other.missing,
            new=self.new + other.new,
            named=_first(Counter(self.named) + Counter(other.named)),
        )

    def check(self, other: object) -> None:
        """Raises DriftError unless the other sketch was made from the same baseline."""
        if not isinstance(other, CategorySketch) or other.feature != self.feature:
            raise DriftError(f"feature {self.feature.name}: the other profile has another schema for it")
        if self.known != other.known:
            raise DriftError(f"feature {self.feature.name}: labels of another baseline; begin with `baseline.empty()`")

    def document(self) -> dict[str, Any]:
        """What `read` reads again: JSON of a size that the baseline's labels settle."""
        counts = {"rows": self.rows, "missing": self.missing, "new": self.new, "named": dict(self.named)}
        return counts | {"known": list(self.known), "counts": list(self.counts)}

    @classmethod
    def read(cls, feature: Feature, document: Mapping[str, Any]) -> CategorySketch:
        """The sketch that `document` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        plain = {name: document[name] for name in ("rows", "missing", "new")}
        named = dict(document["named"])
        known, counts = tuple(document["known"]), tuple(document["counts"])
        sketch = cls(feature=feature, known=known, counts=counts, named=named, **plain)
        if len(known) != len(counts) or sum(counts) + sketch.new != sketch.binned:
            raise ValueError("there must be a count for each known label, and all of them sum to the rows with a label")
        return sketch


def codes(feature: Feature, column: Column) -> NDArray[np.float32]:
    """A number for each row's label that depends on the label alone, from -256 to 256; 0 where it is missing."""
    labels, of_row = _distinct(feature, column)
    numbers = [0.0 if label is None else zlib.crc32(label.encode()) % 513 - 256.0 for label in labels]
    return np.array(numbers, dtype=np.float32)[of_row]


def _counted(feature: Feature, column: Column) -> Counter[str | None]:
    labels, of_row = _distinct(feature, column)
    seen: Counter[str | None] = Counter()
    for label, count in zip(labels, np.bincount(of_row, minlength=len(labels)).tolist(), strict=True):
        seen[label] += count
    return seen


def _distinct(feature: Feature, column: Column) -> tuple[list[str | None], NDArray[np.intp]]:
    """The labels of a column (one may stand twice, as 1 and as its name), and which of them each row has."""
    array = array_of(column)
    if array.dtype.kind in "fiu":
        values, inverse = np.unique(array, return_inverse=True)
        return [_label(feature, cell) for cell in values.tolist()], inverse
    at: dict[object, int] = {}
    cells = (cell if isinstance(cell, str | int | float | None) else str(cell) for cell in array.tolist())
    of_row = np.fromiter((at.setdefault(cell, len(at)) for cell in cells), dtype=np.intp, count=len(array))
    return [_label(feature, cell) for cell in at], of_row


def _label(feature: Feature, cell: object) -> str | None:
    if cell is None or cell == "" or cell != cell:
        return None
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        there = 0 <= cell < len(feature.categories) and cell == int(cell)
        return feature.categories[int(cell)] if there else str(cell)[:_LENGTH]
    return str(cell)[:_LENGTH]


def _first(named: Mapping[str, int]) -> dict[str, int]:
    return {label: named[label] for label in sorted(named)[:_NAMED]}
