"""takeoff retrain."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from takeoff import stack as stacks
from takeoff.commands.console import coloured, console
from takeoff.commands.options import Json, Stack
from takeoff.retrain import Progress, Retrain
from takeoff.retrain import wait as wait_for


def retrain(
    model: Annotated[str, typer.Argument(help="model of the stack with `training:` in its entry")],
    reason: Annotated[str, typer.Option(help="why, for the run's record")] = "by hand",
    wait: Annotated[bool, typer.Option(help="wait for the verdict; exit 1 unless a version was registered")] = False,
    timeout: Annotated[float, typer.Option(help="seconds to wait for the verdict")] = 7200,
    stack: Stack = "local",
    as_json: Json = False,
) -> None:
    """Start a training run now, without regard to cooldown and monthly cap; a freeze and a spent budget still hold."""
    retraining = Retrain(stacks.read(stack), model)
    execution = retraining.start(reason)
    if not wait:
        typer.echo(json.dumps({"model": model, "execution": execution}) if as_json else execution)
        return
    with Console(stderr=True).status(f"retraining {model}") as line:

        def report(progress: Progress) -> None:
            line.update(f"retraining {model}: {progress.run or 'deciding'} {progress.step}")

        row = wait_for(retraining, execution, timeout, report)
    _show(row, as_json)
    raise typer.Exit(0 if row.outcome == "succeeded" else 1)


def _show(row: Progress, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(row), indent=2))
        return
    table = Table(title="retraining", title_justify="left")
    for heading in ("model", "status", "outcome", "run", "data set", "stopped at", "reason"):
        table.add_column(heading, overflow="fold")
    table.add_row(row.model, coloured(row.status), row.outcome, row.run, row.data, row.step, row.reason)
    console().print(table)
