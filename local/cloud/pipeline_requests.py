"""What SageMaker Pipelines' requests name, what they may not say, and what is shown of an execution."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from moto.sagemaker.exceptions import AWSValidationException

from local.cloud import access
from local.cloud import pipeline_record as record
from local.cloud.pipeline_definition import DefinitionError, parse


def summary(execution: Any) -> dict[str, Any]:
    """An execution in a list."""
    shown = {
        "PipelineExecutionArn": execution.arn,
        "StartTime": execution.start_time,
        "PipelineExecutionStatus": execution.pipeline_execution_status,
        "PipelineExecutionDescription": execution.pipeline_execution_description,
        "PipelineExecutionDisplayName": record.display_name(execution),
        "PipelineExecutionFailureReason": execution.reason,
    }
    return {name: value for name, value in shown.items() if value is not None}


def itself(execution: Any, pipeline: Any) -> dict[str, str]:
    """What a definition may ask of its execution."""
    return {
        "PipelineExecutionId": execution.arn.rpartition("/")[2],
        "PipelineExecutionArn": execution.arn,
        "PipelineName": pipeline.pipeline_name,
        "PipelineArn": pipeline.arn,
        "StartDateTime": execution.start_time.isoformat(timespec="milliseconds") + "Z",
    }


def checked(response: Any, role: str) -> None:
    """Raises AWSValidationException for a definition or a role that AWS refuses."""
    if said := access.refusal(role, None, response.region):
        raise AWSValidationException(said)
    if text := response._get_param("PipelineDefinition"):
        try:
            parse(text)
        except DefinitionError as error:
            raise AWSValidationException(str(error)) from error


def as_text(response: Any) -> None:
    """moto keeps what it read from S3 as an object, and AWS answers a text."""
    pipeline = pipeline_of(response)
    if not isinstance(pipeline.pipeline_definition, str):
        pipeline.pipeline_definition = json.dumps(pipeline.pipeline_definition)


def pipeline_of(response: Any) -> Any:
    """moto's pipeline of a request; AWS's refusal when there is none."""
    name = str(response._get_param("PipelineName")).rpartition("/")[2]
    if name not in response.sagemaker_backend.pipelines:
        raise AWSValidationException(f"Pipeline '{name}' does not exist.")
    return response.sagemaker_backend.pipelines[name]


def execution_of(response: Any) -> Any:
    """moto's execution of a request; AWS's refusal when there is none."""
    arn = str(response._get_param("PipelineExecutionArn"))
    for pipeline in response.sagemaker_backend.pipelines.values():
        if arn in pipeline.pipeline_executions:
            return pipeline.pipeline_executions[arn]
    raise AWSValidationException(f"Pipeline execution with ARN {arn} does not exist.")


def moment(given: Any) -> datetime | None:
    """A time as moto keeps its own, from the seconds, the text or the time that a request holds."""
    if given is None or isinstance(given, datetime):
        return given and given.astimezone(UTC).replace(tzinfo=None)
    found = datetime.fromtimestamp(given, UTC) if isinstance(given, int | float) else datetime.fromisoformat(given)
    return found.astimezone(UTC).replace(tzinfo=None)
