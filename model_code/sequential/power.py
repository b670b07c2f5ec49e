"""How many values an arm needs before a difference that matters would have shown."""

from __future__ import annotations

import math
from statistics import NormalDist

from model_code.errors import UnusableError
from model_code.sequential.checks import count, fraction, positive
from model_code.sequential.interval import Sequence


def per_arm_of_rates(rate: float, changed: float, *, alpha: float, power: float) -> int:
    """The requests an arm needs for one look, at the end, to see that a rate rose (or fell) to `changed`.

    One-sided, with the pooled variance under equality: Fleiss, Levin, Paik (2003), "Statistical Methods for Rates and
    Proportions", equation (4.14) without the continuity correction. 0.5 % to 2 %, alpha 1 %, power 90 %: 1,426.
    """
    if fraction("rate", rate) == fraction("changed", changed):
        raise UnusableError(f"changed: got {changed!r}, which is no change; allowed: another rate than {rate!r}")
    middle = (rate + changed) / 2
    equal = _quantile("alpha", 1 - fraction("alpha", alpha)) * math.sqrt(2 * middle * (1 - middle))
    apart = _quantile("power", power) * math.sqrt(rate * (1 - rate) + changed * (1 - changed))
    return math.ceil((equal + apart) ** 2 / (rate - changed) ** 2)


def per_arm_of_means(deviation: float, difference: float, *, alpha: float, power: float) -> int:
    """The values an arm needs for one look, at the end, to see that two means differ; two-sided, two equal arms.

    `deviation` is the metric's standard deviation within an arm, after adjustment by its covariate.
    """
    reach = _quantile("alpha", 1 - fraction("alpha", alpha) / 2) + _quantile("power", power)
    return _per_arm(reach, deviation, difference)


def per_arm_at_any_time(deviation: float, difference: float, *, alpha: float, power: float) -> int:
    """The values an arm needs where somebody looks all the time: by then the difference has shown with `power`.

    More than `per_arm_of_means`, but most experiments end well before. Twice this is what `Sequence.planned` wants.
    """
    reach = Sequence(alpha=alpha, planned=1).errors(1) + _quantile("power", power)
    return _per_arm(reach, deviation, difference)


def still_needed(needed: int, seen: int) -> int:
    """How many more it takes until `needed` have been seen; 0 once they have."""
    return max(0, count("needed", needed) - count("seen", seen))


def _per_arm(reach: float, deviation: float, difference: float) -> int:
    positive("deviation", deviation)
    positive("difference", abs(difference))
    return math.ceil(2 * (reach * deviation / difference) ** 2)


def _quantile(name: str, chance: float) -> float:
    if fraction(name, chance) < 0.5:
        raise UnusableError(f"{name}: got {chance!r}; allowed: alpha at most 0.5, power at least 0.5")
    return NormalDist().inv_cdf(chance)
