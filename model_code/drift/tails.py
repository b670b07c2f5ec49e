"""Tail probabilities in plain floats, so that the job's image needs numpy and nothing heavier."""

from __future__ import annotations

import math

import numpy as np

_TINY = 1e-300
_DIGITS = 1e-14
_STEPS = 10_000
_ENOUGH = 50  # expected rows in the smallest cell from which the chi-square of a two-by-two table will do


def chi_square(value: float, degrees: int) -> float:
    """P(X >= value) for a chi-square of these degrees of freedom; at least 1e-300.

    The upper incomplete gamma function, by series below the mean and by Lentz's continued fraction above it:
    https://dlmf.nist.gov/8.7.E1 and https://dlmf.nist.gov/8.9.E2
    """
    shape, x = degrees / 2, value / 2
    if x <= 0:
        return 1.0
    scale = math.exp(max(shape * math.log(x) - x - math.lgamma(shape), -700.0))
    if x < shape + 1:
        term = total = 1 / shape
        for step in range(1, _STEPS):
            term *= x / (shape + step)
            total += term
            if term < total * _DIGITS:
                break
        return max(1 - scale * total, _TINY)
    b = x + 1 - shape
    c, d = 1 / _TINY, 1 / b
    total = d
    for step in range(1, _STEPS):
        a = -step * (step - shape)
        b += 2
        d = 1 / (a * d + b or _TINY)
        c = b + a / c or _TINY
        total *= c * d
        if abs(c * d - 1) < _DIGITS:
            break
    return min(max(scale * total, _TINY), 1.0)


def chi_square_above(probability: float, degrees: int) -> float:
    """The value that a chi-square exceeds with this probability, to 12 digits, by bisection."""
    low, high = 0.0, 2.0 * degrees + 10
    while chi_square(high, degrees) > probability:
        high *= 2
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if chi_square(middle, degrees) > probability else (low, middle)
    return high


def kolmogorov(distance: float, first: int, second: int) -> float:
    """P(D >= distance) for the two-sample Kolmogorov-Smirnov distance; conservative where values tie or are binned.

    Kolmogorov's series at Stephens' corrected argument: Stephens, J. R. Stat. Soc. B 32 (1970), 115-122.
    """
    root = math.sqrt(first * second / (first + second))
    argument = (root + 0.12 + 0.11 / root) * distance
    if argument < 0.3:  # the probability is 0.99999 and the series slow
        return 1.0
    terms = ((1 if k % 2 else -1) * math.exp(-2 * (k * argument) ** 2) for k in range(1, 101))
    return min(max(2 * sum(terms), _TINY), 1.0)


def same_rate(hits: int, of: int, other_hits: int, of_other: int) -> float:
    """The two-sided p-value that both samples have one rate: twice the smaller tail, at most 1.

    Fisher's exact test while a cell expects fewer than 50 rows (Agresti, Categorical Data Analysis, section 3.5), else
    Pearson's chi-square.
    """
    total, all_hits = of + of_other, hits + other_hits
    if not of or not of_other or not 0 < all_hits < total:
        return 1.0
    smallest = min(of, of_other) * min(all_hits, total - all_hits) / total
    if smallest >= _ENOUGH:
        off = hits - of * all_hits / total
        return chi_square(off * off / (of * of_other * all_hits / total**2 * (total - all_hits) / total), 1)
    lowest, highest = max(0, of + all_hits - total), min(of, all_hits)
    k = np.arange(lowest, highest, dtype=np.float64)
    ratio = np.log(all_hits - k) + np.log(of - k) - np.log(k + 1) - np.log(total - all_hits - of + k + 1)
    logs = np.concatenate([[0.0], np.cumsum(ratio)])
    mass = np.exp(logs - logs.max())
    at = hits - lowest
    tail = min(float(mass[: at + 1].sum()), float(mass[at:].sum())) / float(mass.sum())
    return min(max(2 * tail, _TINY), 1.0)
