"""One step of a look at a window, and which objects the look takes: pure functions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count

RUNNING = frozenset({"InProgress", "Stopping"})


@dataclass(frozen=True, kw_only=True)
class Job:
    """A processing job as DescribeProcessingJob tells it; `reason` is why it failed."""

    name: str
    status: str
    reason: str = ""


@dataclass(frozen=True)
class Wait:
    """A job is under way: look again later."""

    job: str


@dataclass(frozen=True)
class Start:
    """Nothing has looked at the window yet, or what has did not come to an end: ask for a job of this name."""

    job: str


@dataclass(frozen=True)
class Read:
    """The job is complete: its report is the result."""

    job: str


@dataclass(frozen=True)
class Failed:
    """There is no result, and asking again would not help."""

    reason: str


Step = Wait | Start | Read | Failed


def decide(jobs: Sequence[Job], prefix: str, followed: Collection[str]) -> Step:
    """The next step for a window whose jobs so far are `jobs`; `followed` are those that this run has waited for.

    Names are numbered from `prefix`-0, so that two runs at once ask for the same job and SageMaker refuses the second.
    A complete job is never repeated; one that failed is, by another run, under the next number.
    """
    for job in jobs:
        if job.status in RUNNING:
            return Wait(job.name)
    for job in jobs:
        if job.status == "Completed":
            return Read(job.name)
    for job in jobs:
        if job.name in followed:
            return Failed(f"{job.name} ended {job.status}: {job.reason or 'no reason given'}")
    known = {job.name for job in jobs}
    return Start(next(name for number in count() if (name := f"{prefix}-{number}") not in known))


@dataclass(frozen=True, kw_only=True)
class Stored:
    """An S3 object: its key below the folder that was listed, and when it was written."""

    name: str
    modified: datetime


@dataclass(frozen=True, kw_only=True)
class Taken:
    """The objects that a job reads, in order of time, and how many there were."""

    names: tuple[str, ...]
    found: int


def take(window: Sequence[Stored], earlier: Sequence[Stored], most: int) -> Taken:
    """At most `most` objects: the window's own first, then as many of the earlier ones as fit, newest first.

    Of a window that alone has more, evenly spread ones: a sample of every hour, and the same one at every look.
    """
    own = sorted(window, key=_order)
    found = len(own) + len(earlier)
    if len(own) > most:
        own = [own[at * len(own) // most] for at in range(most)]
    room = most - len(own)
    before = sorted(earlier, key=_order)[-room:] if room else []
    return Taken(names=tuple(one.name for one in [*before, *own]), found=found)


def _order(one: Stored) -> tuple[datetime, str]:
    return one.modified, one.name
