"""Retraining's own function and state machine in an emulated account, over pipelines that run their jobs."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from catalog.loop import TrainingSettings
from components.function import archive
from components.retraining import SOURCES, knowing_itself
from components.stepper import stepping
from tests.local.cloud.emulated import Cloud, until
from tests.local.cloud.test_pipelines import GATES, Loop

ROOT = Path(__file__).resolve().parents[3]
ENDED = ("SUCCEEDED", "FAILED", "ABORTED")


class Retraining:
    """One model's pipeline, data set and settings, and the state machine that retrains it."""

    def __init__(self, loop: Loop) -> None:
        self.loop, self.cloud, self.model = loop, loop.cloud, f"m{next(loop.cloud.names)}"
        self.pipeline, self.gates = loop.pipeline(), {"model": "m", "commit": "abc", "outcome": "approve"}
        self.s3, self.ssm, self.states = map(loop.cloud.client, ("s3", "ssm", "stepfunctions"))
        self.s3.put_bucket_versioning(Bucket="runs", VersioningConfiguration={"Status": "Enabled"})
        stored = self.s3.put_object(Bucket="runs", Key=f"datasets/{self.model}/data.csv", Body=b"a\n1\n")
        self.version = stored["VersionId"]
        self.declare()
        self.machine = self._machine()

    def declare(self, **gates: Any) -> None:
        parameters = {each["Name"]: each["Value"] for each in self.loop.parameters(self.pipeline)}
        own = ("Run", "Artifacts", "DataVersion", "Commit")
        settings = TrainingSettings(
            model=self.model,
            stack="test",
            pipeline=self.pipeline,
            bucket="runs",
            key=self.loop.key,
            data=f"datasets/{self.model}/data.csv",
            version="",
            runs=f"runs/{self.model}",
            artifacts=f"s3://runs/artifacts/{self.model}",
            approval="automatic",
            cooldown_seconds=80,
            most=3,
            budget="",
            gates={**self.gates, **gates},
            parameters={name: value for name, value in parameters.items() if name not in own},
        )
        name = f"/takeoff/test/{self.model}/training"
        self.ssm.put_parameter(Name=name, Value=settings.to_json(), Type="String", Overwrite=True)

    def _machine(self) -> str:
        buffer, name = io.BytesIO(), f"retraining-{self.model}"
        with zipfile.ZipFile(buffer, "w") as packed:
            for path in archive(SOURCES).assets:
                packed.writestr(path, (ROOT / path).read_bytes())
        function = self.cloud.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=self.cloud.role(trusted="lambda.amazonaws.com", allows="arn:aws:s3:::runs/*", writes="runs"),
            Handler="model_code.retraining.handler.handle",
            Timeout=60,
            Environment={"Variables": {"TAKEOFF_STACK": "test"}},
            Code={"ZipFile": buffer.getvalue()},
        )
        states = stepping(function["FunctionArn"], "aws", comment="", error="RetrainingFailed")
        role = self.cloud.role(trusted="states.amazonaws.com")
        made = self.states.create_state_machine(name=name, definition=knowing_itself(states), roleArn=role)
        return str(made["stateMachineArn"])

    def ask(self, cause: str = "alarm") -> str:
        request = json.dumps({"model": self.model, "cause": cause, "by": "a test", "reason": "x"})
        return str(self.states.start_execution(stateMachineArn=self.machine, input=request)["executionArn"])

    def describe(self, arn: str) -> dict[str, Any]:
        return dict(self.states.describe_execution(executionArn=arn))

    def ended(self, arn: str) -> dict[str, Any]:
        return dict(until(lambda: (found := self.describe(arn))["status"] in ENDED and found, 60))

    def state(self) -> dict[str, Any]:
        found = self.ssm.get_parameters(Names=[f"/takeoff/test/{self.model}/retraining"])["Parameters"]
        return dict(json.loads(found[0]["Value"])) if found else {}

    def record(self) -> dict[str, Any]:
        key = f"runs/{self.model}/{self.state()['run']}/record.json"
        return dict(json.loads(self.s3.get_object(Bucket="runs", Key=key)["Body"].read()))

    def runs(self) -> list[dict[str, Any]]:
        found = self.cloud.sagemaker.list_pipeline_executions(PipelineName=self.pipeline)
        return list(found["PipelineExecutionSummaries"])


@pytest.fixture(scope="module")
def loop(new_cloud: Callable[..., Cloud], tmp_path_factory: pytest.TempPathFactory) -> Loop:
    made = Loop.of(new_cloud(TAKEOFF_CLOCK_SPEED="40"), tmp_path_factory.mktemp("gates"))
    assert made.role(GATES)
    return made


def test_a_storm_of_alarms_is_one_run_whose_version_is_registered_and_then_a_cooldown(loop: Loop) -> None:
    retraining = Retraining(loop)
    ends = [retraining.ended(arn) for arn in [retraining.ask() for _ in range(8)]]
    assert {end["status"] for end in ends} == {"SUCCEEDED"}
    outcomes = sorted(json.loads(end["output"])["outcome"] for end in ends)
    assert outcomes == [*["refused"] * 7, "succeeded"]
    assert len(retraining.runs()) == 1
    record = retraining.record()
    assert (record["status"], record["data"]) == ("succeeded", retraining.version)
    (package,) = loop.packages(retraining.pipeline)
    assert record["package"] == package["ModelPackageArn"]
    assert package["CustomerMetadataProperties"]["data"] == retraining.version
    assert json.loads(retraining.ended(retraining.ask())["output"])["why"] == "cooling"
    until(lambda: retraining.state()["state"] == "idle")
    assert json.loads(retraining.ended(retraining.ask())["output"])["outcome"] == "succeeded"


def test_a_gate_that_stops_is_a_rejection_in_its_own_words(loop: Loop) -> None:
    retraining = Retraining(loop)
    retraining.declare(stops="validate")
    end = retraining.ended(retraining.ask("manual"))
    assert (end["status"], end["error"]) == ("FAILED", "RetrainingFailed")
    assert end["cause"] == "Validate: the data is not what it was"
    record = retraining.record()
    assert (record["status"], record["step"], record["why"]) == ("rejected", "Validate", "the data is not what it was")


def test_an_execution_that_is_aborted_leaves_its_run_to_the_next(loop: Loop) -> None:
    retraining = Retraining(loop)
    retraining.declare(slow="evaluate")
    dead = retraining.ask()
    until(lambda: retraining.state().get("state") == "running")
    retraining.states.stop_execution(executionArn=dead)
    heir = retraining.ask()
    until(lambda: retraining.record()["runner"] == heir)
    assert len(retraining.runs()) == 1
    loop.cloud.sagemaker.stop_pipeline_execution(PipelineExecutionArn=retraining.state()["execution"])
    end = retraining.ended(heir)
    assert (end["status"], retraining.record()["status"]) == ("FAILED", "failed")
