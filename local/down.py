"""`make down`: nothing of ours is left in the emulated account, and it stops."""

from __future__ import annotations

import sys

from local.cloud import daemon
from local.leftovers import Account
from local.recover import recover
from local.stack import EngineError
from local.state import State
from local.toolchain.progress import Progress
from local.toolchain.ready import ready
from local.up import connect


def down(state: State) -> None:
    """Destroy the stack, remove what it retains on purpose, and stop the daemon.

    A retained config or model is there for the way back from a release; with the endpoint gone there is none. Raises
    EngineError when something of ours is still there afterwards, naming it.
    """
    progress = Progress(sys.stderr)
    ready(state, progress)
    stack = connect(state, progress)
    account = Account(stack.env["AWS_ENDPOINT_URL"])
    for line in recover(stack, account):
        progress.say(f"takeoff: {line}")
    stack.destroy()
    for leftover in account.everything():
        leftover.remove()
    if still := account.everything():
        raise EngineError(f"still in the emulated account: {', '.join(f'{item.type} {item.id}' for item in still)}")
    daemon.stop(state)
    progress.say("takeoff: nothing of ours is left in the emulated account; it is stopped. `make up` starts again.")
