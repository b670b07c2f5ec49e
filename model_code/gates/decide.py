"""The approval rule: what the gates' reports say together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from model_code.gates.report import GATES, Report


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """approve: register as approved. ask: register as pending, a person decides. refuse: register as rejected."""

    outcome: Literal["approve", "ask", "refuse"]
    reasons: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether the version may be approved without a person."""
        return self.outcome == "approve"


def decide(
    reports: Sequence[Report], required: Collection[str] = GATES, approval: Literal["automatic", "manual"] = "automatic"
) -> Verdict:
    """Approves only if each required gate reported once, about the same data, model and commit, and found nothing.

    A gate that is missing, reported twice, or is about something else refuses: silence never approves. With manual
    approval the best outcome is `ask`.
    """
    told = Counter(report.gate for report in reports)
    stops = [f"{gate}: no report of this gate" for gate in required if not told[gate]]
    stops += [f"{gate}: {count} reports of this gate, allowed: one" for gate, count in told.items() if count > 1]
    stops += [line for what in ("data", "model", "commit") for line in _disagreement(reports, what)]
    stops += [reason for report in reports for reason in report.reasons("stop")]
    if stops:
        return Verdict(outcome="refuse", reasons=tuple(stops))
    asks = tuple(reason for report in reports for reason in report.reasons("ask"))
    if approval == "manual":
        asks = (*asks, "approval: manual, as the model's stack entry says")
    return Verdict(outcome="ask" if asks else "approve", reasons=asks)


def _disagreement(reports: Sequence[Report], what: str) -> list[str]:
    # The data gate comes before there is a model, so an empty name is left out where it may be empty.
    named = {report.gate: str(getattr(report.identity, what)) for report in reports}
    if what == "model":
        named.pop("data", None)
    unnamed = [gate for gate, value in named.items() if not value and what != "commit"]
    if unnamed:
        return [f"{', '.join(unnamed)}: the report names no {what} version"]
    if len(set(named.values())) > 1:
        return [f"the reports are about different {what}: {', '.join(f'{g} {v!r}' for g, v in named.items())}"]
    return []
