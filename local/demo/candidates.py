"""Candidates made from one trained model: a slow one and a failing one. Real artifacts, no switch in the server."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import numpy as np

from scenarios import graphs


def slow(trained: Path, target: Path) -> Path:
    """The same answers, after work that nobody asked for."""
    return _changed(trained, target, "slow", graphs.slow)


def failing(trained: Path, target: Path) -> Path:
    """Passes the self-test with the row that training recorded, and fails with every other."""
    return _changed(trained, target, "failing", graphs.failing)


def rows(trained: Path, count: int = 200) -> list[list[float]]:
    """Rows like the one that training recorded, each a little different."""
    with tarfile.open(trained) as archive:
        metadata = json.loads(archive.extractfile("metadata.json").read())  # type: ignore[union-attr]  # a file
    near = np.random.default_rng(0).uniform(0.9, 1.0, (count, 1)) * np.array(metadata["example"][0])
    return [[float(value) for value in row] for row in near]


def _changed(trained: Path, target: Path, name: str, change: graphs.Change) -> Path:
    """An artifact like `trained` with another graph, in the folder `target`."""
    target.mkdir(parents=True, exist_ok=True)
    made = target / "model.tar.gz"
    made.write_bytes(graphs.changed(trained.read_bytes(), name, change))
    return made
