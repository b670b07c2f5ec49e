"""Whether the answers have begun to lean on other features, told from requests and answers alone.

A feature's importance for a class is the size of its correlation with that class's probability, a label's for each of
a category's; a model is not asked. What SageMaker Clarify does with Shapley values is done with these: the order of
the features now is scored by their importances before (NDCG), and 0.9 is the threshold.
https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-model-monitor-feature-attribution-drift.html
A low score alone may be chance. So rows are dealt out to sixteen parts as they come, correlations are taken in each
(as Fisher's z), and a feature has changed where the means over the parts differ by Welch's t-test.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from model_code.drift.settings import DriftSettings
from model_code.monitor.finding import Line

LEAST = 0.9
"""The NDCG from which on nobody is alarmed, however certain the change."""
PARTS = 16
_ROWS = 25  # of a part, before anything is tested
_NEAR_ONE = 0.999_999

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Moments:
    """By part: rows, sums and sums of squares of columns and of probabilities, and sums of their products."""

    columns: tuple[str, ...]
    """The feature that each column is of."""
    rows: Floats
    sums: Floats
    squares: Floats
    products: Floats
    """[parts, columns, classes]"""
    chances: Floats
    chance_squares: Floats

    @classmethod
    def empty(cls, columns: Sequence[str], classes: int) -> Self:
        """No rows yet."""
        wide, narrow = (PARTS, len(columns)), (PARTS, classes)
        return cls(
            columns=tuple(columns),
            rows=np.zeros(PARTS),
            sums=np.zeros(wide),
            squares=np.zeros(wide),
            products=np.zeros((*wide, classes)),
            chances=np.zeros(narrow),
            chance_squares=np.zeros(narrow),
        )

    def add(self, values: Floats, chances: Floats) -> Moments:
        """These moments with more rows, [rows, columns] and [rows, classes]."""
        first = int(self.rows.sum())
        parts = [((first + at) % PARTS, values[at::PARTS], chances[at::PARTS]) for at in range(PARTS)]
        more = Moments.empty(self.columns, chances.shape[1])
        for part, some, said in parts:
            more.rows[part] += len(some)
            more.sums[part] += some.sum(axis=0)
            more.squares[part] += (some**2).sum(axis=0)
            more.products[part] += some.T @ said
            more.chances[part] += said.sum(axis=0)
            more.chance_squares[part] += (said**2).sum(axis=0)
        return self.merge(more)

    def merge(self, other: Moments) -> Moments:
        """Both together."""
        return Moments(columns=self.columns, **{name: getattr(self, name) + getattr(other, name) for name in _ARRAYS})

    @property
    def total(self) -> int:
        """All rows."""
        return int(self.rows.sum())

    def correlations(self) -> Floats:
        """[parts, columns, classes]; 0 where either does not vary."""
        return _correlations(*(getattr(self, name) for name in _ARRAYS))

    def importances(self) -> dict[str, float]:
        """Of each feature: the mean over classes of its largest correlation's size."""
        pooled = (getattr(self, name).sum(axis=0, keepdims=True) for name in _ARRAYS)
        sizes = np.abs(_correlations(*pooled))[0].mean(axis=1)
        found: dict[str, float] = {}
        for name, size in zip(self.columns, sizes.tolist(), strict=True):
            found[name] = max(found.get(name, 0.0), size)
        return found

    def document(self) -> dict[str, Any]:
        """What `read` reads again."""
        return {"columns": list(self.columns), **{name: getattr(self, name).tolist() for name in _ARRAYS}}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """The moments that `document` wrote."""
        return cls(
            columns=tuple(document["columns"]), **{name: np.array(document[name], np.float64) for name in _ARRAYS}
        )


_ARRAYS = ("rows", "sums", "squares", "products", "chances", "chance_squares")


@dataclass(frozen=True, kw_only=True)
class Attribution:
    """The score of the window's order of features, each feature's importance then and now, and its p-value."""

    ndcg: float
    then: Mapping[str, float]
    now: Mapping[str, float]
    p: Mapping[str, float]


