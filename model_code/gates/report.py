"""What a gate says: named findings, about which data, which model and which commit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

from model_code.errors import UnusableError

Severity = Literal["stop", "ask", "note"]
"""stop: refused. ask: a person has to decide, the rows cannot. note: worth reading, decides nothing."""

GATES = ("data", "evaluate", "bias", "compare")


class ReportError(UnusableError):
    """A report that is not one of ours, or that contradicts itself."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What a report is about, as the caller names it; empty where it does not apply or was not given."""

    data: str
    """The data set's version, such as the S3 version id of its object."""
    model: str = ""
    """The candidate: the first 12 hex digits of its artifact's SHA-256."""
    live: str = ""
    """The version that it was compared with."""
    commit: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that a gate found. `name` is stable, for machines; `text` says what, got, allowed."""

    name: str
    severity: Severity
    text: str
    where: str = ""
    """A feature, a class, a group or a metric."""

    def __str__(self) -> str:
        return f"{self.name}{f' ({self.where})' if self.where else ''}: {self.text}"


@dataclass(frozen=True, kw_only=True)
class Report:
    """A gate's outcome. It passed if no finding stops; what stops and what asks is told by `reasons`."""

    gate: str
    identity: Identity
    findings: tuple[Finding, ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Whether the pipeline may go on; a report that asks has passed, and needs a person before approval."""
        return not any(finding.severity == "stop" for finding in self.findings)

    def reasons(self, severity: Severity) -> Iterator[str]:
        """The findings of one severity, as sentences."""
        return (f"{self.gate}: {finding}" for finding in self.findings if finding.severity == severity)

    def to_json(self) -> str:
        """The whole report; equal reports give equal text. A figure that does not exist is null, never NaN."""
        return json.dumps({**asdict(self), "passed": self.passed}, sort_keys=True, allow_nan=False, indent=1) + "\n"

    @classmethod
    def read(cls, text: str | bytes) -> Self:
        """What every report has in common, back from its JSON. Raises ReportError, also when `passed` was edited."""
        try:
            document: dict[str, Any] = json.loads(text)
            report = cls(
                gate=document["gate"],
                identity=Identity(**document["identity"]),
                findings=tuple(Finding(**finding) for finding in document["findings"]),
            )
            said = document["passed"]
        except (ValueError, KeyError, TypeError) as error:
            raise ReportError(f"not a gate's report: {error!r}; write it with `python -m model_code.gates`") from error
        wrong = [one.severity for one in report.findings if one.severity not in ("stop", "ask", "note")]
        if report.gate not in GATES or wrong or said is not report.passed:
            raise ReportError(
                f"a report of gate {report.gate!r}, severities {wrong or 'as allowed'}, says passed={said!r} while its "
                f"findings say {report.passed}; gates are {', '.join(GATES)}"
            )
        return report
