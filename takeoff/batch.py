"""Batch runs from outside: starting one, and how far a partition has come."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3

from catalog.batch import VARIABLE, BatchSettings
from model_code.batch import account
from model_code.batch.partition import day_before, partition_of
from takeoff import parameter
from takeoff.stack import CommandError, DeployedModel

# What Step Functions calls the ends of an execution that nobody can do more about.
_ENDED = {"SUCCEEDED": "succeeded", "FAILED": "failed", "TIMED_OUT": "failed", "ABORTED": "failed"}


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One partition at one moment; outputs and jobs are those of the present version.

    `status`: none, running, succeeded or failed.
    """

    model: str
    partition: str
    version: str
    status: str
    inputs: int
    outputs: int
    jobs: int
    reason: str


class Batch:
    """One model's batch inference, read from the account."""

    def __init__(self, model: DeployedModel) -> None:
        if not model.batch:
            raise CommandError(
                f"model {model.name}: got no batch inference; allowed: a deployed model with `batch:` in its entry"
            )
        self._model, self._machine = model.name, model.batch
        self._s3, self._ssm, self._states, self._sagemaker, functions = map(
            boto3.client, ("s3", "ssm", "stepfunctions", "sagemaker", "lambda")
        )
        # The function is called what its state machine is called, and knows everything else.
        found = functions.get_function_configuration(FunctionName=model.batch.rpartition(":")[2])
        self._settings = BatchSettings.from_json(found["Environment"]["Variables"][VARIABLE])

    def start(self, partition: str) -> str:
        """Start a run for a partition and return its ARN; harmless while one runs, since both end in one place."""
        started = self._states.start_execution(
            stateMachineArn=self._machine, input=json.dumps({"partition": partition})
        )
        return str(started["executionArn"])

    def progress(self, partition: str | None, execution: str = "") -> Progress:
        """How far a partition has come: the one named, else that of the last verdict, else yesterday's.

        With an execution's ARN the status is that run's own, else it is running while any run is.
        """
        outcome = self._outcome()
        date = partition or outcome.get("partition") or day_before(datetime.now(UTC))
        status, reason = self._status(execution, outcome if outcome.get("partition") == date else {})
        observed = account.observe(self._s3, self._sagemaker, self._settings, date)
        return Progress(
            model=self._model,
            partition=date,
            version=self._settings.version,
            status=status,
            inputs=len(observed.inputs),
            outputs=len(observed.inputs) - len(observed.missing()),
            jobs=len(observed.jobs),
            reason=reason,
        )

    def _status(self, execution: str, outcome: Mapping[str, Any]) -> tuple[str, str]:
        if execution:
            found = self._states.describe_execution(executionArn=execution)
            return _ENDED.get(found["status"], "running"), str(found.get("cause") or "")
        running = self._states.list_executions(stateMachineArn=self._machine, statusFilter="RUNNING")
        if running["executions"]:
            return "running", ""
        if outcome.get("version") not in (None, self._settings.version):
            return "none", f"last scored by version {outcome['version']}"
        return outcome.get("status", "none"), outcome.get("reason", "")

    def _outcome(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(parameter.value(self._ssm, self._settings.outcome) or "{}")
        return found


def date_of(text: str | None, now: datetime) -> str:
    """The partition that a command is for, yesterday's when none is named. Raises CommandError for no date."""
    try:
        return partition_of({"partition": text}) if text else day_before(now)
    except ValueError as error:
        raise CommandError(f"--partition: {error}") from None


def wait(
    batch: Batch,
    partition: str,
    execution: str,
    timeout: float,
    report: Callable[[Progress], None],
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Progress:
    """Wait up to `timeout` seconds for a run's verdict. Raises CommandError at the timeout; the run goes on."""
    end = clock() + timeout
    while True:
        progress = batch.progress(partition, execution)
        report(progress)
        if progress.status in _ENDED.values():
            return progress
        if clock() > end:
            raise CommandError(
                f"batch run of {progress.model} for {partition}: no verdict after {timeout:.0f} s; it goes on; "
                f"look with `takeoff batch status {progress.model} --partition {partition} --stack ...`"
            )
        sleep(2.0)
