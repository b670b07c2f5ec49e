"""takeoff destroy."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import typer
from rich.table import Table

from takeoff.commands.console import console
from takeoff.commands.options import Json
from takeoff.destroy.account import Account, StuckError
from takeoff.destroy.resources import region
from takeoff.destroy.run import Engine
from takeoff.destroy.run import destroy as take_down
from takeoff.stack import CommandError


def destroy(
    stack: Annotated[str, typer.Argument(help="the stack to take down")],
    unprotect: Annotated[
        str, typer.Option(metavar="STACK", help="the stack's name again: its protected resources go, too")
    ] = "",
    delete_data: Annotated[bool, typer.Option("--delete-data", help="delete data that retainData keeps")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    wait: Annotated[float, typer.Option(min=1, help="seconds to wait for each thing that must end first")] = 1800,
    as_json: Json = False,
) -> None:
    """Drain a stack, destroy it, and say what stays and why; refused while it has protected resources."""
    if unprotect not in {"", stack}:
        raise CommandError(f"--unprotect: got {unprotect!r}; allowed: {stack!r}, the name of the stack that goes")
    if not yes and typer.prompt(f"This destroys stack {stack}. Its name again", err=True) != stack:
        raise CommandError(f"stack {stack} was not confirmed; nothing was changed")
    engine = Engine(stack)
    account = Account(region(engine.resources()), patience=wait)
    try:
        stay = take_down(
            engine,
            account,
            unprotect=bool(unprotect),
            delete_data=delete_data,
            say=lambda line: typer.echo(f"takeoff: {line}", err=True),
        )
    except StuckError as error:
        raise CommandError(str(error)) from error
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(each) for each in stay], indent=2))
        return
    typer.echo(f"stack {stack} is destroyed; {'what stays:' if stay else 'nothing stays'}")
    if stay:
        table = Table()
        for heading in ("what", "why", "until"):
            table.add_column(heading, overflow="fold")
        for each in stay:
            table.add_row(each.what, each.why, each.until)
        console().print(table)
