"""One line of the job's report, whatever part of the job it comes from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from model_code.drift.faults import Finding, Level

AREAS = ("inputs", "predictions", "concept", "bias", "attribution", "kpis", "job")


@dataclass(frozen=True, kw_only=True)
class Line:
    """A finding and its area. `drift` alarms; `fault` wants somebody to look; `note` is only worth reading."""

    area: str
    kind: str
    level: Level
    feature: str
    text: str
    p: float | None = None


def line(area: str, kind: str, level: Level, text: str, feature: str = "") -> Line:
    """A finding that no single p-value stands for."""
    return Line(area=area, kind=kind, level=level, feature=feature, text=text)


def lines(area: str, findings: Iterable[Finding]) -> list[Line]:
    """A judge's findings, as findings of an area."""
    return [
        Line(area=area, kind=one.kind, level=one.level, feature=one.feature, text=one.text, p=one.p) for one in findings
    ]
