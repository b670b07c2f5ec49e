"""The Lambda function behind Admission's state machine: an approved package becomes a version, then is deployed."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3

from catalog.admission import DEPLOYER, STACK
from model_code.admission import account
from model_code.admission.decide import Admit, Leave, Refuse, Step, decide, owner, record_of

# Seconds between looks at the Deployer, whose builds take minutes.
WAIT = 20
# Characters of a reason that the state machine carries.
_REASON = 1500


@dataclass(frozen=True, kw_only=True)
class Clients:
    """What a step talks to."""

    sagemaker: Any
    ssm: Any
    s3: Any
    codebuild: Any


@dataclass(frozen=True, kw_only=True)
class Place:
    """Whose packages are admitted, and the project that deploys them; empty where there is none."""

    stack: str
    deployer: str


def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Entry point for Lambda."""
    return step(event, Place(stack=os.environ[STACK], deployer=os.environ[DEPLOYER]), _clients())


@cache
def _clients() -> Clients:
    """Made once for all steps that a function's process takes: making them is slower than a step."""
    sagemaker, ssm, s3, codebuild = map(boto3.client, ("sagemaker", "ssm", "s3", "codebuild"))
    return Clients(sagemaker=sagemaker, ssm=ssm, s3=s3, codebuild=codebuild)


def step(event: dict[str, Any], place: Place, clients: Clients) -> dict[str, Any]:
    """Take one step for `package` (an ARN), or for the newest approved package of `model`.

    Returns the next step's event: `status` (waiting, succeeded or failed), `seconds` to wait and `reason`. It fails
    for a package that is refused, and when the Deployer did; what is left alone is a success.
    """
    if build := event.get("build"):
        return _follow(event, build, clients)
    arn = event.get("package") or account.newest(clients.sagemaker, place.stack, event["model"])
    if not arn:
        return _end({}, "succeeded", f"{event['model']} has no approved package")
    taken = _admit(arn, place, clients)
    print(json.dumps({"package": arn, "step": repr(taken)[:_REASON]}))
    if isinstance(taken, Refuse):
        return _end({"package": arn}, "failed", f"{arn} was refused: {taken.reason}")
    if isinstance(taken, Leave):
        return _end({"package": arn}, "succeeded", taken.reason)
    if taken is None:
        return {"package": arn, "status": "waiting", "seconds": 1}
    version = taken.record["version"]
    if taken.slot == "approved":
        return _end({"package": arn}, "succeeded", f"{version} is the first version; whoever trains it deploys it")
    if not place.deployer:
        return _end({"package": arn}, "succeeded", f"{version} is the candidate; `pulumi up` deploys it")
    # While it is busy: the build that runs may have read the account before the version was in it.
    started = account.start_build(clients.codebuild, place.deployer)
    return {"package": arn, "status": "waiting", "seconds": WAIT, **({"build": started} if started else {})}


def _admit(arn: str, place: Place, clients: Clients) -> Step | None:
    """Decide on a package and write what was decided; None when another version was admitted at the same moment."""
    package = account.describe(clients.sagemaker, arn)
    if wrong := owner(package, place.stack):
        return Refuse(wrong)
    try:
        verdict = account.verdict(clients.s3, package.run)
        record = record_of(package, verdict)
    except ValueError as error:
        return Refuse(str(error))
    known = account.known(clients.ssm, place.stack, package.model, record["version"])
    taken = decide(package, verdict, record, known)
    if isinstance(taken, Admit) and not account.write(clients.ssm, place.stack, package.model, taken, known):
        return None
    return taken


def _follow(event: dict[str, Any], build: str, clients: Clients) -> dict[str, Any]:
    status = account.build_status(clients.codebuild, build)
    if status == "IN_PROGRESS":
        return {**event, "status": "waiting", "seconds": WAIT}
    if status == "SUCCEEDED":
        return _end(event, "succeeded", f"deployed by {build}")
    return _end(event, "failed", f"{build} ended {status}; its log says why")


def _end(event: dict[str, Any], status: str, reason: str) -> dict[str, Any]:
    return {**event, "status": status, "reason": reason[:_REASON], "seconds": 0}
