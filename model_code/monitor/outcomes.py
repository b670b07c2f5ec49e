"""Ground truth that arrived: one outcome an inference id, in SageMaker's format, held in memory up to a bound.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-merge.html
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Self

from pydantic_core import from_json

from model_code.monitor import kpis
from model_code.monitor.settings import Settings
from model_code.sequential.moments import Moments

MOST = 1_000_000
"""Outcomes of one window that are held, about 200 bytes each."""


class Truth(NamedTuple):
    """What came true of a request: a class by its position, or -1 for none of the model's; cells of groups, KPI values.

    A KPI that the line has no usable value of is None.
    """

    label: int
    cells: tuple[str, ...]
    values: tuple[float | None, ...] = ()


@dataclass(kw_only=True)
class Outcomes:
    """What arrived: class and group cells by inference id, KPIs' moments; and what could not be used, counted."""

    by_id: dict[str, Truth] = field(default_factory=dict)
    kpis: dict[str, Moments] = field(default_factory=dict)
    lines: int = 0
    unreadable: int = 0
    unknown: int = 0
    """Lines with a class that the model does not have."""
    repeated: int = 0
    dropped: int = 0
    """Beyond the bound."""
    left: int = 0
    """Those that belong to no request, of the ones that are held elsewhere than in `by_id`."""

    @property
    def unmatched(self) -> int:
        """Those that belong to no request, once all that do have been taken out of `by_id`."""
        return len(self.by_id) + self.left

    def merge(self, other: Outcomes) -> Outcomes:
        """Two parts' counts and KPIs in one; neither holds ids."""
        names = ("lines", "unreadable", "unknown", "repeated", "dropped", "left")
        counts = {name: getattr(self, name) + getattr(other, name) for name in names}
        return Outcomes(kpis=kpis.add(self.kpis, other.kpis), **counts)


@dataclass(frozen=True, kw_only=True)
class Form:
    """How a line is read: the model's classes, and which cells of groups and which KPIs its `context` may hold."""

    classes: tuple[str, ...]
    columns: tuple[str, ...] = ()
    kpis: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Settings, classes: tuple[str, ...]) -> Self:
        """What the job is told to look for in outcomes of a model with these classes."""
        columns = tuple(one.column for one in settings.groups)
        return cls(classes=classes, columns=columns, kpis=tuple(kpi.name for kpi in settings.kpis))

    def read(self, line: bytes) -> tuple[str, Truth] | None:
        """A line's inference id and what came true; None for one that cannot be read."""
        try:
            document = from_json(line)
            key, label = str(document["eventMetadata"]["eventId"]), str(document["groundTruthData"]["data"]).strip()
            context = document.get("context") or {}
            cells = tuple(str(context.get(name, "")) for name in self.columns)
            values = tuple(_number(context.get(name)) for name in self.kpis)
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
        return key, Truth(self.classes.index(label) if label in self.classes else -1, cells, values)

    def moments(self, truths: Iterable[Truth]) -> dict[str, Moments]:
        """The KPIs of these outcomes, in their order."""
        columns: list[list[float]] = [[] for _ in self.kpis]
        for truth in truths:
            for column, value in zip(columns, truth.values, strict=True):
                if value is not None:
                    column.append(value)
        return {name: Moments().add(column) for name, column in zip(self.kpis, columns, strict=True)}


def read(lines: Iterable[bytes], form: Form, most: int = MOST) -> Outcomes:
    """The outcomes of these JSON lines. Of an id that comes twice the first counts, its KPIs too."""
    found = Outcomes()

    def taken() -> Iterator[Truth]:
        for line in lines:
            if not line.strip():
                continue
            found.lines += 1
            if (one := form.read(line)) is None:
                found.unreadable += 1
                continue
            key, truth = one
            if key in found.by_id:
                found.repeated += 1
            elif len(found.by_id) >= most:
                found.dropped += 1
            else:
                yield truth
                if truth.label >= 0:
                    found.by_id[key] = Truth(truth.label, truth.cells)
                else:
                    found.unknown += 1

    found.kpis = form.moments(taken())
    return found


def lines_of(files: Iterable[Path]) -> Iterator[bytes]:
    """The lines of files, one at a time."""
    for path in files:
        with path.open("rb") as stream:
            yield from stream


def _number(value: Any) -> float | None:
    fine = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if fine else None
