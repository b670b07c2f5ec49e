"""The containers of one job: a process each, started together, and ended together when one of them fails."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.cloud import images, registry
from local.cloud.account import Account
from local.cloud.job_output import Output
from local.cloud.processes import end_group, forget, remember
from local.cloud.provision import SITE
from local.cloud.transform_input import InputError
from local.state import State

log = logging.getLogger(__name__)
# Where SageMaker puts everything of a job; here it is a folder of the job's own.
CONTAINER = "/opt/ml/"
_SIGNALLED = 128


class JobError(RuntimeError):
    """Why a job failed; the text becomes its FailureReason."""


class TimeLimitError(RuntimeError):
    """A job that ran longer than its StoppingCondition allows."""


@dataclass(frozen=True, kw_only=True)
class Host:
    """One container of a job: what it runs, and what it prints to. `root` stands for the container's /opt/ml."""

    command: list[str]
    environment: dict[str, str]
    folder: Path
    root: Path
    output: Output


def outcome(work: asyncio.Task[None]) -> tuple[str, str | None]:
    """The secondary status that a job whose work is done ends with, and its FailureReason."""
    if work.cancelled():
        return "Stopped", None
    match work.exception():
        case None:
            return "Completed", None
        case TimeLimitError() as error:
            return "MaxRuntimeExceeded", str(error)
        case InputError() | JobError() | PermissionError() as error:
            return "Failed", str(error)
        case error:
            log.error("a job failed by a fault of ours", exc_info=error)
            return "Failed", f"InternalServerError: {type(error).__name__}: {error}"


async def image(account: Account, uri: str, region: str, state: State) -> images.Image:
    """The image that a job names. Raises JobError when it cannot be had."""
    if reason := await account.locked(lambda: registry.refusal(uri, region)):
        raise JobError(f"ClientError: {reason}")
    try:
        return images.load(uri, state)
    except images.ImageError as error:
        raise JobError(f"ClientError: {error}") from error


def command(found: images.Image, given: dict[str, Any], default: Sequence[str], root: Path) -> list[str]:
    """What a container runs: ContainerEntrypoint or the image's own, and ContainerArguments or `default`.

    An argument that is a path of SageMaker's names the job's folder here.
    """
    entrypoint = list(given.get("ContainerEntrypoint") or found.entrypoint)
    if entrypoint[0] in ("python", "python3"):
        entrypoint[0] = str(found.python)
    return redirected([*entrypoint, *(given.get("ContainerArguments") or default)], root)


def redirected(values: Sequence[str], root: Path) -> list[str]:
    """These values, those that are paths below /opt/ml as they are here."""
    return [f"{root}/{value.removeprefix(CONTAINER)}" if value.startswith(CONTAINER) else value for value in values]


def environment(found: images.Image, given: dict[str, str], ours: dict[str, str], root: Path) -> dict[str, str]:
    """A container's environment: the image's, the job's, SageMaker's, and nothing of this machine but a PATH."""
    machine = {"PATH": f"{sys.prefix}/bin:/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"}  # noqa: S108
    job = dict(zip(given, redirected(list(given.values()), root), strict=True))
    mixed = machine | found.environment | job | ours
    modules = os.pathsep.join(filter(None, [str(SITE), mixed.get("PYTHONPATH")]))
    # An image for GPUs refuses to start without one; here it computes on the CPU.
    return mixed | {"PYTHONPATH": modules, "TAKEOFF_ACCELERATOR": "none"}


async def run(hosts: Sequence[Host], pids: Path, seconds: float, grace: Callable[[], float]) -> list[int]:
    """Runs all containers to their end and answers their exit statuses, 128 and the number for a signal; when one fails
    the others are ended.

    After `seconds` of this machine everything is ended, SIGTERM first and SIGKILL `grace` seconds later, as it is when
    the task is cancelled. Raises TimeLimitError, and JobError for a command that cannot be started.
    """
    tasks = [asyncio.create_task(_one(host, pids, grace)) for host in hosts]
    try:
        async with asyncio.timeout(seconds):
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            while not _failed(tasks) and not all(task.done() for task in tasks):
                await asyncio.wait([t for t in tasks if not t.done()], return_when=asyncio.FIRST_COMPLETED)
    except TimeoutError as error:
        raise TimeLimitError(f"The job ran longer than MaxRuntimeInSeconds ({seconds:g} s).") from error
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in tasks:
        if not task.cancelled() and (broken := task.exception()):
            raise broken
    return [_SIGNALLED + signal.SIGTERM if task.cancelled() else _status(task.result()) for task in tasks]


def _status(code: int) -> int:
    return code if code >= 0 else _SIGNALLED - code


def _failed(tasks: Sequence[asyncio.Task[int]]) -> bool:
    return any(task.done() and (task.exception() is not None or task.result() != 0) for task in tasks)


async def _start(host: Host) -> asyncio.subprocess.Process:
    with host.output.file.open("ab") as output:
        try:
            return await asyncio.create_subprocess_exec(
                *host.command,
                env=host.environment,
                cwd=host.folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        except OSError as error:
            raise JobError(f"ClientError: the container cannot be started: {error}") from error


async def _one(host: Host, pids: Path, grace: Callable[[], float]) -> int:
    process = await _start(host)
    remember(pids, process.pid)
    ended = asyncio.Event()
    following = asyncio.create_task(host.output.follow(ended))
    try:
        return await process.wait()
    except asyncio.CancelledError:
        end_group(process.pid, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), grace())
        raise
    finally:
        # A container's other processes end with its first one.
        end_group(process.pid, signal.SIGKILL)
        await process.wait()
        forget(pids, process.pid)
        ended.set()
        await following
