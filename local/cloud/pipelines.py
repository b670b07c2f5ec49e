"""SageMaker Pipelines: definitions that are read when they are made, executions that run their steps."""

from __future__ import annotations

import threading
from typing import Any

from moto.core.responses import ActionResult
from moto.sagemaker.exceptions import AWSValidationException
from moto.sagemaker.responses import SageMakerResponse

from local.cloud import pipeline_record as record
from local.cloud.account import Account
from local.cloud.clock import Clock
from local.cloud.hosting import SAGEMAKER
from local.cloud.pipeline_calls import Calls
from local.cloud.pipeline_definition import DefinitionError, parse, values
from local.cloud.pipeline_expressions import Values
from local.cloud.pipeline_list import page
from local.cloud.pipeline_requests import as_text, checked, execution_of, itself, moment, pipeline_of, summary
from local.cloud.pipeline_run import Run
from local.state import ACCOUNT

OPERATIONS = (
    "create_pipeline",
    "update_pipeline",
    "start_pipeline_execution",
    "stop_pipeline_execution",
    "describe_pipeline_execution",
    "list_pipeline_executions",
    "list_pipeline_execution_steps",
    "list_pipeline_parameters_for_execution",
)


class Pipelines:
    """Every pipeline's executions: records in moto's account, and a thread for each that is under way."""

    def __init__(self, account: Account, clock: Clock) -> None:
        self._account, self._clock = account, clock
        self.endpoint = ""
        self._runs: dict[str, tuple[Run, threading.Thread]] = {}

    def install(self) -> None:
        """Puts our operations in the place of moto's, whose executions succeed without doing anything."""
        moto: Any = SageMakerResponse
        self._moto_create, self._moto_update = moto.create_pipeline, moto.update_pipeline
        for operation in OPERATIONS:
            ours = getattr(self, operation)
            setattr(moto, operation, lambda response, ours=ours: ours(response))

    def restore(self) -> None:
        """What ran when the daemon ended has failed; it registers nothing any more. Call it with the lock held."""
        for backend in list(SAGEMAKER[ACCOUNT].values()):
            for pipeline in backend.pipelines.values():
                for execution in pipeline.pipeline_executions.values():
                    if execution.pipeline_execution_status in record.RUNNING:
                        record.broken(execution, "InternalServerError: the emulated account stopped meanwhile.")

    def stop(self) -> None:
        """Lets go of what runs; it counts as failed when the daemon starts again."""
        for run, _ in list(self._runs.values()):
            run.abandoned = True
            run.wake()
        for _, thread in list(self._runs.values()):
            thread.join(timeout=5)

    def status(self) -> dict[str, Any]:
        """The executions that run and the step that each is at, for `make status`."""
        return {arn: [each["StepName"] for each in run.execution.steps][-1:] for arn, (run, _) in self._runs.items()}

    def create_pipeline(self, response: Any) -> Any:
        checked(response, response._get_param("RoleArn"))
        result = self._moto_create(response)
        as_text(response)
        return result

    def update_pipeline(self, response: Any) -> Any:
        pipeline = pipeline_of(response)
        checked(response, response._get_param("RoleArn") or pipeline.role_arn)
        result = self._moto_update(response)
        pipeline.last_modified_time = record.now()
        as_text(response)
        return result

    def start_pipeline_execution(self, response: Any) -> ActionResult:
        pipeline, token = pipeline_of(response), response._get_param("ClientRequestToken")
        for known in pipeline.pipeline_executions.values():
            if token and known.client_request_token == token:
                # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StartPipelineExecution.html
                return ActionResult({"PipelineExecutionArn": known.arn})
        given = response._get_param("PipelineParameters") or []
        try:
            definition = parse(pipeline.pipeline_definition)
            parameters = values(definition, given)
        except DefinitionError as error:
            raise AWSValidationException(str(error)) from error
        started = response.sagemaker_backend.start_pipeline_execution(
            pipeline.pipeline_name,
            response._get_param("PipelineExecutionDisplayName"),
            given,
            response._get_param("PipelineExecutionDescription"),
            response._get_param("ParallelismConfiguration"),
            token,
        )
        execution = pipeline.pipeline_executions[started["PipelineExecutionArn"]]
        record.begin(execution, pipeline, given, response.region)
        known = Values(parameters=parameters, execution=itself(execution, pipeline), steps={}, files={})
        calls = Calls(self.endpoint, response.region)
        run = Run(execution, definition, known, pipeline.role_arn, calls, self._account, self._clock)
        thread = threading.Thread(target=self._follow, args=(run,), name=execution.arn, daemon=True)
        self._runs[execution.arn] = run, thread
        thread.start()
        return ActionResult(started)

    def stop_pipeline_execution(self, response: Any) -> ActionResult:
        execution = execution_of(response)
        if execution.pipeline_execution_status != "Executing":
            raise AWSValidationException(
                f"Pipeline execution with ARN {execution.arn} is in status {execution.pipeline_execution_status} and "
                "cannot be stopped."
            )
        record.change(execution, "Stopping")
        if found := self._runs.get(execution.arn):
            found[0].wake()
        return ActionResult({"PipelineExecutionArn": execution.arn})

    def describe_pipeline_execution(self, response: Any) -> ActionResult:
        execution = execution_of(response)
        shown = {
            "PipelineArn": execution.pipeline_arn,
            "PipelineExecutionArn": execution.arn,
            "PipelineExecutionDisplayName": record.display_name(execution),
            "PipelineExecutionStatus": execution.pipeline_execution_status,
            "PipelineExecutionDescription": execution.pipeline_execution_description,
            "FailureReason": execution.reason,
            "CreationTime": execution.creation_time,
            "LastModifiedTime": execution.last_modified_time,
        }
        return ActionResult({name: value for name, value in shown.items() if value is not None})

    def list_pipeline_executions(self, response: Any) -> ActionResult:
        pipeline = pipeline_of(response)
        after, before = (moment(response._get_param(name)) for name in ("CreatedAfter", "CreatedBefore"))
        found = [
            execution
            for execution in pipeline.pipeline_executions.values()
            if (after is None or execution.creation_time > after)
            and (before is None or execution.creation_time < before)
        ]
        return ActionResult(page(response, "PipelineExecutionSummaries", [summary(each) for each in found]))

    def list_pipeline_execution_steps(self, response: Any) -> ActionResult:
        return ActionResult(
            page(response, "PipelineExecutionSteps", [dict(each) for each in execution_of(response).steps])
        )

    def list_pipeline_parameters_for_execution(self, response: Any) -> ActionResult:
        return ActionResult(page(response, "PipelineParameters", execution_of(response).given, ordered=False))

    def _follow(self, run: Run) -> None:
        run.run()
        self._runs.pop(run.execution.arn, None)
