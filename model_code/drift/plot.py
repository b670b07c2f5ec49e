"""What a feature's plot shows: the share of rows in a few dozen bars, of the baseline and of the window."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from model_code.drift.category import CategorySketch
from model_code.drift.compare import Sketch, by_kind
from model_code.drift.numeric import NumericSketch

_BARS = 28
_LABELS = 16


@dataclass(frozen=True, kw_only=True)
class Plot:
    """Shares of the rows with a value, bar by bar; `span` says in words what the bars go over."""

    labels: tuple[str, ...]
    then: tuple[float, ...]
    now: tuple[float, ...]
    span: str


def plot(baseline: Sketch, window: Sketch) -> Plot:
    """The plot of one feature. Raises DriftError for sketches of two baselines."""
    return by_kind(baseline, window, _numbers, _labels)


def _numbers(baseline: NumericSketch, window: NumericSketch) -> Plot:
    """Equal bars over the middle 99 % of the baseline; the outermost two hold everything beyond."""
    low, high = baseline.quantile(0.005), baseline.quantile(0.995)
    if not low < high:
        low, high = low - abs(low) / 2 - 0.5, high + abs(high) / 2 + 0.5
    cuts = np.linspace(low, high, _BARS - 1)
    edges = baseline.edges.astype(np.float64)
    then, now = (
        np.diff(np.interp(cuts, edges, np.cumsum(one.counts[:-1]) / max(one.binned, 1)), prepend=0.0)
        for one in (baseline, window)
    )
    labels = [f"{a:.4g} to {b:.4g}" for a, b in pairwise(cuts)]
    return Plot(
        labels=(f"below {low:.4g}", *labels, f"above {high:.4g}"),
        then=_with_rest(then.tolist(), baseline.binned),
        now=_with_rest(now.tolist(), window.binned),
        span=f"{low:.4g} to {high:.4g}",
    )


def _labels(baseline: CategorySketch, window: CategorySketch) -> Plot:
    """The labels most frequent in either, then all others, then the new ones."""
    then, now = (np.array(one.counts) / max(one.binned, 1) for one in (baseline, window))
    order = np.argsort(-np.maximum(then, now), kind="stable")[:_LABELS].tolist()
    rest = [float(shares.sum() - shares[order].sum()) for shares in (then, now)]
    new = [one.new / max(one.binned, 1) for one in (baseline, window)]
    shown = [baseline.known[at] for at in order]
    return Plot(
        labels=(*shown, "other", "new"),
        then=(*(float(then[at]) for at in order), rest[0], new[0]),
        now=(*(float(now[at]) for at in order), rest[1], new[1]),
        span=f"{', '.join(shown[:3])}{' ...' if len(shown) > 3 else ''}, other, new",
    )


def _with_rest(shares: list[float], rows: int) -> tuple[float, ...]:
    return (*shares, 1.0 - sum(shares) if rows else 0.0)