def judge(before: Moments, window: Moments, settings: DriftSettings) -> tuple[Attribution | None, list[Line]]:
    """What has changed; None where either has too few rows. All features share the window's alpha (Bonferroni)."""
    if min(before.rows.min(), window.rows.min()) < _ROWS or before.columns != window.columns:
        return None, []
    t = _welch(before.correlations(), window.correlations())
    tests = t.size
    p: dict[str, float] = {}
    for name, row in zip(before.columns, np.abs(t).max(axis=1).tolist(), strict=True):
        p[name] = min(p.get(name, 1.0), min(1.0, tests * student(row, PARTS - 1)))
    then, now = before.importances(), window.importances()
    found = Attribution(ndcg=ndcg(then, now), then=then, now=now, p=p)
    changed = sorted((name for name in p if p[name] <= settings.alpha), key=lambda name: p[name])
    return found, [
        Line(
            area="attribution",
            kind="attribution-drift",
            level="drift" if found.ndcg < LEAST else "note",
            feature=name,
            text=f"importance {then[name]:.2f} before, {now[name]:.2f} now; NDCG of all features {found.ndcg:.3f}",
            p=p[name],
        )
        for name in changed
    ]


def ndcg(then: Mapping[str, float], now: Mapping[str, float]) -> float:
    """How good the order of features now is by their importances before: 1 for the same order."""
    gains = sorted(then.values(), reverse=True)
    ideal = math.fsum(gain / math.log2(at + 2) for at, gain in enumerate(gains))
    order = sorted(then, key=lambda name: (-now[name], name))
    got = math.fsum(then[name] / math.log2(at + 2) for at, name in enumerate(order))
    return got / ideal if ideal > 0 else 1.0


def student(t: float, degrees: int) -> float:
    """The two-sided p-value of Student's t, by the finite series for whole degrees of freedom.

    Abramowitz and Stegun (1964), equations 26.7.3 and 26.7.4.
    """
    angle = math.atan2(abs(t), math.sqrt(degrees))
    cosine, term, total = math.cos(angle), 0.0, 0.0
    if degrees % 2:
        term = cosine
        for k in range(1, degrees // 2 + 1):
            total += term
            term *= cosine * cosine * 2 * k / (2 * k + 1)
        inside = 2 / math.pi * (angle + math.sin(angle) * total)
    else:
        term = 1.0
        for k in range(1, degrees // 2 + 1):
            total += term
            term *= cosine * cosine * (2 * k - 1) / (2 * k)
        inside = math.sin(angle) * total
    return min(1.0, max(1e-15, 1 - inside))


def _welch(first: Floats, second: Floats) -> Floats:
    """Welch's t of the parts' means of Fisher's z, with the fewest degrees of freedom that it can have."""
    z = [np.arctanh(np.clip(one, -_NEAR_ONE, _NEAR_ONE)) for one in (first, second)]
    apart = z[1].mean(axis=0) - z[0].mean(axis=0)
    error = np.sqrt(sum(one.var(axis=0, ddof=1) / PARTS for one in z))
    found: Floats = np.divide(apart, error, out=np.zeros_like(apart), where=error > 1e-12)
    return found


def _correlations(
    rows: Floats, sums: Floats, squares: Floats, products: Floats, chances: Floats, chance_squares: Floats
) -> Floats:
    n = np.maximum(rows, 1)[:, None]
    mean, chance = sums / n, chances / n
    covariance = products / n[:, :, None] - mean[:, :, None] * chance[:, None, :]
    varies, said = np.maximum(squares / n - mean**2, 0), np.maximum(chance_squares / n - chance**2, 0)
    spread = varies[:, :, None] * said[:, None, :]
    found: Floats = np.divide(covariance, np.sqrt(spread), out=np.zeros_like(covariance), where=spread > 1e-18)
    return found
