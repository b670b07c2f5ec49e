"""One step of a batch run as a pure function: what there is, what is missing, what to do next."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

RUNNING = frozenset({"InProgress", "Stopping"})
# Names of inputs in a reason: enough to start looking, short enough for an SSM parameter.
_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class Stored:
    """An S3 object: its key below the partition's prefix, and what tells one content from another."""

    name: str
    etag: str
    modified: datetime

    @property
    def base(self) -> str:
        """The last part of the key. SageMaker adds folders of its own to an output's, so nothing else can be compared.

        https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformOutput.html (S3OutputPath)
        """
        return PurePosixPath(self.name).name


@dataclass(frozen=True, kw_only=True)
class Job:
    """A transform job as DescribeTransformJob tells it; `reason` is its FailureReason."""

    name: str
    status: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Observed:
    """A partition as it is: its inputs, the outputs of the present version, and every job ever started for them."""

    inputs: Sequence[Stored]
    outputs: Sequence[Stored]
    jobs: Sequence[Job]

    def missing(self) -> list[Stored]:
        """The inputs without an output, or with one older than they are."""
        made = {output.base: output.modified for output in self.outputs}
        return [one for one in self.inputs if (at := made.get(f"{one.base}.out")) is None or at < one.modified]


@dataclass(frozen=True)
class Wait:
    """A job is under way: look again later."""

    job: str


@dataclass(frozen=True)
class Start:
    """Transform these inputs with a job of this name."""

    job: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Succeeded:
    """Every input has its output; `digest` stands for the inputs."""

    digest: str


@dataclass(frozen=True)
class Failed:
    """Some inputs have no output, and asking again would not help."""

    reason: str


Step = Wait | Start | Succeeded | Failed


def decide(observed: Observed, prefix: str, followed: Collection[str]) -> Step:
    """The next step. `followed` are the jobs that this run has started or waited for; names begin with `prefix`.

    A name says which inputs the job is for, so that two runs at once ask for the same one, and SageMaker refuses the
    second. A job that left something out is followed by another over what is still missing only if it got further:
    each is smaller than the one before, so a run ends.
    """
    for job in observed.jobs:
        if job.status in RUNNING:
            return Wait(job.name)
    if not observed.inputs:
        return Failed("no input: the partition has no objects")
    twice = sorted(name for name, count in Counter(one.base for one in observed.inputs).items() if count > 1)
    if twice:
        return Failed(f"inputs of one name in several folders, whose outputs would meet: {_some(twice)}")
    missing = observed.missing()
    if not missing:
        return Succeeded(digest(observed.inputs))
    wanted = f"{prefix}-{digest(missing)}-"
    tried = [job for job in observed.jobs if job.name.startswith(wanted)]
    for job in tried:
        if job.name in followed:
            left = f"{len(missing)} of {len(observed.inputs)} inputs have no output: {_some([m.name for m in missing])}"
            return Failed(f"{left}; {job.name} ended {job.status}: {job.reason or 'no reason given'}")
    return Start(f"{wanted}{len(tried)}", tuple(one.name for one in missing))


def digest(inputs: Sequence[Stored]) -> str:
    """Eight hex digits that are equal for equal inputs, whatever their order."""
    canonical = json.dumps(sorted((one.name, one.etag) for one in inputs))
    return hashlib.sha256(canonical.encode()).hexdigest()[:8]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
