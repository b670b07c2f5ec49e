"""What every scenario stands on: one model of a deployed stack, its timeline, and the verbs of those who use it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from scenarios.account import Account
from scenarios.feed import Feed
from scenarios.timeline import Timeline
from scenarios.verdict import StoppedError
from scenarios.worlds import Setting

PACE = 40.0
# The first day that is asked about; data sets are of days before.
FIRST = 100
_POLL = 0.3


@dataclass
class Stage:
    """One model, one timeline. `speed` is how many of AWS's seconds pass in one of this machine's."""

    account: Account
    timeline: Timeline
    speed: float

    @property
    def setting(self) -> Setting:
        """The state of the world that the live model's data set is of; the first data set's, if none is noted."""
        return Setting(**json.loads(self.account.read(self._note(self.account.data())) or b"{}"))

    def unseen(self) -> int:
        """The first of a month of days that no run was trained on: the same data would make the same version."""
        return FIRST + 100 + 31 * len(self.account.runs())

    def feed(self) -> Feed:
        """The application, asking about what the live model knows, from a day on that no data set has."""
        return Feed(self.account, self.setting.world(), FIRST, pace=PACE, clock=self.timeline.now)

    def until(self, what: str, holds: Callable[[], Any], seconds: float) -> Any:
        """Wait until something holds and return it. Raises StoppedError after so many of this machine's seconds."""
        end = time.monotonic() + seconds
        while not (found := holds()):
            if time.monotonic() > end:
                raise StoppedError(f"{what}: not after {seconds:.0f} s")
            time.sleep(_POLL)
        return found

    def upload(self, csv: str, setting: Setting) -> str:
        """What a feature pipeline does each day: the model's data set anew. Returns its S3 version.

        What state of the world it is of is noted under that version.
        """
        version = self.account.put(f"datasets/{self.account.model.name}/data.csv", csv)
        self.account.put(self._note(version), json.dumps(setting.document()))
        self.timeline.tell("data set", f"version {version}, {csv.count(chr(10)) - 1} rows")
        return version

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

    def _note(self, version: str) -> str:
        return f"scenarios/{self.account.model.name}/{version}.json"

    def retraining_rests(self, seconds: float = 120) -> None:
        """Wait until no request to retrain is under way and the cooldown of the last run is over."""
        machine = self.account.stack.retraining
        states = self.account.states
        self.until(
            "retraining at rest",
            lambda: not states.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"],
            seconds,
        )

    @contextmanager
    def playing(self, feed: Feed) -> Iterator[Feed]:
        """Run a feed, and the timeline's look at the account, while the block runs."""
        with feed.running(), self.timeline.watching(self.account):
            yield feed
