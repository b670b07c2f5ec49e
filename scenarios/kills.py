"""j: the account or a state machine dies in the middle of a rollout; started again, it converges."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import urllib.request
from collections.abc import Callable

from scenarios import graphs
from scenarios.release import release
from scenarios.stage import Stage
from scenarios.verdict import StoppedError, Verdict

# The command that starts the emulated account again; `make loop` sets it. There is no such thing on AWS.
RESTART = "TAKEOFF_RESTART"


def kills(stage: Stage, verdict: Verdict) -> None:
    """At each phase of a rollout: kill -9 of the account's daemon, or an aborted execution; then everything goes on."""
    restart = os.environ.get(RESTART)
    if not restart:
        raise StoppedError(f"{RESTART} is not set: only an emulated account can be killed; run `make loop`")
    account = stage.account

    def kill() -> None:
        _kill(restart)

    def updating() -> bool:
        return str(account.endpoint()["EndpointStatus"]) == "Updating"

    points: tuple[tuple[str, Callable[[], bool], Callable[[], None]], ...] = (
        ("a new config is asked for", updating, kill),
        ("the canary has traffic", lambda: account.weights().get("candidate", 0) > 0, lambda: _abort(stage)),
        ("the candidate has everything", lambda: account.weights().get("main", 1) == 0, kill),
    )
    for number, (what, reached, die) in enumerate(points):
        _one(stage, verdict, number, what, reached, die)


def _one(
    stage: Stage, verdict: Verdict, number: int, what: str, reached: Callable[[], bool], die: Callable[[], None]
) -> None:
    account = stage.account
    with stage.playing(stage.feed()):
        version = release(stage, f"kill-{number}", graphs.good(100 + number))
        stage.until(what, reached, 150)
        stage.timeline.tell("killed", f"when {what}")
        die()
        stage.until("the account", lambda: account.endpoint()["EndpointStatus"] in ("InService", "Updating"), 60)
        code, _ = stage.takeoff("rollout", "wait", account.model.name, "--timeout", "200")
        decision = stage.decided(version, 60)
        stage.settled()
    approved, weights = account.version("approved"), account.weights()
    live = account.endpoint()["EndpointConfigName"]
    wanted = account.leaf("desired")["releases"][approved]["config"]
    ended = decision["verdict"] in ("promoted", "rejected") and (decision["verdict"] == "promoted") == (
        approved == version
    )
    verdict.note(f"killed when {what}: {version} is {decision['verdict']}, approved is {approved}", ended and code == 0)
    verdict.note(
        f"killed when {what}: the endpoint serves {live} alone, {weights}", live == wanted and len(weights) == 1
    )


def _kill(restart: str) -> None:
    """kill -9 of the daemon that says who it is, and the command that starts it again."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{os.environ['AWS_ENDPOINT_URL']}/_takeoff/health", timeout=5) as answer:
        pid = int(json.load(answer)["pid"])
    os.kill(pid, signal.SIGKILL)
    subprocess.run(shlex.split(restart), check=True, capture_output=True)


def _abort(stage: Stage) -> None:
    """Every rollout that runs is stopped from outside, as somebody in the console might."""
    states, machine = stage.account.states, stage.account.stack.rollout
    for each in states.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]:
        states.stop_execution(executionArn=each["executionArn"], error="Scenario", cause="aborted by a scenario")
