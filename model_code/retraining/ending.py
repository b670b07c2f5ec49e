"""How a pipeline's run ended: what it registered, or which step stopped it and why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

# Characters of a reason that are kept: the gate's report has the rest, an SSM parameter holds 4,096 in all.
_REASON = 1000
# A gate ends with 1 where it refuses, with anything else where it could not judge (model_code/gates/__main__.py).
_REFUSED = re.compile(r"exit code: 1\b")
REGISTER = "RegisterModel"


@dataclass(frozen=True, kw_only=True)
class Said:
    """A step of an execution as ListPipelineExecutionSteps tells it.

    `kind` is the key of its metadata (ProcessingJob, TrainingJob, Fail, RegisterModel …), `arn` what it made. `message`
    is the ExitMessage of its job or the Fail step's own; `reason` is SageMaker's FailureReason.
    """

    name: str
    kind: str
    status: str
    arn: str = ""
    message: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Ending:
    """`status`: succeeded, rejected (by a gate) or failed; `package` is the ARN of what was registered."""

    status: str
    step: str = ""
    why: str = ""
    package: str = ""


def ending(status: str, reason: str, steps: Sequence[Said], refused: Sequence[str]) -> Ending:
    """What the end of an execution means. `refused` are the reasons of Decide's verdict, where it wrote one.

    A gate that refuses ends its job with code 1, or Decide lets the pipeline end in its Fail step.
    """
    if status == "Succeeded":
        package = next((step.arn for step in steps if step.kind == REGISTER and step.arn), "")
        return Ending(status="succeeded", package=package)
    failed = [step for step in steps if step.status == "Failed"]
    for step in failed:
        if step.kind == "Fail":
            return _ended("rejected", step, "\n".join(refused) or step.message or step.reason)
        if step.kind == "ProcessingJob" and _REFUSED.search(step.reason):
            return _ended("rejected", step, step.message or step.reason)
    if failed:
        return _ended("failed", failed[0], failed[0].message or failed[0].reason)
    return Ending(status="failed", why=(reason or f"the execution is {status}")[:_REASON])


def _ended(status: str, step: Said, why: str) -> Ending:
    return Ending(status=status, step=step.name, why=(why or "no reason given")[:_REASON])
