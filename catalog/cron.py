"""Times at which Kubernetes starts a job, in the five fields of cron."""

from __future__ import annotations

import re
from collections.abc import Sequence

_FIELDS: Sequence[tuple[str, int, int]] = (
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day of the month", 1, 31),
    ("month", 1, 12),
    ("day of the week", 0, 6),
)
_PART = re.compile(r"(?:\*|(\d+)(?:-(\d+))?)(?:/(\d+))?")
ALLOWED = "minute, hour, day of the month, month and day of the week in UTC, such as 15 3 * * *"


def refusal(schedule: str) -> str | None:
    """What is wrong with a schedule of a CronJob, in words; None where nothing is. Names of days and months are none.

    https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
    """
    fields = schedule.split()
    if len(fields) != len(_FIELDS):
        return f"{len(fields)} fields, not {len(_FIELDS)}"
    for text, (name, least, most) in zip(fields, _FIELDS, strict=True):
        if not all(_fits(part, least, most) for part in text.split(",")):
            return f"{text!r} for the {name}, which is {least} to {most}"
    return None


def _fits(part: str, least: int, most: int) -> bool:
    """Whether one of a field's parts is `*`, a number or a range, with or without a step."""
    found = _PART.fullmatch(part)
    if found is None:
        return False
    first, last, step = (None if text is None else int(text) for text in found.groups())
    if step == 0:
        return False
    if first is None:
        return True
    return least <= first <= (first if last is None else last) <= most
