"""Which rows are held out: decided by a row's own hash, so that it never changes when the data grow."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from model_code.contract import Schema
from model_code.paths import SettingError
from model_code.table import Matrix

SHARE = 0.25
RULE = "sha256-quarter-1"
"""The rule's name. Training writes `rule()` into metadata.json as `split`; another rule has to have another name."""
ID = "id"
"""A column of this name tells rows apart without being declared, unless it is a feature."""


def rule(identity: str) -> str:
    """The name of the rule by this column, or by the rows' features if it is empty."""
    return f"{RULE} by {identity}" if identity else RULE


def identity_of(header: Sequence[str], schema: Schema, given: str = "") -> str:
    """The column that tells the rows apart: the given one, else `id` if there is one, else none ("").

    Training and gates both ask here: by different columns, each would hold out rows that the other does not.
    Raises SettingError for a given column that is not there.
    """
    if given and given not in header:
        raise SettingError(f"the id column: got {given!r}, columns of the data: {', '.join(header)}")
    return given or (ID if ID in header and ID not in (*schema.names, schema.target) else "")


def held_out(keys: Iterable[bytes]) -> NDArray[np.bool_]:
    """True for a quarter of the keys, the same ones for ever; equal keys fall on the same side.

    The first 64 bits of SHA-256 over the rule's name and the key, below a quarter of their range.
    """
    limit = int(SHARE * 2**64)
    digests = (hashlib.sha256(RULE.encode() + b"\0" + key).digest() for key in keys)
    return np.fromiter((int.from_bytes(digest[:8], "big") < limit for digest in digests), dtype=bool)


def keys(values: Matrix, ids: Sequence[str] | None = None) -> list[bytes]:
    """A row's key: its id where the data have one, else its features as little-endian float32.

    The label is no part of it: a corrected label must not move a row from one side to the other. An id keeps the rows
    of one patient or customer together.
    """
    if ids is not None:
        return [one.encode() for one in ids]
    rows = np.ascontiguousarray(values + np.float32(0), dtype="<f4")  # -0.0 + 0 is 0.0, which has other bytes
    return [row.tobytes() for row in rows]
