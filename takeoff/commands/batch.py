"""takeoff batch start | status."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from takeoff import stack as stacks
from takeoff.batch import Batch, Progress, date_of
from takeoff.batch import wait as wait_for
from takeoff.commands.console import coloured, console
from takeoff.commands.options import Json, Stack

app = typer.Typer(help="Score a partition with a model, and see how far it has come.", no_args_is_help=True)
Model = Annotated[str, typer.Argument(help="model of the stack with `batch:` in its entry")]
Partition = Annotated[str | None, typer.Option(help="date of the partition, YYYY-MM-DD")]


@app.command()
def start(
    model: Model,
    partition: Partition = None,
    stack: Stack = "local",
    timeout: Annotated[float, typer.Option(help="seconds to wait for the verdict; 0 only starts")] = 3600,
    as_json: Json = False,
) -> None:
    """Score what is missing of a partition, yesterday's when none is named, and wait; exit 1 when it failed."""
    batch = Batch(stacks.read(stack).model(model))
    date = date_of(partition, datetime.now(UTC))
    execution = batch.start(date)
    if not timeout:
        typer.echo(execution)
        return
    with Console(stderr=True).status(f"batch of {model} for {date}") as line:

        def report(progress: Progress) -> None:
            line.update(f"batch of {model} for {date}: {progress.outputs} of {progress.inputs} inputs scored")

        _show(wait_for(batch, date, execution, timeout, report), as_json)


@app.command()
def status(model: Model, partition: Partition = None, stack: Stack = "local", as_json: Json = False) -> None:
    """Show how far a partition has come, the last one that was scored when none is named; exit 1 when it failed."""
    batch = Batch(stacks.read(stack).model(model))
    _show(batch.progress(date_of(partition, datetime.now(UTC)) if partition else None), as_json)


def _show(row: Progress, as_json: bool) -> None:
    """Print where a partition stands; a failed one is exit code 1."""
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(row), indent=2))
    else:
        table = Table(title="batch", title_justify="left")
        for heading in ("model", "partition", "version", "status", "scored", "jobs", "reason"):
            table.add_column(heading, overflow="fold")
        scored = f"{row.outputs} of {row.inputs}"
        table.add_row(row.model, row.partition, row.version, coloured(row.status), scored, str(row.jobs), row.reason)
        console().print(table)
    raise typer.Exit(1 if row.status == "failed" else 0)
