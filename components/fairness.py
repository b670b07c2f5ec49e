"""Who must be treated alike: the same for a version's gates and for the monitor of what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Fairness:
    """Which class is favoured, by which columns people are told apart (COLUMN[:EDGE,EDGE][=REFERENCE]), and limits."""

    favoured: str
    groups: Sequence[str]
    limits: Mapping[str, Mapping[str, float]]
