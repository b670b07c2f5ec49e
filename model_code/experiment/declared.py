"""An experiment as it is declared: its arms and their shares over time, its metrics, and when it stops."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from model_code.errors import UnusableError
from model_code.sequential import interval, mismatch
from model_code.sequential.checks import count, finite, fraction, positive

Shares = Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Metric:
    """What is measured of each unit, and which way is better. A guardrail decides no winner, but may stop an arm."""

    name: str
    better: Literal["higher", "lower"]
    rate: bool = False
    """Its values are 0 or 1."""
    effect: float
    """The least difference that matters, in the metric's unit. A guardrail breaks when an arm is worse by more."""

    def __post_init__(self) -> None:
        _named("metric", self.name)
        if self.better not in ("higher", "lower"):
            raise UnusableError(f"metric {self.name}, better: got {self.better!r}; allowed: higher, lower")
        positive(f"metric {self.name}, effect", self.effect)

    @property
    def sign(self) -> int:
        """1 where more is better, -1 where less is."""
        return 1 if self.better == "higher" else -1


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One experiment; `control` is the arm that the others are compared with.

    `shares` holds every allocation there ever was, the present one last: a share is that of all units, and units beyond
    the sum of 1 take no part. Change traffic by adding one, never by editing one, so that units stay where they are.
    """

    name: str
    control: str
    shares: tuple[Shares, ...]
    targets: tuple[Metric, ...]
    guardrails: tuple[Metric, ...] = ()
    planned: int
    """Units an arm at which it stops without a winner; `sequential.power.per_arm_at_any_time` says how many."""
    alpha: float = 0.05
    """The chance that anything is ever said of arms that do not differ: split over targets and arms."""
    guardrail_alpha: float = 0.01
    """The chance that a guardrail is ever called broken by arms that keep it: split over guardrails and arms."""
    mismatch_alpha: float = mismatch.ALPHA
    minimum: int = interval.MINIMUM
    """Units that each arm must have before anything but a mismatch is decided."""

    def __post_init__(self) -> None:
        _named("experiment", self.name)
        if not self.shares:
            raise UnusableError(f"experiment {self.name}, shares: got none; allowed: one or more allocations")
        for allocation in self.shares:
            self._allocates(allocation)
        for before, after in pairwise(self.shares):
            if set(before) != set(after):
                raise UnusableError(
                    f"experiment {self.name}, shares: got arms {sorted(after)} after {sorted(before)}; "
                    "allowed: the same arms throughout (another set of arms is another experiment)"
                )
        if self.control not in self.shares[-1]:
            allowed = ", ".join(sorted(self.shares[-1]))
            raise UnusableError(f"experiment {self.name}, control: got {self.control!r}; allowed: {allowed}")
        names = [metric.name for metric in (*self.targets, *self.guardrails)]
        if not self.targets or len(set(names)) != len(names):
            raise UnusableError(
                f"experiment {self.name}, metrics: got {names}; allowed: one target or more, each name once"
            )
        for name in ("alpha", "guardrail_alpha", "mismatch_alpha"):
            fraction(f"experiment {self.name}, {name}", getattr(self, name))
        count(f"experiment {self.name}, minimum", self.minimum, least=2)
        count(f"experiment {self.name}, planned", self.planned, least=self.minimum)

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms by name."""
        return tuple(sorted(self.shares[-1]))

    @property
    def treatments(self) -> tuple[str, ...]:
        """The arms but the control."""
        return tuple(arm for arm in self.arms if arm != self.control)

    def _allocates(self, allocation: Shares) -> None:
        for arm, share in allocation.items():
            _named(f"experiment {self.name}, arm", arm)
            if finite(f"experiment {self.name}, share of {arm}", share) <= 0:
                raise UnusableError(f"experiment {self.name}, share of {arm}: got {share}; allowed: above 0")
        if len(allocation) < 2 or sum(allocation.values()) > 1 + 1e-9:
            got = dict(allocation)
            raise UnusableError(
                f"experiment {self.name}, shares: got {got}; allowed: two arms or more, at most 1 in all"
            )


def _named(what: str, name: str) -> None:
    if not isinstance(name, str) or not name or not name.isprintable():
        raise UnusableError(f"{what}: got name {name!r}; allowed: a printable text")
