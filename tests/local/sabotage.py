"""`make sabotage`: takes one declared thing away at a time, in a copy of the tree, and asks whether its owner noticed.

A survivor is something that could vanish from the program while every test stays green.
"""

from __future__ import annotations

import argparse
import json
import queue
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.local.edges import SABOTAGES, Sabotage
from tests.local.forks import Forks, forks
from tests.tree import Tree, copy

# No owner takes a minute, and all of them together not ten; one that hangs has not noticed anything.
PATIENCE = 600
# Code that cannot run is not code that lacks something.
NO_ANSWER = ("ImportError", "ModuleNotFoundError", "SyntaxError", "NameError")


class UnfitError(RuntimeError):
    """The owners do not pass where nothing is missing, so their failures would mean nothing."""


@dataclass(frozen=True)
class Verdict:
    """What became of one sabotage: killed, survived, or broken, which is no verdict. `said`: how the owner failed."""

    name: str
    what: str
    owner: str
    outcome: str
    said: str
    seconds: float

    @property
    def killed(self) -> bool:
        return self.outcome == "killed"


def sabotage(chosen: Sequence[Sabotage], trees: Sequence[Tree]) -> Iterator[Verdict]:
    """The verdict on each, in their order, as many at a time as there are copies. Raises UnfitError."""
    owners = sorted({each.owner for each in chosen})
    with forks(trees) as opened:
        unfit = [owner for owner, (outcome, _) in run(opened[0], owners).items() if outcome != "passed"]
        if unfit:
            raise UnfitError(f"these fail with nothing taken away: {', '.join(unfit)}")
        idle: queue.SimpleQueue[Forks] = queue.SimpleQueue()
        for each in opened:
            idle.put(each)

        def judge(each: Sabotage) -> Verdict:
            runs, began = idle.get(), time.monotonic()
            try:
                with runs.tree.without(each.file, each.old, each.new):
                    outcome, said = run(runs, [each.owner])[each.owner]
            finally:
                idle.put(runs)
            verdict = {"failed": "killed", "passed": "survived"}.get(outcome, "broken")
            return Verdict(each.name, each.what, each.owner, verdict, said, round(time.monotonic() - began, 1))

        with ThreadPoolExecutor(len(opened)) as pool:
            yield from pool.map(judge, chosen)


def run(runs: Forks, owners: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Each owner → passed, failed, or broken (not collected, not importable, stopped outside of itself), and why."""
    report = runs.tree.root / ".takeoff/owners.xml"
    report.unlink(missing_ok=True)
    try:
        status = runs.pytest([f"--junitxml={report}", *owners], PATIENCE)
    except TimeoutError:
        return dict.fromkeys(owners, ("broken", f"no end after {PATIENCE} s"))
    if status not in (0, 1) or not report.exists():
        return dict.fromkeys(owners, ("broken", f"pytest ended with {status}"))
    found: dict[str, list[ElementTree.Element]] = {}
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 (our own pytest wrote it)
        name = f"{case.get('classname')}::{str(case.get('name')).partition('[')[0]}"
        found.setdefault(name, []).append(case)
    return {owner: _outcome(found.get(owner.replace("/", ".").replace(".py::", "::"), [])) for owner in owners}


def _outcome(cases: Sequence[ElementTree.Element]) -> tuple[str, str]:
    seen = {child.tag: str(child.get("message")).strip() for case in cases for child in case}
    said = (seen.get("error") or seen.get("failure") or "").partition("\n")[0]
    if "error" in seen or "skipped" in seen or not cases or said.startswith(NO_ANSWER):
        return "broken", said
    return ("failed" if "failure" in seen else "passed"), said


def main() -> int:
    parser = argparse.ArgumentParser(prog="make sabotage", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--fast", action="store_true", help="only what is noticed without the engine")
    parser.add_argument("--only", metavar="NAME", nargs="+", choices=[s.name for s in SABOTAGES], help="only these")
    arguments = parser.parse_args()
    chosen = [s for s in SABOTAGES if s.name in (arguments.only or s.name) and not (arguments.fast and s.alive)]
    verdicts, console = [], Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="takeoff-sabotage-") as folder, console.status("owners") as line:
        try:
            for verdict in sabotage(chosen, [copy(Path(folder) / str(number)) for number in range(2)]):
                verdicts.append(verdict)
                line.update(f"{len(verdicts)} of {len(chosen)}: {verdict.name} {verdict.outcome}")
        except UnfitError as error:
            console.print(f"takeoff: {error}")
            return 2
    survivors = [verdict.name for verdict in verdicts if not verdict.killed]
    if arguments.json:
        print(json.dumps([asdict(verdict) for verdict in verdicts], indent=2))
    else:
        _show(verdicts)
        print(f"survivors: {', '.join(survivors) or 'none'}")
    return 1 if survivors else 0


def _show(verdicts: list[Verdict]) -> None:
    table = Table(title=f"sabotage: {len(verdicts)} things taken away, one at a time", title_justify="left")
    for heading in ("taken away", "of", "owner", "", "seconds"):
        table.add_column(heading, justify="right" if heading == "seconds" else "left", overflow="fold")
    for verdict in verdicts:
        colour = "green" if verdict.killed else "red"
        owner = verdict.owner.rpartition("::test_")[2].replace("_", " ")
        table.add_row(verdict.name, verdict.what, owner, f"[{colour}]{verdict.outcome}[/]", f"{verdict.seconds:.1f}")
    found = Console()
    (found if found.is_terminal else Console(width=160)).print(table)


if __name__ == "__main__":
    sys.exit(main())
