"""The fast binary type: a float32, C-order, two-dimensional .npy file, read by a parser that evaluates nothing."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np

from model_code.errors import InputError
from model_code.table import Matrix

_MAGIC = b"\x93NUMPY\x01\x00"
_HEADER = re.compile(rb"\{'descr': '<f4', 'fortran_order': False, 'shape': \((\d{1,9}), (\d{1,9})\), \} *\n")
_ALLOWED = ".npy version 1.0 of dtype <f4 (float32), C order, shape (rows, features), as numpy.save writes it"


def read_npy(body: bytes) -> Matrix:
    """The matrix in the body, without a copy.

    The header is matched against the one text that numpy.save writes for such an array; numpy.load would evaluate
    the header as Python and, asked to, unpickle objects.
    """
    start = 10 + int.from_bytes(body[8:10], "little")
    rows, columns = _shape(body[:start] if start <= 256 and start % 64 == 0 else body[:10])
    if len(body) - start != rows * columns * 4:
        raise InputError(
            "the .npy data is not as long as its header says",
            got=f"{len(body) - start} bytes",
            allowed=f"{rows * columns * 4} bytes for shape ({rows}, {columns})",
        )
    return np.frombuffer(body, dtype="<f4", offset=start).reshape(rows, columns)


def write_npy(values: Matrix) -> bytes:
    """The matrix as such a file."""
    return _head(*values.shape) + np.ascontiguousarray(values, dtype="<f4").tobytes()


@lru_cache(maxsize=64)
def _shape(head: bytes) -> tuple[int, int]:
    match = _HEADER.fullmatch(head, 10) if head.startswith(_MAGIC) else None
    if match is None:
        raise InputError("not a .npy file that this model reads", got=head.decode("latin-1"), allowed=_ALLOWED)
    return int(match[1]), int(match[2])


@lru_cache(maxsize=64)
def _head(rows: int, columns: int) -> bytes:
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}".encode()
    padding = -(len(_MAGIC) + 2 + len(text) + 1) % 64  # numpy aligns the data to 64 bytes
    text += b" " * padding + b"\n"
    return _MAGIC + len(text).to_bytes(2, "little") + text
