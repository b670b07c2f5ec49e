"""Labelled rows, and the frozen split of them that every version of a model is measured by."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_code.contract import Schema
from model_code.errors import UnusableError
from model_code.gates import holdout
from model_code.table import Matrix

Labels = NDArray[np.int64]


class DataError(UnusableError):
    """A data set that is not there, or not what the model's spec says."""


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Features as the model takes them and labels as positions in its classes, with the digest of their source."""

    values: Matrix
    labels: Labels
    sha256: str
    identity: str = ""
    """The column that tells rows apart, and with `ids` decides which are held out; empty where features do."""
    ids: tuple[str, ...] | None = None
    """Each row's cell of that column."""

    def split(self) -> tuple[Dataset, Dataset]:
        """Training rows and held-out rows: about a quarter is held out, the same rows for ever (gates/holdout.py)."""
        out = holdout.held_out(holdout.keys(self.values, self.ids))
        return self.part(~out), self.part(out)

    def part(self, rows: NDArray[Any]) -> Dataset:
        """Some of the rows, as a mask or by their positions."""
        ids = None if self.ids is None else tuple(np.array(self.ids)[rows].tolist())
        return replace(self, values=self.values[rows], labels=self.labels[rows], ids=ids)


def as_csv(rows: Dataset, inputs: Schema) -> str:
    """Rows as people store them: the schema's names and the target in the first line, classes by name.

    Raises DataError for rows that are no such schema's.
    """
    if rows.values.shape[1] != len(inputs.names):
        got = f"{rows.values.shape[1]} columns"
        raise DataError(f"got {got}; allowed: {len(inputs.names)}, as spec.py says: {', '.join(inputs.names)}")
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*inputs.names, inputs.target])
    for cells, label in zip(rows.values, rows.labels.tolist(), strict=True):
        # The shortest text that is the same float32 again.
        writer.writerow([*map(str, cells), inputs.classes[label]])
    return text.getvalue()


def carried_by_scikit_learn(file: str) -> Dataset:
    """A data set that scikit-learn ships inside its wheel, read without importing scikit-learn.

    The file is a CSV whose last column is the label's position; packed by gzip it has no heading, else its first line
    counts rows and columns. Raises DataError without scikit-learn.
    """
    found = find_spec("sklearn")
    if found is None or found.origin is None:
        raise DataError(f"{file} comes with scikit-learn, which is not installed: pip install 'takeoff[models]'")
    content = (Path(found.origin).parent / "datasets" / "data" / file).read_bytes()
    packed = file.endswith(".gz")
    lines = list(csv.reader((gzip.decompress(content) if packed else content).decode().splitlines()))
    table = np.array(lines if packed else lines[1:], dtype=np.float64)
    return Dataset(
        values=table[:, :-1].astype(np.float32),
        labels=table[:, -1].astype(np.int64),
        sha256=hashlib.sha256(content).hexdigest(),
    )
