"""A data set as it comes: CSV files with one header, kept as text until a gate has looked at it."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from model_code.contract import Schema
from model_code.dataset import DataError, Labels
from model_code.table import Matrix


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The cells of all files, in the order of the files' names; all in memory."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    ragged: tuple[str, ...]
    """Where a row has more or fewer cells than the header, as file:line. Such a row is not in `rows`."""
    sha256: str

    def column(self, name: str) -> list[str]:
        """The cells of a column. Raises DataError for one that is not there."""
        if name not in self.header:
            raise DataError(f"the data have no column {name!r}; columns: {', '.join(self.header)}")
        at = self.header.index(name)
        return [row[at] for row in self.rows]


def read(files: Mapping[str, bytes]) -> Frame:
    """The CSV files of one data set, by name. Raises DataError for no file, no header, other bytes than UTF-8."""
    header: tuple[str, ...] | None = None
    rows: list[tuple[str, ...]] = []
    ragged: list[str] = []
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(hashlib.sha256(content).digest())
        try:
            reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
            found = tuple(cell.strip() for cell in next(reader, []))
            if not found:
                raise DataError(f"{name} is empty; it needs a line of column names")
            if header is not None and header != found:
                raise DataError(f"{name} has the columns {', '.join(found)}; the files before it {', '.join(header)}")
            header = found
            for line in reader:
                if len(line) == len(header):
                    rows.append(tuple(cell.strip() for cell in line))
                elif line:
                    ragged.append(f"{name}:{reader.line_num}")
        except (UnicodeDecodeError, csv.Error) as error:
            raise DataError(f"{name} is no CSV in UTF-8: {error}") from error
    if header is None:
        raise DataError("no CSV file; put the data set's *.csv where the gate reads them")
    return Frame(header=header, rows=tuple(rows), ragged=tuple(ragged), sha256=digest.hexdigest())


def to_csv(schema: Schema, values: Matrix, labels: Labels, extra: Mapping[str, Sequence[str]] | None = None) -> bytes:
    """The rows as `read` takes them: features in the schema's order, the target's label, then extra columns.

    A float32 is written with the fewest digits that give it back.
    """
    more = extra or {}
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*schema.names, schema.target, *more])
    for at, (row, label) in enumerate(zip(values, labels, strict=True)):
        cells = [
            feature.categories[int(cell)] if feature.categories else str(cell)
            for feature, cell in zip(schema.features, row, strict=True)
        ]
        writer.writerow([*cells, schema.classes[int(label)], *(column[at] for column in more.values())])
    return text.getvalue().encode()
