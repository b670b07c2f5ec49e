"""Intervals for a mean, and for the difference of two, that hold at all times at once: peeking is allowed."""

from __future__ import annotations

import math
from dataclasses import dataclass

from model_code.sequential.checks import count, fraction
from model_code.sequential.moments import Moments

# Values that an arm must have before it gets an interval: the guarantee is asymptotic, and begins with the first look.
MINIMUM = 100
# And how many for each unit of squared skewness: a mean of lopsided values takes longer to be near normal.
# Cochran (1977), "Sampling Techniques", section 2.15. Twice his number, for what it takes at all looks together.
_PER_SKEWNESS = 50


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Where a mean or difference lies; infinite at both ends while there is too little to say so."""

    estimate: float
    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    @property
    def width(self) -> float:
        """From end to end."""
        return self.high - self.low


@dataclass(frozen=True, kw_only=True)
class Sequence:
    """How intervals are made: they all hold together with chance 1 - `alpha`, and are tightest at `planned` values.

    The asymptotic confidence sequence of a normal mixture: Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas (2024),
    "Time-uniform central limit theory and asymptotic confidence sequences", Annals of Statistics 52(6), equation (6)
    and section 2 for the choice of rho, https://arxiv.org/abs/2103.06476. Asymptotic in the sample at the first look:
    `minimum` values an arm, and more where they are lopsided. Where a few units carry most of the sum it may never be
    enough: cap such values.
    """

    alpha: float
    planned: int
    """Values in all arms together at which the interval is to be tightest."""
    minimum: int = MINIMUM
    rate: bool = False
    """The values are 0 or 1. Four imagined ones, two of each, then keep the spread from being none while all are alike.

    Agresti, Coull (1998), "Approximate is better than exact", https://doi.org/10.1080/00031305.1998.10480550.
    """

    def __post_init__(self) -> None:
        fraction("alpha", self.alpha)
        count("planned", self.planned, least=1)
        count("minimum", self.minimum, least=2)

    def errors(self, seen: int) -> float:
        """How many standard errors the interval reaches to either side after so many values; 1.96 is a fixed one's."""
        x = seen * best_rho(self.alpha) / self.planned
        return math.sqrt(2 * (x + 1) / x * math.log(math.sqrt(x + 1) / self.alpha))

    def mean(self, one: Moments) -> Interval:
        """The interval of one arm's mean."""
        return self._around(one.mean, self._variance(one, 0.0) / max(one.count, 1), one)

    def difference(self, one: Moments, other: Moments) -> Interval:
        """The interval of the mean of `one` less that of `other`, adjusted by what their covariates explain.

        CUPED: Deng, Xu, Kohavi, Walker (2013), "Improving the sensitivity of online controlled experiments by utilizing
        pre-experiment data", https://doi.org/10.1145/2433396.2433413. Random assignment gives both arms the same
        covariates on average, so the adjusted difference estimates the same thing with less noise.
        """
        spread = one.covariate_square + other.covariate_square
        slope = (one.product + other.product) / spread if spread > 0 else 0.0
        raw = one.mean - other.mean
        estimate = raw - slope * (one.covariate_mean - other.covariate_mean)
        variance = sum(self._variance(arm, slope) / max(arm.count, 1) for arm in (one, other))
        return self._around(estimate, variance, one, other)

    def _variance(self, arm: Moments, slope: float) -> float:
        """The spread of an arm's values about what the covariate says of them."""
        left = arm.square - 2 * slope * arm.product + slope * slope * arm.covariate_square
        variance = max(0.0, left) / max(arm.count - 1, 1)
        if self.rate:
            imagined = (arm.mean * arm.count + 2) / (arm.count + 4)
            variance += max(0.0, imagined * (1 - imagined) - arm.square / max(arm.count - 1, 1))
        return variance

    def _enough(self, arm: Moments) -> float:
        return max(self.minimum, 0 if self.rate else _PER_SKEWNESS * arm.skewness**2)

    def _around(self, estimate: float, variance: float, *arms: Moments) -> Interval:
        # Values that are all alike say nothing of their spread, so nothing of how far off their mean may be.
        if variance <= 0 or any(arm.count < self._enough(arm) for arm in arms):
            return Interval(estimate=estimate, low=-math.inf, high=math.inf)
        reach = self.errors(sum(arm.count for arm in arms)) * math.sqrt(variance)
        return Interval(estimate=estimate, low=estimate - reach, high=estimate + reach)


def best_rho(alpha: float) -> float:
    """rho squared, for one planned value, that makes the interval tightest there: the paper's approximation."""
    return -2 * math.log(alpha) + math.log(-2 * math.log(alpha)) + 1
