"""Step Functions' Wait states on the data plane's clock."""

from __future__ import annotations

from time import monotonic
from typing import Any

from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction

from local.cloud.clock import Clock


def install(clock: Clock) -> None:
    """A wait of a minute lasts one of the clock's minutes, and ends when its execution is stopped."""

    def _wait_interval(_: Any, env: Any, wait_seconds: float) -> None:
        end = monotonic() + clock.real(wait_seconds)
        while env.is_running() and (left := end - monotonic()) > 0:
            env.program_state_event.wait(min(left, 1.0))

    moto: Any = WaitFunction
    moto._wait_interval = _wait_interval
