"""What the monitor has seen of the live model: a data set that moved the same way is what retraining is for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from model_code.gates.report import Finding


@dataclass(frozen=True, kw_only=True)
class Drifted:
    """Which features the live model's requests drifted in, and whether its answers and its error rate did."""

    features: frozenset[str] = frozenset()
    predictions: bool = False
    outcomes: bool = False

    def explains(self, finding: Finding) -> bool:
        """Whether production shows what the data set shows: else the data set alone is odd, and that is a fault."""
        return (
            (finding.name == "shifted" and finding.where in self.features)
            or (finding.name == "class-balance" and (self.predictions or self.outcomes))
            or (finding.name == "association" and self.outcomes)
        )

    def judge(self, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """The findings, with those that production explains as notes."""
        return tuple(self._noted(one) if self.explains(one) else one for one in findings)

    @staticmethod
    def _noted(finding: Finding) -> Finding:
        return replace(finding, severity="note", text=f"{finding.text}; the live model's requests show it too")
