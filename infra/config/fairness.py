"""Fairness of a model in a stack file: who is told apart, which answer is wanted, how large a gap may be."""

from __future__ import annotations

import math
import re
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from infra.config.base import AsTuple, MistakeError, Strict, as_number

# What is compared between groups (model_code/gates/bias.py).
MEASURES = ("selection_rate", "true_positive_rate", "false_positive_rate")
_GROUPING = re.compile(r"(?P<column>[^:=]+)(:(?P<edges>[^:=]+))?(=(?P<reference>.+))?")


class Limit(Strict):
    """How far a group may be from the one that it is compared with."""

    difference: Annotated[float, Field(ge=0, le=1), BeforeValidator(as_number)] | None = Field(
        default=None, description="largest difference of the rates, 0 to 1"
    )
    ratio: Annotated[float, Field(gt=0, le=1), BeforeValidator(as_number)] | None = Field(
        default=None, description="smallest ratio of the rates, up to 1; 0.8 is the four-fifths rule"
    )

    @model_validator(mode="after")
    def _one_at_least(self) -> Limit:
        if self.difference is None and self.ratio is None:
            raise MistakeError("", "neither difference nor ratio", "one of them, or both")
        return self


class Fairness(Strict):
    """Groups whose treatment is compared, by training and by the monitor."""

    favoured: str = Field(min_length=1, description="the class of the answer that people want")
    groups: Annotated[tuple[str, ...], AsTuple] = Field(
        min_length=1, description="columns that tell groups apart: COLUMN[:EDGE,EDGE][=REFERENCE]"
    )
    limits: dict[str, Limit] = Field(min_length=1, description=f"limits by measure: {', '.join(MEASURES)}")

    @model_validator(mode="after")
    def _groups_can_be_read(self) -> Fairness:
        columns = []
        for position, text in enumerate(self.groups):
            found = _GROUPING.fullmatch(text)
            if found is None or not _goes_up(found["edges"]):
                allowed = "COLUMN[:EDGE,EDGE][=REFERENCE], with edges that are numbers and go up"
                raise MistakeError(f"groups[{position}]", repr(text), allowed)
            columns.append(found["column"])
        if twice := sorted(column for column in set(columns) if columns.count(column) > 1):
            raise MistakeError("groups", f"{twice[0]!r} twice", "each column once")
        return self

    @model_validator(mode="after")
    def _measures_exist(self) -> Fairness:
        if unknown := sorted(set(self.limits) - set(MEASURES)):
            raise MistakeError(f"limits.{unknown[0]}", "an unknown measure", ", ".join(MEASURES))
        return self

    def bounds(self) -> dict[str, dict[str, float]]:
        """The limits as the gates and the monitor take them."""
        return {name: limit.model_dump(exclude_none=True) for name, limit in self.limits.items()}


def _goes_up(edges: str | None) -> bool:
    """Whether edges are finite numbers, each above the one before."""
    if edges is None:
        return True
    try:
        bounds = [float(edge) for edge in edges.split(",")]
    except ValueError:
        return False
    return all(map(math.isfinite, bounds)) and bounds == sorted(set(bounds))
