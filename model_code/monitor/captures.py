"""Captured requests and answers, line by line, as batches of rows of one shape.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
"""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

from pydantic_core import from_json

from model_code.contract import Schema
from model_code.errors import InputError
from model_code.server.npy import read_npy

BATCH = 20_000  # rows in memory at once, for each of at most SHAPES orders of columns
SHAPES = 8
_HOUR = 4  # folders: yyyy/mm/dd/hh


@dataclass(kw_only=True)
class Batch:
    """Rows with the same columns in the same order, beside what was answered and when each was asked."""

    names: tuple[str, ...]
    rows: list[list[Any]] = field(default_factory=list)
    classes: list[int] = field(default_factory=list)
    """-1 where no answer was captured."""
    probabilities: list[list[float]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    """Empty where the request had none, and where it carried several rows: an outcome is of one."""
    variants: list[str] = field(default_factory=list)
    minutes: list[int] = field(default_factory=list)
    """Of the request, seconds since 1970 at the minute's beginning."""
    now: list[bool] = field(default_factory=list)
    """Whether the request belongs to this window; others are there for their outcomes."""

    def columns(self, rows: list[int]) -> dict[str, list[Any]]:
        """These rows by column."""
        return {name: [self.rows[row][at] for row in rows] for at, name in enumerate(self.names)}


@dataclass(kw_only=True)
class Counts:
    """Requests in the files of the window's hours, and those that could not be used."""

    requests: int = 0
    unreadable: int = 0
    refused: int = 0
    """Answered by something else than a prediction."""
    wrong_width: int = 0
    """Rows of this window with another number of cells than the schema has, and in more orders than are kept apart."""
    with_id: int = 0


def variant(name: PurePath) -> str:
    """The variant whose captures a file holds: <variant>/yyyy/mm/dd/hh/<file>, whatever folders are before it."""
    return name.parts[-_HOUR - 2] if len(name.parts) > _HOUR + 1 else name.parts[0]


def split(names: Iterable[PurePath], start: datetime) -> tuple[list[PurePath], list[list[PurePath]]]:
    """The files of the hours of a window that begins at `start`, and those of earlier hours, the newest hour first.

    Each in the order of their names. A file that lies in no hour's folder is taken for the window's.
    """
    own, earlier = list[PurePath](), dict[tuple[str, ...], list[PurePath]]()
    first = tuple(f"{start.astimezone(UTC):%Y/%m/%d/%H}".split("/"))
    for name in sorted(names):
        hour = name.parts[-_HOUR - 1 : -1] if len(name.parts) > _HOUR + 1 else first
        (own if hour >= first else earlier.setdefault(hour, [])).append(name)
    return own, [earlier[hour] for hour in sorted(earlier, reverse=True)]


def batches(
    files: Iterable[tuple[str, Path]],
    schema: Schema,
    start: datetime,
    end: datetime,
    counts: Counts,
    wanted: Container[str] | None = None,
) -> Iterator[Batch]:
    """All rows, at most `BATCH` at once and in the order of the files; `counts` is added to along the way.

    Of requests that have no id among the `wanted`, if any are given, nothing is read but the id.
    """
    pending: dict[tuple[str, ...], Batch] = {}
    at = {name: position for position, name in enumerate(schema.classes)}
    for variant, path in files:
        with path.open("rb") as stream:
            for line in stream:
                if not line.strip():
                    continue
                counts.requests += 1
                try:
                    document = from_json(line)
                    key = str(document["eventMetadata"].get("inferenceId", ""))
                    if wanted is not None and key not in wanted:
                        continue
                    asked = datetime.fromisoformat(document["eventMetadata"]["inferenceTime"])
                    data = document["captureData"]
                    rows = _rows(data["endpointInput"], schema)
                    answers = _answers(data.get("endpointOutput"), at, len(rows))
                except (ValueError, KeyError, TypeError, AttributeError, InputError):
                    counts.unreadable += 1
                    continue
                if answers is None:
                    counts.refused += 1
                    continue
                now = start <= asked < end
                counts.with_id += bool(key) and now
                minute = int(asked.timestamp()) // 60 * 60
                for (names, cells), (label, chances) in zip(rows, answers, strict=True):
                    if len(cells) != len(names) or (names not in pending and len(pending) == SHAPES):
                        counts.wrong_width += now
                        continue
                    batch = pending.setdefault(names, Batch(names=names))
                    batch.rows.append(cells)
                    batch.classes.append(label)
                    batch.probabilities.append(chances)
                    batch.ids.append(key if len(rows) == 1 else "")
                    batch.variants.append(variant)
                    batch.minutes.append(minute)
                    batch.now.append(now)
                    if len(batch.rows) == BATCH:
                        yield batch
                        pending[names] = Batch(names=names)
    yield from (batch for batch in pending.values() if batch.rows)


def _rows(side: dict[str, Any], schema: Schema) -> list[tuple[tuple[str, ...], list[Any]]]:
    """Each row's column names, in the order that they came in, and its cells."""
    content, kind = _content(side)
    if kind == "text/csv":
        return [(schema.names, list(line)) for line in csv.reader(io.StringIO(content.decode(), newline=""))]
    if kind == "application/x-npy":
        return [(schema.names, row) for row in read_npy(content).tolist()]
    instances = from_json(content)["instances"]
    return [(tuple(one), list(one.values())) if isinstance(one, dict) else (schema.names, one) for one in instances]


def _answers(side: dict[str, Any] | None, at: dict[str, int], rows: int) -> list[tuple[int, list[float]]] | None:
    """Each row's class and probabilities; None for an answer that is none."""
    if side is None:
        return [(-1, [])] * rows
    content, kind = _content(side)
    if kind == "text/csv":
        lines = list(csv.reader(io.StringIO(content.decode(), newline="")))
        found = [(at[line[0]], [float(cell) for cell in line[1:]]) for line in lines]
    elif kind == "application/x-npy":
        found = [(int(row.argmax()), row.tolist()) for row in read_npy(content)]
    else:
        document = from_json(content)
        if "predictions" not in document:
            return None
        labels, chances = document["predictions"], document["probabilities"]
        found = [(at[str(label)], row) for label, row in zip(labels, chances, strict=True)]
    if len(found) != rows or any(len(chances) != len(at) for _, chances in found):
        raise ValueError("an answer for each row, a probability for each class")
    return found


def _content(side: dict[str, Any]) -> tuple[bytes, str]:
    text = side["data"]
    kind = str(side.get("observedContentType", "")).partition(";")[0].strip().lower()
    return base64.b64decode(text) if side.get("encoding") == "BASE64" else text.encode(), kind
