"""What one window's job is told: which window, of which endpoint, how often it may be wrong, and what to look at."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from model_code.drift.settings import DriftSettings
from model_code.gates.bias import MEASURES, Grouping, Limit
from model_code.gates.settings import grouping, json_object, limits, numbers
from model_code.paths import SettingError

# How the stated false alarms are shared out among the kinds of alarm.
SHARES = {"inputs": 0.5, "predictions": 0.1, "attribution": 0.1, "bias": 0.1, "concept": 0.1, "kpis": 0.1}
_NEEDED = ("model", "code", "stack", "endpoint", "window", "version", "falseAlarmsPerMonth", "windowsPerMonth")
_DIRECTIONS = ("at-least", "at-most")


@dataclass(frozen=True, kw_only=True)
class Kpi:
    """A number that outcomes carry in their context, whose mean over a month must be on the good side of `target`."""

    name: str
    target: float
    direction: str


@dataclass(frozen=True, kw_only=True)
class Settings:
    """input/settings/settings.json, as model_code/monitoring writes it; keys that the job has no use for are left."""

    model: str
    code: str
    stack: str
    endpoint: str
    start: datetime
    end: datetime
    version: str
    false_alarms: float
    """In a month, of all kinds of alarm together."""
    windows: float
    """In a month."""
    hours: float = 24.0
    """After a request, until which its outcome may come."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Of the version on its held-out rows; outcomes are held to `accuracy`."""
    groups: tuple[Grouping, ...] = ()
    favoured: str = ""
    limits: Mapping[str, Limit] = field(default_factory=dict)
    kpis: tuple[Kpi, ...] = ()
    variants: frozenset[str] = frozenset()
    """Those that serve what is live; all where it is empty."""

    def serves(self, variant: str) -> bool:
        """Whether a variant's answers are those of what is live, and not a candidate's or a shadow's."""
        return not self.variants or variant in self.variants

    @classmethod
    def read(cls, text: str | bytes) -> Self:
        """The settings of that JSON. Raises SettingError naming the key, what came and what is allowed."""
        document = json_object(text)
        if missing := [key for key in _NEEDED if key not in document]:
            raise _wrong(missing[0], None, f"a value for each of {', '.join(_NEEDED)}")
        for key in ("model", "code", "stack", "endpoint", "version"):
            if not isinstance(document[key], str):
                raise _wrong(key, document[key], "a text")
        for key in ("falseAlarmsPerMonth", "windowsPerMonth", "hours"):
            _positive(document, key)
        window, groups, kpis = (document.get(key) or [] for key in ("window", "groups", "kpis"))
        if not (isinstance(window, dict) and isinstance(groups, list) and isinstance(kpis, list)):
            raise _wrong("window, groups or kpis", [window, groups, kpis], "an object and two arrays")
        settings = cls(
            **{key: document[key] for key in ("model", "code", "stack", "endpoint", "version")},
            start=_time(window, "start"),
            end=_time(window, "end"),
            false_alarms=document["falseAlarmsPerMonth"],
            windows=document["windowsPerMonth"],
            hours=document.get("hours", 24.0),
            metrics=numbers(document.get("metrics") or {}, "metrics"),
            groups=tuple(grouping(str(one)) for one in groups),
            favoured=str(document.get("favoured") or ""),
            limits=limits(document.get("limits") or {}),
            kpis=tuple(map(_kpi, kpis)),
            variants=frozenset(map(str, document.get("variants") or [])),
        )
        if settings.start >= settings.end:
            raise _wrong("window", window, "an end after its start")
        if unknown := sorted(settings.limits.keys() - set(MEASURES)):
            raise _wrong("limits", unknown[0], ", ".join(MEASURES))
        # Of the whole, not of a share: more alarms than windows can bear are refused.
        DriftSettings(false_alarms_per_month=settings.false_alarms, windows_per_month=settings.windows)
        return settings

    @property
    def seconds(self) -> float:
        """The window's length."""
        return (self.end - self.start).total_seconds()

    def drift(self, share: str) -> DriftSettings:
        """The thresholds of the judge that has one share of the false alarms; its `alpha` is for one window."""
        return DriftSettings(false_alarms_per_month=self.false_alarms * SHARES[share], windows_per_month=self.windows)

    @property
    def kpi_alpha(self) -> float:
        """The chance that one KPI is called missed in a month in which it is met; at most 0.05."""
        return min(0.05, self.false_alarms * SHARES["kpis"] / max(1, len(self.kpis)))


def _kpi(document: Any) -> Kpi:
    allowed = 'objects such as {"name": "revenue", "target": 12.5, "direction": "at-least"} (or "at-most")'
    try:
        kpi = Kpi(name=document["name"], target=document["target"], direction=document.get("direction", "at-least"))
        fine = isinstance(kpi.name, str) and math.isfinite(kpi.target) and kpi.direction in _DIRECTIONS
    except (TypeError, KeyError, AttributeError) as error:
        raise _wrong("kpis", document, allowed) from error
    if not fine:
        raise _wrong("kpis", document, allowed)
    return kpi


def _positive(document: Mapping[str, Any], key: str) -> None:
    value = document.get(key, 1)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise _wrong(key, value, "a number above 0")


def _time(document: Mapping[str, Any], key: str) -> datetime:
    allowed = "a time with its zone, such as 2026-11-22T03:00:00Z"
    try:
        moment = datetime.fromisoformat(str(document.get(key)))
    except ValueError as error:
        raise _wrong(f"window.{key}", document.get(key), allowed) from error
    if moment.tzinfo is None:
        raise _wrong(f"window.{key}", document[key], allowed)
    return moment


def _wrong(key: str, got: object, allowed: str) -> SettingError:
    return SettingError(
        f"settings.json: {key}: got {got!r}; allowed: {allowed}; it is made of the model's `monitor` parameter"
    )
