"""A metric's running count, mean and spread, with those of a covariate: all that an interval needs to know."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from model_code.errors import UnusableError
from model_code.sequential.checks import count, finite


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Values of one arm so far; the covariate is what was known of each unit before, 0 where there is none.

    Adding one value at a time and merging batches give the same, but for rounding: Pebay (2008), "Formulas for robust,
    one-pass parallel computation of covariances and arbitrary-order statistical moments", SAND2008-6212.
    """

    count: int = 0
    mean: float = 0.0
    square: float = 0.0
    """Sum of squared distances from the mean."""
    cube: float = 0.0
    """Sum of cubed distances from the mean."""
    covariate_mean: float = 0.0
    covariate_square: float = 0.0
    product: float = 0.0
    """Sum of products of both distances."""

    def __post_init__(self) -> None:
        count("count", self.count)
        for name in ("mean", "square", "cube", "covariate_mean", "covariate_square", "product"):
            finite(name, getattr(self, name))
        if self.square < 0 or self.covariate_square < 0:
            raise UnusableError(f"square: got {self.square}, {self.covariate_square}; allowed: sums of squares, from 0")

    def add(self, values: Iterable[float], covariates: Iterable[float] | None = None) -> Moments:
        """These moments after more values, each with its covariate where there is one.

        Raises UnusableError for a value that is not finite, and for covariates that are not as many as the values.
        """
        n, mean, square, cube = self.count, self.mean, self.square, self.cube
        mean_x, square_x, product = self.covariate_mean, self.covariate_square, self.product
        taken = list(values)
        known = [0.0] * len(taken) if covariates is None else list(covariates)
        if len(known) != len(taken):
            raise UnusableError(f"covariates: got {len(known)} for {len(taken)} values; allowed: one for each")
        for value, covariate in zip(taken, known, strict=True):
            before, n = n, n + 1
            off, off_x = finite("value", value) - mean, finite("covariate", covariate) - mean_x
            cube += off**3 * before * (before - 1) / n**2 - 3 * off * square / n
            mean += off / n
            mean_x += off_x / n
            square += off * (value - mean)
            square_x += off_x * (covariate - mean_x)
            product += off * (covariate - mean_x)
        return Moments(
            count=n,
            mean=mean,
            square=square,
            cube=cube,
            covariate_mean=mean_x,
            covariate_square=square_x,
            product=product,
        )

    def merge(self, other: Moments) -> Moments:
        """The moments of both together."""
        n = self.count + other.count
        if not n:
            return self
        off, off_x = other.mean - self.mean, other.covariate_mean - self.covariate_mean
        moved = 3 * off * (self.count * other.square - other.count * self.square) / n
        weight = self.count * other.count / n
        return Moments(
            count=n,
            mean=self.mean + off * other.count / n,
            square=self.square + other.square + off * off * weight,
            cube=self.cube + other.cube + off**3 * weight * (self.count - other.count) / n + moved,
            covariate_mean=self.covariate_mean + off_x * other.count / n,
            covariate_square=self.covariate_square + other.covariate_square + off_x * off_x * weight,
            product=self.product + other.product + off * off_x * weight,
        )

    @property
    def skewness(self) -> float:
        """How lopsided the values are: 0 for symmetric ones, 2 for exponential ones; 0 where all are alike."""
        return math.sqrt(self.count) * self.cube / self.square**1.5 if self.square > 0 else 0.0
