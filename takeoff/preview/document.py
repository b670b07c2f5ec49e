"""The report as a small document: what every renderer is given. All text is plain; renderers escape it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

About = Literal["what changes", "what adds it", "the others"]
Tone = Literal["plain", "good", "warn", "bad"]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line. `mark` is a sign before it, `details` are lines that are folded below it, `about` says what."""

    text: str
    mark: str = ""
    tone: Tone = "plain"
    details: str = ""
    about: About = "what changes"


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of text under headings; all columns but the first hold figures. `bars` are shares from 0 to 1, by row."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    bars: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Section:
    """One part of the report. `summary` says in a line what a folded one holds."""

    title: str
    summary: str
    lines: tuple[Line, ...] = ()
    tables: tuple[Table, ...] = ()
    folded: bool = False
    tone: Tone = "plain"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether a deployment may go ahead, in one line; `reasons` say why not, and are empty where it may."""

    text: str
    reasons: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        return not self.reasons


@dataclass(frozen=True, kw_only=True)
class Report:
    """The whole. `notes` are what the reader must know first: what was assumed, what is missing."""

    stack: str
    verdict: Verdict
    notes: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
