"""The whole loop on one page: what changed when, and how traffic moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from scenarios.timeline import Entry
from scenarios.verdict import Verdict

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #59636e; --paper: #fff; --line: #d9dee3; --main: #0969da;
  --candidate: #bf8700; --good: #1a7f37; --bad: #cf222e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --dim: #9198a1; --paper: #0d1117; --line: #30363d;
  --main: #58a6ff; --candidate: #d29922; --good: #3fb950; --bad: #f85149; } }
body { font: 14px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 66rem;
  margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.15rem; } h2 { font-size: 1rem; border-top: 1px solid var(--line); padding-top: .7rem; }
.fine { color: var(--good); } .not { color: var(--bad); } .dim { color: var(--dim); }
table { border-collapse: collapse; width: 100%; } td { padding: .1rem .6rem .1rem 0; vertical-align: top; }
td:first-child { text-align: right; font-variant-numeric: tabular-nums; color: var(--dim); width: 5rem; }
svg { width: 100%; height: auto; }
"""
_WIDTH, _HEIGHT = 1000.0, 120.0
_COLOURS = ("var(--main)", "var(--candidate)", "var(--good)")

Sample = tuple[float, Mapping[str, float]]


def page(
    title: str, verdicts: Sequence[Verdict], entries: Sequence[Entry], samples: Sequence[Sample], ends: Sequence[float]
) -> str:
    """The page. `ends` are the times at which the scenarios ended, in the order of the verdicts."""
    parts, began = [], 0.0
    for verdict, end in zip(verdicts, ends, strict=True):
        own = [entry for entry in entries if entry.scenario == verdict.scenario and entry.at <= end]
        parts.append(_scenario(verdict, own, [one for one in samples if began <= one[0] <= end], began, end))
        began = end
    fine = sum(verdict.fine for verdict in verdicts)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>\n<h1>{escape(title)}: {fine} of {len(verdicts)} scenarios</h1>\n"
        f'<p class="dim">Customers, transactions and outcomes are synthetic (model_code/world).</p>{"".join(parts)}'
        "</body></html>\n"
    )


def _scenario(verdict: Verdict, entries: Sequence[Entry], samples: Sequence[Sample], began: float, end: float) -> str:
    facts = "".join(f'<li class="{"fine" if fact.fine else "not"}">{escape(fact.text)}</li>' for fact in verdict.facts)
    rows = "".join(
        f"<tr><td>{entry.at - began:.1f} s</td><td>{escape(entry.what)}</td><td>{escape(entry.now)}</td></tr>"
        for entry in entries
    )
    return (
        f'<h2><span class="{"fine" if verdict.fine else "not"}">{escape(verdict.scenario)}</span> '
        f'{escape(verdict.title)} <span class="dim">{verdict.seconds:.0f} s</span></h2>\n<ul>{facts}</ul>'
        f"{_traffic(samples, began, end)}<details><summary>timeline</summary><table>{rows}</table></details>\n"
    )


def _traffic(samples: Sequence[Sample], began: float, end: float) -> str:
    """The share of traffic by variant over the scenario's time."""
    names = sorted({name for _, weights in samples for name in weights}, key=lambda name: (name != "main", name))
    if len(samples) < 2 or len(names) < 2:
        return ""
    drawn = []
    for name, colour in zip(names, _COLOURS, strict=False):
        points = []
        for at, weights in samples:
            total = sum(weights.values()) or 1.0
            x = _WIDTH * (at - began) / max(end - began, 1e-9)
            points.append(f"{x:.1f},{_HEIGHT * (1 - weights.get(name, 0.0) / total):.1f}")
        drawn.append(f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" stroke-width="2"/>')
    legend = ", ".join(f'<span style="color:{c}">{escape(n)}</span>' for n, c in zip(names, _COLOURS, strict=False))
    return (
        f'<p class="dim">share of traffic: {legend}</p><svg viewBox="0 -4 {_WIDTH:g} {_HEIGHT + 8:g}" role="img" '
        f'aria-label="share of traffic over time">{"".join(drawn)}</svg>'
    )
