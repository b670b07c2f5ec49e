"""The life of a job that runs containers: made once, InProgress, stopped or ended, and what everybody hears of it."""

from __future__ import annotations

import asyncio
import logging
import re
import shutil
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from moto.core.responses import ActionResult, EmptyResult
from moto.events.models import events_backends
from moto.sagemaker.exceptions import AWSValidationException, ResourceInUseException
from moto.sagemaker.responses import SageMakerResponse

from local.cloud import job_record
from local.cloud.hosting import SAGEMAKER, Hosting
from local.cloud.job_list import listed
from local.cloud.job_output import Output
from local.cloud.job_process import outcome
from local.state import ACCOUNT

log = logging.getLogger(__name__)
NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
# AWS: a job that is stopped has this many seconds after SIGTERM.
GRACE = 120.0


class Jobs(ABC):
    """Every job of one kind; moto's jobs carry the attributes of job_record.begin."""

    word: ClassVar[str]
    """Training or Processing: what AWS's names begin with."""

    def __init__(self, hosting: Hosting) -> None:
        self.hosting, self.account, self.state = hosting, hosting.account, hosting.state
        self.folder = hosting.state.cloud / "jobs" / self.word.lower()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._following: set[asyncio.Task[None]] = set()
        self._closing = False

    @abstractmethod
    def check(self, region: str, given: dict[str, Any]) -> None:
        """Raises AWSValidationException for what AWS or this account refuses at once."""

    @abstractmethod
    def make(self, backend: Any, given: dict[str, Any], tags: Any) -> Any:
        """moto's job of this request, kept by moto."""

    @abstractmethod
    async def work(self, region: str, job: Any) -> None:
        """Does all of the job. Raises InputError, PermissionError, JobError or TimeLimitError when it cannot."""

    @abstractmethod
    def shown(self, job: Any) -> dict[str, Any]:
        """What Describe says of this kind alone."""

    def install(self) -> None:
        """Puts our operations in the place of moto's, whose jobs are finished before they begin."""
        word, moto = self.word.lower(), SageMakerResponse

        def create(response: Any) -> ActionResult:
            given = {name: value for name, value in response.params.items() if name != "Tags" and value is not None}
            arn = self.create(response.region, given, response._get_param("Tags"))
            return ActionResult({f"{self.word}JobArn": arn})

        def stop(response: Any) -> ActionResult:
            self.stop(response.region, response._get_param(f"{self.word}JobName"))
            return EmptyResult()

        setattr(moto, f"create_{word}_job", create)
        setattr(moto, f"stop_{word}_job", stop)
        setattr(moto, f"describe_{word}_job", lambda r: ActionResult(self.describe(self._of(r))))
        setattr(moto, f"list_{word}_jobs", lambda r: ActionResult(listed(self.word, self._all(r.region), r._get_param)))

    def restore(self) -> None:
        """What ran when the daemon was killed has failed. Call it with the account's lock held."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for region in list(SAGEMAKER[ACCOUNT]):
            for job in self._all(region):
                if job.status in job_record.RUNNING:
                    self._end(region, job, "Failed", "InternalServerError: the emulated account stopped meanwhile.")

    async def close(self) -> None:
        """Ends every container at once; what ran counts as failed when the daemon starts again."""
        self._closing = True
        for work in self._running.values():
            work.cancel()
        await asyncio.gather(*self._following, return_exceptions=True)

    def create(self, region: str, given: dict[str, Any], tags: Any = None) -> str:
        """Begins a job and answers its ARN. Call it with the account's lock held."""
        name, backend = given[f"{self.word}JobName"], SAGEMAKER[ACCOUNT][region]
        if not NAME.fullmatch(name):
            field = f"{self.word.lower()}JobName"
            raise AWSValidationException(
                f"1 validation error detected: Value '{name}' at '{field}' failed to satisfy constraint: Member must "
                f"satisfy regular expression pattern: {NAME.pattern}"
            )
        if name in self._stored(region):
            raise ResourceInUseException(
                f"{self.word} job name must be unique within an AWS account and region, and a job with this name "
                f"already exists ({self._stored(region)[name].arn})"
            )
        self.check(region, given)
        job = self.make(backend, given, tags)
        job_record.begin(job, given)
        self.set(region, job, "InProgress", "Starting")
        self.hosting.loop.call_soon_threadsafe(self._begin, region, job)
        return str(job.arn)

    def stop(self, region: str, name: str) -> None:
        """Asks a job to end. Call it with the account's lock held."""
        job = self.find(region, name)
        if job.status != "InProgress":
            raise AWSValidationException(
                f"The request was rejected because the {self.word.lower()} job is in status {job.status}."
            )
        self.set(region, job, "Stopping", "Stopping")
        self.hosting.loop.call_soon_threadsafe(self._cancel, job.arn)

    def find(self, region: str, name: str) -> Any:
        """moto's job of that name; AWS's refusal when there is none."""
        if name not in self._stored(region):
            raise AWSValidationException(f"Could not find requested job with name: {name}")
        return self._stored(region)[name]

    def describe(self, job: Any) -> dict[str, Any]:
        """A job as Describe shows it."""
        return job_record.described(self.word, job, self.shown(job))

    def running(self) -> dict[str, Any]:
        """The jobs that are under way, by kind and name: what `make status` shows."""
        jobs = [
            job for region in list(SAGEMAKER[ACCOUNT]) for job in self._all(region) if job.status in job_record.RUNNING
        ]
        return {f"{self.word.lower()}/{self._name(job)}": job.secondary[-1]["Status"] for job in jobs}

    def set(self, region: str, job: Any, status: str, secondary: str) -> None:
        """The job's new status, which rules can hear of as on AWS. Call it with the account's lock held."""
        job_record.move(job, status, secondary)
        log.info("%s job %s: %s %s", self.word.lower(), self._name(job), secondary, job.failure_reason or "")
        events_backends[ACCOUNT][region].put_events([job_record.event(self.word, job, self.describe(job))])
        self.account.changed()

    async def go(self, region: str, job: Any, secondary: str) -> None:
        """The next of the secondary statuses of a job that runs."""
        await self.account.locked(lambda: self._next(region, job, secondary))

    def _next(self, region: str, job: Any, secondary: str) -> None:
        if job.status == "InProgress":
            self.set(region, job, "InProgress", secondary)

    def grace(self) -> float:
        """How many seconds of this machine a container has after SIGTERM."""
        return 0.0 if self._closing else self.hosting.clock.real(GRACE)

    def output(self, region: str, job: Any, host: str) -> Output:
        """The log of one host of a job. AWS's streams end with the time, too: <job>/algo-1-<milliseconds>."""
        name, moment = self._name(job), job_record.milliseconds(job.creation_time)
        file = self.state.cloud / "logs" / self.word.lower() / name / f"{host}.log"
        return Output(self.account, region, f"/aws/sagemaker/{self.word}Jobs", f"{name}/{host}-{moment}", file)

    def root(self, job: Any) -> Path:
        """The folder that a job's containers work in; it goes when the job ends."""
        return self.folder / self._name(job)

    def _begin(self, region: str, job: Any) -> None:
        work = self._running[job.arn] = self.hosting.loop.create_task(self.work(region, job))
        following = self.hosting.loop.create_task(self._follow(region, job, work))
        self._following.add(following)
        following.add_done_callback(self._following.discard)

    def _cancel(self, arn: str) -> None:
        if work := self._running.get(arn):
            work.cancel()

    async def _follow(self, region: str, job: Any, work: asyncio.Task[None]) -> None:
        await asyncio.wait([work])
        await asyncio.to_thread(shutil.rmtree, self.root(job), ignore_errors=True)
        self._running.pop(job.arn, None)
        if not (self._closing and work.cancelled()):
            status, failure = outcome(work)
            await self.account.locked(lambda: self._end(region, job, status, failure))

    def _end(self, region: str, job: Any, secondary: str, failure: str | None) -> None:
        job.failure_reason, job.ended = failure, job_record.now()
        self.set(region, job, "Stopped" if secondary == "MaxRuntimeExceeded" else secondary, secondary)

    def _of(self, response: Any) -> Any:
        return self.find(response.region, response._get_param(f"{self.word}JobName"))

    def _name(self, job: Any) -> str:
        return job_record.name(self.word, job)

    def _stored(self, region: str) -> dict[str, Any]:
        stored: dict[str, Any] = getattr(SAGEMAKER[ACCOUNT][region], f"{self.word.lower()}_jobs")
        return stored

    def _all(self, region: str) -> list[Any]:
        return list(self._stored(region).values())


def unserved(reason: str) -> AWSValidationException:
    """The refusal of what AWS serves and this account does not."""
    return AWSValidationException(f"{reason}: the emulated account does not serve this (docs/limits.md).")
