"""An experiment's report: what was decided, on which units, with the intervals that say so."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from math import isfinite
from typing import Any

from model_code.experiment.decide import Decision
from model_code.experiment.declared import Experiment, Metric
from model_code.experiment.record import Observed
from model_code.sequential.interval import Interval

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #59636e; --paper: #fff; --line: #d9dee3; --bar: #0969da; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --dim: #9198a1; --paper: #0d1117; --line: #30363d;
  --bar: #58a6ff; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 56rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.15rem; } h2 { font-size: 1rem; } .dim { color: var(--dim); }
table { border-collapse: collapse; } th, td { text-align: right; padding: .15rem .8rem; }
th:first-child, td:first-child { text-align: left; padding-left: 0; } svg { width: 100%; height: auto; }
"""
_WIDTH, _ROW = 600.0, 34.0


@dataclass(frozen=True, kw_only=True)
class Report:
    """One look at an experiment; `at` is ISO 8601 in UTC."""

    experiment: Experiment
    observed: Observed
    decision: Decision
    at: str

    def document(self) -> dict[str, Any]:
        """The report as JSON; an interval that is not known yet is null at both ends."""
        return {
            "experiment": self.experiment.name,
            "at": self.at,
            "kind": self.decision.kind,
            "arm": self.decision.arm,
            "why": self.decision.why,
            "units": dict(self.observed.units),
            "crossed": self.observed.crossed,
            "intervals": [
                {"arm": arm, "metric": name, "role": self._role(name), **_interval(found)}
                for (arm, name), found in sorted(self.decision.sequences.items())
            ],
        }

    def _role(self, name: str) -> str:
        return "target" if name in {metric.name for metric in self.experiment.targets} else "guardrail"

    def to_json(self) -> str:
        """`document` as text; equal reports give equal text."""
        return json.dumps(self.document(), sort_keys=True, indent=1, allow_nan=False) + "\n"

    def to_html(self, looks: list[dict[str, Any]]) -> str:
        """The page: verdict, units, the intervals of now, and how each went over the `looks` (documents) so far."""
        units = "".join(f"<tr><td>{escape(arm)}</td><td>{n:,}</td></tr>" for arm, n in self.observed.units.items())
        metrics = (*self.experiment.targets, *self.experiment.guardrails)
        parts = [
            f"<h2>{escape(metric.name)} of {escape(arm)} less {escape(self.experiment.control)}&apos;s "
            f'<span class="dim">({escape(metric.better)} is better; {metric.effect:g} matters)</span></h2>'
            + _course(arm, metric, [*looks, self.document()])
            for arm in self.experiment.treatments
            for metric in metrics
        ]
        title = escape(f"experiment {self.experiment.name}")
        return (
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
            f"<style>{_STYLE}</style></head><body>\n<h1>{title}: {escape(self.decision.kind)}"
            f"{' ' + escape(self.decision.arm) if self.decision.arm else ''}</h1>\n<p>{escape(self.decision.why)}</p>\n"
            f"<table><tr><th>arm</th><th>units</th></tr>{units}</table>\n{''.join(parts)}"
            f'<p class="dim">{escape(self.at)}; the intervals hold at all looks together</p></body></html>\n'
        )


def _interval(found: Interval) -> dict[str, float | None]:
    known = isfinite(found.low) and isfinite(found.high)
    return {
        "estimate": found.estimate if known else None,
        "low": found.low if known else None,
        "high": found.high if known else None,
    }


def _course(arm: str, metric: Metric, looks: list[dict[str, Any]]) -> str:
    """One bar for each look from low to high, the estimate as a point, and a line at no difference."""
    bars = [
        each
        for look in looks
        for each in look["intervals"]
        if (each["arm"], each["metric"]) == (arm, metric.name) and each["low"] is not None
    ][-60:]
    if not bars:
        return '<p class="dim">too few units for an interval yet</p>'
    low = min(0.0, -metric.effect, *(float(each["low"]) for each in bars))
    high = max(0.0, metric.effect, *(float(each["high"]) for each in bars))
    height, step = 5 * _ROW, _WIDTH / len(bars)

    def y(value: float) -> float:
        return height * (high - value) / (high - low)

    drawn = "".join(
        f'<line x1="{(n + 0.5) * step:.1f}" x2="{(n + 0.5) * step:.1f}" y1="{y(each["high"]):.1f}" '
        f'y2="{y(each["low"]):.1f}" stroke="var(--bar)" stroke-width="3"/>'
        f'<circle cx="{(n + 0.5) * step:.1f}" cy="{y(each["estimate"]):.1f}" r="3" fill="var(--ink)"/>'
        for n, each in enumerate(bars)
    )
    last = bars[-1]
    said = f"now {last['estimate']:.4g}, from {last['low']:.4g} to {last['high']:.4g}"
    return (
        f'<svg viewBox="0 -4 {_WIDTH:g} {height + 8:g}" role="img" aria-label="{escape(said)}">'
        f'<line x1="0" x2="{_WIDTH:g}" y1="{y(0):.1f}" y2="{y(0):.1f}" stroke="var(--dim)" stroke-dasharray="4"/>'
        f"{drawn}</svg><p>{escape(said)}</p>"
    )
