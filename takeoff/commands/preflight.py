"""takeoff preflight."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from typing import Annotated

import typer
from rich.table import Table

from takeoff.commands.console import console
from takeoff.commands.options import Json
from takeoff.preflight.account import Account
from takeoff.preflight.finding import Status
from takeoff.preflight.planned import region
from takeoff.preflight.run import check, preview

_COLOURS: dict[Status, str] = {"ok": "green", "warn": "yellow", "unknown": "yellow", "fail": "red"}


def preflight(
    stack: Annotated[str, typer.Argument(help="the stack that is to be deployed")],
    as_json: Json = False,
) -> None:
    """Look whether the account can take what a stack declares: quotas, settings, zones, names; exit 1 if it cannot."""
    plan = preview(stack)
    found = check(plan, Account(region(plan.resources)))
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(each) for each in found], indent=2))
    else:
        table = Table(title=f"preflight of {stack}", title_justify="left")
        for heading in ("check", "subject", "answer", "detail", "fix"):
            table.add_column(heading, overflow="fold")
        for each in found:
            answer = f"[{_COLOURS[each.status]}]{each.status}[/]"
            table.add_row(each.check, each.subject, answer, each.detail, each.fix)
        console().print(table)
        counts = Counter(each.status for each in found)
        typer.echo(", ".join(f"{counts[status]} {status}" for status in _COLOURS))
    raise typer.Exit(1 if any(each.status == "fail" for each in found) else 0)
