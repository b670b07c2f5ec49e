"""The scenarios in one table."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table

from local.simulate.bill import Bill
from local.simulate.outcome import Outcome


def table(title: str, outcomes: Sequence[Outcome]) -> Table:
    """A row for each scenario: what it came to, how long it took, and both bills."""
    made = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name, justify in _COLUMNS.items():
        made.add_column(name, justify="right" if justify else "left", no_wrap=True)
    for each in outcomes:
        made.add_row(*_row(each))
    return made


_COLUMNS = {
    "scenario": False,
    "verdict": False,
    "facts": True,
    "pods": True,
    "nodes": True,
    "wrong": True,
    "s to running": True,
    "s to zero": True,
    "nodes, USD/h predicted": True,
    "bought": True,
    "s in all": True,
}


def _row(outcome: Outcome) -> list[str]:
    verdict = outcome.verdict
    fine = sum(fact.fine for fact in verdict.facts)
    return [
        verdict.scenario,
        "[green]holds[/]" if verdict.fine else "[red]FAILS[/]",
        f"{fine}/{len(verdict.facts)}",
        str(outcome.pods or ""),
        str(outcome.nodes or ""),
        "" if outcome.wrong is None else str(outcome.wrong),
        _seconds(outcome.to_running),
        _seconds(outcome.to_zero),
        _bill(outcome.predicted),
        _bill(outcome.provisioned),
        f"{verdict.seconds:.0f}",
    ]


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _bill(bill: Bill | None) -> str:
    return "" if bill is None else f"{bill.count} at {bill.usd:.2f}"
