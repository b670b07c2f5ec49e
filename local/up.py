"""`make up`: from whatever this machine has to an endpoint that answers."""

from __future__ import annotations

import sys
import time
from typing import Any

from local import apps
from local.cloud import daemon
from local.leftovers import Account
from local.phases import prepare, takeoff, waiting
from local.recover import recover
from local.stack import LocalStack, mend_checkpoint
from local.state import State
from local.toolchain.environment import environment
from local.toolchain.home import ensure_stack
from local.toolchain.progress import Progress
from local.toolchain.ready import ready


def up(state: State) -> None:
    """Apply the state's stack and show its predictions.

    Every step is safe to repeat: killed anywhere, it is run again. Raises the errors of its steps, each in one line.
    """
    began = time.monotonic()
    progress = Progress(sys.stderr)
    ready(state, progress)
    stack = connect(state, progress)
    _say(progress, recover(stack, account_of(stack)))
    _say(progress, prepare(stack, trainings=False))
    stack.up(refresh=True)
    takeoff(stack.env, "deployed", "--stack", stack.name)
    # An image brings a pipeline, a pipeline a version, a version an endpoint.
    while made := prepare(stack):
        _say(progress, made)
        stack.up(refresh=False)
    inside = apps.up(stack, progress)
    _say(progress, show(stack))
    progress.say(f"up in {time.monotonic() - began:.1f} s. Next:")
    width = len(state.make("predict")) + 6
    for target, does in (
        ("predict", "predictions again, with the traffic that each variant got"),
        ("up", f"after changing `traffic` in stacks/Pulumi.{stack.name}.yaml: moves it"),
        *([("simulate", "node pools under load: what lands where, and what it would cost")] if inside else []),
        ("down", "take everything down"),
    ):
        progress.say(f"  {state.make(target):{width}}{does}")


def show(stack: LocalStack) -> list[str]:
    """Show the predictions of every endpoint that there is; returns what is said of models that wait for a person.

    A stack in which all of them wait has none, and that is no failure.
    """
    waits = waiting(stack)
    if not waits or any(model.get("endpoint") for model in stack.outputs()["models"].values()):
        takeoff(stack.env, "predict", "--stack", stack.name, "--wait", "300")
    return waits


def account_of(stack: LocalStack) -> Account:
    return Account(stack.env["AWS_ENDPOINT_URL"], stack.name)


def connect(state: State, progress: Progress) -> LocalStack:
    """Start the emulated account where it does not run, say what came back with it, and open the stack in it."""
    if daemon.end_outdated(state):
        _say(progress, ["the emulated account runs older code; starting it anew"])
    if daemon.status(state) is None:
        _say(progress, ["starting the emulated account"])
        _say(progress, _restored(daemon.start(state, state.port)))
    if mend_checkpoint(state):
        _say(progress, ["the state was cut in two by a kill; went back to the one before it"])
    env = environment(state, state.endpoint())
    ensure_stack(state.stack, env)
    return LocalStack(state, env)


def _restored(health: dict[str, Any]) -> list[str]:
    """What a start of the daemon brought back; nothing when the account is new."""
    found = health["restored"]
    if not found["services"]:
        return []
    how = "after a clean stop" if health["clean_stop"] else "after it was killed"
    endpoints = ", ".join(found["endpoints"]) or "none"
    return [f"the emulated account came back {how}: {len(found['services'])} services; endpoints serving: {endpoints}"]


def _say(progress: Progress, lines: list[str]) -> None:
    for line in lines:
        progress.say(f"takeoff: {line}")
