"""Retraining by hand: the same request that alarms and schedules make, and how its run comes along."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from model_code.retraining.folder import Folder
from takeoff.dataset import settings
from takeoff.stack import CommandError, DeployedStack

# What Step Functions calls the ends of an execution that nobody can do more about.
_ENDED = {"SUCCEEDED": "succeeded", "FAILED": "failed", "TIMED_OUT": "failed", "ABORTED": "failed"}


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One request at one moment. `status`: running, succeeded or failed; `outcome` says as what it ended.

    `outcome` is succeeded, rejected (by a gate), failed or refused (nothing was started); empty while it runs.
    `step` is the pipeline's, which runs or has stopped it.
    """

    model: str
    status: str
    run: str = ""
    data: str = ""
    step: str = ""
    outcome: str = ""
    package: str = ""
    reason: str = ""


class Retrain:
    """One model's retraining, started and read from outside."""

    def __init__(self, stack: DeployedStack, model: str) -> None:
        if not stack.retraining:
            raise CommandError(
                f"stack {stack.name}: got no retraining; allowed: a stack in which a model has `training:` in "
                f"stacks/Pulumi.{stack.name}.yaml"
            )
        ssm, self._sts, self._states, self._s3, self._sagemaker = map(
            boto3.client, ("ssm", "sts", "stepfunctions", "s3", "sagemaker")
        )
        self._model, self._machine, self._settings = model, stack.retraining, settings(ssm, stack, model)

    def start(self, reason: str) -> str:
        """Ask for a run, and return the ARN of the execution that decides. Passes cooldown and cap, not a freeze."""
        who = str(self._sts.get_caller_identity()["Arn"])
        request = {"model": self._model, "cause": "manual", "by": who, "reason": reason}
        started = self._states.start_execution(stateMachineArn=self._machine, input=json.dumps(request))
        return str(started["executionArn"])

    def progress(self, execution: str) -> Progress:
        """Where the request stands: what the run's record says once there is one, else the execution's own words."""
        found = self._states.describe_execution(executionArn=execution)
        status = _ENDED.get(found["status"], "running")
        said: Mapping[str, Any] = json.loads(found.get("output") or "{}")
        mine = self._mine(execution)
        if mine is None:
            outcome = "refused" if status != "running" else ""
            reason = str(said.get("reason") or _plain(found.get("cause") or ""))
            return Progress(model=self._model, status=status, outcome=outcome, reason=reason)
        return Progress(
            model=self._model,
            status=status,
            run=mine.run,
            data=mine.data,
            step=mine.step or self._step(mine.execution),
            outcome="" if mine.open else mine.status,
            package=mine.package,
            reason=mine.why,
        )

    def _mine(self, execution: str) -> Any:
        """The record of the run that an execution leads: one of the newest few, since a run in this stack is alone."""
        found = self._sagemaker.list_pipeline_executions(
            PipelineName=self._settings.pipeline, SortBy="CreationTime", SortOrder="Descending", MaxResults=10
        )
        newest = sorted(found["PipelineExecutionSummaries"], key=lambda each: each["StartTime"], reverse=True)
        for each in newest[:10]:
            run = each.get("PipelineExecutionDisplayName", "")
            record = Folder(s3=self._s3, settings=self._settings, run=run).record()
            if record and record.runner == execution:
                return record
        return None

    def _step(self, execution: str) -> str:
        """The step that the pipeline is at; empty before it has started."""
        if not execution:
            return ""
        found = self._sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=execution, MaxResults=100)
        moving = [
            s["StepName"] for s in found["PipelineExecutionSteps"] if s["StepStatus"] in ("Starting", "Executing")
        ]
        return moving[0] if moving else ""


def _plain(cause: str) -> str:
    """Why an execution failed: of a function's error the message alone, without its stack trace."""
    try:
        return str(json.loads(cause)["errorMessage"])
    except (KeyError, TypeError, ValueError):
        return cause


def wait(
    retrain: Retrain,
    execution: str,
    timeout: float,
    report: Callable[[Progress], None],
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Progress:
    """Wait up to `timeout` seconds for the end of a request. Raises CommandError at the timeout; the run goes on."""
    end = clock() + timeout
    while True:
        progress = retrain.progress(execution)
        report(progress)
        if progress.status != "running":
            return progress
        if clock() > end:
            raise CommandError(
                f"retraining of {progress.model}: no verdict after {timeout:.0f} s; it goes on, as {execution}"
            )
        sleep(2.0)
