"""takeoff drift report | status."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from takeoff import stack as stacks
from takeoff.commands.console import console
from takeoff.commands.options import Json, Stack
from takeoff.drift import Drift, Verdict

app = typer.Typer(help="See whether models still fit what they are asked.", no_args_is_help=True)
_COLOURS = {"quiet": "green", "alarm": "red", "failed": "red", "empty": "yellow"}


@app.command()
def report(
    model: Annotated[str, typer.Argument(help="model of the stack with `monitor:` in its entry")],
    stack: Stack = "local",
    page: Annotated[Path | None, typer.Option("--open", help="write the page with plots there, and open it")] = None,
    as_json: Json = False,
) -> None:
    """Show the last report of a model; exit 1 when something is alarmed."""
    deployed = stacks.read(stack)
    drift, found = Drift(deployed), deployed.model(model)
    document, verdict = drift.report(found), drift.verdict(found)
    if page:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_bytes(drift.page(found))
        typer.launch(str(page))
    if as_json:
        typer.echo(json.dumps(document, indent=2))
    else:
        _tell(verdict, document)
    raise typer.Exit(1 if any(document["alarmed"].values()) else 0)


@app.command()
def status(
    models: Annotated[list[str] | None, typer.Argument(help="models; all of the stack's when none is named")] = None,
    stack: Stack = "local",
    as_json: Json = False,
) -> None:
    """Show what the last look at each model came to."""
    deployed = stacks.read(stack)
    drift = Drift(deployed)
    rows = [drift.verdict(deployed.model(name)) for name in models or deployed.models]
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(row) for row in rows], indent=2))
        return
    table = Table(title="drift", title_justify="left")
    for heading in ("model", "status", "window", "version", "alarmed", "features", "reason"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        shown = (_coloured(row.status), _span(row), row.version, ", ".join(row.alarmed), ", ".join(row.features))
        table.add_row(row.model, *(cell or "-" for cell in (*shown, row.reason)))
    console().print(table)


def _tell(verdict: Verdict, document: dict[str, Any]) -> None:
    """Findings, one to a line, under what the window is."""
    window = document.get("window") or {"start": verdict.start, "end": verdict.end}
    title = f"drift of {verdict.model}, {window['start']} to {window['end']}"
    table = Table(title=title, title_justify="left", caption=verdict.output, caption_justify="left")
    for heading in ("finding", "level", "feature", "what"):
        table.add_column(heading, overflow="fold")
    for finding in document.get("findings", []):
        level = f"[red]{finding['level']}[/]" if finding["level"] == "drift" else finding["level"]
        table.add_row(finding["kind"], level, finding["feature"] or "-", finding["text"])
    console().print(table)
    raised = [name for name, value in document["alarmed"].items() if value]
    typer.echo(f"alarmed: {', '.join(raised) or 'nothing'}")


def _coloured(status: str) -> str:
    return f"[{_COLOURS.get(status, 'dim')}]{status}[/]"


def _span(row: Verdict) -> str:
    return f"{row.start} to {row.end}" if row.start else ""
