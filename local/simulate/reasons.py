"""Why a pod is pending, from what the scheduler and Karpenter say, in the words that the preview has for it."""

from __future__ import annotations

from collections.abc import Mapping

from catalog.pools import Reason

# Each from the step that comes first to the last: of several pools or nodes the one that came furthest counts, as in
# catalog.pools.match.
_KARPENTER: Mapping[str, Reason] = {
    "incompatible requirements": "no pool",
    "did not tolerate taint": "toleration",
    "no instance type has enough resources": "size",
    "exceed limits for nodepool": "limit",
}
_SCHEDULER: Mapping[str, Reason] = {
    "didn't match Pod's node affinity/selector": "no pool",
    "untolerated taint": "toleration",
    "Insufficient ": "size",
}


def karpenter(message: str) -> Reason | None:
    """What Karpenter's FailedScheduling comes down to; None for words that are not known."""
    return _furthest(message, _KARPENTER)


def scheduler(message: str) -> Reason | None:
    """What the scheduler's FailedScheduling comes down to; None for words that are not known, or without any node."""
    # What follows is about preemption, which helps none of them.
    return _furthest(message.partition(" preemption:")[0], _SCHEDULER)


def _furthest(message: str, words: Mapping[str, Reason]) -> Reason | None:
    found = [reason for text, reason in words.items() if text in message]
    return found[-1] if found else None
