"""A measured figure: what was measured, how often, and whether it keeps its goal."""

from __future__ import annotations

import operator
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Sign = Literal["<", "≤", "≥"]
_KEEPS = {"<": operator.lt, "≤": operator.le, "≥": operator.ge}


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One row of the table. The median must be `sign` the goal; there is nothing to keep where that is None."""

    name: str
    unit: str
    values: Sequence[float]
    goal: float | None = None
    sign: Sign = "<"

    def document(self) -> dict[str, Any]:
        """The figure as results.json keeps it."""
        low, middle, high = (_rounded(of(self.values)) for of in (min, statistics.median, max))
        numbers = {"runs": len(self.values), "min": low, "median": middle, "max": high}
        goal = {"goal": self.goal} if self.goal is None else {"goal": self.goal, "sign": self.sign}
        return {"name": self.name, "unit": self.unit, **numbers, **goal, "verdict": self._verdict(middle)}

    def _verdict(self, shown: float) -> str:
        """Both the median and what is shown of it keep the goal: 1.504 is not at most 1.5, nor is 10, shown, below 10.

        Nine digits count, so that the last ones of a ratio do not decide.
        """
        if self.goal is None:
            return ""
        exact, wanted = (float(f"{value:.9g}") for value in (statistics.median(self.values), self.goal))
        return "met" if all(_KEEPS[self.sign](value, wanted) for value in (exact, shown)) else "missed"


def goal(figure: dict[str, Any]) -> str:
    """What a figure of results.json must keep, as it is printed; nothing where there is no goal."""
    if figure["goal"] is None:
        return ""
    # Figures that were kept before there were signs had to be below their goals.
    return f"{figure.get('sign', '<')} {figure['goal']:.4g} {figure['unit']}".strip()


def say(text: str) -> None:
    """A line of progress, beside the figures and not among them."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def _rounded(value: float) -> float:
    """Three digits that mean something; a fourth would be noise."""
    return float(f"{value:.3g}") if abs(value) < 1000 else round(value)
