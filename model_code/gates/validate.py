"""The data gate: a data set against the model's schema and against the last accepted data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from model_code.contract import ModelSpec
from model_code.dataset import DataError
from model_code.gates.conform import Limits, conform, dataset
from model_code.gates.drifted import Drifted
from model_code.gates.frame import Frame, read
from model_code.gates.report import Finding, Identity, Report
from model_code.gates.shift import Moved, Tolerance, compared
from model_code.gates.summary import Summary, summary

_FIRST = Finding(name="first", severity="note", text="no accepted data to compare with")
_UNKNOWN = Finding(
    name="no-baseline",
    severity="ask",
    text="the live version was trained by no run of the pipeline: nothing is known of its data to compare these with",
)


@dataclass(frozen=True, kw_only=True)
class DataReport(Report):
    """Whether training may begin on these rows."""

    gate: str = "data"
    rows: int
    sha256: str
    before: str
    """The version that the rows were compared with; empty for a first data set."""
    moved: tuple[Moved, ...]


def validate(
    files: Mapping[str, bytes],
    spec: ModelSpec,
    identity: Identity,
    before: Summary | None,
    *,
    first: bool = True,
    extra: Collection[str] = (),
    limits: Limits | None = None,
    tolerance: Tolerance | None = None,
    drifted: Drifted | None = None,
) -> tuple[DataReport, Summary | None]:
    """The report on these CSV files, and the summary that the next data set is compared with if this one passed.

    `before` is the summary of the last accepted data; None asks a person unless it is the `first` data set, because
    something is live whose data are not known. A shift that `drifted` explains is a note. Bad data raise nothing.
    """
    try:
        frame = read(files)
    except DataError as error:
        unread = Finding(name="unreadable", severity="stop", text=str(error))
        return DataReport(identity=identity, findings=(unread,), rows=0, sha256="", before="", moved=()), None
    findings = conform(frame, spec.inputs, limits or Limits(), extra)
    if any(finding.severity == "stop" for finding in findings):
        return _report(frame, identity, findings, before, ()), None
    data = dataset(frame, spec.inputs)
    now = summary(data, spec.inputs, identity.data)
    moved: tuple[Moved, ...] = ()
    if before is None:
        findings += (_FIRST if first else _UNKNOWN,)
    else:
        moved, shifted = compared(data, now, before, tolerance or Tolerance())
        findings += (drifted or Drifted()).judge(shifted)
    report = _report(frame, identity, findings, before, moved)
    return report, now if report.passed else None


def _report(
    frame: Frame, identity: Identity, findings: tuple[Finding, ...], before: Summary | None, moved: tuple[Moved, ...]
) -> DataReport:
    return DataReport(
        identity=identity,
        findings=findings,
        rows=len(frame.rows),
        sha256=frame.sha256,
        before=before.data if before else "",
        moved=moved,
    )
