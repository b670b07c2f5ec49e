"""What a model's first versions take: who says it (the program, the command line) and who does it (`make up`) agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

SLOTS = frozenset({"approved", "candidate"})
# The processing jobs of a training pipeline (tools/pipelines): validate, evaluate, bias, compare, decide.
GATES = 5


def slots(versions: Iterable[str]) -> list[str]:
    """Those of a model's versions that training fills; a pinned one is there or cannot be made."""
    return [version for version in versions if version in SLOTS]


def first_training(model: str, wanted: Sequence[str], pipeline: bool) -> list[list[str]]:
    """The commands of `takeoff`, one after the other, that fill the slots of a model, all of them.

    A model with a pipeline gets the data set that its folder carries, and from there its first version, if that is all
    it lacks: a run makes one version, of one algorithm. Several slots at once are filled with several algorithms, which
    begin with the model's first whatever is there, so a slot that is left takes all of them again: equal versions are
    registered once.
    """
    upload = [["dataset", "upload", model]] if pipeline else []
    if pipeline and len(wanted) <= 1:
        return [*upload, ["retrain", model, "--reason", "first version", "--wait"]]
    return [*upload, ["train", model, "--count", str(max(len(wanted), 1)), "--register"]]


def approval(model: str, package: int, stack: str) -> str:
    """What comes next for a model whose first version has passed its gates and waits for a person."""
    command = f"takeoff approve {model} --package {package} --why ... --stack {stack}"
    return f"package {package} waits for approval: `{command}`"
