"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warn", "fail", "unknown"]


@dataclass(frozen=True)
class Unknown:
    """An answer that the account did not give, and why; never taken for a good one."""

    why: str


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the report: `fix` says what to do, and is empty only when all is well."""

    check: str
    subject: str
    status: Status
    detail: str
    fix: str = ""


def unknown(check: str, subject: str, answer: Unknown) -> Finding:
    """What is said of a question that was not answered."""
    return Finding(check=check, subject=subject, status="unknown", detail=answer.why, fix="look in the console")
