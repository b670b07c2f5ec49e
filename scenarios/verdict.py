"""What a scenario came to: facts that were read from the account, each with what was wanted."""

from __future__ import annotations

from dataclasses import dataclass, field


class StoppedError(RuntimeError):
    """A scenario that cannot go on: what it waited for did not come."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One thing that the account says, in words, and whether it is what was wanted."""

    text: str
    fine: bool


@dataclass(frozen=True, kw_only=True)
class Timed:
    """What took so many seconds, and the limit that it has to stay below."""

    what: str
    seconds: float
    limit: float


@dataclass
class Verdict:
    """One scenario's facts, in the order in which they were read. Without a fact nothing is proven."""

    scenario: str
    title: str
    facts: list[Fact] = field(default_factory=list)
    timed: list[Timed] = field(default_factory=list)
    seconds: float = 0.0

    def note(self, text: str, fine: bool) -> bool:
        """Add a fact; returns whether it is fine."""
        self.facts.append(Fact(text=text, fine=fine))
        return fine

    def within(self, what: str, seconds: float, limit: float) -> bool:
        """Add the fact that something took less than its limit, and both numbers for those who compare runs."""
        self.timed.append(Timed(what=what, seconds=seconds, limit=limit))
        return self.note(f"{what} {seconds:.0f} s, limit {limit:.0f} s", seconds < limit)

    @property
    def fine(self) -> bool:
        return bool(self.facts) and all(fact.fine for fact in self.facts)
