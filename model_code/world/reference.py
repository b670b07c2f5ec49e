"""The sample of a world's transactions by which its truth is reckoned and its base rate set."""

from __future__ import annotations

import numpy as np

from model_code.world.chance import Floats, Spread
from model_code.world.columns import Columns, Customers, columns, log_odds, sigmoid
from model_code.world.knobs import Knobs

_ROWS = 1 << 16  # shares of this sample stand to about 0.001
_STEPS = 44  # halvings: to about 1e-11


class Reference:
    """A large, evenly spread sample of transactions, with probabilities in place of outcomes."""

    def __init__(self, seed: int, knobs: Knobs, customers: Customers) -> None:
        self._seed, self._knobs, self._customers = seed, knobs, customers
        self._who = np.arange(_ROWS) % knobs.customers
        self.protected = customers.protected[self._who]
        self._intercepts: dict[int, float] = {}

    def seen(self, day: int) -> Columns:
        """The sample's columns, as that day would record them."""
        return columns(Spread(self._seed, "reference", _ROWS), self._customers, self._who, self._knobs, day)

    def intercept(self, day: int) -> float:
        """The log-odds that, added to each row's, give the base rate that the knobs ask for on that day."""
        concept, rate = self._knobs.concept_on(day), self._knobs.base_rate
        if concept is not None and concept.base_rate is not None:
            rate = concept.base_rate
        else:
            concept = None
        since = concept.from_day if concept else 0
        if since not in self._intercepts:
            self._intercepts[since] = _solve(log_odds(self.seen(since), concept), rate)
        return self._intercepts[since]


def _solve(log_odds: Floats, rate: float) -> float:
    """The number that, added to all log-odds, makes their probabilities' mean the rate; by halving."""
    low, high = -40.0 - float(log_odds.max()), 40.0 - float(log_odds.min())
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if sigmoid(log_odds + middle).mean() < rate:
            low = middle
        else:
            high = middle
    return (low + high) / 2
