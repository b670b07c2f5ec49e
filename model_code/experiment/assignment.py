"""Which arm a unit belongs to: the same one every time it asks, without a record of it anywhere."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from itertools import pairwise

from model_code.errors import UnusableError
from model_code.experiment.declared import Experiment

_BYTES = 8


def assign(experiment: Experiment, unit: str) -> str | None:
    """The unit's arm; None where it takes no part.

    The experiment's name salts the hash, so that arms of two experiments are independent. A unit goes through the
    allocations in their order, and leaves its place only where that shrank, with just the chance that shrinks it, for
    one that grew. No function of the present allocation alone can do that for three places or more: Bavarian et al.
    (2020), "Optimality of correlated sampling strategies", Theory of Computing 16(12), https://arxiv.org/abs/1612.01041.
    Raises UnusableError for a unit without a name.
    """
    if not isinstance(unit, str) or not unit:
        raise UnusableError(f"unit: got {unit!r}; allowed: a text that is not empty")
    places = [_with_rest(allocation) for allocation in experiment.shares]
    place = _pick(places[0], _uniform(experiment.name, 0, unit))
    for step, (before, after) in enumerate(pairwise(places), 1):
        lost = before[place] - after[place]
        if lost <= 0:
            continue
        point = _uniform(experiment.name, step, unit) * before[place]
        if point < lost:
            grown = {name: after[name] - before[name] for name in after if after[name] > before[name]}
            place = _pick(grown, point / lost)
    return place


def _with_rest(allocation: Mapping[str, float]) -> dict[str | None, float]:
    """The places in an order that does not depend on how the allocation was written down, the rest last."""
    places: dict[str | None, float] = {arm: allocation[arm] for arm in sorted(allocation)}
    return {**places, None: max(0.0, 1 - sum(places[arm] for arm in sorted(allocation)))}


def _pick(places: Mapping[str | None, float], point: float) -> str | None:
    """The place that a point from 0 to 1 falls to, each as wide as its part of the sum."""
    left = point * sum(places.values())
    for place, width in places.items():
        if left < width:
            return place
        left -= width
    # Rounding alone comes here: the point lies at the very end.
    return [place for place, width in places.items() if width > 0][-1]


def _uniform(salt: str, step: int, unit: str) -> float:
    """A number from 0 up to 1 that looks random and is the same for the same three."""
    # JSON keeps the three apart whatever they contain: ("a", "b:c") and ("a:b", "c") must not meet.
    text = json.dumps([salt, step, unit]).encode()
    return (int.from_bytes(hashlib.blake2b(text, digest_size=_BYTES).digest()) >> 11) / (1 << 53)
