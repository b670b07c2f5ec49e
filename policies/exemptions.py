"""Exemptions: which resources a rule passes over, why, and until when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

FIELDS = ("resource", "reason", "until")
ALLOWED = '{"resource": "<logical name or glob>", "reason": "<why>", "until": "<YYYY-MM-DD>"}, no text empty'


@dataclass(frozen=True)
class Exemption:
    """One resource, or those of a glob, that a rule passes over up to and with a day."""

    resource: str
    reason: str
    until: date

    def covers(self, name: str) -> bool:
        """Whether it speaks of a resource of this logical name; upper and lower case differ."""
        return fnmatchcase(name, self.resource)

    def expired(self, today: date) -> bool:
        return today > self.until

    def __str__(self) -> str:
        return f"exempt until {self.until} ({self.reason})"


def exemption(value: Any) -> Exemption:
    """An exemption as a configuration writes it. Raises ValueError: what was got, and what is allowed."""
    if not isinstance(value, Mapping) or set(value) != set(FIELDS):
        raise ValueError(_wrong(value))
    resource, reason, until = (value[field] for field in FIELDS)
    if not all(isinstance(each, str) and each.strip() for each in (resource, reason, until)):
        raise ValueError(_wrong(value))
    try:
        day = date.fromisoformat(until)
    except ValueError:
        raise ValueError(_wrong(value)) from None
    return Exemption(resource, reason.strip(), day)


def parsed(values: Any) -> tuple[list[Exemption], list[str]]:
    """The exemptions of one rule, and what is wrong with those that are none."""
    if not isinstance(values, list | tuple):
        return [], [f"got {values!r}; allowed: a list of {ALLOWED}"]
    good, bad = [], []
    for value in values:
        try:
            good.append(exemption(value))
        except ValueError as error:
            bad.append(str(error))
    return good, bad


def covering(exemptions: Iterable[Exemption], name: str, today: date) -> Exemption | None:
    """The first exemption in force that speaks of a resource."""
    return next((each for each in exemptions if each.covers(name) and not each.expired(today)), None)


def _wrong(value: Any) -> str:
    return f"got {value!r}; allowed: {ALLOWED}"
