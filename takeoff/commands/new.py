"""takeoff new model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from takeoff import scaffold
from takeoff.commands.options import Stack
from takeoff.stack import CommandError

app = typer.Typer(help="Begin something new.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Begin something new."""


@app.command()
def model(
    name: Annotated[str, typer.Argument(help="the model's name, such as wine-quality")],
    stack: Stack = "local",
    owner: Annotated[str, typer.Option(help="e-mail address of who answers for it")] = "you@example.com",
    repository: Annotated[Path, typer.Option(help="root of the Takeoff repository")] = Path(),
) -> None:
    """Write a model's folder and its stack entry; it trains and serves at once, on a small data set to be replaced."""
    stack_file = repository / "stacks" / f"Pulumi.{stack}.yaml"
    try:
        taken = scaffold.taken_names(repository)
        made = scaffold.plan(name, owner=owner, taken=taken, templates=scaffold.read_templates())
        written = scaffold.write(made, repository, stack_file)
    except (scaffold.ScaffoldError, FileNotFoundError) as error:
        raise CommandError(str(error)) from error
    for path in written:
        typer.echo(f"wrote {path}")
    then = "make up" if stack == "local" else f"pulumi up --stack {stack}"
    typer.echo(f"next: {then}; then make {made.code}/data.py and spec.py yours")
