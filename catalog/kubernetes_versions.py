"""Which versions of Kubernetes EKS supports, and until when: AWS's calendar, as of the day on which it was read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

_DATA = Path(__file__).with_name("kubernetes_versions.json")


@dataclass(frozen=True, kw_only=True)
class Support:
    """One minor version: the days on which its standard support and its extended (and dearer) support end."""

    version: str
    standard: date
    extended: date


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(_DATA.read_text())
    return data


def dated() -> date:
    """The day of the calendar."""
    return date.fromisoformat(_data()["dated"])


def source() -> str:
    """Where AWS says so."""
    return str(_data()["source"])


def versions() -> list[Support]:
    """Every version of the calendar, oldest first."""
    found = [
        Support(
            version=name, standard=date.fromisoformat(row["standard"]), extended=date.fromisoformat(row["extended"])
        )
        for name, row in _data()["versions"].items()
    ]
    return sorted(found, key=lambda each: number(each.version))


def supported() -> list[str]:
    """The versions in standard support on the day of the calendar, oldest first.

    Judged by the calendar's own day and not by today's, so that the same commit previews alike on every day; a newer
    calendar is a commit. https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
    """
    return [each.version for each in versions() if each.standard > dated()]


def refusal(version: str) -> str | None:
    """What would be allowed in place of a version out of standard support; None for one within."""
    known = supported()
    if version in known:
        return None
    return f"one of {', '.join(known)}, in standard support as of {dated()} (catalog/kubernetes_versions.json)"


def number(version: str) -> tuple[int, ...]:
    """1.9 comes before 1.10. Raises ValueError for what is no version."""
    return tuple(int(part) for part in version.split("."))
