"""The report as one HTML file that needs nothing else: findings, statistics, and a small plot for every feature."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from model_code.drift.faults import Finding
from model_code.drift.judge import Report
from model_code.drift.plot import Plot, plot
from model_code.drift.profile import Profile

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #59636e; --paper: #fff; --line: #d9dee3;
  --fault: #9a6700; --drift: #cf222e; --good: #1a7f37; --then: #8c959f; --now: #0969da; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --dim: #9198a1; --paper: #0d1117; --line: #30363d;
  --fault: #d29922; --drift: #f85149; --good: #3fb950; --then: #6e7681; --now: #58a6ff; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 62rem;
  margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.15rem; } h2 { font-size: 1rem; border-top: 1px solid var(--line); padding-top: .7rem; }
.note, .dim { color: var(--dim); } .fault { color: var(--fault); } .drift { color: var(--drift); }
.good { color: var(--good); }
table { border-collapse: collapse; width: 100%; } th { color: var(--dim); font-weight: normal; }
th, td { text-align: right; padding: .15rem .6rem; font-variant-numeric: tabular-nums; }
th:first-child, td:first-child, td.text { text-align: left; padding-left: 0; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: 1rem; }
figure { margin: 0; } figcaption { font-size: .85rem; } svg { width: 100%; height: auto; display: block; }
.then { fill: var(--then); opacity: .55; } .now { fill: none; stroke: var(--now); stroke-width: 1.5; }
.limit { fill: none; stroke: var(--drift); stroke-width: 1; stroke-dasharray: 4 3; }
"""
_WIDTH, _HEIGHT = 280.0, 90.0


def render(report: Report, baseline: Profile, window: Profile, title: str) -> str:
    """The page of one judge's report. Names, labels and the title are escaped, so a hostile label is text."""
    then, now = report.rows
    lead = (
        f"{now:,} rows against a baseline of {then:,}; without drift a window alarms with probability "
        f"{report.alpha:.3g}, over all tests (Holm)"
    )
    body = (
        f"<h2>Findings</h2>\n{findings(report.findings)}<h2>Features</h2>\n{figures(report, baseline, window)}"
        f"<h2>Statistics</h2>\n{statistics(report)}"
    )
    verdict, tone = _verdict(report)
    return page(title, verdict, tone, lead, body)


def page(title: str, verdict: str, tone: str, lead: str, body: str) -> str:
    """A whole page whose first line is the verdict, in the colour of its tone: drift, fault or good. `body` is HTML."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<h1>{text(title)}: <span class="{tone}">{text(verdict)}</span></h1>\n'
        f'<p class="dim">{text(lead)}</p>\n{body}</body>\n</html>\n'
    )


def figures(report: Report, baseline: Profile, window: Profile) -> str:
    """A small plot for every feature of the baseline."""
    plots = "".join(
        _figure(name, plot(sketch, window.sketches[name]), _level(report, name))
        for name, sketch in baseline.sketches.items()
    )
    said = "filled: baseline; line: window; the outermost bars hold all beyond"
    return f'<p class="dim">{said}</p>\n<div class="plots">\n{plots}</div>\n'


def _verdict(report: Report) -> tuple[str, str]:
    if report.alarmed:
        return "drift and broken data" if report.faulty else "drift", "drift"
    return ("broken data", "fault") if report.faulty else ("no drift", "good")


def _level(report: Report, feature: str) -> str:
    return next((finding.level for finding in report.findings if finding.feature == feature), "dim")


def findings(found: Sequence[Finding]) -> str:
    """The findings as a table."""
    rows = [
        f'<tr class="{one.level}"><td>{text(one.kind)}</td><td class="text">{text(one.feature)}</td>'
        f'<td class="text">{text(one.text)}</td><td>{"" if one.p is None else f"{one.p:.2g}"}</td></tr>\n'
        for one in found
    ]
    return table(("finding", "feature", "what", "p"), rows) if rows else "<p>none</p>\n"


def statistics(report: Report) -> str:
    """Every test that was made, as a table."""
    rows = []
    for one in report.statistics:
        distances = ", ".join(f"{name} {value:.3g}" for name, value in one.distances.items())
        chance = "" if one.psi_by_chance is None else f"{one.psi_by_chance:.3g}"
        rows.append(
            f"<tr><td>{text(one.feature)}</td><td>{text(one.test)}</td><td>{text(distances)}</td><td>{one.p:.2g}</td>"
            f"<td>{one.threshold:.2g}</td><td>{chance}</td></tr>\n"
        )
    heads = ("feature", "test", "distances", "p", "drift below", "PSI that amounts to")
    return table(heads, rows) if rows else "<p>nothing was tested</p>\n"


def table(heads: Sequence[str], rows: Sequence[str]) -> str:
    """Rows that are HTML already, below heads that are text."""
    return f"<table>\n<tr>{''.join(f'<th>{text(head)}</th>' for head in heads)}</tr>\n{''.join(rows)}</table>\n"


def _figure(name: str, drawn: Plot, level: str) -> str:
    top = max((*drawn.then, *drawn.now, 1e-9))
    step = _WIDTH / len(drawn.then)
    bars = "".join(
        f'<rect class="then" x="{at * step:.1f}" y="{_HEIGHT * (1 - share / top):.1f}" width="{step * 0.92:.1f}" '
        f'height="{_HEIGHT * share / top:.1f}"><title>{text(drawn.labels[at])}</title></rect>'
        for at, share in enumerate(drawn.then)
    )
    line = " ".join(
        f"{x * step:.1f},{_HEIGHT * (1 - share / top):.1f}" for at, share in enumerate(drawn.now) for x in (at, at + 1)
    )
    return (
        f'<figure><figcaption class="{level}">{text(name)} <span class="dim">{text(drawn.span)}</span></figcaption>'
        f'<svg viewBox="0 -2 {_WIDTH:g} {_HEIGHT + 4:g}" role="img" aria-label="{text(name)}">{bars}'
        f'<polyline class="now" points="{line}"/></svg></figure>\n'
    )


def text(given: str) -> str:
    """The text as HTML."""
    return escape(given, quote=True)
