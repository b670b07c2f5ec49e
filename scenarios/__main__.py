"""The loop's scenarios on a deployed stack: `make loop`, or `python -m scenarios --stack STACK`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape

from scenarios import drifts, gated, kills, live, outage, storm, trials
from scenarios.account import Account
from scenarios.chart import page
from scenarios.stage import Stage
from scenarios.timeline import Entry, Timeline
from scenarios.verdict import StoppedError, Verdict
from takeoff import stack as stacks
from takeoff.stack import CommandError

Scenario = Callable[[Stage, Verdict], None]
# By letter: what runs, and on which model of the stack.
SCENARIOS: dict[str, tuple[Scenario, str]] = {
    "a": (drifts.inputs_drift, "risk"),
    "b": (gated.corrupted_data, "risk"),
    "c": (gated.worse_candidate, "risk"),
    "d": (live.fails_live, "risk"),
    "e": (outage.metric_outage, "risk"),
    "f": (outage.newer_version, "risk"),
    "g": (storm.storm, "risk"),
    "h": (drifts.concept_drifts, "risk"),
    "i": (trials.experiment, "offers"),
    "j": (kills.kills, "risk"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run scenarios one after the other: 0 when each verdict is fine, 1 when one is not, 2 when none could begin."""
    given = _parser().parse_args(arguments)
    console = Console(stderr=given.json, width=None if sys.stdout.isatty() else 160)
    try:
        deployed = stacks.read(given.stack)
        stages = _stages(deployed, given.speed, Timeline(say=lambda entry: _say(console, entry)), given.only)
    except CommandError as error:
        print(f"takeoff: {error}", file=sys.stderr)
        return 2
    verdicts, ends = [], []
    for letter in given.only:
        scenario, model = SCENARIOS[letter]
        verdicts.append(_run(console, letter, scenario, stages[model]))
        ends.append(stages[model].timeline.now())
        _write(given.chart, given.stack, verdicts, ends, stages[model].timeline)
    fine = all(verdict.fine for verdict in verdicts)
    if given.json:
        print(_document(verdicts))
    console.print(f"{sum(one.fine for one in verdicts)} of {len(verdicts)} scenarios; chart: {given.chart}")
    return 0 if fine else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scenarios", description=__doc__)
    parser.add_argument("--stack", default="local", help="a deployed stack (default local)")
    parser.add_argument("--only", default="".join(SCENARIOS), type=_letters, metavar="LETTERS", help="such as abd")
    parser.add_argument("--speed", default=1.0, type=float, help="how fast the account's clock runs (default 1)")
    parser.add_argument("--chart", default=Path(".takeoff/loop.html"), type=Path, help="where the chart goes")
    parser.add_argument("--json", action="store_true", help="print the verdicts as JSON, everything else on stderr")
    return parser


def _letters(text: str) -> str:
    if not text or set(text) - set(SCENARIOS):
        raise argparse.ArgumentTypeError(f"got {text!r}, allowed: letters of {''.join(SCENARIOS)}")
    return text


def _stages(deployed: stacks.DeployedStack, speed: float, timeline: Timeline, letters: str) -> dict[str, Stage]:
    """A stage for each model that the chosen scenarios play on. Raises CommandError for one without an endpoint."""
    names = sorted({SCENARIOS[letter][1] for letter in letters})
    hosted = {model.name: model for model in deployed.hosted(names)}
    if missing := set(names) - set(hosted):
        raise CommandError(f"stack {deployed.name}: {', '.join(missing)} has no endpoint yet; deploy it first")
    return {name: Stage(Account(deployed, hosted[name]), timeline, speed) for name in names}


def _run(console: Console, letter: str, scenario: Scenario, stage: Stage) -> Verdict:
    title = " ".join((scenario.__doc__ or "").split())
    verdict, began = Verdict(letter, title.partition(". ")[0].rstrip(".")), time.monotonic()
    console.print(f"[bold]{letter}[/] {escape(title)}")
    stage.timeline.scenario = letter
    try:
        scenario(stage, verdict)
    except (StoppedError, CommandError, ClientError, BotoCoreError) as error:
        verdict.note(f"{type(error).__name__}: {error}", fine=False)
    verdict.seconds = time.monotonic() - began
    for fact in verdict.facts:
        console.print(f"  [{'green' if fact.fine else 'red'}]{'ok ' if fact.fine else 'NOT'}[/] {escape(fact.text)}")
    colour, word = ("green", "holds") if verdict.fine else ("red", "FAILS")
    console.print(f"[{colour}]{letter} {word}[/] in {verdict.seconds:.0f} s")
    return verdict


def _say(console: Console, entry: Entry) -> None:
    console.print(f"  [dim]{entry.at:7.1f} s[/] {escape(entry.what)}: {escape(entry.now)}", highlight=False)


def _write(chart: Path, stack: str, verdicts: list[Verdict], ends: list[float], timeline: Timeline) -> None:
    """After every scenario, so that an interrupted loop has a chart of what it did, and the verdicts beside it."""
    chart.parent.mkdir(parents=True, exist_ok=True)
    chart.with_suffix(".json").write_text(_document(verdicts) + "\n")
    chart.write_text(page(f"loop on {stack}", verdicts, timeline.entries, timeline.samples, ends))


def _document(verdicts: list[Verdict]) -> str:
    return json.dumps([{**dataclasses.asdict(one), "fine": one.fine} for one in verdicts], indent=2)


if __name__ == "__main__":
    sys.exit(main())
