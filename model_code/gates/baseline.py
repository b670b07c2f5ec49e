"""What a monitor compares windows with: the profile of the rows that a version was trained on."""

from __future__ import annotations

from model_code.contract import Feature, Schema
from model_code.dataset import Dataset
from model_code.drift.profile import Profile

_SEED = 2026  # of the joint test's random features; a window takes its baseline's


def baseline(data: Dataset, schema: Schema) -> Profile:
    """The profile of the rows that are not held out: every feature, and the label as an output of the target's name."""
    rows, _ = data.split()
    label = Feature(name=schema.target, dtype="category", categories=schema.classes)
    columns = {name: rows.values[:, at] for at, name in enumerate(schema.names)}
    return Profile.of(
        [*schema.features, label], {**columns, schema.target: rows.labels}, seed=_SEED, outputs=[schema.target]
    )
