"""A measured figure: what was measured, how often, and whether it keeps its goal."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One row of the table. `goal` is what the median must stay below; None where there is nothing to keep."""

    name: str
    unit: str
    values: Sequence[float]
    goal: float | None = None

    def document(self) -> dict[str, Any]:
        """The figure as results.json keeps it."""
        low, middle, high = (_rounded(of(self.values)) for of in (min, statistics.median, max))
        numbers = {"runs": len(self.values), "min": low, "median": middle, "max": high}
        return {"name": self.name, "unit": self.unit, **numbers, "goal": self.goal, "verdict": self._verdict(middle)}

    def _verdict(self, median: float) -> str:
        if self.goal is None:
            return ""
        return "met" if median < self.goal else "missed"


def say(text: str) -> None:
    """A line of progress, beside the figures and not among them."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def _rounded(value: float) -> float:
    """Three digits that mean something; a fourth would be noise."""
    return float(f"{value:.3g}") if abs(value) < 1000 else round(value)
