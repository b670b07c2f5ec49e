"""Ground truth that arrived: one outcome an inference id, in SageMaker's format, held in memory up to a bound.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-merge.html
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic_core import from_json

MOST = 1_000_000
"""Outcomes of one window that are held, about 200 bytes each."""


@dataclass(kw_only=True)
class Outcomes:
    """What arrived: class and group cells by inference id, KPI values; and what could not be used, counted."""

    by_id: dict[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    kpis: dict[str, list[float]] = field(default_factory=dict)
    lines: int = 0
    unreadable: int = 0
    unknown: int = 0
    """Lines with a class that the model does not have."""
    repeated: int = 0
    dropped: int = 0
    """Beyond the bound."""


def read(
    lines: Iterable[bytes], classes: Iterable[str], columns: Iterable[str], kpis: Iterable[str], most: int = MOST
) -> Outcomes:
    """The outcomes of these JSON lines. Of an id that comes twice the first counts, its KPIs too.

    `columns` are groups, `kpis` numbers that the lines' `context` may hold.
    """
    at = {name: position for position, name in enumerate(classes)}
    wanted, found = tuple(columns), Outcomes(kpis={name: [] for name in kpis})
    for line in lines:
        if not line.strip():
            continue
        found.lines += 1
        try:
            document = from_json(line)
            key, label = str(document["eventMetadata"]["eventId"]), str(document["groundTruthData"]["data"]).strip()
            context = document.get("context") or {}
            cells = tuple(str(context.get(name, "")) for name in wanted)
        except (ValueError, KeyError, TypeError, AttributeError):
            found.unreadable += 1
            continue
        if key in found.by_id:
            found.repeated += 1
        elif len(found.by_id) >= most:
            found.dropped += 1
        else:
            _kpis(found, context)
            if label in at:
                found.by_id[key] = at[label], cells
            else:
                found.unknown += 1
    return found


def lines_of(files: Iterable[Path]) -> Iterator[bytes]:
    """The lines of files, one at a time."""
    for path in files:
        with path.open("rb") as stream:
            yield from stream


def _kpis(found: Outcomes, context: Mapping[str, Any]) -> None:
    for name, values in found.kpis.items():
        value = context.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            values.append(float(value))
