"""A synthetic day as its requests, what becomes of them and when, and what a decision earns: all seeded, no clock."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from model_code.risk.data import Cell, cells_of
from model_code.risk.spec import SPEC
from model_code.world.truth import APPROVE_BELOW
from model_code.world.world import World

_GOOD, _BAD = SPEC.inputs.classes


@dataclass(frozen=True, kw_only=True)
class Request:
    """One synthetic transaction, as an application would ask about it."""

    id: str
    """The inference id: unique over all days, and what its outcome is joined by."""
    day: int
    second: int
    """Since the day began."""
    row: Sequence[Cell]
    """The features in the schema's order."""
    group: str
    """The customer's; no feature."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a transaction, as it is recorded."""

    id: str
    label: str
    day: int
    """Of the transaction."""
    known: int
    """The day at whose end it is known."""


def requests(world: World, day: int) -> list[Request]:
    """The requests of a day, in the order of their time."""
    made = world.day(day)
    return [
        Request(id=str(number), day=day, second=second, row=row, group=group)
        for number, second, row, group in zip(
            made.ids.tolist(), made.seconds.tolist(), cells_of(made), made.group.tolist(), strict=True
        )
    ]


def outcomes(world: World, since: int, known_by: int) -> list[Outcome]:
    """The outcomes that became known on the days `since` to `known_by`, both included: late, and some never."""
    found = world.outcomes_known(known_by, since)
    return [
        Outcome(id=str(number), label=_BAD if bad else _GOOD, day=day, known=known)
        for number, day, known, bad in zip(
            found.ids.tolist(), found.days.tolist(), found.known.tolist(), found.bad.tolist(), strict=True
        )
    ]


def approved(probabilities: Sequence[float]) -> bool:
    """Whether an answer of the model is worth approving: the bad outcome is unlikely enough for the margin it earns."""
    return probabilities[SPEC.inputs.classes.index(_BAD)] < APPROVE_BELOW


def revenue(world: World, day: int, decisions: Sequence[bool], arms: Sequence[str] | None = None) -> list[float]:
    """EUR that each request of a day earns by its decision (and its arm's effect), in the order of `requests`."""
    named = None if arms is None else np.array(arms, dtype=np.str_)
    earned: list[float] = world.revenue(day, np.array(decisions, dtype=bool), named).tolist()
    return earned


def as_json(asked: Sequence[Request]) -> bytes:
    """The requests as one body of application/json."""
    return json.dumps({"instances": [list(one.row) for one in asked]}).encode()


def as_csv(asked: Sequence[Request]) -> bytes:
    """The requests as one body of text/csv."""
    text = io.StringIO(newline="")
    lines = (["" if cell is None else cell for cell in one.row] for one in asked)
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue().encode()


def ground_truth(outcome: Outcome, context: Mapping[str, str | float]) -> str:
    """The outcome as a line of SageMaker's ground truth files, with its context, such as the group or the revenue.

    https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-merge.html
    """
    document = {
        "groundTruthData": {"data": outcome.label, "encoding": "CSV"},
        "eventMetadata": {"eventId": outcome.id},
        "eventVersion": "0",
        "context": dict(context),
    }
    return json.dumps(document, sort_keys=True) + "\n"
