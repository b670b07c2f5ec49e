"""The real breast-cancer rows, corrupted copies of them, and versions trained on them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_code import artifact, training
from model_code.algorithms import TABULAR
from model_code.breast_cancer.data import load
from model_code.breast_cancer.spec import SPEC
from model_code.dataset import Dataset
from model_code.gates.frame import to_csv
from model_code.gates.holdout import RULE, held_out, keys
from model_code.gates.report import Finding
from model_code.table import Matrix

SCHEMA = SPEC.inputs
ROWS = load()
OUT = held_out(keys(ROWS.values))
HELD = Dataset(values=ROWS.values[OUT], labels=ROWS.labels[OUT], sha256=ROWS.sha256)


def part(data: Dataset, rows: slice | NDArray[Any]) -> Dataset:
    """Some rows, as an index or a mask."""
    return replace(data, values=data.values[rows], labels=data.labels[rows])


def file_of(data: Dataset) -> dict[str, bytes]:
    """The data set as one CSV file."""
    return {"rows.csv": to_csv(SCHEMA, data.values, data.labels)}


def noisy(data: Dataset, share: float, seed: int) -> Dataset:
    """A share of the labels turned over."""
    turned = np.random.default_rng(seed).random(len(data.labels)) < share
    return replace(data, labels=np.where(turned, 1 - data.labels, data.labels))


def changed(data: Dataset, change: Callable[[Matrix], None]) -> Dataset:
    """A copy whose values were changed in place."""
    values = data.values.copy()
    change(values)
    return replace(data, values=values)


def trained(folder: Path, data: Dataset, algorithm: str, split: str = RULE) -> Path:
    """The archive of a version trained on these rows but the held-out ones; `split` is what it says of that."""
    place = folder / "files"
    environment = {"SM_MODEL_DIR": str(place), "SM_HPS": json.dumps({"algorithm": algorithm})}
    training.train(SPEC, lambda: data, TABULAR, environment)
    metadata = json.loads((place / "metadata.json").read_bytes())
    (place / "metadata.json").write_text(json.dumps({**metadata, "split": split}))
    artifact.pack(place, folder / artifact.NAME)
    return folder / artifact.NAME


def names(findings: tuple[Finding, ...], severity: str = "stop") -> set[str]:
    """The names of the findings of one severity."""
    return {finding.name for finding in findings if finding.severity == severity}
