"""What happened when: the account is looked at twice a second, and whatever changed is an entry."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scenarios.account import Account

_EVERY = 0.5
_OLD = 5  # looks that a slow fact may be old


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One change, `at` seconds after the timeline began."""

    at: float
    scenario: str
    what: str
    now: str


@dataclass
class Timeline:
    """Entries and samples of one `make loop`; `say` hears of each entry as it comes."""

    say: Callable[[Entry], None]
    clock: Callable[[], float] = time.monotonic
    entries: list[Entry] = field(default_factory=list)
    samples: list[tuple[float, Mapping[str, float]]] = field(default_factory=list)
    scenario: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _known: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._began = self.clock()

    def now(self) -> float:
        """Seconds since the timeline began."""
        return self.clock() - self._began

    def tell(self, what: str, now: str) -> None:
        """Note a change, once."""
        with self._lock:
            if self._known.get(what) == now:
                return
            self._known[what] = now
            entry = Entry(at=self.now(), scenario=self.scenario, what=what, now=now)
            self.entries.append(entry)
        self.say(entry)

    def first(self, what: str, wanted: Callable[[str], bool], since: float = 0.0) -> float | None:
        """When something first became what was wanted."""
        found = (e.at for e in self.entries if e.what == what and e.at >= since and wanted(e.now))
        return next(found, None)

    @contextmanager
    def watching(self, account: Account) -> Iterator[None]:
        """Look at a model's account in the background while the block runs."""
        over = threading.Event()

        def look() -> None:
            turn = 0
            while not over.wait(_EVERY):
                # An account that is down for a moment is what one of the scenarios is about.
                with suppress(ClientError, BotoCoreError):
                    self._look(account, turn)
                turn += 1

        thread = threading.Thread(target=look, name="timeline", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(timeout=10)
            with suppress(ClientError, BotoCoreError):
                self._look(account, 0)

    def _look(self, account: Account, turn: int) -> None:
        endpoint = account.endpoint()
        weights = {each["VariantName"]: each.get("CurrentWeight", 0.0) for each in endpoint["ProductionVariants"]}
        self.samples.append((self.now(), weights))
        self.tell("traffic", ", ".join(f"{name} {weight:g}" for name, weight in sorted(weights.items())))
        self.tell("endpoint", f"{endpoint['EndpointStatus']} on {endpoint['EndpointConfigName']}")
        if turn % _OLD == 0:
            for name, state in account.alarms().items():
                if state != "INSUFFICIENT_DATA":
                    self.tell(f"alarm {name}", state)
            self._runs(account)
        for leaf in ("approved", "candidate"):
            if version := account.version(leaf):
                self.tell(leaf, version)
        self._analysis(account.leaf("analysis"))

    def _runs(self, account: Account) -> None:
        for run in account.runs()[:1]:
            arn = run["PipelineExecutionArn"]
            name = f"pipeline {arn.rpartition('/')[2]}"
            if not self._known.get(name, "").startswith(("Succeeded", "Failed")):
                steps = account.steps(arn)
                at = ", ".join(f"{step} {each['StepStatus']}" for step, each in steps.items() if each["StepStatus"])
                self.tell(name, f"{run['PipelineExecutionStatus']}: {at}")

    def _analysis(self, analysis: Mapping[str, Any]) -> None:
        for key in ("phase", "message"):
            if key in analysis:
                self.tell(f"analysis {key}", str(analysis[key]))
