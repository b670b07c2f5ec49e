"""Whether a request to retrain starts a run, as a pure function of what the account shows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from model_code.retraining.record import Record, Request

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribePipelineExecution.html
MOVING = frozenset({"Executing", "Stopping"})
Cause = Literal["frozen", "running", "cooling", "cap", "budget", "no data set", "unknown model", "no request"]
# A loop that was stopped on purpose, or is busy, is as it should be; the other refusals are somebody's to look at.
_HARMLESS = frozenset({"frozen", "running", "cooling"})


@dataclass(frozen=True, kw_only=True)
class Run:
    """A pipeline's execution as ListPipelineExecutions tells it; `name` is its display name, the run's."""

    arn: str
    name: str
    status: str
    started: datetime


@dataclass(frozen=True, kw_only=True)
class Observed:
    """What the account shows of one model.

    `runs` are all executions of its pipeline, newest first, and `origin` is when the pipeline came to be. `newest` is
    the record of the newest, `led` whether the execution that leads it still runs, `cooling` whether its cooldown does.
    `frozen` and `spent` say who froze it and what budget is spent; empty: nobody, none. `data` is the version of the
    data set that a run would take; without one, `missing` says what is not there.
    """

    frozen: str
    runs: Sequence[Run]
    origin: str
    newest: Record | None
    led: bool
    cooling: bool
    spent: str
    data: str
    missing: str


@dataclass(frozen=True)
class Refuse:
    """Nothing is started, and why not."""

    why: Cause
    reason: str

    @property
    def harmless(self) -> bool:
        """Whether nobody has to do anything about it."""
        return self.why in _HARMLESS


@dataclass(frozen=True)
class Follow:
    """A run that is under way already is this execution's to see to its end: its own, or one whose leader died."""

    record: Record
    execution: str


@dataclass(frozen=True)
class Start:
    """Claim this run for this version of the data set, prepare its folder, and start the pipeline."""

    run: str
    data: str


Step = Refuse | Follow | Start


def decide(request: Request, me: str, observed: Observed, most: int, now: datetime) -> Step:
    """What becomes of a request that the execution `me` brings; `most` runs may begin in a calendar month (UTC).

    Every request passes freeze and a run that is under way; one by hand passes cooldown and cap, but no spent budget.
    """
    if observed.frozen:
        return Refuse("frozen", f"frozen by {observed.frozen}; `takeoff unfreeze` lifts it")
    if under_way := _under_way(me, observed):
        return under_way
    by_hand = request.cause == "manual"
    if observed.cooling and not by_hand:
        last = observed.runs[0].name
        return Refuse("cooling", f"run {last} ended less than its cooldown ago; `takeoff retrain` does not wait for it")
    begun = sum(run.started.astimezone(UTC) >= month(now) for run in observed.runs)
    if begun >= most and not by_hand:
        return Refuse("cap", f"{begun} runs began this month; allowed: {most}, `monthlyRuns` in the stack file")
    if observed.spent:
        return Refuse("budget", f"{observed.spent}; raise it in the stack file, or wait for the next month")
    if not observed.data:
        return Refuse("no data set", f"{observed.missing}; store one by `takeoff dataset upload {request.model} FILE`")
    return Start(_name(request.model, observed), observed.data)


def contested(claim: Record, me: str, led: bool) -> Refuse | None:
    """What becomes of a run that is claimed already: None where it is this execution's to go on with.

    That is its own claim, made before it was killed, or the claim of one that died.
    """
    if claim.open and (claim.runner == me or not led):
        return None
    return Refuse("running", f"run {claim.run} was claimed first, by {claim.runner.rpartition(':')[2]}")


def month(now: datetime) -> datetime:
    """The first moment of the calendar month (UTC) that `now` is in."""
    return now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def token(stack: str, model: str, run: str) -> str:
    """The ClientRequestToken of a run: whoever starts the same run starts it once.

    32 to 128 characters: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StartPipelineExecution.html
    """
    return hashlib.sha256(f"{stack}/{model}/{run}".encode()).hexdigest()


def _under_way(me: str, observed: Observed) -> Follow | Refuse | None:
    newest, record = observed.runs[0] if observed.runs else None, observed.newest
    if newest and record and record.open:
        if record.runner == me or not observed.led:
            return Follow(record, newest.arn)
        return Refuse("running", f"run {newest.name} is under way, led by {record.runner.rpartition(':')[2]}")
    for run in observed.runs:
        if run.status in MOVING:
            return Refuse("running", f"pipeline execution {run.arn} is {run.status}")
    return None


def _name(model: str, observed: Observed) -> str:
    """The next run's name: equal for all who look before it begins, and never one that was.

    Its number is for people; the digest tells it from one of a pipeline that was destroyed, whose folder may be left.
    """
    before = observed.runs[0].arn if observed.runs else observed.origin
    digest = hashlib.sha256(f"{model}/{before}".encode()).hexdigest()[:8]
    return f"{len(observed.runs) + 1:04d}-{digest}"
