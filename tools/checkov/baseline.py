"""What checkov says that we do not follow, each with its reason: baseline.json."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("baseline.json")
_KEYS = {"check", "resources", "reason"}
_ALLOWED = "check, resources and reason, none of them empty, and until (a day such as 2027-03-31) or nothing else"


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """One check that is not followed, on the resources (addresses, with *) that the reason holds for.

    `until` is the last day of one that is to be followed later; a reason without it stays.
    """

    check: str
    resources: tuple[str, ...]
    reason: str
    until: date | None = None

    def covers(self, check: str, resource: str, today: date) -> bool:
        """Whether it accepts what was found today."""
        named = self.check == check and any(fnmatchcase(resource, each) for each in self.resources)
        return named and (self.until is None or today <= self.until)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`failed` is what nobody has accepted; `accepted` how often a reason held; `idle` are reasons that held never."""

    failed: tuple[Mapping[str, Any], ...]
    accepted: int
    idle: tuple[Accepted, ...]


def read(file: Path = _FILE) -> list[Accepted]:
    """The accepted checks. Raises ValueError for an entry that lacks something, or whose day is none."""
    found = []
    for entry in json.loads(file.read_text()):
        if set(entry) - {"until"} != _KEYS or not all(entry.values()):
            raise ValueError(f"{file}: got {entry}; allowed: {_ALLOWED}")
        try:
            until = date.fromisoformat(entry["until"]) if "until" in entry else None
        except (TypeError, ValueError) as error:
            raise ValueError(f"{file}: got {entry}; allowed: {_ALLOWED}") from error
        resources = tuple(entry["resources"])
        found.append(Accepted(check=entry["check"], resources=resources, reason=entry["reason"], until=until))
    return found


def judge(failed: Iterable[Mapping[str, Any]], accepted: Sequence[Accepted], today: date) -> Verdict:
    """What is left of the failed checks once those that are accepted today are taken away."""
    left, count, used = [], 0, set()
    for each in failed:
        reason = next((one for one in accepted if one.covers(each["check_id"], each["resource"], today)), None)
        if reason is None:
            left.append(each)
        else:
            count += 1
            used.add(reason)
    return Verdict(failed=tuple(left), accepted=count, idle=tuple(one for one in accepted if one not in used))
