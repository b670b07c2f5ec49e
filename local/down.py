"""`make down`: nothing of ours is left in the emulated account, and it stops."""

from __future__ import annotations

import sys

from local import apps
from local.cloud import daemon
from local.phases import takeoff
from local.recover import recover
from local.stack import EngineError
from local.state import LOCAL, State
from local.toolchain.progress import Progress
from local.toolchain.ready import ready
from local.up import account_of, connect


def down(state: State, unprotect: str) -> None:
    """Destroy the stack, remove what it retains on purpose, and stop the daemon.

    The local stack goes whole, protected or not; raises EngineError when something of it is still there afterwards,
    naming it. Any other goes as it would on AWS, by `takeoff destroy`: refused unless `unprotect` is its name, and what
    it keeps (data under retainData) stays in the account's folder.
    """
    progress = Progress(sys.stderr)
    ready(state, progress)
    stack = connect(state, progress)
    account = account_of(stack)
    for line in recover(stack, account):
        progress.say(f"takeoff: {line}")
    if state.stack != LOCAL:
        takeoff(stack.env, "destroy", state.stack, "--yes", *(["--unprotect", unprotect] if unprotect else []))
        daemon.stop(state)
        progress.say(f"takeoff: stack {state.stack} is destroyed; its emulated account is stopped, in {state.root}")
        return
    apps.down(stack, progress)
    account.forget_versions()
    stack.destroy()
    for leftover in account.everything():
        leftover.remove()
    if still := account.everything():
        raise EngineError(f"still in the emulated account: {', '.join(f'{item.type} {item.id}' for item in still)}")
    daemon.stop(state)
    progress.say("takeoff: nothing of ours is left in the emulated account; it is stopped. `make up` starts again.")
