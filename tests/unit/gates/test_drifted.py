"""What production has shown of a drift turns a data set's same shift from a fault into a note, and nothing else."""

from __future__ import annotations

import pytest

from model_code.gates.drifted import Drifted
from model_code.gates.report import Finding


def finding(name: str, where: str = "") -> Finding:
    return Finding(name=name, where=where, severity="stop", text="it moved")


@pytest.mark.parametrize(
    ("seen", "found", "explained"),
    [
        (Drifted(features=frozenset({"amount"})), finding("shifted", "amount"), True),
        (Drifted(features=frozenset({"amount"})), finding("shifted", "income"), False),
        (Drifted(predictions=True, outcomes=True), finding("shifted", "amount"), False),
        (Drifted(predictions=True), finding("class-balance"), True),
        (Drifted(outcomes=True), finding("class-balance"), True),
        (Drifted(features=frozenset({"amount"})), finding("class-balance"), False),
        (Drifted(outcomes=True), finding("association", "amount"), True),
        (Drifted(predictions=True, features=frozenset({"amount"})), finding("association", "amount"), False),
        (Drifted(features=frozenset({"amount"}), predictions=True, outcomes=True), finding("missing", "amount"), False),
        (Drifted(), finding("shifted", "amount"), False),
    ],
)
def test_only_the_same_shift_in_production_explains_a_finding(seen: Drifted, found: Finding, explained: bool) -> None:
    assert seen.explains(found) is explained
    (judged,) = seen.judge((found,))
    assert judged.severity == ("note" if explained else "stop")
    assert judged.text == ("it moved; the live model's requests show it too" if explained else "it moved")
