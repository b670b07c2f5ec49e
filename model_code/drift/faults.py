"""Findings that need no statistics: columns gone, stuck or unknown, values that no model can take, too few rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from model_code.drift.category import CategorySketch
from model_code.drift.compare import Sketch
from model_code.drift.numeric import NumericSketch
from model_code.drift.profile import Profile
from model_code.drift.settings import DriftSettings

Level = Literal["fault", "drift", "note"]
_ORDER = {"fault": 0, "drift": 1, "note": 2}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line about one feature ("" for the window as a whole). `p` is None where nothing was tested.

    Kinds: empty-window, missing-column, all-missing, extra-column, constant, infinite, not-a-number, out-of-range,
    new-categories, reordered-columns, too-few-rows; and, tested, drift, prediction-drift, joint-drift, missing,
    unusable, out-of-range, new-categories.
    """

    kind: str
    level: Level
    feature: str
    text: str
    p: float | None = None

    @property
    def order(self) -> tuple[int, float, str, str]:
        """Faults, then drift by its p-value, then notes."""
        return _ORDER[self.level], 1.0 if self.p is None else self.p, self.feature, self.kind


def faults(baseline: Profile, window: Profile, settings: DriftSettings) -> list[Finding]:
    """What is wrong or odd with the window on its face, in no particular order."""
    if not window.rows:
        return [Finding(kind="empty-window", level="fault", feature="", text="the window has no rows")]
    found = []
    for name, sketch in baseline.sketches.items():
        found += _column(name, sketch, window.sketches[name], window)
    if window.extra:
        names = ", ".join(window.extra)
        found.append(Finding(kind="extra-column", level="note", feature="", text=f"columns of no feature: {names}"))
    if window.reordered:
        text = "columns came in another order than the schema's; they were taken by name"
        found.append(Finding(kind="reordered-columns", level="note", feature="", text=text))
    if min(window.rows, baseline.rows) < settings.least_rows:
        text = f"{window.rows} rows against {baseline.rows}: nothing is tested below {settings.least_rows}"
        found.append(Finding(kind="too-few-rows", level="note", feature="", text=text))
    return found


def _column(name: str, sketch: Sketch, other: Sketch, window: Profile) -> list[Finding]:
    found = []

    def find(kind: str, level: Level, text: str) -> None:
        found.append(Finding(kind=kind, level=level, feature=name, text=text))

    if absent := window.absent.get(name, 0):
        find("missing-column", "fault", f"{absent} of {window.rows} rows came without this column")
    if other.rows and other.missing == other.rows:
        find("all-missing", "fault", f"not one value in {other.rows} rows")
    if other.constant and not sketch.constant and other.binned > 1:
        find("constant", "note", f"one value in all {other.binned} rows, which the baseline does not have")
    if isinstance(other, NumericSketch):
        if other.infinite:
            find("infinite", "note", f"{other.infinite} of {other.rows} values are infinite")
        if other.invalid:
            find("not-a-number", "note", f"{other.invalid} of {other.rows} values are no numbers")
        if other.outside:
            low, high = other.feature.minimum, other.feature.maximum
            find("out-of-range", "note", f"{other.outside} of {other.binned} values are outside {low} to {high}")
    elif isinstance(other, CategorySketch) and other.new:
        names = ", ".join(f"{label} ({count})" for label, count in other.named.items())
        find("new-categories", "note", f"{other.new} of {other.binned} labels are new, such as {names}")
    return found
