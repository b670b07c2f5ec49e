"""The report for a terminal or a log."""

from __future__ import annotations

import textwrap

from rich.console import Console
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from takeoff.preview.document import Line, Report, Section, Table, Tone

_STYLES: dict[Tone, str] = {"plain": "", "good": "green", "warn": "yellow", "bad": "red"}
_BAR = 24


def render(report: Report, console: Console, *, everything: bool = False) -> None:
    """Print the report: folded sections as their summary, and whole, with every document, if `everything`."""
    ready = report.verdict.ready
    console.print(Text(report.verdict.text, style="bold green" if ready else "bold red"))
    for note in report.notes:
        console.print(Text(f"note: {note}", style="yellow"))
    for section in report.sections:
        _section(section, console, everything)
    if not everything and any(section.folded or _detailed(section) for section in report.sections):
        console.print(Text("\n--all shows every change, what it changes, and all advice", style="dim"))


def _section(section: Section, console: Console, everything: bool) -> None:
    console.print(Text.assemble("\n", (section.title, "bold"), ": ", (section.summary, _STYLES[section.tone])))
    if section.folded and not everything:
        return
    for table in section.tables:
        console.print(_table(table))
    for line in section.lines:
        _line(line, console, everything)


def _line(line: Line, console: Console, everything: bool) -> None:
    text = Text(f"{line.mark or ' '} {line.text}", style=_STYLES[line.tone])
    console.print(Padding(text, (0, 0, 0, 2), expand=False))
    if line.details and everything:
        # As it is: wrapping the lines of a document makes it hard to read, and takes seconds for a thousand of them.
        console.out(textwrap.indent(line.details, " " * 6), style="dim", highlight=False)


def _table(table: Table) -> Padding:
    grid = Grid(box=None, pad_edge=False, padding=(0, 2))
    for position, heading in enumerate(table.headings):
        grid.add_column(heading, justify="right" if position else "left", overflow="fold", header_style="dim")
    if table.bars:
        grid.add_column("")
    for row, bar in zip(table.rows, table.bars or [0.0] * len(table.rows), strict=True):
        cells = [Text(cell) for cell in row]
        grid.add_row(*cells, *([Text("▇" * round(_BAR * bar), style="cyan")] if table.bars else []))
    return Padding(grid, (0, 0, 0, 2), expand=False)


def _detailed(section: Section) -> bool:
    return any(line.details for line in section.lines)
