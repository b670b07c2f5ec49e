"""All columns at once as sums of random features: sees a changed dependence between columns that stay as they were.

A row becomes cosines of random combinations of a few of its columns (random Fourier features); two samples differ when
the means of those differ: the smooth characteristic function test of Chwialkowski, Ramdas, Sejdinovic and Gretton,
"Fast Two-Sample Testing with Analytic Representations of Probability Measures" (NIPS 2015), https://arxiv.org/abs/1506.04725.
Sums and products of integers stand for the rows, so batches change nothing. Of a long stream a part is taken: a row's
place in the stream, hashed, gives its level (level 1 and above for half of the rows, 2 and above for a quarter), and
levels are left out from below while more than `MOST` rows are in the rest. That many see the smallest change that the
settings ask for hundreds of times over, and more would only cost time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
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
_HEIGHT = 127  # a cosine of 1
_CHUNK = 1_024  # rows at once: sums of so many squares stay below 2**24, so float32 is exact
MOST = 16_384  # rows that are taken of a stream
_LEVELS = 24
_ROWS_EACH = 30  # rows of the smaller sample for each random feature that is used


@dataclass(frozen=True, kw_only=True, eq=False)
class Embedding:
    """Sums of the random features over rows, and of their products, by level. `weights` has a row for each column.

    `rows` were seen; `taken` of them by level, from `level` on, are in the sums. `first` is the first one's place in
    the stream: parts of one stream begin far from each other, or all of them would take the rows of the same places.
    """

    weights: Integers
    phases: Integers
    sums: Integers
    products: Integers
    taken: Integers
    rows: int = 0
    level: int = 0
    first: int = 0

    @property
    def used(self) -> int:
        """The rows that the sums stand for; at most `MOST`."""
        return int(self.taken.sum())

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
            sums=np.zeros((_LEVELS, FEATURES), np.int64),
            products=np.zeros((_LEVELS, FEATURES, FEATURES), np.int64),
            taken=np.zeros(_LEVELS, np.int64),
        )

    def empty(self, first: int = 0) -> Embedding:
        """The same random features without a row; `first` is the place in the stream of the row to come."""
        sums, products, taken = (np.zeros_like(one) for one in (self.sums, self.products, self.taken))
        return replace(self, sums=sums, products=products, taken=taken, rows=0, level=0, first=first)

    def add(self, rows: int, units: Callable[[NDArray[np.intp]], Units]) -> Embedding:
        """This embedding with so many more rows.

        `units` gives those at these places: whole numbers, `UNIT` a standard deviation, within `CLIP` of 0.
        """
        places, levels = _levels(self.first + self.rows, rows, self.level)
        taken = self.taken + np.bincount(levels, minlength=_LEVELS)
        level = _first(taken, self.level)
        order = np.argsort(levels, kind="stable")[np.count_nonzero(levels < level) :]
        values, begins = units(places[order]), np.searchsorted(levels[order], np.arange(_LEVELS + 1))
        sums, products = self.sums.copy(), self.products.copy()
        for at in np.flatnonzero(np.diff(begins)).tolist():
            more = self._summed(values[begins[at] : begins[at + 1]])
            sums[at] += more[0]
            products[at] += more[1]
        return self._from(level, sums, products, taken, self.rows + rows)

    def merge(self, other: Embedding) -> Embedding:
        """Both embeddings' rows in one. Raises DriftError unless their random features are the same."""
        self.check(other)
        taken = self.taken + other.taken
        level = _first(taken, max(self.level, other.level))
        sums, products = self.sums + other.sums, self.products + other.products
        return self._from(level, sums, products, taken, self.rows + other.rows)

    def _from(self, level: int, sums: Integers, products: Integers, taken: Integers, rows: int) -> Embedding:
        for one in (sums, products, taken):
            one[:level] = 0
        return replace(self, sums=sums, products=products, taken=taken, rows=rows, level=level)

    def _summed(self, units: Units) -> tuple[Integers, Integers]:
        sums, products = np.zeros(FEATURES, np.int64), np.zeros((FEATURES, FEATURES), np.int64)
        weights = self.weights.astype(np.float32)  # exact: a phase is below 2**24
        for begin in range(0, len(units), _CHUNK):
            phase = (units[begin : begin + _CHUNK] @ weights).astype(np.int32) + self.phases.astype(np.int32)
            height = _COSINES[phase & (_TURN - 1)]
            sums += height.sum(axis=0).astype(np.int64)
            products += (height.T @ height).astype(np.int64)
        return sums, products

    def check(self, other: Embedding) -> None:
        """Raises DriftError unless the other embedding was made from the same baseline."""
        if not (np.array_equal(self.weights, other.weights) and np.array_equal(self.phases, other.phases)):
            raise DriftError("the profiles' random features differ; begin a window with `baseline.empty()`")

    def document(self) -> dict[str, Any]:
        """What `read` reads again; of the products, which are the same either way round, one half."""
        there = np.flatnonzero(self.taken)
        upper = self.products[there][:, *np.triu_indices(FEATURES)]
        arrays = {name: getattr(self, name).tolist() for name in ("weights", "phases", "taken")}
        sums = {"levels": there.tolist(), "sums": self.sums[there].tolist(), "products": upper.tolist()}
        return arrays | sums | {"rows": self.rows, "level": self.level}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Embedding:
        """The embedding that `document` wrote. Raises KeyError, TypeError, ValueError or IndexError for any other."""
        weights = np.array(document["weights"], np.int64).reshape(-1, FEATURES)
        there, taken = np.array(document["levels"], np.int64), np.array(document["taken"], np.int64)
        sums = np.zeros((_LEVELS, FEATURES), np.int64)
        sums[there] = np.array(document["sums"], np.int64).reshape(-1, FEATURES)
        products = np.zeros((_LEVELS, FEATURES, FEATURES), np.int64)
        rows, columns = np.triu_indices(FEATURES)
        for at, half in zip(there.tolist(), document["products"], strict=True):
            products[at, rows, columns] = products[at, columns, rows] = np.array(half, np.int64)
        return cls(
            weights=weights,
            phases=np.array(document["phases"], np.int64).reshape(FEATURES),
            sums=sums,
            products=products,
            taken=taken.reshape(_LEVELS),
            rows=int(document["rows"]),
            level=int(document["level"]),
        )


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
    n, m = baseline.used, window.used
    degrees = min(FEATURES, min(n, m) // _ROWS_EACH)
    if degrees < 1 or not len(baseline.weights):
        return None
    means, scatters = [], []
    for one in (baseline, window):
        mean = one.sums.sum(axis=0)[:degrees] / one.used / _HEIGHT
        means.append(mean)
        squares = one.products.sum(axis=0)[:degrees, :degrees] / _HEIGHT**2
        scatters.append(squares - one.used * np.outer(mean, mean))
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


_COSINES = np.rint(_HEIGHT * np.cos(np.arange(_TURN) * 2 * np.pi / _TURN)).astype(np.float32)


def _first(taken: Integers, level: int) -> int:
    """The lowest level, from this one on, with at most `MOST` rows in it and above."""
    above = np.cumsum(taken[::-1])[::-1]
    fits = np.flatnonzero(above[level:] <= MOST)
    return level + int(fits[0]) if len(fits) else _LEVELS - 1


def _levels(first: int, rows: int, lowest: int) -> tuple[NDArray[np.intp], Integers]:
    """Which of the rows of a stream from this one on have at least this level, and their levels.

    A level is the number of zero bits at the end of a hash of the row's place. The hash is the end of MurmurHash3,
    which spreads any number over 32 bits: https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp (fmix32)
    """
    mixed = np.arange(first + 1, first + 1 + rows, dtype=np.int64).astype(np.uint32)  # from 1: 0 would stay 0
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        mixed ^= mixed >> np.uint32(shift)
        mixed *= np.uint32(factor)
    mixed ^= mixed >> np.uint32(16)
    places = np.flatnonzero(mixed & np.uint32((1 << lowest) - 1) == 0)
    mixed = mixed[places]
    levels = np.full(len(places), lowest, np.int64)
    for level in range(lowest + 1, _LEVELS):
        levels += mixed & np.uint32((1 << level) - 1) == 0
    return places, levels
