"""The report as one HTML file that needs nothing else."""

from __future__ import annotations

from html import escape

from takeoff.preview.document import Line, Report, Section, Table

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #59636e; --paper: #fff; --line: #d9dee3;
  --good: #1a7f37; --warn: #9a6700; --bad: #cf222e; --bar: #6a9fd8; --code: #f4f6f8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --dim: #9198a1; --paper: #0d1117; --line: #30363d;
  --good: #3fb950; --warn: #d29922; --bad: #f85149; --bar: #316dca; --code: #161b22; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 62rem;
  margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.15rem; border-left: .35rem solid var(--good); padding-left: .8rem; }
h1.refused { border-color: var(--bad); }
section, details.section { border-top: 1px solid var(--line); padding: .7rem 0; }
h2, summary b { font-size: 1rem; margin: 0; display: inline; }
.note { color: var(--warn); } .dim { color: var(--dim); }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
ul { list-style: none; margin: .4rem 0; padding: 0; } li { padding: .1rem 0 .1rem 1.6rem; text-indent: -1.6rem; }
li > * { text-indent: 0; } .mark { display: inline-block; width: 1.6rem; font-family: ui-monospace, monospace; }
pre { background: var(--code); padding: .6rem; overflow-x: auto; white-space: pre; font-size: 13px; }
table { border-collapse: collapse; margin: .5rem 0; width: 100%; }
th, td { text-align: right; padding: .15rem .6rem; font-variant-numeric: tabular-nums; }
th { color: var(--dim); font-weight: normal; } th:first-child, td:first-child { text-align: left; padding-left: 0; }
td.bar { width: 35%; } td.bar div { background: var(--bar); height: .8rem; border-radius: 2px; min-width: 1px; }
"""


def render(report: Report) -> str:
    """The whole report: folded sections closed, documents below lines; light or dark as the reader's system."""
    verdict = report.verdict
    notes = "".join(f'<p class="note">{_text(note)}</p>\n' for note in report.notes)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>takeoff preview: {_text(report.stack)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<h1 class="{"ready" if verdict.ready else "refused"}">{_text(verdict.text)}</h1>\n{notes}'
        + "".join(_section(section) for section in report.sections)
        + "</body>\n</html>\n"
    )


def _section(section: Section) -> str:
    summary = f'<span class="{section.tone}">{_text(section.summary)}</span>'
    body = "".join(_table(table) for table in section.tables)
    body += f"<ul>\n{''.join(_line(line) for line in section.lines)}</ul>\n" if section.lines else ""
    if section.folded:
        head = f"<summary><b>{_text(section.title)}</b>: {summary}</summary>"
        return f'<details class="section">{head}\n{body}</details>\n'
    return f"<section><h2>{_text(section.title)}</h2>: {summary}\n{body}</section>\n"


def _line(line: Line) -> str:
    mark = f'<span class="mark">{_text(line.mark)}</span>'
    details = ""
    if line.details:
        details = f'<details><summary class="dim">{line.about}</summary><pre>{_text(line.details)}</pre></details>'
    return f'<li class="{line.tone}">{mark}{_text(line.text)}{details}</li>\n'


def _table(table: Table) -> str:
    heads = "".join(f"<th>{_text(heading)}</th>" for heading in table.headings) + ("<th></th>" if table.bars else "")
    rows = ""
    for row, bar in zip(table.rows, table.bars or [0.0] * len(table.rows), strict=True):
        cells = "".join(f"<td>{_text(cell)}</td>" for cell in row)
        shown = f'<td class="bar"><div style="width:{100 * bar:.1f}%"></div></td>' if table.bars else ""
        rows += f"<tr>{cells}{shown}</tr>\n"
    return f"<table>\n<tr>{heads}</tr>\n{rows}</table>\n"


def _text(text: str) -> str:
    return escape(text, quote=True)
