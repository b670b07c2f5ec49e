"""Serves the emulated account in the foreground until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any

import moto.core.config
import uvicorn

from local.cloud import cloudwatch, daemon, emf, events, model_packages, overview, repairs, sagemaker, storage, waits
from local.cloud.account import Account
from local.cloud.alarms import Alarms
from local.cloud.app import App
from local.cloud.builds import Builds
from local.cloud.clock import Clock
from local.cloud.delays import Delays
from local.cloud.functions import Functions
from local.cloud.hosting import Hosting
from local.cloud.metrics import Metrics
from local.cloud.pipelines import Pipelines
from local.cloud.processes import birth, reap
from local.cloud.processing_job import ProcessingJobs
from local.cloud.schedules import Schedules
from local.cloud.snapshot import Snapshot, SnapshotError
from local.cloud.spark_runs import SparkRuns
from local.cloud.training_job import TrainingJobs
from local.cloud.transform import Transforms
from local.state import State

log = logging.getLogger("local.cloud")


class Server(uvicorn.Server):
    """uvicorn, which raises the signal that stopped it once more when it is done; we have work left to do by then."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, self.handle_exit, each, None)
        yield


class Daemon:
    """One account, its data plane, and what outlives them."""

    def __init__(self, state: State, listener: socket.socket) -> None:
        self.state, self._listener, self.began = state, listener, time.time()
        self.endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.account, self.clock = Account(), Clock.current()
        self.metrics = Metrics(self.clock)
        self.alarms = Alarms(self.account, self.metrics, self.clock)
        limit = int(os.environ.get("TAKEOFF_MAX_INSTANCES") or 2)
        self.hosting = Hosting(state, self.account, self.metrics, self.clock, Delays.current(), limit)
        self.transforms = Transforms(self.hosting)
        self.jobs = (TrainingJobs(self.hosting), ProcessingJobs(self.hosting))
        self.spark = SparkRuns(self.hosting)
        self.pipelines = Pipelines(self.account, self.clock)
        self.functions = Functions(state, self.account)
        self.schedules = Schedules(self.account, self.functions, self.clock)
        self.builds = Builds(state, self.account, self.clock)
        self.snapshot = Snapshot(state.cloud, self.account)
        self._unclean = state.cloud / "running"
        self.restored: dict[str, Any] = {}
        self.ready = False

    async def serve(self) -> None:
        """Restores, serves, and leaves everything as the next start needs it."""
        self._prepare()
        await self.hosting.open()
        pages = {"/_takeoff/health": self.health, "/_takeoff/status": self.status}
        config = uvicorn.Config(
            App(self.account, self.hosting, pages), log_level="warning", lifespan="off", timeout_graceful_shutdown=5
        )
        beginning = asyncio.create_task(self._begin())
        flushing = asyncio.create_task(self._flush())
        watching = asyncio.create_task(self.alarms.run())
        scheduling = asyncio.create_task(self.schedules.run())
        try:
            await Server(config).serve(sockets=[self._listener])
        finally:
            beginning.cancel()
            flushing.cancel()
            watching.cancel()
            scheduling.cancel()
            await asyncio.to_thread(self.pipelines.stop)
            await asyncio.gather(self.transforms.close(), self.spark.close(), *(jobs.close() for jobs in self.jobs))
            await self.hosting.close()
            await asyncio.to_thread(self._leave)

    def health(self) -> dict[str, Any]:
        return {"ready": self.ready, "pid": os.getpid(), "state": str(self.state.root), **self.restored}

    def status(self) -> dict[str, Any]:
        """Everything that `make status` shows."""
        return {
            "daemon": self.health() | {"endpoint": self.endpoint, "uptime": round(time.time() - self.began, 1)},
            "clock": self.clock.status(),
            "endpoints": overview.endpoints(self.hosting),
            "functions": self.functions.status(),
            "executions": events.executions(),
            "jobs": {name: status for jobs in self.jobs for name, status in jobs.running().items()},
            "pipelines": self.pipelines.status(),
            "snapshot": self.snapshot.status(),
        }

    def _prepare(self) -> None:
        moto.core.config.default_user_config["stepfunctions"] = {"execute_state_machine": True}
        os.environ["MOTO_PORT"] = self.endpoint.rpartition(":")[2]
        self.functions.endpoint = self.builds.endpoint = self.pipelines.endpoint = self.endpoint
        self.spark.endpoint = self.endpoint
        self.account.before_monitoring = self.metrics.flush
        repairs.install()
        self.functions.install()
        self.builds.install()
        cloudwatch.install(self.clock)
        emf.install(self.clock)
        self.alarms.install()
        events.install(self.account, self.functions)
        sagemaker.install(self.hosting)
        self.transforms.install()
        for jobs in self.jobs:
            jobs.install()
        self.spark.install()
        model_packages.install()
        self.pipelines.install()
        waits.install(self.clock)
        storage.install()
        ended = reap(self.state.cloud / "pids")
        clean = not self._unclean.exists()
        self._unclean.touch()
        self.restored = {"restored": {"services": self.snapshot.restore()}, "clean_stop": clean, "reaped": ended}
        self.builds.restore()
        self.snapshot.start()
        self.transforms.restore()
        for jobs in self.jobs:
            jobs.restore()
        self.spark.restore()
        self.pipelines.restore()

    async def _begin(self) -> None:
        """Brings the endpoints back; the daemon says that it is ready when they are."""
        record = {"pid": os.getpid(), "port": int(self.endpoint.rpartition(":")[2]), "endpoint": self.endpoint}
        record |= {"started": self.began, "boot": birth(os.getpid()), "code": daemon.code()}
        temporary = self.state.daemon_file.with_suffix(".writing")
        temporary.write_text(json.dumps(record))
        temporary.replace(self.state.daemon_file)
        self.restored["restored"]["endpoints"] = await self.hosting.restore()
        self.ready = True
        log.info("ready: %s", json.dumps(self.health()))

    async def _flush(self) -> None:
        while True:
            await asyncio.sleep(1)
            await self.account.locked(self.metrics.flush)

    def _leave(self) -> None:
        self.builds.stop()
        self.functions.stop()
        with self.account.lock:
            self.metrics.flush()
            self.hosting.captures.flush()
        self.snapshot.stop()
        self.state.daemon_file.unlink(missing_ok=True)
        self._unclean.unlink(missing_ok=True)


def main() -> int:
    """Serves the state that TAKEOFF_STATE names on the port that TAKEOFF_PORT names."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    state = State.current()
    state.cloud.mkdir(parents=True, exist_ok=True)
    # asyncio turns Nagle's algorithm off only for sockets that say TCP; without that an answer waits 40 ms for an ACK.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    with (state.cloud / "lock").open("w") as lock, listener:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print(f"another daemon serves {state.root}", file=sys.stderr)
            return 1
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", int(os.environ.get("TAKEOFF_PORT") or 4577)))
        try:
            with contextlib.suppress(asyncio.CancelledError):
                asyncio.run(Daemon(state, listener).serve())
        except SnapshotError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
