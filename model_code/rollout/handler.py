"""The Lambda function behind the rollout state machine: one look, at most one change."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import ClientError

from catalog import candidates
from catalog.candidates import Candidates
from catalog.desired import Desired
from model_code.rollout import account
from model_code.rollout.act import refused
from model_code.rollout.candidates_handler import LONGEST_WAIT, step_of_candidates
from model_code.rollout.decide import (
    Attempted,
    Failed,
    Hold,
    Observed,
    Step,
    Succeeded,
    UpdateConfig,
    UpdateCount,
    UpdateWeights,
    Wait,
    decide,
    fingerprint,
)

# Seconds between looks: quick at first, since a change of weights is short, one more each time, at most LONGEST_WAIT;
# less while alarms watch, since an alarm that rang can fall silent once the bad fleet is gone.
LONGEST_WATCH = 5


@dataclass(frozen=True)
class Clients:
    """The services that a rollout calls."""

    sagemaker: Any
    ssm: Any
    cloudwatch: Any
    autoscaling: Any
    s3: Any = None


def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Entry point for Lambda."""
    return step(event, _clients(), lambda: datetime.now(UTC))


@cache
def _clients() -> Clients:
    """Made once for all steps that a function's process takes: making them is slower than a step."""
    return Clients(*map(boto3.client, ("sagemaker", "ssm", "cloudwatch", "application-autoscaling", "s3")))


def step(event: dict[str, Any], clients: Clients, now: Callable[[], datetime]) -> dict[str, Any]:
    """Take one step for the endpoint whose wish `event["parameter"]` names.

    Returns the next step's event: `status` (waiting, succeeded or failed), `seconds` to wait and, on failure, `reason`.
    Scaling is suspended before a change of config and resumed before the outcome is written, whatever the outcome and
    whoever suspended it, so that an execution which is started again after a kill leaves nothing suspended. The event
    may name any of the model's parameters, such as an operator's `override`: what is read is `desired`.
    """
    folder = event["parameter"].rpartition("/")[0]
    parameter = f"{folder}/desired"
    text, version = account.read_desired(clients.ssm, parameter)
    if candidates.holds(text):
        return step_of_candidates(event, folder, Candidates.from_json(text), version, clients, now)
    desired = account.tried(clients.ssm, Desired.from_json(text), folder)
    attempted = _remembered(event.get("attempted", {}), version)
    observed = _observe(clients, desired)
    attempted = _heard(attempted, desired, observed, now())
    taken: Step = decide(desired, observed, attempted)
    try:
        _act(clients, desired, observed, taken)
    except ClientError as error:
        taken = refused(error)
    print(json.dumps({"endpoint": desired.endpoint, "status": observed.status, "step": repr(taken)}))
    if isinstance(taken, Succeeded | Failed):
        account.suspend_scaling(clients.autoscaling, desired.endpoint, _variants(desired, observed), suspended=False)
        outcome = _outcome(version, desired, observed, taken, now()) | _return(desired, observed, attempted, now())
        account.write_outcome(clients.ssm, parameter, outcome)
        return {"parameter": parameter, "status": outcome["status"], "reason": outcome["reason"], "seconds": 0}
    longest = LONGEST_WATCH if attempted.since and desired.plan.alarms else LONGEST_WAIT
    return {
        "parameter": parameter,
        "status": "waiting",
        "attempted": asdict(_remember(attempted, taken, now())),
        "seconds": min(event.get("seconds", 0) + 1, longest) if isinstance(taken, Wait | Hold) else 1,
    }


def _observe(clients: Clients, desired: Desired) -> Observed:
    """The endpoint, and the plan's alarms for as long as they can matter."""
    observed = account.observe(clients.sagemaker, desired.endpoint)
    settled = observed.status == "InService" and observed.config == desired.config
    if settled or not desired.plan.alarms:
        return observed
    return replace(observed, alarms=account.alarm_states(clients.cloudwatch, desired.plan.alarms))


def _act(clients: Clients, desired: Desired, observed: Observed, taken: Step) -> None:
    if isinstance(taken, UpdateConfig):
        account.suspend_scaling(clients.autoscaling, desired.endpoint, _variants(desired, observed), suspended=True)
        account.update_config(clients.sagemaker, desired, guarded=taken.guarded)
    if isinstance(taken, UpdateWeights):
        account.update_weights(clients.sagemaker, desired.endpoint, taken.weights)
    if isinstance(taken, UpdateCount):
        account.update_count(clients.sagemaker, desired.endpoint, taken.variant, taken.instances)


def _variants(desired: Desired, observed: Observed) -> set[str]:
    """Every variant that may be scaled: those that are there and those that will be."""
    return {*desired.variants, *observed.variants}


def _remembered(raw: dict[str, Any], version: int) -> Attempted:
    """What was attempted for this version of the wish; for another one nothing was."""
    known = Attempted(**{**raw, "calls": tuple(raw.get("calls", ()))})
    return known if known.version == version else Attempted(version=version)


def _heard(attempted: Attempted, desired: Desired, observed: Observed, at: datetime) -> Attempted:
    """Keep the names of alarms that ring after the change was asked for."""
    if attempted.config != desired.config or not observed.ringing:
        return attempted
    return replace(attempted, rung={**dict.fromkeys(observed.ringing, _text(at)), **attempted.rung})


def _remember(attempted: Attempted, taken: Step, at: datetime) -> Attempted:
    if isinstance(taken, UpdateConfig):
        return replace(attempted, config=taken.config, since=_text(at), rung={})
    if isinstance(taken, UpdateWeights | UpdateCount):
        return replace(attempted, calls=(*attempted.calls, fingerprint(taken)))
    return replace(attempted, held=attempted.held + 1) if isinstance(taken, Hold) else attempted


def _outcome(
    version: int, desired: Desired, observed: Observed, taken: Succeeded | Failed, at: datetime
) -> dict[str, Any]:
    """The verdict on one version of the wish."""
    return {
        "desired_version": version,
        "status": "failed" if isinstance(taken, Failed) else "succeeded",
        "reason": taken.reason if isinstance(taken, Failed) else "",
        "config": observed.config,
        "desired_config": desired.config,
        "at": _text(at),
    }


def _return(desired: Desired, observed: Observed, attempted: Attempted, at: datetime) -> dict[str, Any]:
    """How long the return to the old fleet took, from the first alarm or else from the call; nothing without one."""
    if attempted.config != desired.config or observed.config == desired.config:
        return {}
    began = min([*attempted.rung.values()] or [attempted.since])
    seconds = round((at - datetime.fromisoformat(began)).total_seconds())
    return {"alarms": sorted(attempted.rung), "seconds_to_return": seconds}


def _text(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
