"""takeoff experiment report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from takeoff import stack as stacks
from takeoff.commands.console import console
from takeoff.commands.options import Json, Stack
from takeoff.experiment import Experiment

app = typer.Typer(help="Follow an experiment between an endpoint's variants.", no_args_is_help=True)


@app.command()
def report(
    model: Annotated[str, typer.Argument(help="model of the stack with `experiment:` in its entry")],
    html: Annotated[Path | None, typer.Option(help="also write the page with the plots to this file")] = None,
    stack: Stack = "local",
    as_json: Json = False,
) -> None:
    """Show the last look: units by arm, each interval, the decision and why; looking often costs nothing."""
    experiment = Experiment(deployed := stacks.read(stack), deployed.model(model))
    found, verdict = experiment.report(), experiment.verdict()
    if html:
        experiment.save_page(html)
    if as_json:
        typer.echo(json.dumps({"report": found, "verdict": verdict}, indent=2))
        return
    units = ", ".join(f"{arm} {count:,}" for arm, count in found["units"].items())
    table = Table(title=f"experiment {found['experiment']} of {model}: {units} units", title_justify="left")
    for heading in ("metric", "arm", "role", "difference from the control", "from", "to"):
        table.add_column(heading)
    for each in found["intervals"]:
        ends = [f"{each[end]:.4g}" if each[end] is not None else "-" for end in ("estimate", "low", "high")]
        table.add_row(each["metric"], each["arm"], each["role"], *ends)
    console().print(table)
    stands = f"; Rollout was told on {verdict['at']}" if verdict else ""
    typer.echo(f"{found['kind']}{' ' + found['arm'] if found['arm'] else ''}: {found['why']}{stands}")
