"""The processes of one variant: started, watched, started again when they die, and stopped without losing a request."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from local.cloud.processes import birth, end_group, forget, free_port, remember

log = logging.getLogger(__name__)
LONGEST_PAUSE = 10.0
DRAIN = 60.0


class DeploymentError(RuntimeError):
    """Why a fleet could not be brought up; becomes the endpoint's FailureReason."""


@dataclass(frozen=True, kw_only=True)
class Launch:
    """How each process of a fleet is started."""

    variant: str
    command: list[str]
    environment: dict[str, str]
    folder: Path
    logs: Path
    pids: Path
    ping_timeout: float


class Instance:
    """One container process that stands for one instance of AWS."""

    def __init__(self, launch: Launch, number: int, session: aiohttp.ClientSession) -> None:
        self.launch, self.number, self.ready, self.restarts, self.in_flight = launch, number, False, 0, 0
        self.log = launch.logs / f"{launch.variant}-{number}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.write_bytes(b"")
        self._session = session
        self._watch: asyncio.Task[None] | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextlib.contextmanager
    def busy(self) -> Iterator[None]:
        """Marks a request as in flight, so that `stop` waits for it."""
        self.in_flight += 1
        self._idle.clear()
        try:
            yield
        finally:
            self.in_flight -= 1
            if not self.in_flight:
                self._idle.set()

    async def start(self) -> None:
        """Returns once /ping answers 200; raises DeploymentError with the tail of the log when it never does."""
        try:
            await self._spawn()
            await self._healthy()
        except BaseException:
            await self._end()
            raise
        self.ready = True
        self._watch = asyncio.create_task(self._keep_alive())

    async def stop(self) -> None:
        """Ends the process once its requests are answered."""
        self.ready = False
        if self._watch:
            self._watch.cancel()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), DRAIN)
        await self._end()

    async def _spawn(self) -> None:
        self.port = free_port()
        # A container listens on every address of its own network; a process of this machine on loopback alone.
        environment = self.launch.environment | {
            "SAGEMAKER_BIND_TO_PORT": str(self.port),
            "TAKEOFF_BIND_HOST": "127.0.0.1",
            "TAKEOFF_EXIT_WITH_PARENT": "1",
        }
        with self.log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self.launch.command,
                env=environment,
                cwd=self.launch.folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        remember(self.launch.pids, self.pid)

    async def _healthy(self) -> None:
        deadline = time.monotonic() + self.launch.ping_timeout
        while time.monotonic() < deadline:
            if self._process.returncode is not None:
                raise self._failure(f"exited with status {self._process.returncode} before it answered /ping")
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with self._session.get(f"{self.url}/ping", timeout=aiohttp.ClientTimeout(total=2)) as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.05)
        raise self._failure(f"did not answer /ping with 200 within {self.launch.ping_timeout:g} s")

    def _failure(self, what: str) -> DeploymentError:
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])[-3000:]
        return DeploymentError(
            f"The primary container for production variant {self.launch.variant} did not pass the ping health check: "
            f"it {what}. Log {self.log} ends with:\n{tail}"
        )

    async def _keep_alive(self) -> None:
        pause = 0.1
        while True:
            born = time.monotonic()
            status = await self._process.wait()
            self.ready, self.restarts = False, self.restarts + 1
            pause = 0.1 if time.monotonic() - born > LONGEST_PAUSE else min(pause * 2, LONGEST_PAUSE)
            log.warning("%s exited with status %s; starting it again in %.1f s", self.log, status, pause)
            await self._end()
            await asyncio.sleep(pause)
            try:
                await self._spawn()
                await self._healthy()
                self.ready = True
            except (DeploymentError, OSError) as error:
                log.warning("%s", error)
                await self._end()

    async def _end(self) -> None:
        if not hasattr(self, "_process"):
            return
        if self._process.returncode is not None and birth(self.pid) is not None:
            return  # the pid is somebody else's by now
        for how, patience in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
            end_group(self.pid, how)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), patience)
                break
        forget(self.launch.pids, self.pid)


class Fleet:
    """The instances of one variant."""

    def __init__(self, launch: Launch, session: aiohttp.ClientSession, taken: set[int] | None = None) -> None:
        self.launch, self._session, self._taken = launch, session, taken or set()
        self.instances: list[Instance] = []
        self.restarts_before = 0

    @property
    def restarts(self) -> int:
        return self.restarts_before + sum(instance.restarts for instance in self.instances)

    async def resize(self, count: int) -> None:
        """Adds or removes processes until there are `count`; on failure the fleet is what it was before."""
        surplus, self.instances = self.instances[count:], self.instances[:count]
        await asyncio.gather(*(instance.stop() for instance in surplus))
        self.restarts_before += sum(instance.restarts for instance in surplus)
        # A log is never shared with a process that still runs, be it of this fleet or of the one it replaces.
        used = self._taken | {instance.number for instance in self.instances}
        free = (number for number in itertools.count(1) if number not in used)
        added = [Instance(self.launch, next(free), self._session) for _ in range(count - len(self.instances))]
        results = await asyncio.gather(*(instance.start() for instance in added), return_exceptions=True)
        if failures := [result for result in results if isinstance(result, BaseException)]:
            await asyncio.gather(*(instance.stop() for instance in added))
            raise failures[0]
        self.instances += added

    def pick(self, *, other_than: Instance | None = None) -> Instance | None:
        """The healthy instance with the fewest requests in flight; ties take turns."""
        healthy = [instance for instance in self.instances if instance.ready and instance is not other_than]
        if not healthy:
            return None
        chosen = min(healthy, key=lambda instance: instance.in_flight)
        self.instances.remove(chosen)
        self.instances.append(chosen)
        return chosen

    async def stop(self) -> None:
        await asyncio.gather(*(instance.stop() for instance in self.instances))
