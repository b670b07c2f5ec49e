"""All columns at once as sums of random features: sees a changed dependence between columns that stay as they were.

A row becomes cosines of random combinations of a few of its columns (random Fourier features); two samples differ when
the means of those differ: the smooth characteristic function test of Chwialkowski, Ramdas, Sejdinovic and Gretton,
"Fast Two-Sample Testing with Analytic Representations of Probability Measures" (NIPS 2015), https://arxiv.org/abs/1506.04725.
Sums and products of integers stand for every row, so that there is nothing to sample and batches change nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_code.drift.errors import DriftError
from model_code.drift.tails import chi_square

Units = NDArray[np.float32]
Integers = NDArray[np.int64]

FEATURES = 64
UNIT = 128  # one standard deviation of a column, in the whole numbers that it is rounded to
CLIP = 4 * UNIT
_TOGETHER = 4  # columns in one random feature
_WEIGHTS = (0.4, 1.2)  # sizes of a weight, in radians per standard deviation of a column
_TURN = 8192  # phases in a full turn
_HEIGHT = 4096  # a cosine of 1
_CHUNK = 8_192  # rows at once: 4 MB, and sums of squares stay far below 2**53
_ROWS_EACH = 30  # rows of the smaller sample for each random feature that is used


@dataclass(frozen=True, kw_only=True, eq=False)
class Embedding:
    """Sums of the random features over rows, and of their products. `weights` has a row for each column."""

    weights: Integers
    phases: Integers
    sums: Integers
    products: Integers
    rows: int = 0

    @classmethod
    def of(cls, columns: int, seed: int) -> Embedding:
        """Random features of so many columns, and no rows yet.

        Each takes the pairs of columns that the ones before it had least: up to about 20 columns every pair is in one.
        """
        random = np.random.default_rng(seed)
        weights = np.zeros((columns, FEATURES), dtype=np.int64)
        had = np.zeros((columns, columns))
        for feature in range(FEATURES):
            chosen: list[int] = []
            for _ in range(min(_TOGETHER, columns)):
                cost = had[:, chosen].sum(axis=1) + (had.diagonal() + random.random(columns)) / (2 * FEATURES)
                cost[chosen] = np.inf
                chosen.append(int(np.argmin(cost)))
            had[np.ix_(chosen, chosen)] += 1
            radians = random.uniform(*_WEIGHTS, len(chosen)) * random.choice([-1, 1], len(chosen))
            weights[chosen, feature] = np.rint(radians * _TURN / (2 * np.pi * UNIT)).astype(np.int64)
        return cls(
            weights=weights,
            phases=_TURN // 8 * random.choice([1, 3, 5, 7], FEATURES),  # sees even and odd changes alike
            sums=np.zeros(FEATURES, np.int64),
            products=np.zeros((FEATURES, FEATURES), np.int64),
        )

    def empty(self) -> Embedding:
        """The same random features without a row."""
        zeros = np.zeros_like(self.sums), np.zeros_like(self.products)
        return Embedding(weights=self.weights, phases=self.phases, sums=zeros[0], products=zeros[1])

    def add(self, units: Units) -> Embedding:
        """This embedding with more rows: whole numbers, `UNIT` a standard deviation, within `CLIP` of 0."""
        cosines = np.rint(_HEIGHT * np.cos(np.arange(_TURN) * 2 * np.pi / _TURN))
        sums, products = self.sums.copy(), self.products.copy()
        weights = self.weights.astype(np.float32)  # exact: a phase is below 2**24
        for begin in range(0, len(units), _CHUNK):
            phase = (units[begin : begin + _CHUNK] @ weights).astype(np.int64) + self.phases
            height = cosines[phase & (_TURN - 1)]
            sums += height.sum(axis=0).astype(np.int64)
            products += (height.T @ height).astype(np.int64)
        rows = self.rows + len(units)
        return Embedding(weights=self.weights, phases=self.phases, sums=sums, products=products, rows=rows)

    def merge(self, other: Embedding) -> Embedding:
        """Both embeddings' rows in one. Raises DriftError unless their random features are the same."""
        self.check(other)
        return Embedding(
            weights=self.weights,
            phases=self.phases,
            sums=self.sums + other.sums,
            products=self.products + other.products,
            rows=self.rows + other.rows,
        )

    def check(self, other: Embedding) -> None:
        """Raises DriftError unless the other embedding was made from the same baseline."""
        if not (np.array_equal(self.weights, other.weights) and np.array_equal(self.phases, other.phases)):
            raise DriftError("the profiles' random features differ; begin a window with `baseline.empty()`")

    def document(self) -> dict[str, Any]:
        """What `read` reads again."""
        arrays = {name: getattr(self, name).tolist() for name in ("weights", "phases", "sums", "products")}
        return arrays | {"rows": self.rows}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Embedding:
        """The embedding that `document` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        weights = np.array(document["weights"], np.int64).reshape(-1, FEATURES)
        phases, sums = (np.array(document[name], np.int64).reshape(FEATURES) for name in ("phases", "sums"))
        products = np.array(document["products"], np.int64).reshape(FEATURES, FEATURES)
        return cls(weights=weights, phases=phases, sums=sums, products=products, rows=int(document["rows"]))


@dataclass(frozen=True, kw_only=True)
class Joint:
    """The joint test's answer: its p-value, and the squared distance of the means less what chance alone would give."""

    p: float
    distance: float
    features: int


def compare(baseline: Embedding, window: Embedding) -> Joint | None:
    """Hotelling's two-sample test of the random features' means; None where the smaller sample is below 30 rows.

    So many features are used as the smaller sample has thirty rows for. The p-value is Bartlett's chi-square of
    Wilks' lambda: Mardia, Kent and Bibby, Multivariate Analysis (1979), section 5.3.2.
    """
    baseline.check(window)
    n, m = baseline.rows, window.rows
    degrees = min(FEATURES, min(n, m) // _ROWS_EACH)
    if degrees < 1 or not len(baseline.weights):
        return None
    means, scatters = [], []
    for one in (baseline, window):
        mean = one.sums[:degrees] / one.rows / _HEIGHT
        means.append(mean)
        scatters.append(one.products[:degrees, :degrees] / _HEIGHT**2 - one.rows * np.outer(mean, mean))
    spread = (scatters[0] + scatters[1]) / (n + m - 2)
    values, vectors = np.linalg.eigh(spread)
    kept = values > max(values[-1], 1e-6) * 1e-6  # features that depend on each other count once
    degrees = int(kept.sum())
    if not degrees:
        return Joint(p=1.0, distance=0.0, features=0)
    distance = float((((means[1] - means[0]) @ vectors[:, kept]) ** 2 / values[kept]).sum())
    hotelling = distance * n * m / (n + m)
    statistic = (n + m - 1 - (degrees + 2) / 2) * math.log1p(hotelling / (n + m - 2))
    chance = degrees * (1 / n + 1 / m)
    return Joint(p=chi_square(statistic, degrees), distance=max(0.0, distance - chance), features=degrees)
