"""takeoff dataset upload | list."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from takeoff import stack as stacks
from takeoff.commands.console import console
from takeoff.commands.options import Json, Stack
from takeoff.dataset import Dataset

app = typer.Typer(help="Store the data set that a model is trained on, and see its versions.", no_args_is_help=True)
Model = Annotated[str, typer.Argument(help="model of the stack with `training:` in its entry")]


@app.command()
def upload(
    model: Model,
    file: Annotated[
        Path | None, typer.Argument(help="CSV file: the columns of spec.py and the target; else the code's own example")
    ] = None,
    stack: Stack = "local",
    as_json: Json = False,
) -> None:
    """Store a data set as the newest version; the next run takes it, unless the stack file pins another."""
    deployed = stacks.read(stack)
    dataset = Dataset(deployed, model)
    version = dataset.upload(file) if file else dataset.upload_example(deployed.model(model).code)
    typer.echo(json.dumps({"model": model, "version": version}) if as_json else f"{model}: {version}")


@app.command("list")
def list_versions(model: Model, stack: Stack = "local", as_json: Json = False) -> None:
    """Show the versions of a data set, newest first; `dataVersion` in the stack file pins one."""
    found = Dataset(stacks.read(stack), model).versions()
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(each) for each in found], indent=2))
        return
    table = Table(title=f"data set of {model}", title_justify="left")
    for heading in ("version", "stored", "bytes", "next run"):
        table.add_column(heading, overflow="fold")
    for each in found:
        table.add_row(each.version, each.at, str(each.size), ("pinned" if each.pinned else "yes") if each.used else "")
    console().print(table)
