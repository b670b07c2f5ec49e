"""The scenarios on one page: nodes and pods over time, and what each came to. It needs nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from local.simulate.outcome import Outcome
from local.simulate.timeline import Entry, Sample

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #59636e; --paper: #fff; --line: #d9dee3; --c0: #0969da;
  --c1: #bf8700; --c2: #8250df; --c3: #bc4c00; --c4: #0a7d91; --good: #1a7f37; --bad: #cf222e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --dim: #9198a1; --paper: #0d1117; --line: #30363d;
  --c0: #58a6ff; --c1: #d29922; --c2: #bc8cff; --c3: #ffa657; --c4: #39c5cf; --good: #3fb950; --bad: #f85149; } }
body { font: 14px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 66rem;
  margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.15rem; } h2 { font-size: 1rem; border-top: 1px solid var(--line); padding-top: .7rem; }
p { margin: .4rem 0 .1rem; } .fine { color: var(--good); } .not { color: var(--bad); } .dim { color: var(--dim); }
svg { width: 100%; height: auto; border-bottom: 1px solid var(--line); }
table { border-collapse: collapse; } td { padding: .1rem .6rem .1rem 0; vertical-align: top; }
td:first-child { text-align: right; font-variant-numeric: tabular-nums; color: var(--dim); }
"""
_WIDTH, _HEIGHT = 1000.0, 90.0
_COLOURS = tuple(f"var(--c{number})" for number in range(5))


def page(title: str, outcomes: Sequence[Outcome], samples: Sequence[Sample], entries: Sequence[Entry]) -> str:
    """The page, with a part for each scenario."""
    fine = sum(each.verdict.fine for each in outcomes)
    parts = "".join(
        _scenario(
            each,
            [one for one in samples if one.scenario == each.verdict.scenario],
            [one for one in entries if one.scenario == each.verdict.scenario],
        )
        for each in outcomes
    )
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>\n<h1>{escape(title)}: {fine} of {len(outcomes)} scenarios</h1>\n"
        '<p class="dim">A real control plane and a real Karpenter over simulated nodes: pods run no containers.</p>'
        f"{parts}</body></html>\n"
    )


def _scenario(outcome: Outcome, samples: Sequence[Sample], entries: Sequence[Entry]) -> str:
    verdict = outcome.verdict
    facts = "".join(f'<li class="{"fine" if fact.fine else "not"}">{escape(fact.text)}</li>' for fact in verdict.facts)
    began = samples[0].at if samples else 0.0
    rows = "".join(f"<tr><td>{max(0.0, one.at - began):.1f} s</td><td>{escape(one.text)}</td></tr>" for one in entries)
    return (
        f'<h2><span class="{"fine" if verdict.fine else "not"}">{escape(verdict.scenario)}</span> '
        f'{escape(verdict.title)} <span class="dim">{verdict.seconds:.0f} s</span></h2>\n<ul>{facts}</ul>'
        f"{_drawn(samples)}<details><summary>what was done</summary><table>{rows}</table></details>\n"
    )


def _drawn(samples: Sequence[Sample]) -> str:
    """Nodes by pool, and below them pods, from the scenario's first sample to its last."""
    if len(samples) < 2:
        return ""
    pools = sorted({pool for each in samples for pool in each.nodes})
    nodes: dict[str, Callable[[Sample], int]] = {
        pool: (lambda one, pool=pool: one.nodes.get(pool, 0))  # type: ignore[misc]
        for pool in pools
    }
    return _lines("nodes", samples, nodes) + _lines(
        "pods", samples, {"running": lambda one: one.running, "waiting": lambda one: one.waiting}
    )


def _lines(what: str, samples: Sequence[Sample], series: dict[str, Callable[[Sample], int]]) -> str:
    most = max((count(one) for one in samples for count in series.values()), default=0)
    if not most:
        return ""
    began, end = samples[0].at, samples[-1].at
    drawn, legend = [], []
    for number, (name, count) in enumerate(series.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        points = _steps([(one.at, count(one)) for one in samples], began, end, most)
        drawn.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        top = max(count(one) for one in samples)
        legend.append(f'<span style="color:{colour}">{escape(name)} (most {top})</span>')
    box = f'viewBox="0 -3 {_WIDTH:g} {_HEIGHT + 6:g}" role="img" aria-label="{what} over time"'
    return f'<p class="dim">{what}: {", ".join(legend)}; {end - began:.0f} s</p><svg {box}>{"".join(drawn)}</svg>'


def _steps(values: Sequence[tuple[float, int]], began: float, end: float, most: int) -> str:
    """The points of a line that stays as it is until the next sample."""
    points, before = [], None
    for at, value in values:
        x = _WIDTH * (at - began) / max(end - began, 1e-9)
        if before is not None and before != value:
            points.append(f"{x:.1f},{_HEIGHT * (1 - before / most):.1f}")
        points.append(f"{x:.1f},{_HEIGHT * (1 - value / most):.1f}")
        before = value
    return " ".join(points)
