"""The data plane's clock: durations scale, timestamps do not."""

from __future__ import annotations

import asyncio

import pytest

from local.cloud.clock import Clock, period_start


def test_at_speed_thirty_a_minute_lasts_two_seconds_and_so_does_a_wait_of_sixty() -> None:
    paused: list[float] = []

    async def pause(seconds: float) -> None:
        paused.append(seconds)

    clock = Clock(speed=30, time=lambda: 1001.5, pause=pause, began=1000.0)
    asyncio.run(clock.sleep(60))
    assert paused == [2.0]
    assert clock.minute() == 1000.0
    assert clock.now().timestamp() == 1001.5
    assert clock.status() == {"speed": 30, "minute_seconds": 2.0, "emulated": "1970-01-01T00:17:25+00:00"}


def test_periods_are_aligned_to_the_epoch() -> None:
    assert [period_start(moment, 60) for moment in (0, 59.9, 60, 121)] == [0, 0, 60, 120]


@pytest.mark.parametrize("given", ["fast", "0", "-1", "1001", "nan"])
def test_a_speed_that_is_none_is_refused_with_what_is_allowed(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAKEOFF_CLOCK_SPEED", given)
    with pytest.raises(ValueError, match=rf"TAKEOFF_CLOCK_SPEED: got '{given}', allowed a number above 0"):
        Clock.current()


def test_the_speed_is_one_unless_somebody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TAKEOFF_CLOCK_SPEED", raising=False)
    assert Clock.current().speed == 1
