"""Evidence that a probability is above a bound, from counts alone: a mixture over all the larger probabilities."""

from __future__ import annotations

import math

# Any mixture keeps the promise; this one decides soonest over error rates from 5 % to 100 % against a bound of 1 %. It
# gives more weight than a flat one to the small rates, which take long to see.
_A, _B = 0.5, 3.0
_CLOSE = 1e-14
_TINY = 1e-300


def log_evidence(hits: int, misses: int, bound: float) -> float:
    """The logarithm of an e-value against "each trial hits with probability at most `bound`" (0 < bound < 1).

    It is the likelihood ratio against `bound`, averaged over the probabilities above it by a Beta(1/2, 3) cut off at
    `bound`. The ratio of a larger probability to `bound` shrinks on average under every probability up to `bound`, so
    the average is a non-negative supermartingale beginning at 1, also where the probability wanders or depends on the
    past, and Ville's inequality bounds by alpha the chance that it ever reaches 1/alpha.
    Ramdas, Grünwald, Vovk, Shafer (2023), "Game-theoretic statistics and safe anytime-valid inference", section 3,
    https://arxiv.org/abs/2210.01948; the mixture: Robbins (1970), "Statistical methods related to the law of the
    iterated logarithm".
    """
    seen = _log_beta(_A + hits, _B + misses) + _log_above(bound, _A + hits, _B + misses)
    before = _log_beta(_A, _B) + _log_above(bound, _A, _B)
    return seen - before - hits * math.log(bound) - misses * math.log1p(-bound)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _log_above(x: float, a: float, b: float) -> float:
    """The logarithm of the chance that a Beta(a, b) variable is above `x`; no underflow, however small the chance."""
    if 1 - x < (b + 1) / (a + b + 2):
        return _log_regularised(1 - x, b, a)
    return math.log1p(-math.exp(_log_regularised(x, a, b)))


def _log_regularised(x: float, a: float, b: float) -> float:
    """The logarithm of the regularised incomplete beta function, for x < (a + 1) / (a + b + 2).

    Lentz's evaluation of the continued fraction https://dlmf.nist.gov/8.17#v, about sqrt(max(a, b)) terms of it.
    """
    c, d = 1.0, 1 / _away(1 - (a + b) * x / (a + 1))
    fraction, change, m = d, 0.0, 0
    while abs(change - 1) > _CLOSE:
        m += 1
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        fraction *= (d := 1 / _away(1 + even * d)) * (c := _away(1 + even / c))
        change = (d := 1 / _away(1 + odd * d)) * (c := _away(1 + odd / c))
        fraction *= change
    return a * math.log(x) + b * math.log1p(-x) - math.log(a) - _log_beta(a, b) + math.log(fraction)


def _away(value: float) -> float:
    """The value, kept away from zero as Lentz's method asks."""
    return value if abs(value) > _TINY else _TINY
