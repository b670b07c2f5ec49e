"""Everything that drift is judged by, of a baseline or of a window: one sketch a feature, and one of all together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from model_code.contract import Feature
from model_code.drift.category import CategorySketch, codes
from model_code.drift.column import Column, array_of
from model_code.drift.compare import Sketch, scale
from model_code.drift.errors import DriftError
from model_code.drift.joint import CLIP, UNIT, Embedding, Units
from model_code.drift.numeric import NumericSketch, floats

FORMAT = 2
Columns = Mapping[str, Column]

_EXTRA = 20  # names of extra columns that are kept
_LENGTH = 64


@dataclass(frozen=True, kw_only=True, eq=False)
class Profile:
    """Sketches by feature, in the schema's order, of a size that rows do not change.

    `outputs` are the features that the model answers and does not take: they are left out of the joint test. `places`
    hold what a value is measured by in it (middle and spread of the baseline). `absent` counts rows of batches that had
    no such column, `extra` names columns that no feature has, `reordered` says that a batch had its columns in another
    order (which changes nothing here: columns go by name).
    """

    sketches: Mapping[str, Sketch]
    outputs: frozenset[str]
    places: Mapping[str, tuple[float, float]]
    joint: Embedding
    rows: int = 0
    absent: Mapping[str, int] = field(default_factory=dict)
    extra: tuple[str, ...] = ()
    reordered: bool = False

    @classmethod
    def of(cls, features: Sequence[Feature], baseline: Columns, *, seed: int, outputs: Iterable[str] = ()) -> Profile:
        """The profile of a baseline, which settles bins, labels and random features for every window after it.

        The rows given here are held in memory; add more with `add`, and they are counted in the same bins.
        Raises DriftError for a feature that the baseline has no column or no usable value for, and for no rows.
        """
        names, answered = [feature.name for feature in features], frozenset(outputs)
        if unknown := sorted(answered - set(names)):
            raise DriftError(f"outputs that are no feature: {', '.join(unknown)}; features: {', '.join(names)}")
        if missing := [name for name in names if name not in baseline]:
            raise DriftError(f"the baseline has no column {', '.join(missing)}; it has {', '.join(baseline) or 'none'}")
        sketches: dict[str, Sketch] = {}
        for feature in features:
            kind = CategorySketch if feature.dtype == "category" else NumericSketch
            sketches[feature.name] = kind.of(feature, baseline[feature.name])
        places = {
            name: (sketch.quantile(0.5), scale(sketch))
            for name, sketch in sketches.items()
            if isinstance(sketch, NumericSketch) and name not in answered
        }
        joint = Embedding.of(len(names) - len(answered), seed)
        empty = {name: sketch.empty() for name, sketch in sketches.items()}
        return cls(sketches=empty, outputs=answered, places=places, joint=joint).add(baseline)

    def empty(self, first: int = 0) -> Profile:
        """The same bins, labels and random features without a row: what a window begins with, or a part of one.

        `first` is the part's place in the window (model_code/drift/joint.py).
        """
        sketches = {name: sketch.empty() for name, sketch in self.sketches.items()}
        return Profile(sketches=sketches, outputs=self.outputs, places=self.places, joint=self.joint.empty(first))

    def inputs(self) -> Profile:
        """The profile without the features that the model answers."""
        sketches = {name: sketch for name, sketch in self.sketches.items() if name not in self.outputs}
        absent = {name: count for name, count in self.absent.items() if name in sketches}
        return replace(self, sketches=sketches, outputs=frozenset(), absent=absent)

    def add(self, columns: Columns) -> Profile:
        """This profile with one more batch. Raises DriftError for columns of different lengths.

        A batch that lacks a column counts as absent for that feature, and is left out of the joint test.
        """
        lengths = {name: len(array_of(column)) for name, column in columns.items()}
        if len(set(lengths.values())) > 1:
            said = ", ".join(f"{name} {length}" for name, length in list(lengths.items())[:_EXTRA])
            raise DriftError(f"columns of one batch have the same number of rows, got {said}")
        rows = next(iter(lengths.values()), 0)
        there = [name for name in columns if name in self.sketches]
        sketches = {n: sketch.add(columns[n]) if n in columns else sketch for n, sketch in self.sketches.items()}
        absent = {name: rows for name in self.sketches if name not in columns and rows}
        inputs = [name for name in self.sketches if name not in self.outputs]
        whole = rows > 0 and not any(name in absent for name in inputs)
        batch = Profile(
            sketches=sketches,
            outputs=self.outputs,
            places=self.places,
            joint=self.joint.add(rows, lambda at: self._units(columns, inputs, at)) if whole else self.joint,
            rows=self.rows + rows,
        )
        extra = [name[:_LENGTH] for name in columns if name not in self.sketches]
        reordered = there != [name for name in self.sketches if name in columns]
        return replace(
            batch,
            absent=_sum(self.absent, absent),
            extra=tuple(sorted({*self.extra, *extra})[:_EXTRA]),
            reordered=self.reordered or reordered,
        )

    def merge(self, other: Profile) -> Profile:
        """Both profiles' rows in one. Raises DriftError unless one is made from the other's baseline."""
        self.check(other)
        return Profile(
            sketches={name: _merged(sketch, other.sketches[name]) for name, sketch in self.sketches.items()},
            outputs=self.outputs,
            places=self.places,
            joint=self.joint.merge(other.joint),
            rows=self.rows + other.rows,
            absent=_sum(self.absent, other.absent),
            extra=tuple(sorted({*self.extra, *other.extra})[:_EXTRA]),
            reordered=self.reordered or other.reordered,
        )

    def check(self, other: Profile) -> None:
        """Raises DriftError unless the other profile has the same features, bins, labels and random features."""
        if list(self.sketches) != list(other.sketches) or self.outputs != other.outputs:
            mine, theirs = ", ".join(self.sketches), ", ".join(other.sketches)
            raise DriftError(f"profiles of two schemas: {mine} against {theirs}; make the baseline again")
        for name, sketch in self.sketches.items():
            sketch.check(other.sketches[name])
        self.joint.check(other.joint)

    def to_json(self) -> str:
        """The profile as text that `from_json` reads again; equal profiles give equal text."""
        features = [
            {"feature": sketch.feature.model_dump(mode="json"), "sketch": sketch.document()}
            for sketch in self.sketches.values()
        ]
        document = {
            "format": FORMAT,
            "features": features,
            "outputs": sorted(self.outputs),
            "places": {name: list(place) for name, place in self.places.items()},
            "joint": self.joint.document(),
            "rows": self.rows,
            "absent": dict(sorted(self.absent.items())),
            "extra": list(self.extra),
            "reordered": self.reordered,
        }
        return json.dumps(document, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> Profile:
        """The profile that `to_json` wrote. Raises DriftError for anything else, and for another format."""
        try:
            document: dict[str, Any] = json.loads(text)
            if document["format"] != FORMAT:
                raise ValueError(f"format {document['format']!r}, this code reads {FORMAT}")
            sketches: dict[str, Sketch] = {}
            for one in document["features"]:
                feature = Feature.model_validate(one["feature"])
                kind = CategorySketch if feature.dtype == "category" else NumericSketch
                sketches[feature.name] = kind.read(feature, one["sketch"])
            return cls(
                sketches=sketches,
                outputs=frozenset(document["outputs"]),
                places={name: (float(place[0]), float(place[1])) for name, place in document["places"].items()},
                joint=Embedding.read(document["joint"]),
                rows=int(document["rows"]),
                absent=dict(document["absent"]),
                extra=tuple(document["extra"]),
                reordered=bool(document["reordered"]),
            )
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, ValidationError) as error:
            what = f"{type(error).__name__}: {error}"
            raise DriftError(f"no drift profile: {what}; write it with Profile.to_json") from error

    def _units(self, columns: Columns, inputs: Sequence[str], at: NDArray[np.intp]) -> Units:
        """The rows at these places as the joint test takes them."""
        units = np.empty((len(at), len(inputs)), dtype=np.float32)
        for place, name in enumerate(inputs):
            units[:, place] = self.unit(name, array_of(columns[name])[at])
        return units

    def unit(self, name: str, column: Column) -> NDArray[np.float32]:
        """An input's values in whole `UNIT`s of its baseline's spread from its middle; a label's number."""
        if name not in self.places:
            return codes(self.sketches[name].feature, column)
        middle, spread = (np.float32(number) for number in self.places[name])
        with np.errstate(over="ignore", invalid="ignore"):
            off = (floats(column)[0] - middle) / spread * np.float32(UNIT)
        # A missing value stands in the middle: that it is missing has a test of its own.
        units: NDArray[np.float32] = np.rint(np.clip(np.nan_to_num(off, nan=0.0), -CLIP, CLIP)).astype(np.float32)
        return units


def _merged(first: Sketch, second: Sketch) -> Sketch:
    if isinstance(first, NumericSketch) and isinstance(second, NumericSketch):
        return first.merge(second)
    if isinstance(first, CategorySketch) and isinstance(second, CategorySketch):
        return first.merge(second)
    raise DriftError(f"feature {first.feature.name}: the other profile has another schema for it")


def _sum(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    return {name: first.get(name, 0) + second.get(name, 0) for name in sorted({*first, *second})}
