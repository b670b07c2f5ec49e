"""Where the world's randomness comes from: a stream of its own for each quantity of each day of each seed.

Each stream is keyed, not taken in turn, so a day can be made alone, and a knob moves nothing but what it names.
https://numpy.org/doc/stable/reference/random/parallel.html (SeedSequence, spawn_key)
"""

from __future__ import annotations

import zlib
from functools import cache
from statistics import NormalDist
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Integers = NDArray[np.int64]
Texts = NDArray[np.str_]

_POPULATION, _DAY = 0, 1


class Chance(Protocol):
    """So many rows' worth of chance; the same name gives the same numbers again."""

    size: int

    def uniform(self, name: str) -> Floats:
        """One number of [0, 1) a row."""

    def normal(self, name: str) -> Floats:
        """One number of the standard normal distribution a row."""


class Random:
    """Independent draws: what happens on a day."""

    def __init__(self, seed: int, day: int, size: int) -> None:
        self._seed, self._day, self.size = seed, day, size

    def uniform(self, name: str) -> Floats:
        """Independent numbers of [0, 1)."""
        return generator(self._seed, self._day, name).random(self.size)

    def normal(self, name: str) -> Floats:
        """Independent standard normal numbers."""
        return generator(self._seed, self._day, name).standard_normal(self.size)


class Spread:
    """A Latin hypercube: each number's distribution is met to within 1 / size, only the combinations are random.

    Sums over it vary far less than over independent draws; for the population and for the truth about it.
    McKay, Beckman, Conover (1979), Technometrics 21(2), https://doi.org/10.2307/1268522
    """

    def __init__(self, seed: int, what: str, size: int) -> None:
        self._seed, self._what, self.size = seed, what, size

    def uniform(self, name: str) -> Floats:
        """The midpoints of `size` equal parts of [0, 1), shuffled."""
        return (self._order(name) + 0.5) / self.size

    def normal(self, name: str) -> Floats:
        """The standard normal quantiles of those midpoints, shuffled."""
        return _normal_grid(self.size)[self._order(name)]

    def _order(self, name: str) -> Integers:
        return generator(self._seed, None, f"{self._what} {name}").permutation(self.size)


def generator(seed: int, day: int | None, name: str) -> np.random.Generator:
    """The stream of that name, of a day or (None) of the whole world."""
    where = (_POPULATION,) if day is None else (_DAY, day)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(*where, zlib.crc32(name.encode()))))


@cache
def _normal_grid(size: int) -> Floats:
    quantile = NormalDist().inv_cdf
    return np.array([quantile((at + 0.5) / size) for at in range(size)])
