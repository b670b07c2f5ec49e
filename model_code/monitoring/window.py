"""The span of time that one look at a model is about, and what it and its jobs are called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

# Of model_code/contract.py, which needs pydantic and so is no function's.
_MODEL = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_HOUR = timedelta(hours=1)
# A window that makes good for looks that were left out is no longer than so many periods.
_PERIODS = 3


@dataclass(frozen=True, kw_only=True)
class Window:
    """From `start` up to, and without, `end`; both UTC and in whole seconds."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> int:
        """How long it is."""
        return round((self.end - self.start).total_seconds())

    @property
    def name(self) -> str:
        """Its start and its length in seconds, so that names sort by time: 20261122030000-3600."""
        return f"{self.start:%Y%m%d%H%M%S}-{self.seconds}"

    def hours(self, before: int = 0) -> list[str]:
        """The hour folders (yyyy/mm/dd/hh) that it touches, oldest first, and before them those of `before` hours."""
        hour = self.start.replace(minute=0, second=0) - before * _HOUR
        found = []
        while hour < self.end:
            found.append(f"{hour:%Y/%m/%d/%H}")
            hour += _HOUR
        return found

    def to_event(self) -> dict[str, str]:
        """The window as the next step's event carries it."""
        return {"start": stamp(self.start), "end": stamp(self.end)}


def stamp(moment: datetime) -> str:
    """ISO 8601 in UTC, to the second."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def model_of(event: Mapping[str, Any]) -> str:
    """The model that an event names. Raises ValueError."""
    name = event.get("model")
    if not isinstance(name, str) or not _MODEL.fullmatch(name):
        raise ValueError(
            f'model: got {name!r}; allowed: the name of a model of this stack; start it with {{"model": …}}'
        )
    return name


def window_of(event: Mapping[str, Any], period: int, now: datetime, before: str = "") -> Window:
    """The window of an event: [`since`, or `period` seconds before; `scheduled`). Raises ValueError.

    It begins where the window `before` ended (ISO 8601), so that nothing is looked at twice or left out, unless that
    was more than a few periods ago. A time that is still to come is taken as now: the emulated account's schedules run
    by a faster clock than the one that stamps its captures (ADR 0011, 0020), and nothing has been captured after now
    anywhere.
    """
    end = min(_moment(event, "scheduled"), now.replace(microsecond=0))
    if event.get("since"):
        start = _moment(event, "since")
    else:
        start = end - timedelta(seconds=period)
        longest = timedelta(seconds=_PERIODS * period)
        if before and end - longest <= (last := _moment({"end": before}, "end")) < end:
            start = last
    if start >= end:
        raise ValueError(f"since: got {event['since']!r}; allowed: a time before {stamp(end)}")
    return Window(start=start, end=end)


def carried(event: Mapping[str, Any]) -> Window:
    """The window that an earlier step has put into the event."""
    return Window(start=_moment(event, "start"), end=_moment(event, "end"))


def _moment(event: Mapping[str, Any], name: str) -> datetime:
    given = event.get(name)
    try:
        moment = datetime.fromisoformat(str(given))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError(f"{name}: got {given!r}; allowed: a time with its zone, such as 2026-11-22T03:00:00Z")
    return moment.astimezone(UTC).replace(microsecond=0)
