"""takeoff rollback | freeze | unfreeze."""

from __future__ import annotations

import time
from typing import Annotated

import typer
from rich.console import Console

from takeoff import stack as stacks
from takeoff.admission import admit
from takeoff.commands.options import Stack
from takeoff.override import Operator
from takeoff.rollout import Rollouts
from takeoff.stack import CommandError
from takeoff.versions import known

Why = Annotated[str, typer.Option(help="the reason; it is kept beside what was done")]
OneOrAll = Annotated[str, typer.Argument(help="model of the stack; every model when none is named")]


def rollback(
    model: Annotated[str, typer.Argument(help="model of the stack with `analysis:` in its entry")],
    why: Why,
    stack: Stack = "local",
    timeout: Annotated[float, typer.Option(help="seconds to wait until the version before is live")] = 600,
) -> None:
    """Make the version before live again, without training; the one that leaves is not tried again."""
    deployed = stacks.read(stack)
    (hosted,) = deployed.hosted([model])
    began = time.monotonic()
    before = Operator(deployed).say(hosted, "rollback", why)
    left, earlier = before.record("approved"), before.document("outcome")
    with Console(stderr=True).status(f"rollback of {model}") as line:
        rollouts = Rollouts(deployed)
        while True:
            now = known(deployed, hosted)
            live, progress = now.record("approved"), rollouts.progress(hosted)
            if live and left and live.version != left.version and progress.settled:
                break
            if progress.status == "failed" and rollouts.outcome(hosted) != earlier:
                raise CommandError(f"rollback of {model}: refused: {progress.reason}")
            if time.monotonic() - began > timeout:
                raise CommandError(
                    f"rollback of {model}: not done after {timeout:.0f} s ({progress.reason}); it goes on; look with "
                    f"`takeoff rollout status {model} --stack {stack}`"
                )
            line.update(f"rollback of {model}: {progress.reason or progress.status}")
            time.sleep(0.5)
    seconds = time.monotonic() - began
    typer.echo(f"{model}: {live.version} is live again after {seconds:.1f} s; {left.version} is not tried again")


def freeze(why: Why, model: OneOrAll = "", stack: Stack = "local") -> None:
    """Stop retraining, rollouts and deployments by the loop; what harms is still taken back."""
    deployed = stacks.read(stack)
    chosen = deployed.model(model) if model else None
    Operator(deployed).freeze(chosen, why)
    typer.echo(f"{model or 'every model'} is frozen until `takeoff unfreeze{f' {model}' if model else ''}`")


def unfreeze(model: OneOrAll = "", stack: Stack = "local") -> None:
    """Let the loop go on, with what came meanwhile."""
    deployed = stacks.read(stack)
    chosen = deployed.model(model) if model else None
    operator = Operator(deployed)
    if not operator.unfreeze(chosen):
        typer.echo(f"{model or 'the stack'} was not frozen")
        return
    for each in [chosen] if chosen else deployed.models.values():
        if still := operator.frozen(each):
            typer.echo(f"{each.name} stays frozen by {still}")
            continue
        admit(deployed, each)
        if each.endpoint:
            Rollouts(deployed).start(each)
    typer.echo(f"{model or 'every model'} goes on")
