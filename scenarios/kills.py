"""j: the account or a state machine dies in the middle of a rollout; started again, it converges."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from scenarios import graphs
from scenarios.account import Account
from scenarios.release import release
from scenarios.stage import Stage
from scenarios.verdict import StoppedError, Verdict

# Whether a rollout, of a version by an endpoint that had a config before, has come to a point.
Reached = Callable[[Account, str, str], bool]
# The command that starts the emulated account again; `make loop` sets it. There is no such thing on AWS.
RESTART = "TAKEOFF_RESTART"


def kills(stage: Stage, verdict: Verdict) -> None:
    """At each phase of a rollout: kill -9 of the account's daemon, or an aborted execution; then everything goes on."""
    restart = os.environ.get(RESTART)
    if not restart:
        raise StoppedError(f"{RESTART} is not set: only an emulated account can be killed; run `make loop`")

    def kill() -> None:
        _kill(stage, restart)

    def abort() -> None:
        _abort(stage)

    for number, (what, reached, die) in enumerate(
        (
            ("the canary's config is asked for", _asked_for, kill),
            ("the canary has traffic", _has_traffic, abort),
            ("the candidate has everything", _has_everything, kill),
            ("the version has its own config", _is_alone, kill),
        )
    ):
        _one(stage, verdict, f"kill-{number}", what, reached, die)


def _asked_for(account: Account, before: str, _: str) -> bool:
    endpoint = account.endpoint()
    return str(endpoint["EndpointStatus"]) == "Updating" or endpoint["EndpointConfigName"] != before


def _has_traffic(account: Account, _: str, __: str) -> bool:
    return account.weights().get("candidate", 0) > 0


def _has_everything(account: Account, _: str, __: str) -> bool:
    return account.weights().get("main", 1) == 0


def _is_alone(account: Account, _: str, version: str) -> bool:
    release = account.leaf("desired")["releases"].get(version, {})
    return bool(account.endpoint()["EndpointConfigName"] == release.get("config"))


def _one(stage: Stage, verdict: Verdict, name: str, what: str, reached: Reached, die: Callable[[], None]) -> None:
    account = stage.account
    before = account.endpoint()["EndpointConfigName"]
    with stage.playing(stage.feed()):
        version = release(stage, name, graphs.good(100 + int(name[-1])))
        stage.until(what, lambda: reached(account, before, version), 150)
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


def _kill(stage: Stage, restart: str) -> None:
    """kill -9 of the daemon that says who it is, and the command that starts it again.

    It dies once all that it has answered so far is on its disk: AWS loses nothing that it has answered.
    """
    now = datetime.now(UTC)
    stage.until("the account on the disk", lambda: _on_the_disk() >= now, 60)
    os.kill(int(_page("health")["pid"]), signal.SIGKILL)
    subprocess.run(shlex.split(restart), check=True, capture_output=True)


def _on_the_disk() -> datetime:
    """The moment whose account a restart would find."""
    return datetime.fromisoformat(_page("status")["snapshot"]["taken"] or "0001-01-01T00:00:00+00:00")


def _page(name: str) -> dict[str, Any]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{os.environ['AWS_ENDPOINT_URL']}/_takeoff/{name}", timeout=30) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def _abort(stage: Stage) -> None:
    """Every rollout that runs is stopped from outside, as somebody in the console might."""
    states, machine = stage.account.states, stage.account.stack.rollout
    for each in states.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]:
        states.stop_execution(executionArn=each["executionArn"], error="Scenario", cause="aborted by a scenario")
