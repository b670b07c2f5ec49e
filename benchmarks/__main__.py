"""The figures that the README quotes: `make bench`, or `python -m benchmarks` with options."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import (
    cluster,
    cold,
    drift,
    drift_beside,
    local_stack,
    loop,
    model_server,
    policies,
    report,
    results,
    rollout,
    selector_proof,
    sequential,
    simulate,
    toolchain,
)
from benchmarks.figure import goal

BENCHMARKS = {
    "toolchain": toolchain.measure,
    "up": local_stack.measure,
    "server": model_server.measure,
    "policies": policies.measure,
    "report": report.measure,
    "sequential": sequential.measure,
    "selectors": selector_proof.measure,
    "cluster": cluster.measure,
    "rollout": rollout.measure,
    "drift": drift.measure,
    "drift-beside": drift_beside.measure,
}


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; exit status 1 when a figure misses its goal.

    A full run is kept in benchmarks/results.json and in the README, and so are the builds of `--cold` and the times of
    `--loop` and `--simulate`; `--quick` and `--only` show and keep nothing.
    """
    chosen = _parser().parse_args(arguments)
    if chosen.render:
        results.README.write_text(results.fresh(results.README.read_text()))
        return 0
    begun = results.about()
    names = list(BENCHMARKS) if chosen.only is None else chosen.only
    if chosen.cold:
        part, figures = "cold", cold.figures()
    elif chosen.loop:
        part, figures = "loop", loop.figures(loop.VERDICTS)
    elif chosen.simulate:
        part, figures = "simulate", simulate.figures(simulate.VERDICTS)
    else:
        part, figures = "latest", [figure for name in names for figure in BENCHMARKS[name](quick=chosen.quick)]
    run = results.document(begun, figures)
    if not chosen.quick and chosen.only is None:
        results.write(part, run)
        results.README.write_text(results.fresh(results.README.read_text()))
    if chosen.json:
        print(json.dumps(run, indent=2))
    else:
        # A log has no width of its own, and rich would take 80 columns and cut names.
        Console(width=None if sys.stdout.isatty() else 140).print(_table(run))
    return 1 if any(figure["verdict"] == "missed" for figure in run["figures"]) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer runs: shows that it works, not how fast it is")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--only", type=_listed, metavar="LIST", help=f"some of {','.join(BENCHMARKS)}")
    parser.add_argument(
        "--cold", action="store_true", help="build engine and cluster from nothing instead (minutes, 5 GB)"
    )
    parser.add_argument("--loop", action="store_true", help="keep what the scenarios took; right after `make loop`")
    parser.add_argument("--simulate", action="store_true", help="the same of `make simulate`, right after it")
    parser.add_argument("--render", action="store_true", help="only write results.json into the README again")
    return parser


def _listed(text: str) -> list[str]:
    names = text.split(",")
    if unknown := [name for name in names if name not in BENCHMARKS]:
        raise argparse.ArgumentTypeError(f"got {unknown[0]!r}; allowed: {', '.join(BENCHMARKS)}, joined by commas")
    return names


def _table(run: dict[str, Any]) -> Table:
    table = Table(title=f"{run['date']}, commit {run['commit']}; a goal is for the median", title_justify="left")
    table.add_column("figure")
    for heading in ("min", "median", "max", "goal", "runs"):
        table.add_column(heading, justify="right")
    table.add_column("verdict")
    for figure in run["figures"]:
        numbers = [f"{figure[key]:g} {figure['unit']}" for key in ("min", "median", "max")]
        colour = {"met": "green", "missed": "red"}.get(figure["verdict"], "default")
        verdict = f"[{colour}]{figure['verdict']}[/{colour}]"
        table.add_row(figure["name"], *numbers, goal(figure), str(figure["runs"]), verdict)
    return table


if __name__ == "__main__":
    sys.exit(main())
