"""What every scenario stands on: one model of a deployed stack, its timeline, and the verbs of those who use it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from model_code.risk.data import rows
from model_code.world.knobs import ConceptDrift, Drift, Knobs
from model_code.world.world import World
from scenarios.account import Account
from scenarios.feed import Feed
from scenarios.timeline import Timeline
from scenarios.verdict import StoppedError

# The world of the model's first data set (model_code/risk/data.py), so that nothing has drifted when a scenario begins.
SEED, KNOBS = 2026, Knobs(traffic=200.0, customers=5_000)
PACE = 40.0
_POLL = 0.3


@dataclass
class Stage:
    """One model, one timeline. `speed` is how many of AWS's seconds pass in one of this machine's."""

    account: Account
    timeline: Timeline
    speed: float

    def world(self, *, drifts: tuple[Drift, ...] = (), concept: tuple[ConceptDrift, ...] = ()) -> World:
        """The first data set's world, with changes."""
        return World(SEED, replace(KNOBS, drifts=drifts, concept=concept))

    def feed(self, world: World | None = None, day: int = 100) -> Feed:
        """The application, asking about a world's rows from a day on."""
        made = Feed(self.account, world or self.world(), pace=PACE, clock=self.timeline.now)
        if world is None or day:
            made.change(world or self.world(), day)
        return made

    def until(self, what: str, holds: Callable[[], Any], seconds: float) -> Any:
        """Wait until something holds and return it. Raises StoppedError after so many of this machine's seconds."""
        end = time.monotonic() + seconds
        while not (found := holds()):
            if time.monotonic() > end:
                raise StoppedError(f"{what}: not after {seconds:.0f} s")
            time.sleep(_POLL)
        return found

    def upload(self, csv: str) -> str:
        """What a feature pipeline does each day: the model's data set anew. Returns its S3 version."""
        version = self.account.put(f"datasets/{self.account.model.name}/data.csv", csv)
        self.timeline.tell("data set", f"version {version}, {csv.count(chr(10)) - 1} rows")
        return version

    def data(self, world: World, first: int, days: int = 31) -> str:
        """The rows of a world's days whose outcome became known, as CSV."""
        return rows(world, range(first, first + days), first + days + world.knobs.delay.longest)

    def takeoff(self, *arguments: str, timeout: float = 300) -> tuple[int, Any]:
        """A command as a person types it: exit code, and what --json printed."""
        command = [sys.executable, "-m", "takeoff", *arguments, "--stack", self.account.stack.name]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=timeout)
        try:
            said = json.loads(done.stdout)
        except ValueError:
            said = done.stdout + done.stderr
        self.timeline.tell("command", f"takeoff {' '.join(arguments)}: exit {done.returncode}")
        return done.returncode, said

    def retrain(self, reason: str, timeout: float = 240) -> tuple[int, Any]:
        """Ask for a run by hand and wait for its end."""
        return self.takeoff("retrain", self.account.model.name, "--reason", reason, "--wait", "--json", timeout=timeout)

    def decided(self, version: str, seconds: float) -> dict[str, Any]:
        """Wait for what Rollout decides about a version."""
        found: dict[str, Any] = self.until(
            f"a decision about {version}", lambda: self.account.decision(version), seconds
        )
        return found

    def settled(self, seconds: float = 120) -> None:
        """Wait until the endpoint serves the approved version alone and nothing is under way."""

        def quiet() -> bool:
            endpoint = self.account.endpoint()
            alone = len(endpoint["ProductionVariants"]) == 1 and endpoint["EndpointStatus"] == "InService"
            running = self.account.states.list_executions(
                stateMachineArn=self.account.stack.rollout, statusFilter="RUNNING"
            )
            return alone and not running["executions"]

        self.until("a settled endpoint", quiet, seconds)

    @contextmanager
    def playing(self, feed: Feed) -> Iterator[Feed]:
        """Run a feed, and the timeline's look at the account, while the block runs."""
        with feed.running(), self.timeline.watching(self.account):
            yield feed
