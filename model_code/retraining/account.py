"""Retraining's edge to AWS beside the run's folder: parameters, the pipeline, the state machine, the budget."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from catalog.loop import TrainingSettings
from catalog.naming import parameter_name
from model_code.retraining.decide import Run, token
from model_code.retraining.ending import Said
from model_code.retraining.folder import Folder
from model_code.retraining.record import Record

# What SSM answers where too many write at once.
_CROWDED = {"ThrottlingException", "TooManyUpdates"}
_LEAVES = ("training", "approved", "drift", "freeze", "retraining")
STACK_FREEZE, STACK_COMMIT = "stack freeze", "stack commit"
# For a stack that was never deployed by .ci/deploy or `make up`; a pipeline takes no empty value.
_UNKNOWN = "unknown"


def parameters(ssm: Any, stack: str, model: str) -> dict[str, str]:
    """The parameters that a decision needs, by leaf; those that do not exist are left out."""
    names = {parameter_name(stack, model, leaf): leaf for leaf in _LEAVES}
    names |= {f"/takeoff/{stack}/freeze": STACK_FREEZE, f"/takeoff/{stack}/commit": STACK_COMMIT}
    return {names[each["Name"]]: each["Value"] for each in ssm.get_parameters(Names=sorted(names))["Parameters"]}


def tell(ssm: Any, stack: str, model: str, now: Mapping[str, Any], was: str) -> None:
    """Show where a model's retraining stands, and what was shown before as far as it is not said anew.

    For people: nothing is decided by it. So two who write at once do no harm, and in a storm one may go unsaid; who
    leads a run says it again at its next look.
    """
    shown = {**json.loads(was or "{}"), **now}
    text = json.dumps(shown, sort_keys=True, ensure_ascii=False)
    if text == was:
        return
    try:
        name = parameter_name(stack, model, "retraining")
        ssm.put_parameter(Name=name, Value=text, Type="String", Overwrite=True)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _CROWDED:
            raise


def runs(sagemaker: Any, pipeline: str) -> list[Run]:
    """All executions of a pipeline, newest first."""
    found: list[Run] = []
    page: dict[str, Any] = {}
    while True:
        more = {"NextToken": page["NextToken"]} if page else {}
        page = sagemaker.list_pipeline_executions(
            PipelineName=pipeline, SortBy="CreationTime", SortOrder="Descending", MaxResults=100, **more
        )
        for each in page["PipelineExecutionSummaries"]:
            found.append(
                Run(
                    arn=each["PipelineExecutionArn"],
                    name=each.get("PipelineExecutionDisplayName", ""),
                    status=each["PipelineExecutionStatus"],
                    started=each["StartTime"],
                )
            )
        if not page.get("NextToken"):
            return sorted(found, key=lambda run: run.started, reverse=True)


def origin(sagemaker: Any, pipeline: str) -> str:
    """When a pipeline came to be, which tells it from one of the same name before it."""
    created: datetime = sagemaker.describe_pipeline(PipelineName=pipeline)["CreationTime"]
    return created.astimezone(UTC).isoformat()


def start(sagemaker: Any, settings: TrainingSettings, folder: Folder, record: Record) -> str:
    """Start the pipeline for a prepared folder, or hear of the execution that was started for it; returns its ARN."""
    given = {
        **settings.parameters,
        "Run": folder.url,
        "Artifacts": settings.artifacts,
        "DataVersion": record.data,
        "Commit": record.commit or _UNKNOWN,
    }
    started = sagemaker.start_pipeline_execution(
        PipelineName=settings.pipeline,
        PipelineExecutionDisplayName=record.run,
        PipelineParameters=[{"Name": name, "Value": value} for name, value in sorted(given.items())],
        ClientRequestToken=token(settings.stack, settings.model, record.run),
    )
    return str(started["PipelineExecutionArn"])


def status(sagemaker: Any, execution: str) -> tuple[str, str]:
    """An execution's status, and its FailureReason."""
    found = sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)
    return str(found["PipelineExecutionStatus"]), str(found.get("FailureReason") or "")


def steps(sagemaker: Any, execution: str) -> list[Said]:
    """The steps of an execution that has ended: fewer than the hundred of one page."""
    found = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=execution, MaxResults=100)
    return [_said(sagemaker, each) for each in found["PipelineExecutionSteps"]]


def alive(states: Any, execution: str) -> bool:
    """Whether a state machine's execution is under way; one that never was is not."""
    try:
        return bool(states.describe_execution(executionArn=execution)["status"] == "RUNNING")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionDoesNotExist":
            raise
        return False


def cooldown(runner: str, model: str, run: str) -> str:
    """The ARN of the execution that waits a run's cooldown out, in the state machine whose execution `runner` is."""
    return f"{runner.rpartition(':')[0]}:cool-{model}-{run}"


def cool(states: Any, runner: str, model: str, run: str, seconds: int) -> None:
    """Start the execution that waits a run's cooldown out. Its name is the run's, so there is one at most."""
    arn = cooldown(runner, model, run)
    machine, _, name = arn.replace(":execution:", ":stateMachine:").rpartition(":")
    try:
        event = json.dumps({"model": model, "cool": run, "wait": seconds})
        states.start_execution(stateMachineArn=machine, name=name, input=event)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise


def spent(budgets: Any, account: str, name: str) -> str:
    """What is spent of a budget that is used up; empty while something is left, and where none is named.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_CalculatedSpend.html
    """
    if not name:
        return ""
    budget = budgets.describe_budget(AccountId=account, BudgetName=name)["Budget"]
    actual, limit = budget["CalculatedSpend"]["ActualSpend"], budget["BudgetLimit"]
    if float(actual["Amount"]) < float(limit["Amount"]):
        return ""
    return f"budget {name} is spent: {actual['Amount']} of {limit['Amount']} {limit['Unit']}"


def _said(sagemaker: Any, step: Mapping[str, Any]) -> Said:
    """A step, and for a processing job that failed what its container said last."""
    metadata: dict[str, dict[str, Any]] = step.get("Metadata") or {}
    kind = next(iter(metadata), "")
    made = metadata.get(kind, {})
    arn, failed = str(made.get("Arn", "")), step["StepStatus"] == "Failed"
    message, reason = str(made.get("ErrorMessage", "")), str(step.get("FailureReason") or "")
    if kind == "ProcessingJob" and failed and arn:
        job = sagemaker.describe_processing_job(ProcessingJobName=arn.rpartition("/")[2])
        message, reason = str(job.get("ExitMessage") or ""), str(job.get("FailureReason") or reason)
    return Said(name=step["StepName"], kind=kind, status=step["StepStatus"], arn=arn, message=message, reason=reason)
