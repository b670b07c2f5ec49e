"""Intervals and p-values in numpy and the standard library, each with its source; no randomness but a caller's seed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_NORMAL = NormalDist()


@dataclass(frozen=True)
class Estimate:
    """A figure with its confidence interval, and the rows that it rests on."""

    value: float
    low: float
    high: float
    rows: int


def z_of(level: float) -> float:
    """The normal quantile of a two-sided interval of this level: 1.96 for 0.95."""
    return _NORMAL.inv_cdf((1 + level) / 2)


def proportion(count: int, rows: int, level: float = 0.95) -> Estimate:
    """Wilson's score interval (1927, https://doi.org/10.1080/01621459.1927.10502953); needs at least one row."""
    share, z = count / rows, z_of(level)
    centre = (share + z * z / (2 * rows)) / (1 + z * z / rows)
    half = z * math.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows)) / (1 + z * z / rows)
    return Estimate(share, min(share, max(0.0, centre - half)), max(share, min(1.0, centre + half)), rows)


def difference(one: Estimate, other: Estimate) -> Estimate:
    """One proportion less another, independent one: Newcombe's hybrid score interval.

    Method 10 of Newcombe 1998, https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I
    """
    value = one.value - other.value
    below = math.hypot(one.value - one.low, other.high - other.value)
    above = math.hypot(one.high - one.value, other.value - other.low)
    return Estimate(value, max(-1.0, value - below), min(1.0, value + above), min(one.rows, other.rows))


def ratio(one: tuple[int, int], other: tuple[int, int], level: float = 0.95) -> Estimate:
    """One proportion over another, each as (count, rows): the log interval with a half added to every count.

    Walter 1975, https://doi.org/10.1093/biomet/62.2.371. The value has the halves only where a count is 0.
    """
    (a, n), (b, m) = one, other
    adjusted = ((a + 0.5) / (n + 0.5)) / ((b + 0.5) / (m + 0.5))
    value = (a / n) / (b / m) if a and b else adjusted
    spread = math.sqrt(max(0.0, 1 / (a + 0.5) - 1 / (n + 0.5) + 1 / (b + 0.5) - 1 / (m + 0.5)))
    factor = math.exp(z_of(level) * spread)
    return Estimate(value, min(value, adjusted / factor), max(value, adjusted * factor), min(n, m))


def mcnemar(gained: int, lost: int) -> float:
    """The exact two-sided p-value that gains and losses are equally likely (McNemar 1947, by the binomial)."""
    total, fewer = gained + lost, min(gained, lost)
    if total == 0:
        return 1.0
    logs = [math.lgamma(total + 1) - math.lgamma(k + 1) - math.lgamma(total - k + 1) for k in range(fewer + 1)]
    return min(1.0, 2 * math.fsum(math.exp(log - total * math.log(2)) for log in logs))


def paired_difference(gained: int, lost: int, rows: int, level: float = 0.95) -> Estimate:
    """(gained - lost) / rows of paired answers: Tango's score interval, good for non-inferiority at few losses.

    Tango 1998, https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B
    """
    z = z_of(level)

    def statistic(delta: float) -> float:
        b = -gained - lost + (2 * rows - gained + lost) * delta
        c = -lost * delta * (1 - delta)
        likely = (math.sqrt(max(0.0, b * b - 8 * rows * c)) - b) / (4 * rows)
        variance = rows * (2 * likely + delta * (1 - delta))
        over = gained - lost - rows * delta
        return over / math.sqrt(variance) if variance > 0 else math.copysign(math.inf, over) if over else 0.0

    value = (gained - lost) / rows
    return Estimate(
        value, _root(lambda d: statistic(d) - z, -1.0, value), _root(lambda d: statistic(d) + z, value, 1.0), rows
    )


def chi_square_tail(statistic: float, freedom: int) -> float:
    """P(chi-square of `freedom` degrees is larger): the finite sums 26.4.4 and 26.4.5 of Abramowitz and Stegun 1964."""
    half = statistic / 2
    if freedom % 2:
        tail, term = math.erfc(math.sqrt(half)), math.sqrt(half) * math.exp(-half) / math.gamma(1.5)
        first = 1.5
    else:
        tail, term, first = math.exp(-half), half * math.exp(-half), 2.0
    for step in range((freedom - 1) // 2):
        tail += term
        term *= half / (first + step)
    return min(1.0, tail)


def kolmogorov_tail(distance: float, rows: int, others: int) -> float:
    """P(two samples of one distribution are further apart): Kolmogorov's series with Stephens' correction.

    Stephens 1970, https://doi.org/10.1111/j.2517-6161.1970.tb00821.x. With ties it is too large, never too small.
    """
    size = math.sqrt(rows * others / (rows + others))
    scaled = (size + 0.12 + 0.11 / size) * distance
    if scaled < 0.2:  # the series does not converge here, and the probability is 1 to twelve digits
        return 1.0
    total = math.fsum((-1) ** (k - 1) * math.exp(-2 * k * k * scaled * scaled) for k in range(1, 101))
    return min(1.0, max(0.0, 2 * total))


def normal_tail(z: float) -> float:
    """P(a standard normal is further from 0 than z)."""
    return math.erfc(abs(z) / math.sqrt(2))


def bootstrap(statistic: Callable[[NDArray[np.int64]], Floats], rows: int, seed: int, resamples: int) -> Floats:
    """[resamples, figures]: the statistic of drawn rows (Efron 1979), given as how often each row was drawn."""
    random = np.random.default_rng(seed)
    drawn = (np.bincount(random.integers(rows, size=rows), minlength=rows) for _ in range(resamples))
    return np.stack([statistic(counts) for counts in drawn])


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a falling function crosses 0; an end of the range where it does not."""
    if function(low) <= 0:
        return low
    if function(high) >= 0:
        return high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) > 0 else (low, middle)
    return (low + high) / 2
