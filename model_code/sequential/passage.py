"""When the test of a tolerated error rate decides: exact chances, by counting the paths that have not decided yet."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import count as natural

from model_code.errors import UnusableError
from model_code.sequential.beta import log_evidence
from model_code.sequential.checks import fraction

# Beyond this the question is what sample a rate so near the tolerated one would need, and the answer is: too many.
MOST = 10_000


def thresholds(tolerated: float, alpha: float) -> Iterator[int]:
    """The fewest errors that decide after 1, 2, 3, ... requests; more than there are requests while nothing can."""
    fraction("tolerated", tolerated)
    wanted = -math.log(fraction("alpha", alpha))
    errors = 0
    for requests in natural(1):
        # More requests never lower the threshold: another success is evidence for the tolerated rate.
        while errors <= requests and log_evidence(errors, requests - errors, tolerated) < wanted:
            errors += 1
        yield errors


def chances(tolerated: float, rate: float, alpha: float) -> Iterator[float]:
    """The chance to have decided after 1, 2, 3, ... requests that fail at `rate`, looked at after every one."""
    fraction("alpha", alpha)
    if not 0 <= rate <= 1:
        raise UnusableError(f"rate: got {rate!r}; allowed: a number from 0 to 1")
    undecided, decided = [1.0], 0.0  # by number of errors
    for threshold in thresholds(tolerated, alpha):
        failed = [0.0, *(chance * rate for chance in undecided)]
        passed = [*(chance * (1 - rate) for chance in undecided), 0.0]
        after = [one + other for one, other in zip(failed, passed, strict=True)]
        decided += math.fsum(after[threshold:])
        undecided = after[:threshold]
        yield decided


def requests_needed(tolerated: float, harmful: float, *, alpha: float, power: float) -> int:
    """The requests after which a variant failing at `harmful` has been found out with chance `power`.

    A variant that is still undecided after them is not that bad, so this is the least sample to promote on.
    Raises UnusableError where `harmful` is not above `tolerated`, or so near that more than `MOST` are needed.
    """
    fraction("power", power)
    if not fraction("tolerated", tolerated) < harmful <= 1:
        raise UnusableError(f"harmful: got {harmful!r}; allowed: above the tolerated rate {tolerated}, at most 1")
    for requests, chance in enumerate(chances(tolerated, harmful, alpha), 1):
        if chance >= power:
            return requests
        if requests == MOST:
            break
    raise UnusableError(f"harmful: got {harmful!r}, too near the tolerated rate {tolerated} to tell in {MOST} requests")
