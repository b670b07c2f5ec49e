"""`make simulate`: node pools under load on the deployed local cluster, with a verdict for each scenario."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from local.cluster import control, instance_types
from local.cluster.api import ApiError
from local.cluster.stack_file import pools
from local.simulate import growth, judging, limits, packing, preemption, scale, selectors, spot
from local.simulate.chart import page
from local.simulate.cost import cost
from local.simulate.deployed import require_cluster, require_workloads, resting
from local.simulate.deployed_pools import deployed_pools
from local.simulate.mirror import Mirror
from local.simulate.outcome import Outcome
from local.simulate.size import FULL, SMALL, Size
from local.simulate.stage import Stage
from local.simulate.table import table
from local.simulate.timeline import Timeline
from local.state import CACHE, State
from local.toolchain.progress import Progress
from scenarios.verdict import StoppedError, Verdict

Scenario = Callable[[Stage, Outcome], None]
SCENARIOS: dict[str, Scenario] = {
    "cpu": growth.cpu,
    "gpu": growth.gpu,
    "preempt": preemption.preempt,
    "spot": spot.spot,
    "limit": limits.limit,
    "quota": limits.quota,
    "packing": packing.packing,
    "selector": selectors.selector,
    "scale": scale.scale,
}
COST = "cost"
_PATIENCE = 60.0


def simulate(state: State, arguments: Sequence[str]) -> int:
    """Play scenarios one after the other: 0 when each verdict is fine, 1 when one is not.

    Raises NotDeployedError where there is nothing to play on, and ApiError when the cluster goes away.
    """
    given = _parser().parse_args(arguments)
    console = Console(stderr=given.json, width=None if sys.stdout.isatty() else 160)
    stage = _stage(state, SMALL if given.small else FULL, console)
    outcomes: list[Outcome] = []
    try:
        with stage.timeline.looking(), resting(stage):
            for name in given.only:
                if name != COST:
                    outcomes.append(_play(console, name, stage))
                    _write(given.chart, state, outcomes, stage.timeline)
    finally:
        stage.mirror.end()
    if COST in given.only:
        outcomes.append(_total(console, outcomes))
    _write(given.chart, state, outcomes, stage.timeline)
    console.print(table(f"node pools of {state.stack}, simulated nodes", outcomes))
    if given.json:
        print(_document(outcomes))
    fine = sum(each.verdict.fine for each in outcomes)
    console.print(f"{fine} of {len(outcomes)} scenarios; chart: {given.chart}", soft_wrap=True)
    return 0 if fine == len(outcomes) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make simulate ARGS=...", description=__doc__)
    everything = (*SCENARIOS, COST)
    parser.add_argument(
        "--only", default=everything, type=_names, metavar="NAMES", help=f"some of {','.join(everything)}"
    )
    parser.add_argument("--small", action="store_true", help="a tenth of the pods and nodes, by the same code")
    parser.add_argument("--chart", default=CACHE / "simulate.html", type=Path, help="where the chart goes")
    parser.add_argument("--json", action="store_true", help="print the verdicts as JSON, everything else on stderr")
    return parser


def _names(text: str) -> tuple[str, ...]:
    everything = (*SCENARIOS, COST)
    if not (found := text.split(",")) or set(found) - set(everything):
        raise argparse.ArgumentTypeError(f"got {text!r}, allowed: {', '.join(everything)}, with commas between")
    return tuple(each for each in everything if each in found)


def _stage(state: State, size: Size, console: Console) -> Stage:
    """A stage on the deployed cluster. Raises NotDeployedError and ApiError."""
    api = require_cluster(state)
    # A run that was killed may have left a market without spot.
    control.start(state, instance_types.named(pools(state.stack)), Progress(sys.stderr))
    found = deployed_pools(api, state.stack)
    require_workloads(api, state.stack, found)
    mirror = Mirror(api)
    mirror.start(_PATIENCE)

    def say(at: float, text: str) -> None:
        console.print(f"  [dim]{at:7.1f} s[/] {escape(text)}", highlight=False, soft_wrap=True)

    return Stage(state=state, api=api, mirror=mirror, timeline=Timeline(mirror, say), pools=found, size=size)


def _play(console: Console, name: str, stage: Stage) -> Outcome:
    scenario = SCENARIOS[name]
    title = " ".join((scenario.__doc__ or "").split()).rstrip(".")
    outcome, began = Outcome(Verdict(name, title)), time.monotonic()
    console.print(f"[bold]{name}[/] {escape(title)}")
    stage.timeline.scenario = name
    try:
        scenario(stage, outcome)
    # What is deployed may lack what a scenario needs of it: that is its verdict, and the others are played.
    except (StoppedError, ApiError, ValueError, LookupError) as error:
        outcome.verdict.note(f"{type(error).__name__}: {error}", fine=False)
    judging.placements(stage, outcome)
    outcome.nodes, outcome.pods = stage.timeline.most(name)
    outcome.verdict.seconds = time.monotonic() - began
    _tell(console, outcome)
    stage.sweep()
    return outcome


def _total(console: Console, outcomes: list[Outcome]) -> Outcome:
    total = Outcome(Verdict(COST, "What was predicted beside what Karpenter bought"))
    cost(outcomes, total)
    _tell(console, total)
    return total


def _tell(console: Console, outcome: Outcome) -> None:
    verdict = outcome.verdict
    for fact in verdict.facts:
        word = "[green]ok [/]" if fact.fine else "[red]NOT[/]"
        console.print(f"  {word} {escape(fact.text)}", soft_wrap=True, highlight=False)
    word = "[green]holds" if verdict.fine else "[red]FAILS"
    console.print(f"{word} {verdict.scenario}[/] in {verdict.seconds:.0f} s", highlight=False)


def _write(chart: Path, state: State, outcomes: list[Outcome], timeline: Timeline) -> None:
    """After every scenario, so that an interrupted run has a chart of what it did, and the verdicts beside it."""
    chart.parent.mkdir(parents=True, exist_ok=True)
    chart.with_suffix(".json").write_text(_document(outcomes) + "\n")
    chart.write_text(page(f"node pools of {state.stack}", outcomes, timeline.samples, timeline.entries))


def _document(outcomes: list[Outcome]) -> str:
    return json.dumps([each.document() for each in outcomes], indent=2)
