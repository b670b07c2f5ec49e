"""Is a variant's error rate above what is tolerated, or above the live variant's? An answer at any time."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from model_code.errors import UnusableError
from model_code.sequential.beta import log_evidence
from model_code.sequential.checks import count, finite, fraction

# The chance that a rollout of a good variant is ever rolled back for its errors.
ALPHA = 1e-4


@dataclass(frozen=True, kw_only=True)
class Tolerated:
    """The test of "errors happen at a rate of at most `rate`", over all requests of one variant so far.

    Exact for any number of looks, also where the rate changes as long as it stays below `rate`. The state is counts,
    so requests may be added one at a time or in batches, in any order.
    """

    rate: float
    alpha: float = ALPHA
    errors: int = 0
    requests: int = 0

    def __post_init__(self) -> None:
        fraction("rate", self.rate)
        fraction("alpha", self.alpha)
        count("errors", self.errors)
        count("requests", self.requests)
        if self.errors > self.requests:
            raise UnusableError(f"errors: got {self.errors} of {self.requests} requests; allowed: at most all of them")

    def add(self, *, errors: int, requests: int) -> Tolerated:
        """The test after so many more requests, of which so many failed."""
        more = Tolerated(rate=self.rate, errors=errors, requests=requests)
        return replace(self, errors=self.errors + more.errors, requests=self.requests + more.requests)

    @property
    def log_evidence(self) -> float:
        """The logarithm of the evidence against the tolerated rate; 0 before the first request."""
        return log_evidence(self.errors, self.requests - self.errors, self.rate)

    @property
    def exceeded(self) -> bool:
        """The rate is above what is tolerated: said of a good variant, however long it runs, with chance `alpha`."""
        return self.log_evidence >= -math.log(self.alpha)


@dataclass(frozen=True, kw_only=True)
class Compared:
    """The test of "the candidate's error rate is at most the live variant's", while both serve.

    It looks at errors only. Requests are split at random, so with equal rates an error is the candidate's with
    probability `share`, the candidate's share of requests, and with a lower rate more rarely, whatever the rates are
    and however they move together: an outage that hits both is evidence against neither. Exact where requests fail
    independently of each other's variant; where a user sticks to a variant and tries again, count users.
    The conditional argument: Lindon, Malek (2022), "Anytime-valid inference for multinomial count data",
    https://arxiv.org/abs/2011.03567, section 4.
    """

    share: float
    alpha: float = ALPHA
    candidate: int = 0
    """Errors of the candidate at the present share."""
    live: int = 0
    """Errors of the live variant at the present share."""
    earlier: float = 0.0
    """The logarithm of the evidence from earlier shares."""

    def __post_init__(self) -> None:
        fraction("share", self.share)
        fraction("alpha", self.alpha)
        count("candidate", self.candidate)
        count("live", self.live)
        finite("earlier", self.earlier)

    def add(self, *, candidate: int, live: int) -> Compared:
        """The test after so many more errors of each."""
        more = Compared(share=self.share, candidate=candidate, live=live)
        return replace(self, candidate=self.candidate + more.candidate, live=self.live + more.live)

    def at(self, share: float) -> Compared:
        """The test from here on, at another share of requests. Evidence multiplies: what was seen stays seen."""
        if share == self.share:
            return self
        return Compared(share=share, alpha=self.alpha, earlier=self.log_evidence)

    @property
    def log_evidence(self) -> float:
        """The logarithm of the evidence that the candidate fails more often; 0 before the first error."""
        return self.earlier + log_evidence(self.candidate, self.live, self.share)

    @property
    def worse(self) -> bool:
        """The candidate fails more often: said of an equal or better one, at any time ever, with chance `alpha`."""
        return self.log_evidence >= -math.log(self.alpha)
