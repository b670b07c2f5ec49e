"""Do the arms get the shares of units that they should? A mismatch says that the comparison cannot be trusted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from model_code.errors import UnusableError
from model_code.sequential.checks import count, fraction, shares

# A mismatch stops an experiment, so it is said of a sound one only once in a thousand.
ALPHA = 1e-3
# How sure the prior is that the shares are about right, in units. Any value keeps the promise; this one is found to be
# near the best for arms of 60:40 as for 52:48.
_CONCENTRATION = 100


@dataclass(frozen=True, kw_only=True)
class Mismatch:
    """The test of "each new unit falls to an arm with its share", exact for any number of looks.

    A Dirichlet mixture over all shares against the declared ones: Lindon, Malek (2022), "Anytime-valid inference for
    multinomial count data", https://arxiv.org/abs/2011.03567, section 2. The state is counts.
    """

    shares: Mapping[str, float]
    alpha: float = ALPHA
    counts: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shares("shares", self.shares)
        fraction("alpha", self.alpha)
        for arm, units in self.counts.items():
            if arm not in self.shares:
                raise UnusableError(f"counts: got arm {arm!r}; allowed: {', '.join(sorted(self.shares))}")
            count(f"counts[{arm!r}]", units)

    def add(self, counts: Mapping[str, int]) -> Mismatch:
        """The test after so many more units of each arm."""
        more = Mismatch(shares=self.shares, counts=counts)
        both = {*self.counts, *more.counts}
        return replace(self, counts={arm: self.counts.get(arm, 0) + more.counts.get(arm, 0) for arm in sorted(both)})

    @property
    def log_evidence(self) -> float:
        """The logarithm of the evidence against the declared shares; 0 before the first unit."""
        total = sum(self.counts.values())
        evidence = math.lgamma(_CONCENTRATION) - math.lgamma(_CONCENTRATION + total)
        for arm, share in self.shares.items():
            units = self.counts.get(arm, 0)
            prior = _CONCENTRATION * share
            evidence += math.lgamma(prior + units) - math.lgamma(prior) - units * math.log(share)
        return evidence

    @property
    def found(self) -> bool:
        """The shares are not the declared ones: said of right ones, at any time ever, with chance `alpha`."""
        return self.log_evidence >= -math.log(self.alpha)
