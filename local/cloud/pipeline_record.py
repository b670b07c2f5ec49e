"""What SageMaker says of an execution and its steps. Plain data on moto's execution, so that it outlives the daemon."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from moto.events.models import events_backends

from local.state import ACCOUNT

RUNNING = ("Executing", "Stopping")
ENDS = ("Succeeded", "Failed", "Stopped")


def begin(execution: Any, pipeline: Any, parameters: Sequence[Mapping[str, str]], region: str) -> None:
    """Makes a new execution of moto's one that runs; its attributes of ours are `steps` and `reason`."""
    execution.pipeline_arn, execution.region, execution.steps = pipeline.arn, region, []
    execution.given, execution.reason, execution.end_time = [dict(each) for each in parameters], None, None
    execution.pipeline_execution_status = ""
    change(execution, "Executing")


def change(execution: Any, status: str, reason: str | None = None) -> None:
    """The execution's new status, which rules can hear of. Call it with the account's lock held."""
    before, moment = execution.pipeline_execution_status, now()
    execution.pipeline_execution_status, execution.last_modified_time = status, moment
    if status in ENDS:
        execution.end_time, execution.reason = moment, reason
    told = {
        "pipelineArn": execution.pipeline_arn,
        "pipelineExecutionArn": execution.arn,
        "pipelineExecutionDescription": execution.pipeline_execution_description,
        "pipelineExecutionDisplayName": display_name(execution),
        "currentPipelineExecutionStatus": status,
        "previousPipelineExecutionStatus": before,
        "executionStartTime": _second(execution.start_time),
        "executionEndTime": execution.end_time and _second(execution.end_time),
    }
    entry = {
        "Source": "aws.sagemaker",
        "DetailType": "SageMaker Model Building Pipeline Execution Status Change",
        "Resources": [execution.pipeline_arn, execution.arn],
        "Detail": json.dumps({name: value for name, value in told.items() if value}),
    }
    events_backends[ACCOUNT][execution.region].put_events([entry])


def step(execution: Any, name: str) -> dict[str, Any]:
    """The record of a step that begins now."""
    record = {"StepName": name, "StartTime": now(), "StepStatus": "Executing", "AttemptCount": 1, "Metadata": {}}
    execution.steps.append(record)
    return record


def end(record: dict[str, Any], status: str, reason: str | None = None) -> None:
    """Ends a step's record: Succeeded, Failed or Stopped."""
    record |= {"StepStatus": status, "EndTime": now()} | ({"FailureReason": reason[:1024]} if reason else {})


def broken(execution: Any, reason: str) -> None:
    """Ends an execution, and what it was at, that nobody works on any more."""
    for record in execution.steps:
        if record["StepStatus"] not in ENDS:
            end(record, "Failed", reason)
    change(execution, "Failed", reason)


def display_name(execution: Any) -> str:
    """The display name, which AWS makes of the time when nobody gave one."""
    given = execution.pipeline_execution_display_name
    return str(given or f"execution-{int(execution.start_time.replace(tzinfo=UTC).timestamp() * 1000)}")


def now() -> datetime:
    """This moment as moto keeps it: UTC, without saying so."""
    return datetime.now(UTC).replace(tzinfo=None)


def _second(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
