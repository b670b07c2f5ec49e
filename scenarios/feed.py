"""The application and its customers: a steady stream of synthetic requests, and their outcomes as they become known."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from model_code.risk import traffic
from model_code.risk.traffic import Request
from model_code.world.world import World
from scenarios.account import Account

_THREADS = 3
_FLUSH = 1.0  # seconds between two objects of outcomes


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One request: when it was answered (seconds of `clock`), by which variant and version, and how."""

    at: float
    variant: str
    version: str
    error: str = ""


@dataclass
class Tally:
    """Every request of a feed."""

    seen: list[Seen] = field(default_factory=list)

    def answered(self, since: float = 0.0) -> Counter[str]:
        """Answers by version."""
        return Counter(one.version for one in self.seen if not one.error and one.at >= since)

    def errors(self, since: float = 0.0) -> Counter[str]:
        """Failed requests by what was said."""
        return Counter(one.error for one in self.seen if one.error and one.at >= since)

    def to(self, variant: str, since: float = 0.0) -> int:
        """Requests that a variant got."""
        return sum(one.variant == variant and one.at >= since for one in self.seen)


class Feed:
    """Requests at `pace` a second from the days of a synthetic world, each row once; outcomes `lag` seconds later.

    `world` and `day` may be changed while it runs. Rows that the model's schema refuses are not sent, as no application
    would. `outcomes` turned off is ground truth that does not arrive.
    """

    def __init__(self, account: Account, world: World, day: int, *, pace: float, clock: Callable[[], float]) -> None:
        self._account, self._clock = account, clock
        self._pace, self._lock = pace, threading.Lock()
        self._waiting: deque[tuple[float, str]] = deque()
        self._rows: Iterator[_Row] = iter(())
        self.tally, self.lag, self.outcomes = Tally(), 0.5, True
        self.change(world, day)

    def change(self, world: World, day: int) -> None:
        """Go on with another world, from its day `day`."""
        with self._lock:
            self._rows = _rows(world, day)

    @contextmanager
    def running(self) -> Iterator[Feed]:
        """Ask while the block runs."""
        over = threading.Event()
        work = [*(lambda: self._ask(over) for _ in range(_THREADS)), lambda: self._tell(over)]
        threads = [threading.Thread(target=one, name="feed", daemon=True) for one in work]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            over.set()
            for thread in threads:
                thread.join(timeout=30)

    def _ask(self, over: threading.Event) -> None:
        while not over.is_set():
            began = time.monotonic()
            with self._lock:
                row = next(self._rows)
            self._one(row)
            over.wait(max(0.0, _THREADS / self._pace - (time.monotonic() - began)))

    def _one(self, row: _Row) -> None:
        try:
            answer = self._account.runtime.invoke_endpoint(
                EndpointName=self._account.model.endpoint,
                ContentType="application/json",
                Body=traffic.as_json([row.request]),
                InferenceId=row.id,
            )
            document = json.loads(answer["Body"].read())
        except (ClientError, BotoCoreError, ValueError) as error:
            said = f"{type(error).__name__}: {str(error)[-160:]}"
            self.tally.seen.append(Seen(at=self._clock(), variant=_variant(error), version="", error=said))
            return
        version = answer.get("CustomAttributes", "").removeprefix("version=")
        variant = answer.get("InvokedProductionVariant", "")
        self.tally.seen.append(Seen(at=self._clock(), variant=variant, version=version))
        if self.outcomes and row.label:
            self._waiting.append((self._clock() + self.lag, row.told(_probabilities(document))))

    def _tell(self, over: threading.Event) -> None:
        """Write the outcomes that became known, until it is over and then once more."""
        while not over.wait(_FLUSH):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        lines = []
        while self._waiting and self._waiting[0][0] <= self._clock():
            lines.append(self._waiting.popleft()[1])
        if not lines:
            return
        key = f"outcomes/{self._account.model.name}/{datetime.now(UTC):%Y/%m/%d/%H}/{uuid.uuid4()}.jsonl"
        try:
            self._account.put(key, "".join(lines))
        except (ClientError, BotoCoreError):
            self._waiting.extendleft((0.0, line) for line in reversed(lines))


@dataclass(frozen=True, kw_only=True)
class _Row:
    """A request with its outcome (empty where it never becomes known) and what either decision earns."""

    id: str
    request: Request
    label: str
    approved: float
    declined: float

    def told(self, probabilities: list[float]) -> str:
        """The line of ground truth, with the group and the revenue of the decision that the answer led to."""
        earned = self.approved if traffic.approved(probabilities) else self.declined
        outcome = traffic.Outcome(id=self.id, label=self.label, day=self.request.day, known=self.request.day)
        return traffic.ground_truth(outcome, {"group": self.request.group, "revenue": earned})


def _rows(world: World, day: int) -> Iterator[_Row]:
    """A world's rows, day by day, without end. Two worlds have the same ids, so a stream's have a beginning."""
    stream = uuid.uuid4().hex[:8]
    while True:
        asked = traffic.requests(world, day)
        labels = {
            one.id: one.label for one in traffic.outcomes(world, day, day + world.knobs.delay.longest) if one.day == day
        }
        yes, no = (traffic.revenue(world, day, [approve] * len(asked)) for approve in (True, False))
        for request, approved, declined in zip(asked, yes, no, strict=True):
            if all(cell not in (None, "") for cell in request.row):
                label = labels.get(request.id, "")
                name = f"{stream}.{request.id}"
                yield _Row(id=name, request=request, label=label, approved=approved, declined=declined)
        day += 1


def _probabilities(document: Any) -> list[float]:
    found: list[float] = document["probabilities"][0]
    return found


def _variant(error: Exception) -> str:
    """Which variant failed, as far as SageMaker's message says it."""
    headers = (getattr(error, "response", None) or {}).get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return str(headers.get("x-amzn-invoked-production-variant", ""))
