"""takeoff rollout wait | status | start | pause | resume | abort."""

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
from takeoff.override import Action, Operator
from takeoff.rollout import PATIENCE, Progress, Rollouts
from takeoff.rollout import wait as wait_for

STILL = 3
"""The exit code of a wait that ended because nothing moved any more."""

app = typer.Typer(help="Follow how an endpoint converges to what the stack declares.", no_args_is_help=True)
Model = Annotated[str, typer.Argument(help="model of the stack with `analysis:` in its entry")]
Why = Annotated[str, typer.Option(help="the reason; it is kept beside what was done")]
Models = Annotated[list[str] | None, typer.Argument(help="models; all of the stack's when none is named")]


@app.command()
def wait(
    models: Models = None,
    stack: Stack = "local",
    timeout: Annotated[float, typer.Option(help="seconds to wait for each model")] = 1800,
    patience: Annotated[
        float, typer.Option(min=0, help="seconds on end that a trial may be halted, paused or frozen")
    ] = PATIENCE,
    as_json: Json = False,
) -> None:
    """Wait for the verdict on each model's rollout; exit 1 when one failed, 3 when a trial stands still."""
    deployed = stacks.read(stack)
    ends = follow(deployed, deployed.hosted(models or []), timeout, patience=patience)
    show(ends, as_json)
    stuck = [end for end in ends if not end.settled]
    for each in stuck:
        typer.echo(f"takeoff: {each.model}: {each.reason}; {each.way_out}", err=True)
    raise typer.Exit(1 if failed(ends) else STILL if stuck else 0)


@app.command()
def status(models: Models = None, stack: Stack = "local", as_json: Json = False) -> None:
    """Show where each model's rollout stands."""
    deployed = stacks.read(stack)
    rollouts = Rollouts(deployed)
    show([rollouts.progress(model) for model in deployed.hosted(models or [])], as_json)


@app.command()
def start(model: str, stack: Stack = "local") -> None:
    """Try a rollout again, for the wish that stands."""
    deployed = stacks.read(stack)
    (hosted,) = deployed.hosted([model])
    typer.echo(Rollouts(deployed).start(hosted))


@app.command()
def pause(model: Model, why: Why, stack: Stack = "local") -> None:
    """Keep a candidate at the share that it has; what harms is still taken back."""
    _say(stack, model, "pause", why)


@app.command()
def resume(model: Model, why: Why = "", stack: Stack = "local") -> None:
    """Let a paused rollout go on."""
    _say(stack, model, "none", why)


@app.command()
def abort(model: Model, why: Why, stack: Stack = "local") -> None:
    """Take a candidate back for good: it is not tried again."""
    _say(stack, model, "abort", why)


def _say(stack: str, model: str, action: Action, why: str) -> None:
    deployed = stacks.read(stack)
    (hosted,) = deployed.hosted([model])
    Operator(deployed).say(hosted, action, why)
    typer.echo(f"{model}: Rollout has heard; see `takeoff rollout status {model}`")


def follow(
    deployed: stacks.DeployedStack,
    models: list[stacks.DeployedModel],
    timeout: float,
    *,
    trials: bool = True,
    patience: float = PATIENCE,
) -> list[Progress]:
    """Wait up to `timeout` seconds for the verdict on each model's rollout; each new reason is a line on stderr.

    Without `trials` a version that is tried beside the live one is not waited for: that may take days.
    """
    rollouts, said = Rollouts(deployed), ""
    terminal = Console(stderr=True)
    with terminal.status("rollout"):

        def report(progress: Progress) -> None:
            nonlocal said
            now = f"rollout of {progress.model}: {progress.reason or progress.status}"
            if now != said:
                terminal.print(now, highlight=False, markup=False, soft_wrap=True)
                said = now

        return [wait_for(rollouts, model, timeout, report, trials=trials, patience=patience) for model in models]


def failed(ends: list[Progress]) -> bool:
    return any(end.status == "failed" for end in ends)


def show(rows: list[Progress], as_json: bool) -> None:
    """Print where rollouts stand."""
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(row) for row in rows], indent=2))
        return
    table = Table(title="rollouts", title_justify="left")
    for heading in ("model", "status", "config", "traffic", "reason"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        traffic = ", ".join(f"{name} {share:.0f} %" for name, share in row.traffic.items())
        table.add_row(row.model, coloured(row.status), row.config, traffic, row.reason)
    console().print(table)
