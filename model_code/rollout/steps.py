"""What one look at a model with candidates can end in, beside the steps of decide.py. Each is one change at most."""

from __future__ import annotations

from dataclasses import dataclass

from model_code.rollout.decide import Failed, Hold, Succeeded, UpdateConfig, UpdateCount, UpdateWeights, Wait
from model_code.rollout.records import Decision, Phase, Record


@dataclass(frozen=True)
class Begin:
    """Remember that an analysis begins; nothing has changed yet."""


@dataclass(frozen=True)
class CreateCanary:
    """Make a temporary config: the live version's variant, and the candidate beside it or as its shadow."""

    config: str
    phase: Phase
    live: str
    candidate: str
    instances: int


@dataclass(frozen=True)
class MoveToCanary:
    """Move the endpoint to a temporary config: every share of traffic begins as that config has it."""

    config: str


@dataclass(frozen=True)
class CompareShadow:
    """Read what both versions answered to the same requests."""


@dataclass(frozen=True)
class Look:
    """All is well: look again after `look_seconds`, which count."""


@dataclass(frozen=True)
class Halt:
    """Something is missing or somebody said wait: the shares stay as they are. Look again after `look_seconds`."""

    reason: str


@dataclass(frozen=True)
class Decide:
    """Write a verdict. One that nobody has written before is `new`: then whoever writes it first wins."""

    decision: Decision
    new: bool


@dataclass(frozen=True)
class KeepVersion:
    """Keep the record of the version that leaves, so that `candidate` can be filled after `approved`."""

    record: Record


@dataclass(frozen=True)
class RecordApproved:
    """The endpoint serves this version: say so."""

    record: Record


@dataclass(frozen=True)
class RecordCandidate:
    """Name the version that left as the other one."""

    record: Record


@dataclass(frozen=True)
class Clean:
    """Delete a temporary config that nothing uses any more."""

    config: str


@dataclass(frozen=True)
class Close:
    """The analysis has ended and nothing of it is left."""


Step = (
    Wait
    | Hold
    | UpdateConfig
    | UpdateWeights
    | UpdateCount
    | Succeeded
    | Failed
    | Begin
    | CreateCanary
    | MoveToCanary
    | CompareShadow
    | Look
    | Halt
    | Decide
    | KeepVersion
    | RecordApproved
    | RecordCandidate
    | Clean
    | Close
)
