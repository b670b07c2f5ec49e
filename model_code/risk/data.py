"""Synthetic transactions of model_code/world whose outcome is known, as CSV text or as the default data set."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

import numpy as np

from model_code.contract import Feature
from model_code.dataset import Dataset, Labels
from model_code.gates.conform import dataset
from model_code.gates.frame import read
from model_code.gates.holdout import ID
from model_code.risk.spec import NOT_STATED, SPEC
from model_code.table import Matrix
from model_code.world.knobs import Knobs
from model_code.world.world import Day, World

GROUP = "group"
"""The column of the customer's group; the model never sees it, the fairness gate does."""
_GOOD, _BAD = SPEC.inputs.classes
_SEED = 2026
_DAYS = 31
_KNOWN = 61  # days after which most outcomes are known
_TRAFFIC = 200.0

Cell = float | int | str | None


def rows(world: World, days: Iterable[int], known_by: int) -> str:
    """The transactions of these days whose outcome is known at the end of the day `known_by`, as CSV.

    Columns: the schema's features, the outcome, `id` and `group`. Outcomes are as recorded, see world.Unfairness. A
    transaction whose outcome comes later, or never, is left out, so the newest days have the fewest rows.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*SPEC.inputs.names, SPEC.inputs.target, ID, GROUP])
    outcomes = world.outcomes_known(known_by)
    bad = dict(zip(outcomes.ids.tolist(), outcomes.bad.tolist(), strict=True))
    for number in days:
        day = world.day(number)
        for cells, at, group in zip(cells_of(day), day.ids.tolist(), day.group.tolist(), strict=True):
            if at in bad:
                label = _BAD if bad[at] else _GOOD
                writer.writerow(["" if cell is None else cell for cell in (*cells, label, at, group)])
    return text.getvalue()


def cells_of(day: Day) -> Iterator[list[Cell]]:
    """A day's rows as the model takes them, in the schema's order.

    A quantity is rounded to float32's digits. A missing one is NOT_STATED where its schema begins at 0, else None,
    and a missing choice is empty: those the server refuses, as it does a name that day 0 did not have.
    """
    columns = []
    for feature in SPEC.inputs.features:
        given = day.columns[feature.name]
        columns.append(given.tolist() if feature.categories else _numbers(feature, np.asarray(given, dtype=np.float64)))
    return map(list, zip(*columns, strict=True))


def example() -> str:
    """The default data set as CSV: a month of a seeded world in which nothing changes."""
    world = World(_SEED, Knobs(traffic=_TRAFFIC, customers=5_000))
    return rows(world, range(_DAYS), _KNOWN)


def load() -> Dataset:
    """`example`, labels as positions in the classes."""
    return dataset(read({"data.csv": example().encode()}), SPEC.inputs, ID)


def held_out() -> tuple[Matrix, Labels]:
    """The rows that no version is trained on, by their ids: float32 features [rows, features] and their labels."""
    out = load().split()[1]
    return out.values, out.labels


def _numbers(feature: Feature, values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[Cell]:
    missing: Cell = NOT_STATED if feature.minimum == 0 else None
    whole = feature.dtype == "integer"
    shown = (int(value) if whole else float(f"{value:.7g}") for value in np.nan_to_num(values).tolist())
    return [missing if lacks else value for value, lacks in zip(shown, np.isnan(values).tolist(), strict=True)]
