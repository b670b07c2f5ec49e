"""What the scenarios of `make loop` took, as it left it in .takeoff/loop.json."""

from __future__ import annotations

from pathlib import Path

from benchmarks.figure import Figure
from benchmarks.played import verdicts
from benchmarks.results import REPOSITORY

VERDICTS = REPOSITORY / ".takeoff" / "loop.json"


def figures(file: Path) -> list[Figure]:
    """A figure for each time that a scenario has a limit for. Raises SystemExit, also where there is no such time."""
    found = [(one["scenario"], time) for one in verdicts(file, "make loop") for time in one["timed"]]
    if not found:
        raise SystemExit(f"{file}: no scenario in it has a time with a limit; play one: make loop ARGS='--only a'")
    return [
        Figure(name=f"`make loop`, {scenario}: {time['what']}", unit="s", values=[time["seconds"]], goal=time["limit"])
        for scenario, time in found
    ]
