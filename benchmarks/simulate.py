"""What the scenarios of `make simulate` took, as it left it in .takeoff/simulate.json."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure
from benchmarks.played import verdicts
from benchmarks.results import REPOSITORY
from local.simulate.command import COST

VERDICTS = REPOSITORY / ".takeoff" / "simulate.json"


def figures(file: Path) -> list[Figure]:
    """Each scenario's times, what all nodes cost by what was predicted, and pods on a wrong pool. Raises SystemExit."""
    found = verdicts(file, "make simulate")
    wrong = max((one["wrong_placements"] or 0 for one in found), default=0)
    return [
        *(figure for one in found for figure in _of(one)),
        Figure(name="`make simulate`: pods on a wrong pool", unit="", values=[wrong], goal=0, sign="≤"),
    ]


def _of(outcome: dict[str, Any]) -> Iterator[Figure]:
    name = f"`make simulate`, {outcome['scenario']}"
    if outcome["to_running"] is not None:
        what = f"{outcome['pods']} pods on {outcome['nodes']} nodes at most, until all run"
        yield Figure(name=f"{name}: {what}", unit="s", values=[outcome["to_running"]])
    if outcome["to_zero"] is not None:
        yield Figure(name=f"{name}: until no node is left", unit="s", values=[outcome["to_zero"]])
    if outcome["scenario"] == COST:
        ratio = outcome["provisioned"]["usd_per_hour"] / outcome["predicted"]["usd_per_hour"]
        yield Figure(name=f"{name}: bought by predicted", unit="x", values=[ratio])
