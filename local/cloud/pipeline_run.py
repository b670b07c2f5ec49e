"""One execution of a pipeline: a thread that begins each step when what it waits for has succeeded."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from local.cloud import pipeline_record as record
from local.cloud.account import Account
from local.cloud.clock import Clock
from local.cloud.pipeline_calls import ENDED, JOBS, job_name
from local.cloud.pipeline_definition import Definition, Step
from local.cloud.pipeline_expressions import ExpressionError, Values, holds, resolve
from local.cloud.pipeline_role import refusal

log = logging.getLogger(__name__)
# AWS's seconds between two looks at a job, and the least that it is of ours.
LOOK, LEAST = 2.0, 0.05
FAILURES = (ClientError, BotoCoreError, ExpressionError, ValueError, KeyError)


class Service(Protocol):
    """What an execution asks of the account."""

    def start(self, kind: str, name: str, arguments: Mapping[str, Any]) -> str: ...
    def describe(self, kind: str, name: str) -> dict[str, Any]: ...
    def stop(self, kind: str, name: str) -> None: ...
    def register(self, token: str, arguments: Mapping[str, Any]) -> str: ...
    def file(self, step: Step, name: str, job: Mapping[str, Any]) -> Any: ...


class Run:
    """Works on one execution until it has ended, or until the daemon ends."""

    def __init__(
        self,
        execution: Any,
        definition: Definition,
        values: Values,
        role: str,
        service: Service,
        account: Account,
        clock: Clock,
    ) -> None:
        self.execution, self._role = execution, role
        self._values, self._service, self._account, self._clock = values, service, account, clock
        self._steps, self._files, self._jobs = dict(values.steps), dict(values.files), dict[str, str]()
        self._waiting, self._running = {step.name: step for step in definition.steps}, dict[str, Step]()
        self._records: dict[str, dict[str, Any]] = {}
        self._failure: str | None = None
        self._woken, self.abandoned = threading.Event(), False

    def run(self) -> None:
        """Works until nothing is left to begin and nothing runs; then says how the execution ended."""
        try:
            self._begin_what_can()
            while self._running:
                self._woken.wait(max(LEAST, self._clock.real(LOOK)))
                if self.abandoned:
                    return
                self._woken.clear()
                self._look()
                self._begin_what_can()
            status = "Failed" if self._failure else "Succeeded"
            with self._account.lock:
                stopped = self.execution.pipeline_execution_status == "Stopping"
                record.change(self.execution, "Stopped" if stopped else status, None if stopped else self._failure)
        except Exception as error:
            log.exception("pipeline execution %s", self.execution.arn)
            with self._account.lock:
                record.broken(self.execution, f"InternalServerError: {type(error).__name__}: {error}")
        self._account.changed()

    def wake(self) -> None:
        """Has the thread look now: somebody asked for the end."""
        self._woken.set()

    @property
    def _stopping(self) -> bool:
        return self._failure is not None or self.execution.pipeline_execution_status == "Stopping"

    def _begin_what_can(self) -> None:
        """Begins every step whose turn it is, and those whose turn it is by that."""
        while not self._stopping and (ready := self._ready()):
            for step in ready:
                del self._waiting[step.name]
                self._begin(step)

    def _ready(self) -> list[Step]:
        done = {name for name, each in self._records.items() if each["StepStatus"] == "Succeeded"}
        return [step for step in self._waiting.values() if step.after <= done]

    def _begin(self, step: Step) -> None:
        if self._stopping:
            return
        with self._account.lock:
            self._records[step.name] = record.step(self.execution, step.name)
        try:
            self._do(step)
        except FAILURES as error:
            self._end(step, "Failed", f"ClientError: {error}")

    def _do(self, step: Step) -> None:
        values = Values(
            parameters=self._values.parameters,
            execution=self._values.execution,
            steps=self._steps,
            files=self._files,
        )
        if step.kind == "Condition":
            outcome = all(holds(each, values) for each in step.arguments["Conditions"])
            self._waiting |= {each.name: each for each in (step.then if outcome else step.otherwise)}
            self._steps[step.name] = {"Outcome": str(outcome)}
            self._end(step, "Succeeded", Condition={"Outcome": str(outcome)})
            return
        arguments = resolve(step.arguments, values)
        if step.kind == "Fail":
            said = str(arguments["ErrorMessage"])
            self._end(step, "Failed", said, Fail={"ErrorMessage": said})
            self._failure = said
            return
        name = job_name(self._values.execution["PipelineExecutionId"], step.name)
        with self._account.lock:
            said = refusal(self._role, self.execution.region, step, arguments, name) or ""
        if said:
            self._end(step, "Failed", f"ClientError: {said}")
        elif step.kind == "RegisterModel":
            token = f"{self._values.execution['PipelineExecutionId']}-{step.name}"
            arn = self._service.register(token[:36], arguments)
            self._steps[step.name] = {"ModelPackageArn": arn}
            self._end(step, "Succeeded", RegisterModel={"Arn": arn})
        else:
            arn = self._service.start(step.kind, name, arguments)
            self._jobs[step.name], self._running[step.name] = name, step
            with self._account.lock:
                self._records[step.name]["Metadata"] = {JOBS[step.kind]: {"Arn": arn}}

    def _look(self) -> None:
        for step in list(self._running.values()):
            name, noun = self._jobs[step.name], JOBS[step.kind]
            try:
                job = self._service.describe(step.kind, name)
            except BotoCoreError:
                # Nobody answers: the daemon is about to end, or too busy to. The next look tells.
                continue
            status = job[f"{noun}Status"]
            if status == "InProgress" and self.execution.pipeline_execution_status == "Stopping":
                with self._account.lock:
                    self._records[step.name]["StepStatus"] = "Stopping"
                self._service.stop(step.kind, name)
            elif status in ENDED:
                del self._running[step.name]
                self._finish(step, job, ENDED[status])

    def _finish(self, step: Step, job: Mapping[str, Any], status: str) -> None:
        reason = f"ClientError: {job.get('FailureReason') or 'the job was stopped'}" if status != "Succeeded" else None
        if status == "Succeeded":
            self._steps[step.name] = job
            try:
                for name in step.files:
                    self._files[step.name, name] = self._service.file(step, name, job)
            except FAILURES as error:
                status, reason = "Failed", f"ClientError: property file of step {step.name}: {error}"
        self._end(step, status, reason)

    def _end(self, step: Step, status: str, reason: str | None = None, **metadata: Any) -> None:
        with self._account.lock:
            self._records[step.name]["Metadata"] |= metadata
            record.end(self._records[step.name], status, reason)
        if status != "Succeeded" and not self._stopping:
            self._failure = "Step failure: One or multiple steps failed."
        log.info("pipeline execution %s: step %s %s %s", self.execution.arn, step.name, status, reason or "")
        self._account.changed()
