"""takeoff preview."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from takeoff.commands.console import console
from takeoff.commands.options import Json, Stack
from takeoff.preview import engine, render_html, render_markdown, render_terminal
from takeoff.preview.report import build
from takeoff.preview.stream import parse
from takeoff.stack import CommandError


def preview(
    stack: Stack = "local",
    markdown: Annotated[Path | None, typer.Option(help="write the report as a pull request's comment")] = None,
    html: Annotated[Path | None, typer.Option(help="write the report as one HTML file")] = None,
    events: Annotated[
        Path | None, typer.Option(help="render a recorded stream of the engine's events; - reads standard input")
    ] = None,
    save_events: Annotated[
        Path | None, typer.Option(help="keep the engine's events; secrets are hidden in them")
    ] = None,
    policy_pack: Annotated[Path, typer.Option(help="the policy pack that judges")] = Path("policies"),
    note: Annotated[list[str] | None, typer.Option(help="a line that the report begins with")] = None,
    everything: Annotated[bool, typer.Option("--all", help="show what is folded, too")] = False,
    as_json: Json = False,
) -> None:
    """Say what a deployment would do, cost and risk; exit 1 when it is refused, 2 when there is no preview."""
    judged, config = engine.environment(policy_pack, stack)
    if events:
        lines = _recorded(events)
    else:
        engine.require_stack_file(stack)
        lines = engine.events(stack, policy_pack, config, lambda line: typer.echo(f"takeoff: {line}", err=True))
    if save_events:
        save_events.write_text("".join(line if line.endswith("\n") else f"{line}\n" for line in lines))
    found = parse(lines)
    if found.stack not in {"", stack}:
        raise CommandError(f"--events: got a preview of stack {found.stack!r}; allowed: one of {stack!r}, or --stack")
    notes = [*(note or [])]
    if config is None:
        notes.append(f"{policy_pack}/environments/{stack}.json is not there: every policy is mandatory.")
    report = build(dataclasses.replace(found, stack=stack), judged, notes)
    if markdown:
        markdown.write_text(render_markdown.render(report))
    if html:
        html.write_text(render_html.render(report))
    if as_json:
        typer.echo(json.dumps({"ready": report.verdict.ready, **dataclasses.asdict(report)}, indent=2))
    else:
        render_terminal.render(report, console(), everything=everything)
    raise typer.Exit(0 if report.verdict.ready else 1)


def _recorded(events: Path) -> list[str]:
    """A recorded stream's lines. Raises CommandError for a file that is not there."""
    if str(events) == "-":
        return list(sys.stdin)
    try:
        return events.read_text().splitlines(keepends=True)
    except OSError as error:
        raise CommandError(
            f"--events: got {str(events)!r}: {error.strerror}; allowed: a stream that was kept"
        ) from error
