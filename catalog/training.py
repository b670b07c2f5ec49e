"""What a model's first versions take: who says it (the program, the command line) and who does it (`make up`) agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

SLOTS = frozenset({"approved", "candidate"})


def slots(versions: Iterable[str]) -> list[str]:
    """Those of a model's versions that training fills; a pinned one is there or cannot be made."""
    return [version for version in versions if version in SLOTS]


def first_training(model: str, wanted: Sequence[str], pipeline: bool) -> list[list[str]]:
    """The commands of `takeoff`, one after the other, that fill the slots of a model, all of them.

    A model with a pipeline gets its first version from there, on the data set that its folder carries. Else training
    begins with the model's first algorithm whatever is there, so a slot that is left takes all of them again: equal
    versions are registered once.
    """
    if pipeline:
        return [["dataset", "upload", model], ["retrain", model, "--reason", "first version", "--wait"]]
    return [["train", model, "--count", str(max(len(wanted), 1)), "--register"]]
