"""Nodes and pods over time: the mirror is looked at twice a second."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from local.simulate.mirror import Mirror, by_pool

_EVERY = 0.5
_SPOKEN = 3.0  # seconds between lines about nodes and pods


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Nodes by pool, and pods that run and that wait, `at` seconds after the timeline began."""

    at: float
    scenario: str
    nodes: Mapping[str, int]
    running: int
    waiting: int

    def __str__(self) -> str:
        pools = ", ".join(f"{pool} {count}" for pool, count in sorted(self.nodes.items())) or "none"
        return f"nodes: {pools}; pods: {self.running} running, {self.waiting} waiting"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Something that a scenario did or saw, `at` seconds after the timeline began."""

    at: float
    scenario: str
    text: str


@dataclass
class Timeline:
    """Samples and entries of one `make simulate`; `say` hears of entries, and of samples now and then."""

    mirror: Mirror
    say: Callable[[float, str], None]
    clock: Callable[[], float] = time.monotonic
    samples: list[Sample] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    scenario: str = ""
    _spoken: tuple[float, str] = (0.0, "")

    def __post_init__(self) -> None:
        self._began = self.clock()

    def now(self) -> float:
        """Seconds since the timeline began."""
        return self.clock() - self._began

    def tell(self, text: str) -> None:
        """Note what a scenario does or sees."""
        self.entries.append(Entry(at=self.now(), scenario=self.scenario, text=text))
        self.say(self.now(), text)

    def look(self) -> Sample:
        """Note how many nodes and pods there are. A sample like the two before it takes the last one's place."""
        pods = Counter(
            "running" if each.running else "waiting"
            for each in self.mirror.pods.all()
            if each.pool and not each.leaving and each.phase in {"Pending", "Running"}
        )
        sample = Sample(
            at=self.now(),
            scenario=self.scenario,
            nodes=by_pool(self.mirror.nodes.all()),
            running=pods["running"],
            waiting=pods["waiting"],
        )
        if len(self.samples) > 1 and all(_same(sample, each) for each in self.samples[-2:]):
            self.samples.pop()
        self.samples.append(sample)
        at, text = self._spoken
        if sample.at - at >= _SPOKEN and str(sample) != text:
            self._spoken = (sample.at, str(sample))
            self.say(sample.at, str(sample))
        return sample

    def most(self, scenario: str) -> tuple[int, int]:
        """The most nodes, and the most running pods, that a scenario had at a time."""
        own = [each for each in self.samples if each.scenario == scenario]
        nodes = max((sum(each.nodes.values()) for each in own), default=0)
        return nodes, max((each.running for each in own), default=0)

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Look while the block runs."""
        over = threading.Event()

        def look() -> None:
            while not over.wait(_EVERY):
                self.look()

        thread = threading.Thread(target=look, name="timeline", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(timeout=10)


def _same(one: Sample, other: Sample) -> bool:
    return (one.scenario, one.nodes, one.running, one.waiting) == (
        other.scenario,
        other.nodes,
        other.running,
        other.waiting,
    )
