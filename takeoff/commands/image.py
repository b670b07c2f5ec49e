"""takeoff image build | status."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from catalog import build_context
from takeoff import stack as stacks
from takeoff.commands.console import console
from takeoff.commands.options import Json, Stack
from takeoff.image import BuildFailedError, Built, Images, Progress
from takeoff.stack import CommandError, DeployedModel

app = typer.Typer(help="Build a model's container image and say which one is run.", no_args_is_help=True)
Model = Annotated[str, typer.Argument(help="model of the stack")]
Repository = Annotated[Path, typer.Option(help="root of the Takeoff repository")]


@app.command()
def build(
    model: Model,
    stack: Stack = "local",
    force: Annotated[bool, typer.Option("--force", help="build again, such as for a newer base image")] = False,
    repository: Repository = Path(),
    as_json: Json = False,
) -> None:
    """Build the image in the model's CodeBuild project and store its digest; exit 1 when the build failed."""
    deployed = stacks.read(stack)
    declared = deployed.model(model)
    images, context = Images(deployed, declared), _context(repository, declared)
    terminal = Console(stderr=True)
    seen: list[str] = []
    try:
        with terminal.status(f"image of {model}") as line:

            def report(at: Progress) -> None:
                line.update(f"image of {model}: {at.phase} {at.seconds:.0f} s  [dim]{escape(at.line[:100])}[/dim]")
                if not terminal.is_terminal and at.phase not in seen[-1:]:
                    terminal.print(f"{model}: {at.phase} ({at.build})", highlight=False, soft_wrap=True)
                seen.append(at.phase)

            built = images.build(context, force=force, report=report)
    except BuildFailedError as error:
        _show_failure(model, error, as_json)
        raise typer.Exit(1) from error
    due = images.due()
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(built) | {"next": due}))
    else:
        typer.echo(f"{_said(built)}\nnext: {due}")


@app.command()
def status(model: Model, stack: Stack = "local", repository: Repository = Path(), as_json: Json = False) -> None:
    """Show which image is run, whether ECR has it, and whether it is what the files of now make."""
    deployed = stacks.read(stack)
    declared = deployed.model(model)
    found = Images(deployed, declared).status(_context(repository, declared))
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(found), indent=2))
        return
    table = Table(title=f"image of {model}", title_justify="left", show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    for heading, value in (
        ("runs", found.image or f"none yet: takeoff image build {model} --stack {stack}"),
        ("in ECR", "yes" if found.held else "no"),
        ("made of the files of now", f"{'yes' if found.current else 'no'} ({found.tag})"),
        ("last build", f"{found.build} {found.build_status}".strip() or "none"),
    ):
        table.add_row(heading, value)
    console().print(table)


def _context(repository: Path, model: DeployedModel) -> build_context.BuildContext:
    try:
        return build_context.read(repository, model.code, model.dockerfile)
    except build_context.ContextError as error:
        raise CommandError(str(error)) from error


def _said(built: Built) -> str:
    how = f"built by {built.build}" if built.build else f"already built ({built.tag})"
    return f"{built.model}: {built.image.partition('@')[2][:19]} {how}; {'stored' if built.stored else 'as before'}"


def _show_failure(model: str, error: BuildFailedError, as_json: bool) -> None:
    if as_json:
        typer.echo(
            json.dumps({"model": model, "build": error.build, "phase": error.phase, "reason": error.reason}, indent=2)
        )
    for line in error.lines:
        typer.echo(f"  {line}", err=True)
    typer.echo(f"takeoff: image of {model}: {error}; nothing was stored", err=True)
