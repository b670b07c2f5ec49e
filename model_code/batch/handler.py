"""The Lambda function behind the batch state machine: one look at a partition, at most one job."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError

from catalog.batch import VARIABLE, BatchSettings
from model_code.batch import account
from model_code.batch.decide import Failed, Observed, Start, Step, Succeeded, Wait, decide
from model_code.batch.partition import partition_of

# Seconds between looks: one at first, doubled each time, since a job takes minutes to hours.
LONGEST_WAIT = 120
# Characters of a reason in the outcome; an SSM parameter holds 4,096 in all.
_REASON = 1500


@dataclass(frozen=True, kw_only=True)
class Clients:
    """What a step talks to."""

    s3: Any
    sagemaker: Any
    ssm: Any
    now: Callable[[], datetime]


def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Entry point for Lambda."""
    s3, sagemaker, ssm = map(boto3.client, ("s3", "sagemaker", "ssm"))
    clients = Clients(s3=s3, sagemaker=sagemaker, ssm=ssm, now=lambda: datetime.now(UTC))
    return step(event, BatchSettings.from_json(os.environ[VARIABLE]), clients)


def step(event: dict[str, Any], settings: BatchSettings, clients: Clients) -> dict[str, Any]:
    """Take one step for the partition that `event` names, or whose schedule it carries.

    Returns the next step's event: `status` (waiting, succeeded or failed), `seconds` to wait and, on failure, `reason`.
    """
    try:
        partition = partition_of(event)
    except (KeyError, ValueError) as error:
        return {"status": "failed", "reason": f"this run is for no partition: {error}", "seconds": 0}
    observed = account.observe(clients.s3, clients.sagemaker, settings, partition)
    followed = list(event.get("followed", []))
    taken = decide(observed, f"{settings.jobs}-{partition.replace('-', '')}", followed)
    if isinstance(taken, Start):
        taken = _start(settings, partition, taken, clients)
    print(json.dumps({"model": settings.model, "partition": partition, "step": repr(taken)[:_REASON]}))
    if isinstance(taken, Succeeded | Failed):
        return _end(settings, partition, observed, taken, clients)
    name = taken.job
    return {
        "partition": partition,
        "status": "waiting",
        "followed": followed if not name or name in followed else [*followed, name],
        "seconds": min(max(1, 2 * int(event.get("seconds", 0))), LONGEST_WAIT),
    }


def _start(settings: BatchSettings, partition: str, wanted: Start, clients: Clients) -> Step:
    """Ask for the job. One of that name is another run's, which asked first: it is followed like an own one."""
    try:
        account.start(clients.s3, clients.sagemaker, settings, partition, wanted.job, wanted.names)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code == "ThrottlingException":
            return Wait("")
        if code != "ResourceInUse":
            return Failed(f"{wanted.job} was refused: {error.response.get('Error', {}).get('Message', error)}")
    return Wait(wanted.job)


def _end(
    settings: BatchSettings, partition: str, observed: Observed, taken: Succeeded | Failed, clients: Clients
) -> dict[str, Any]:
    """Write the verdict, and for a whole partition the record that readers wait for."""
    record = {
        "model": settings.model,
        "partition": partition,
        "version": settings.version,
        "inputs": len(observed.inputs),
        "outputs": len(observed.inputs) - len(observed.missing()),
        "at": clients.now().isoformat(timespec="seconds"),
    }
    if isinstance(taken, Succeeded):
        account.write_success(clients.s3, settings, partition, {**record, "digest": taken.digest})
        status, reason = "succeeded", ""
    else:
        status, reason = "failed", taken.reason[:_REASON]
    account.write_outcome(clients.ssm, settings, {**record, "status": status, "reason": reason})
    return {"partition": partition, "status": status, "reason": reason, "seconds": 0}
