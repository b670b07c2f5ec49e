"""`make loop`: the scenarios on the deployed stack, while the emulated account's clock runs fast."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

from local.cloud import daemon
from local.stack import LocalStack
from local.state import REPOSITORY, State
from local.toolchain.progress import Progress
from local.up import connect

# A minute of the account's is a second here: a canary of minutes takes seconds, a container is as slow as ever.
SPEED = "60"
_VARIABLE = "TAKEOFF_CLOCK_SPEED"


def loop(state: State, arguments: Sequence[str]) -> int:
    """Run the scenarios and answer their exit status; the clock is as it was before when they are over."""
    before = os.environ.get(_VARIABLE)
    stack = _at(state, SPEED)
    again = f"{sys.executable} -m local start --stack {state.stack}"
    command = [sys.executable, "-m", "scenarios", "--stack", state.stack, "--speed", SPEED, *arguments]
    try:
        # Whatever the scenarios start again must have the same clock, at the same place.
        port = str(urlsplit(stack.env["AWS_ENDPOINT_URL"]).port)
        environment = {**stack.env, "TAKEOFF_RESTART": again, "TAKEOFF_PORT": port, _VARIABLE: SPEED}
        return subprocess.run(command, cwd=REPOSITORY, env=environment, check=False).returncode
    finally:
        _at(state, before)


def _at(state: State, speed: str | None) -> LocalStack:
    """The account with its clock at a speed, 1 when none is given; starting it again keeps everything in it."""
    os.environ.pop(_VARIABLE, None)
    if speed:
        os.environ[_VARIABLE] = speed
    running = daemon.status(state)
    if running is not None and running["clock"]["speed"] != float(speed or 1):
        daemon.stop(state)
    return connect(state, Progress(sys.stderr))
