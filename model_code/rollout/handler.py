"""The Lambda function behind the rollout state machine: one look, at most one call."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError

from catalog.desired import Desired
from model_code.rollout import account
from model_code.rollout.decide import (
    Attempted,
    Failed,
    Observed,
    Step,
    Succeeded,
    UpdateConfig,
    UpdateShares,
    Wait,
    decide,
    fingerprint,
)

# Seconds between looks: quick at first, since a change of weights is short, one more each time, at most half a minute.
LONGEST_WAIT = 30


def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Entry point for Lambda."""
    return step(event, boto3.client("sagemaker"), boto3.client("ssm"), lambda: datetime.now(UTC))


def step(event: dict[str, Any], sagemaker: Any, ssm: Any, now: Callable[[], datetime]) -> dict[str, Any]:
    """Take one step for the endpoint whose wish `event["parameter"]` names.

    Returns the next step's event: `status` (waiting, succeeded or failed), `seconds` to wait and, on failure, `reason`.
    """
    parameter = event["parameter"]
    desired, version = account.read_desired(ssm, parameter)
    observed = account.observe(sagemaker, desired.endpoint)
    attempted = Attempted(**event.get("attempted", {}))
    taken = decide(desired, observed, attempted)
    try:
        _act(sagemaker, desired, taken)
    except ClientError as error:
        taken = _refused(error)
    print(json.dumps({"endpoint": desired.endpoint, "status": observed.status, "step": repr(taken)}))
    if isinstance(taken, Succeeded | Failed):
        outcome = _outcome(version, desired, observed, taken, now())
        account.write_outcome(ssm, parameter, outcome)
        return {"parameter": parameter, "status": outcome["status"], "reason": outcome["reason"], "seconds": 0}
    return {
        "parameter": parameter,
        "status": "waiting",
        "attempted": _remember(attempted, taken, desired),
        "seconds": min(event.get("seconds", 0) + 1, LONGEST_WAIT) if isinstance(taken, Wait) else 1,
    }


def _act(sagemaker: Any, desired: Desired, taken: Step) -> None:
    if isinstance(taken, UpdateConfig):
        account.update_config(sagemaker, desired.endpoint, taken.config)
    if isinstance(taken, UpdateShares):
        account.update_shares(sagemaker, desired.endpoint, taken.variants)


def _refused(error: ClientError) -> Step:
    """Another update got in between (wait for it), or SageMaker will not have this one (say so)."""
    message = str(error.response.get("Error", {}).get("Message", error))
    code = error.response.get("Error", {}).get("Code", "")
    if code in {"ThrottlingException", "ResourceInUse"} or "in-progress" in message or "Updating" in message:
        return Wait()
    return Failed(f"SageMaker refused: {message}")


def _remember(attempted: Attempted, taken: Step, desired: Desired) -> dict[str, str]:
    config = taken.config if isinstance(taken, UpdateConfig) else attempted.config
    shares = fingerprint(desired) if isinstance(taken, UpdateShares) else attempted.shares
    return {"config": config, "shares": shares}


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
        "at": at.isoformat(timespec="seconds"),
    }
