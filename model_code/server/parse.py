"""From a request's bytes to a checked matrix, one pure function per content type."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from pydantic_core import from_json

from model_code.errors import InputError
from model_code.server.npy import read_npy
from model_code.table import Matrix, Table

_INSTANCES = '{"instances": [[number, …], …]} or {"instances": [{"feature": number, …}, …]}'


def parse_json(body: bytes, table: Table) -> Matrix:
    """Rows from `{"instances": […]}`, each an array in the schema's order or an object by feature name."""
    try:
        # Lets NaN and Infinity through: the table refuses them and can name the row and the feature.
        document = from_json(body)
    except ValueError as error:
        raise InputError(f"malformed JSON: {error}", allowed=_INSTANCES) from None
    if type(document) is not dict or document.keys() != {"instances"}:
        got = f"keys {sorted(document)}" if type(document) is dict else document
        raise InputError("a JSON request is an object with the one key 'instances'", got=got, allowed=_INSTANCES)
    instances = document["instances"]
    if type(instances) is not list:
        raise InputError("'instances' must be an array", got=instances, allowed=_INSTANCES)
    return table.matrix(instances)


def parse_csv(body: bytes, table: Table) -> Matrix:
    """Rows from comma-separated lines without a header, in the schema's order."""
    try:
        lines = list(csv.reader(io.StringIO(body.decode(), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"malformed CSV: {error}", allowed="UTF-8 lines of comma-separated values, no header"
        ) from None
    return table.matrix([table.cells(line) for line in lines])


def parse_npy(body: bytes, table: Table) -> Matrix:
    """Rows from a float32 .npy file, its columns in the schema's order."""
    return table.check(read_npy(body))


PARSERS: dict[str, Callable[[bytes, Table], Matrix]] = {
    "application/json": parse_json,
    "text/csv": parse_csv,
    "application/x-npy": parse_npy,
}
