"""The data plane's one clock: whatever waits or counts minutes asks it, so that tests can speed it up.

Only durations are scaled. At speed 30 a wait of 60 seconds takes two, a CloudWatch period of 60 seconds is two seconds
long, and a container is as slow as ever. Timestamps are this machine's own, so that everybody's `now` stays in order.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import time as wall
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Seconds of AWS's that pass in one second of this machine (`speed`); the time and the pause are injectable."""

    speed: float = 1.0
    time: Callable[[], float] = wall
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    began: float = field(default_factory=wall)

    @classmethod
    def current(cls) -> Clock:
        """The clock that TAKEOFF_CLOCK_SPEED asks for, 1 when it is not set. Raises ValueError."""
        given = os.environ.get("TAKEOFF_CLOCK_SPEED") or "1"
        try:
            speed = float(given)
        except ValueError:
            speed = 0.0
        if not 0 < speed <= 1000:
            raise ValueError(f"TAKEOFF_CLOCK_SPEED: got {given!r}, allowed a number above 0 and at most 1000")
        return cls(speed=speed)

    def real(self, seconds: float) -> float:
        """How long so many of AWS's seconds take here."""
        return seconds / self.speed

    def now(self) -> datetime:
        """This machine's UTC time, which is what everything is stamped with."""
        return datetime.fromtimestamp(self.time(), UTC)

    def minute(self) -> float:
        """When the current CloudWatch minute began, in seconds since 1970."""
        return period_start(self.time(), self.real(60))

    async def sleep(self, seconds: float) -> None:
        await self.pause(self.real(seconds))

    def emulated(self) -> datetime:
        """The time that schedules run by: so many times faster than this machine's since the daemon began."""
        passed = timedelta(seconds=(self.time() - self.began) * self.speed)
        return datetime.fromtimestamp(self.began, UTC) + passed

    def status(self) -> dict[str, Any]:
        """What `make status` shows."""
        emulated = self.emulated().isoformat()
        return {"speed": self.speed, "minute_seconds": self.real(60), "emulated": emulated}


def period_start(moment: float, period: float) -> float:
    """The start of the period that a moment belongs to; periods are aligned to 1970 as CloudWatch aligns them."""
    return moment // period * period
