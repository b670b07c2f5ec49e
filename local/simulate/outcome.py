"""What a scenario came to: its verdict, and the figures that stand in the table."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from local.simulate.bill import Bill
from scenarios.verdict import Verdict


@dataclass
class Outcome:
    """One scenario: `nodes` and `pods` at most at a time, seconds to running and to no node, and both bills.

    `wrong` are the pods on a wrong pool, of this scenario and all before; None where none is placed.
    """

    verdict: Verdict
    nodes: int = 0
    pods: int = 0
    wrong: int | None = None
    to_running: float | None = None
    to_zero: float | None = None
    predicted: Bill | None = None
    provisioned: Bill | None = None

    def document(self) -> dict[str, Any]:
        """The outcome as JSON."""
        return {
            **dataclasses.asdict(self.verdict),
            "fine": self.verdict.fine,
            "nodes": self.nodes,
            "pods": self.pods,
            "wrong_placements": self.wrong,
            "to_running": self.to_running,
            "to_zero": self.to_zero,
            "predicted": self.predicted and self.predicted.document(),
            "provisioned": self.provisioned and self.provisioned.document(),
        }
