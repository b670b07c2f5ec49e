"""Which minutes an EventBridge schedule expression names: rate, cron and at. Pure functions."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

UNITS = {"minute": 1, "hour": 60, "day": 1440}
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def due(expression: str, minute: datetime, since: datetime) -> bool:
    """Whether a schedule that began at `since` is due in a minute; both in the schedule's own time zone.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
    Raises ValueError for an expression that is none, or uses L, W or #, which are not served.
    """
    kind, _, inner = expression.strip().removesuffix(")").partition("(")
    if kind == "rate" and (match := re.fullmatch(r"(\d+) (minute|hour|day)s?", inner)):
        passed = (minute - since.replace(second=0, microsecond=0)) // timedelta(minutes=1)
        return passed > 0 and passed % (int(match[1]) * UNITS[match[2]]) == 0
    if kind == "at":
        return datetime.fromisoformat(inner).replace(second=0, tzinfo=minute.tzinfo) == minute
    if kind == "cron" and len(fields := inner.split()) == 6:
        # AWS counts the days of a week from 1, Sunday.
        seen = (minute.minute, minute.hour, minute.day, minute.month, minute.isoweekday() % 7 + 1, minute.year)
        lowest, names = (0, 0, 1, 1, 1, 1970), ((), (), (), MONTHS, DAYS, ())
        return all(_matches(*each) for each in zip(fields, seen, lowest, names, strict=True))
    allowed = "rate(1 hour), at(2026-11-22T10:00:00), cron(0 10 * * ? *)"
    raise ValueError(f"ScheduleExpression: got {expression!r}, allowed {allowed}")


def _matches(field: str, value: int, lowest: int, names: tuple[str, ...]) -> bool:
    for number, name in enumerate(names):
        field = re.sub(rf"\b{name}\b", str(number + 1), field.upper())
    return any(_in(part, value, lowest) for part in field.split(","))


def _in(part: str, value: int, lowest: int) -> bool:
    span, _, step = part.partition("/")
    every = int(step or 1)
    if span in ("*", "?"):
        return (value - lowest) % every == 0
    first, _, last = span.partition("-")
    end = int(last) if last else 10_000 if step else int(first)
    return int(first) <= value <= end and (value - int(first)) % every == 0
