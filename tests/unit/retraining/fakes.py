"""One account as far as retraining uses it: pipelines, executions and buckets that behave as AWS's do."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from catalog.loop import TrainingSettings
from model_code.retraining.clients import Clients
from model_code.retraining.handler import step

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MACHINE = "arn:aws:states:us-east-1:123456789012:execution:takeoff-test-retraining"
PIPELINE = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/takeoff-test-m-training"
SETTINGS = TrainingSettings(
    model="m",
    stack="test",
    pipeline="takeoff-test-m-training",
    bucket="features",
    key="arn:key",
    data="datasets/m/data.csv",
    version="",
    runs="runs/m",
    artifacts="s3://models/m/training",
    approval="automatic",
    cooldown_seconds=3600,
    most=8,
    budget="",
    gates={"model": "m", "criteria": {"accuracy": 0.9}},
    parameters={"Image": "image@sha256:1", "TrainInstanceCount": "1"},
)
LIVE = {"version": "1" * 12, "artifact": "s3://models/m/x/model.tar.gz", "run": "s3://features/runs/m/0001-old"}
ALARM = {"model": "m", "cause": "alarm", "by": "drift", "reason": "InputDrift is 1"}


def refusal(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "x")


class Killed(BaseException):
    """The process is gone: nothing may catch this."""


class Cloud:
    """One account. `kill_after` counts calls; the call is made and its caller dies before it hears of it."""

    def __init__(self, settings: TrainingSettings = SETTINGS, *, live: bool = True, data: bool = True) -> None:
        self.clock, self.kill_after, self.calls = NOW, 10**9, 0
        self.objects: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.parameters: dict[str, str] = {}
        self.pipelines: list[dict[str, Any]] = []
        self.tokens: dict[str, str] = {}
        self.executions: dict[str, dict[str, Any]] = {}
        self.steps: list[dict[str, Any]] = []
        self.jobs: dict[str, dict[str, str]] = {}
        self.spent = ("0", "10")
        self.before_claim: Callable[[], object] | None = None
        self.before_copy: Callable[[], object] | None = None
        self.stale, self.origin = False, NOW - timedelta(days=1)
        self.declare(settings)
        self.parameters["/takeoff/test/commit"] = "abc"
        if live:
            self.parameters["/takeoff/test/m/approved"] = json.dumps(LIVE)
            self.put("models", "m/x/model.tar.gz", b"live")
            self.put("features", "runs/m/0001-old/output/data/summary.json", b"{}")
        if data:
            self.put("features", SETTINGS.data, b"a,b\n1,2\n")

    def declare(self, settings: TrainingSettings) -> None:
        self.parameters["/takeoff/test/m/training"] = settings.to_json()

    def put(self, bucket: str, key: str, body: bytes) -> str:
        versions = self.objects.setdefault((bucket, key), [])
        versions.append({"VersionId": f"v{len(versions) + 1}", "Body": body})
        return str(versions[-1]["VersionId"])

    def read(self, key: str) -> Any:
        return json.loads(self.objects["features", key][-1]["Body"])

    def record(self, run: str = "") -> dict[str, Any]:
        found: dict[str, Any] = self.read(
            f"runs/m/{run or self.pipelines[-1]['PipelineExecutionDisplayName']}/record.json"
        )
        return found

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.parameters["/takeoff/test/m/retraining"])
        return found

    def called(self) -> None:
        self.calls += 1
        self.kill_after -= 1
        if self.kill_after == 0:
            raise Killed

    # S3

    def list_objects_v2(self, Bucket: str, Prefix: str) -> dict[str, Any]:  # noqa: N803
        found = sorted(key for bucket, key in self.objects if bucket == Bucket and key.startswith(Prefix))
        self.called()
        return {"Contents": [{"Key": key} for key in found]} if found else {}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        body = io.BytesIO(self.objects[Bucket, Key][-1]["Body"])
        self.called()
        return {"Body": body}

    def head_object(self, Bucket: str, Key: str, VersionId: str = "") -> dict[str, Any]:  # noqa: N803
        self.called()
        return {"VersionId": self._version(Bucket, Key, VersionId)["VersionId"]}

    def put_object(self, Bucket: str, Key: str, Body: bytes, IfNoneMatch: str = "") -> None:  # noqa: N803
        if IfNoneMatch and self.before_claim:
            hook, self.before_claim = self.before_claim, None
            hook()
        if IfNoneMatch and (Bucket, Key) in self.objects:
            raise refusal("PreconditionFailed")
        self.put(Bucket, Key, Body)
        self.called()

    def copy_object(self, Bucket: str, Key: str, CopySource: dict[str, str]) -> None:  # noqa: N803
        if self.before_copy:
            hook, self.before_copy = self.before_copy, None
            hook()
        source = self._version(CopySource["Bucket"], CopySource["Key"], CopySource.get("VersionId", ""))
        self.put(Bucket, Key, source["Body"])
        self.called()

    def _version(self, bucket: str, key: str, version: str) -> dict[str, Any]:
        found = [each for each in self.objects.get((bucket, key), []) if version in ("", each["VersionId"])]
        if not found:
            raise refusal("404")
        return found[-1]

    # SSM and budgets

    def get_parameters(self, Names: list[str]) -> dict[str, Any]:  # noqa: N803
        found = [{"Name": name, "Value": self.parameters[name]} for name in Names if name in self.parameters]
        self.called()
        return {"Parameters": found}

    def put_parameter(self, Name: str, Value: str, **_: Any) -> None:  # noqa: N803
        assert len(Value.encode()) <= 4096
        self.parameters[Name] = Value
        self.called()

    def describe_budget(self, AccountId: str, BudgetName: str) -> dict[str, Any]:  # noqa: N803
        assert (AccountId, BudgetName) == ("123456789012", "takeoff-test-budget")
        actual, limit = ({"Amount": amount, "Unit": "USD"} for amount in self.spent)
        return {"Budget": {"BudgetLimit": limit, "CalculatedSpend": {"ActualSpend": actual}}}

    # Step Functions

    def describe_execution(self, executionArn: str) -> dict[str, Any]:  # noqa: N803
        self.called()
        if executionArn not in self.executions:
            raise refusal("ExecutionDoesNotExist")
        return self.executions[executionArn]

    def start_execution(self, stateMachineArn: str, input: str, name: str = "") -> dict[str, str]:  # noqa: N803
        arn = f"{stateMachineArn.replace(':stateMachine:', ':execution:')}:{name}"
        found = self.executions.get(arn)
        if found and (found["status"], found["input"]) != ("RUNNING", input):
            raise refusal("ExecutionAlreadyExists")
        self.executions[arn] = {"status": "RUNNING", "input": input}
        self.called()
        return {"executionArn": arn}

    # SageMaker

    def describe_pipeline(self, PipelineName: str) -> dict[str, Any]:  # noqa: N803
        assert PipelineName == SETTINGS.pipeline
        self.called()
        return {"CreationTime": self.origin}

    def list_pipeline_executions(self, NextToken: str = "0", **_: Any) -> dict[str, Any]:  # noqa: N803
        newest, start = [dict(each) for each in reversed([] if self.stale else self.pipelines)], int(NextToken)
        self.called()
        more = {"NextToken": str(start + 2)} if start + 2 < len(newest) else {}
        return {"PipelineExecutionSummaries": newest[start : start + 2], **more}

    def start_pipeline_execution(self, **request: Any) -> dict[str, str]:
        token = request["ClientRequestToken"]
        assert 32 <= len(token) <= 128
        if token not in self.tokens:
            run = request["PipelineExecutionDisplayName"]
            assert ("features", f"runs/m/{run}/input/data/data.csv") in self.objects
            self.tokens[token] = self.began(run, self.clock, request)
        self.called()
        return {"PipelineExecutionArn": self.tokens[token]}

    def began(self, run: str, at: datetime, request: Any = None, status: str = "Executing") -> str:
        arn = f"{PIPELINE}/execution/{len(self.pipelines)}"
        self.pipelines.append(
            {
                "PipelineExecutionArn": arn,
                "PipelineExecutionDisplayName": run,
                "PipelineExecutionStatus": status,
                "StartTime": at,
                "request": request,
            }
        )
        return arn

    def describe_pipeline_execution(self, PipelineExecutionArn: str) -> dict[str, Any]:  # noqa: N803
        (found,) = [each for each in self.pipelines if each["PipelineExecutionArn"] == PipelineExecutionArn]
        self.called()
        return dict(found)

    def list_pipeline_execution_steps(self, **_: Any) -> dict[str, Any]:
        self.called()
        return {"PipelineExecutionSteps": self.steps}

    def describe_processing_job(self, ProcessingJobName: str) -> dict[str, str]:  # noqa: N803
        self.called()
        return self.jobs[ProcessingJobName]

    # What happens around the function.

    def clients(self) -> Clients:
        return Clients(
            s3=self,
            sagemaker=self,
            ssm=self,
            states=self,
            budgets=self,
            stack="test",
            account="123456789012",
            now=lambda: self.clock,
        )

    def execution(self, name: str, event: dict[str, Any]) -> Execution:
        return Execution(self, name, event)

    def end_pipelines(self, status: str = "Succeeded") -> None:
        for each in self.pipelines:
            if each["PipelineExecutionStatus"] == "Executing":
                each["PipelineExecutionStatus"] = status

    def end_cooldowns(self) -> None:
        for arn, each in self.executions.items():
            if ":cool-" in arn:
                each["status"] = "SUCCEEDED"


class Execution:
    """An execution of the state machine: its events are JSON, and a step that dies is tried again."""

    def __init__(self, cloud: Cloud, name: str, event: dict[str, Any]) -> None:
        self.cloud, self.arn = cloud, f"{MACHINE}:{name}"
        self.event: dict[str, Any] = {**event, "runner": {"id": self.arn}}
        cloud.executions[self.arn] = {"status": "RUNNING", "input": ""}

    def once(self) -> dict[str, Any]:
        """One step; the state machine ends the execution with its verdict."""
        self.event = json.loads(json.dumps(step(self.event, self.cloud.clients())))
        if self.event["status"] != "waiting":
            self.cloud.executions[self.arn]["status"] = self.event["status"].upper()
        return self.event

    def whole(self, status: str = "Succeeded") -> dict[str, Any]:
        """To its end; pipelines end, with this status, between two looks."""
        for _ in range(10):
            if self.once()["status"] != "waiting":
                return self.event
            self.cloud.end_pipelines(status)
        raise AssertionError(f"never settled: {self.event}")

    def aborted(self) -> None:
        self.cloud.executions[self.arn]["status"] = "ABORTED"


def settings(**changes: Any) -> TrainingSettings:
    assert set(changes) <= set(asdict(SETTINGS))
    return replace(SETTINGS, **changes)
