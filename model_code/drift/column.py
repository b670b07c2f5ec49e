"""A batch's column, however it came, as one array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_code.drift.errors import DriftError

Column = NDArray[Any] | Sequence[object]


def array_of(column: Column) -> NDArray[Any]:
    """The column as an array of one dimension, of objects unless it was an array. Raises DriftError for a table."""
    if isinstance(column, np.ndarray):
        if column.ndim != 1:
            raise DriftError(f"a column has one dimension, got an array of shape {column.shape}")
        return column
    cells = np.empty(len(column), dtype=object)  # np.array would make a table of cells that are lists
    cells[:] = column
    return cells
