"""Labelled rows, and the fixed split of them that every version of a model is measured by."""

from __future__ import annotations

import csv
import gzip
import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model_code.errors import UnusableError
from model_code.table import Matrix

Labels = NDArray[np.int64]

_SEED = 2026  # of the split, not of training: versions can be compared only on the same held-out rows
_HELD_OUT = 0.25


class DataError(UnusableError):
    """A data set that is not there, or not what the model's spec says."""


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Features as the model takes them and labels as positions in its classes, with the digest of their source."""

    values: Matrix
    labels: Labels
    sha256: str

    def split(self) -> tuple[Dataset, Dataset]:
        """Training rows and held-out rows: seeded, a quarter of each class held out."""
        random = np.random.default_rng(_SEED)
        held_out = np.zeros(len(self.labels), dtype=bool)
        for label in np.unique(self.labels):
            rows = random.permutation(np.flatnonzero(self.labels == label))
            held_out[rows[: round(len(rows) * _HELD_OUT)]] = True
        return self._where(~held_out), self._where(held_out)

    def _where(self, rows: NDArray[np.bool_]) -> Dataset:
        return Dataset(values=self.values[rows], labels=self.labels[rows], sha256=self.sha256)


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
