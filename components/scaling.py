"""How many instances a variant has: bounds, what they follow, and hours that change the bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ScheduledCount:
    """From the time of `cron` on (six fields, UTC), the bounds are `minimum` and `maximum` instances.

    https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
    """

    name: str
    cron: str
    minimum: int
    maximum: int

    def __post_init__(self) -> None:
        _bounds(f"schedule {self.name}", self.minimum, self.maximum)
        if len(self.cron.split()) != 6:
            raise ValueError(f"schedule {self.name}: got cron {self.cron!r}; allowed: six fields, as in 0 7 ? * MON *")


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """Bounds of a variant's instance count, and what moves it between them.

    `invocations_per_instance` is requests a minute that one instance should get; `backlog_per_instance`, for
    asynchronous endpoints alone, is waiting requests. With neither, the schedule alone moves the bounds.
    Raises ValueError for bounds the wrong way round, for two things to follow, and for nothing to follow.
    """

    minimum: int
    maximum: int
    invocations_per_instance: float | None = None
    backlog_per_instance: float | None = None
    schedule: Sequence[ScheduledCount] = ()

    def __post_init__(self) -> None:
        _bounds("scaling", self.minimum, self.maximum)
        targets = [each for each in (self.invocations_per_instance, self.backlog_per_instance) if each is not None]
        if len(targets) > 1 or not (targets or self.schedule) or any(target <= 0 for target in targets):
            raise ValueError(
                f"scaling: got invocations_per_instance {self.invocations_per_instance}, backlog_per_instance "
                f"{self.backlog_per_instance} and {len(self.schedule)} schedules; allowed: one of the two, above 0, "
                "or a schedule"
            )
        names = [each.name for each in self.schedule]
        if len(set(names)) != len(names):
            raise ValueError(f"scaling.schedule: got names {names}; allowed: a name of its own for each")

    @property
    def to_zero(self) -> bool:
        """Whether no instance may be left at times."""
        return 0 in {self.minimum, *(each.minimum for each in self.schedule)}


def _bounds(where: str, minimum: int, maximum: int) -> None:
    if not 0 <= minimum <= maximum or maximum < 1:
        raise ValueError(f"{where}: got {minimum} to {maximum} instances; allowed: 0 <= minimum <= maximum, maximum 1+")
