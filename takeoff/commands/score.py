"""takeoff score."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from takeoff.commands.console import console
from takeoff.commands.options import Json, Stack
from takeoff.preview import engine
from takeoff.preview.previewed import Preview
from takeoff.preview.stream import parse
from takeoff.preview.verdict import failures
from takeoff.readiness import GROUPS, Readiness, readiness
from takeoff.stack import CommandError

_ANSWERS = {True: ("done", "green"), False: ("missing", "red"), None: ("unknown", "yellow")}
_PACK = Path("policies")


def score(
    model: Annotated[str, typer.Argument(help="a model of the stack file")],
    stack: Stack = "local",
    events: Annotated[Path | None, typer.Option(help="a recorded stream of the engine's events")] = None,
    at_least: Annotated[int, typer.Option(min=0, max=100, help="exit 1 below this percentage")] = 0,
    as_json: Json = False,
) -> None:
    """Say how ready a model is for production: what its stack declares, what is missing, and the lines that add it."""
    found = readiness(_preview(stack, events), model)
    if as_json:
        typer.echo(json.dumps({"score": found.score, **dataclasses.asdict(found)}, indent=2))
    else:
        show(found)
    raise typer.Exit(1 if found.score < at_least else 0)


def show(found: Readiness) -> None:
    """Print a checklist, and below it the lines that would add what is missing."""
    table = Table(title=f"readiness of {found.model}", title_justify="left")
    for heading in ("group", "check", "answer", "found"):
        table.add_column(heading, overflow="fold")
    for group in GROUPS:
        for check in (each for each in found.checks if each.group == group):
            answer, colour = _ANSWERS[check.done]
            table.add_row(group, check.name, Text(answer, style=colour), Text(check.detail))
    console().print(table)
    for check in found.checks:
        if check.lines:
            typer.echo(f"\n# {check.name}: {check.detail}\n{check.lines}")
    done = sum(check.done is True for check in found.checks)
    typer.echo(f"\n{found.model}: {found.score} % ready, {done} of {len(found.checks)} checks done")


def _preview(stack: str, events: Path | None) -> Preview:
    if events is None:
        engine.require_stack_file(stack)
        _, config = engine.environment(_PACK, stack)
        found = parse(engine.events(stack, _PACK, config, lambda line: typer.echo(f"takeoff: {line}", err=True)))
    else:
        try:
            found = parse(events.read_text().splitlines())
        except OSError as error:
            allowed = "a stream that `takeoff preview --save-events` kept"
            raise CommandError(f"--events: got {str(events)!r}: {error.strerror}; allowed: {allowed}") from error
    # A policy's refusal is no hindrance: the resources are there to be looked at.
    if errors := [each.message for each in failures(found)]:
        raise CommandError(f"the preview of stack {stack} failed: {'; '.join(errors)}")
    return found
