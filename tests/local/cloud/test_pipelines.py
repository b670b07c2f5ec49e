"""Pipelines: a committed definition runs its steps as jobs of the account, and registers what its gates let through."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import images
from tests.local.cloud.emulated import Cloud, until
from tests.local.cloud.test_builds import Project
from tests.local.cloud.test_daemon import kill, written
from tests.local.cloud.test_events import WRITER, rule, value
from tools.pipelines.card import filled, pieces

ROOT = Path(__file__).resolve().parents[3]
DEFINITION = (ROOT / "model_code/breast_cancer/pipeline.json").read_text()
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/takeoff-local-gates"
DOCKERFILE = """
FROM python:3.11-slim
WORKDIR /opt/program
COPY container.py ./
ENTRYPOINT ["python", "container.py"]
"""
MAY = [
    {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::runs/*"},
    {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::runs"},
    {"Effect": "Allow", "Action": ["sagemaker:CreateTrainingJob", "sagemaker:CreateModelPackage"], "Resource": "*"},
    {"Effect": "Allow", "Action": "kms:*", "Resource": "*"},
    {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::123456789012:role/*"},
]
GATES = {
    "Effect": "Allow",
    "Action": "sagemaker:CreateProcessingJob",
    "Resource": "arn:aws:sagemaker:us-east-1:123456789012:processing-job/pipelines-*",
}
GATED = ["Validate", "Train", "Evaluate", "Bias", "Compare", "Decide"]


@dataclass
class Loop:
    """One account with a bucket, a key, an image whose gates do as they are told, and pipelines of it."""

    cloud: Cloud
    image: str
    key: str

    @classmethod
    def of(cls, cloud: Cloud, folder: Path) -> Loop:
        (folder / "Dockerfile").write_text(DOCKERFILE)
        shutil.copy(Path(__file__).with_name("pipeline_container.py"), folder / "container.py")
        cloud.client("s3").create_bucket(Bucket="runs")
        image = f"{IMAGE}@{images.build(folder, 'Dockerfile', cloud.state)}"
        return cls(cloud, image, cloud.client("kms").create_key()["KeyMetadata"]["Arn"])

    def role(self, *more: dict[str, Any]) -> str:
        arn = self.cloud.role(allows=None)
        document = json.dumps({"Version": "2012-10-17", "Statement": [*MAY, *more]})
        self.cloud.client("iam").put_role_policy(
            RoleName=arn.rpartition("/")[2], PolicyName="may", PolicyDocument=document
        )
        return arn

    def pipeline(self, role: str | None = None) -> str:
        name = f"training-{next(self.cloud.names)}"
        self.cloud.sagemaker.create_pipeline(
            PipelineName=name, PipelineDefinition=DEFINITION, RoleArn=role or self.role(GATES)
        )
        self.cloud.sagemaker.create_model_package_group(ModelPackageGroupName=name)
        return name

    def parameters(self, pipeline: str, **settings: Any) -> list[dict[str, str]]:
        """Puts a run's inputs and answers the parameters of its execution."""
        run = f"{pipeline}/{next(self.cloud.names)}"
        files = {"settings/settings.json": json.dumps(settings), "data/data.csv": "a\n1\n"}
        for name, text in (files | {"baseline/absent": "none", "live/absent": "none"}).items():
            self.cloud.client("s3").put_object(Bucket="runs", Key=f"{run}/input/{name}", Body=text.encode())
        found = {
            "Run": f"s3://runs/{run}",
            "Artifacts": "s3://runs/artifacts",
            "Image": self.image,
            "Role": self.role(GATES),
            "Key": self.key,
            "Group": pipeline,
            "DataVersion": "v1",
            "Commit": "abc",
            "InstanceType": "ml.m5.large",
            "TrainInstanceType": "ml.m5.large",
            "TrainInstanceCount": "1",
            "Algorithm": "forest",
            "Model": "breast-cancer",
            "Owner": "a@example.com",
            "Risk": "High",
        }
        return [{"Name": name, "Value": each} for name, each in found.items()]

    def start(self, pipeline: str, **settings: Any) -> str:
        given = self.parameters(pipeline, **settings)
        started = self.cloud.sagemaker.start_pipeline_execution(PipelineName=pipeline, PipelineParameters=given)
        return str(started["PipelineExecutionArn"])

    def describe(self, arn: str) -> dict[str, Any]:
        return dict(self.cloud.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn))

    def ended(self, arn: str) -> dict[str, Any]:
        running = ("Executing", "Stopping")
        return dict(until(lambda: (e := self.describe(arn))["PipelineExecutionStatus"] not in running and e, 60))

    def steps(self, arn: str) -> dict[str, dict[str, Any]]:
        listed = self.cloud.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn, SortOrder="Ascending")
        return {step["StepName"]: step for step in listed["PipelineExecutionSteps"]}

    def packages(self, group: str) -> list[dict[str, Any]]:
        listed = self.cloud.sagemaker.list_model_packages(ModelPackageGroupName=group, SortOrder="Descending")
        names = [each["ModelPackageArn"] for each in listed["ModelPackageSummaryList"]]
        return [dict(self.cloud.sagemaker.describe_model_package(ModelPackageName=name)) for name in names]

    def heard(self, kind: str, **detail: Any) -> str:
        """A parameter that the next event of a kind is written to."""
        out = f"/heard/{next(self.cloud.names)}"
        function = self.cloud.function(WRITER, OUT=out)
        arn = self.cloud.client("lambda").get_function(FunctionName=function)["Configuration"]["FunctionArn"]
        rule(self.cloud, {"source": ["aws.sagemaker"], "detail-type": [kind], "detail": detail}, arn)
        return out


@pytest.fixture(scope="module")
def loop(new_cloud: Callable[..., Cloud], tmp_path_factory: pytest.TempPathFactory) -> Loop:
    return Loop.of(new_cloud(TAKEOFF_CLOCK_SPEED="40"), tmp_path_factory.mktemp("gates"))


def test_what_the_gates_approve_is_registered_with_all_that_made_it(loop: Loop) -> None:
    pipeline = loop.pipeline()
    registered = loop.heard("SageMaker Model Package State Change", ModelPackageGroupName=[pipeline])
    succeeded = loop.heard(
        "SageMaker Model Building Pipeline Execution Status Change", currentPipelineExecutionStatus=["Succeeded"]
    )
    arn = loop.start(pipeline, outcome="approve")
    found = loop.ended(arn)
    assert (found["PipelineExecutionStatus"], found.get("FailureReason")) == ("Succeeded", None)
    steps = loop.steps(arn)
    assert list(steps) == [*GATED, "Approve", "Ask", "Refuse", "RegisterApproved"]
    newest = loop.cloud.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn, MaxResults=2)
    assert [step["StepName"] for step in newest["PipelineExecutionSteps"]] == ["RegisterApproved", "Refuse"]
    assert {step["StepStatus"] for step in steps.values()} == {"Succeeded"}
    assert [steps[name]["Metadata"]["Condition"]["Outcome"] for name in ("Approve", "Ask", "Refuse")] == [
        "True",
        "False",
        "True",
    ]
    jobs = [steps[name]["Metadata"]["ProcessingJob"]["Arn"] for name in ("Validate", "Decide")]
    execution = arn.rpartition("/")[2]
    assert f":processing-job/pipelines-{execution}-Validate-" in jobs[0]
    (package,) = loop.packages(pipeline)
    given = {
        one["Name"]: one["Value"]
        for one in loop.cloud.sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)[
            "PipelineParameters"
        ]
    }
    assert package["ModelPackageArn"] == steps["RegisterApproved"]["Metadata"]["RegisterModel"]["Arn"]
    assert package["ModelPackageArn"].endswith(f"model-package/{pipeline}/1")
    assert (package["ModelApprovalStatus"], package["ModelPackageStatus"]) == ("Approved", "Completed")
    metadata = {"model": "breast-cancer", "run": given["Run"], "data": "v1", "commit": "abc", "image": loop.image}
    assert package["CustomerMetadataProperties"] == metadata
    (container,) = package["InferenceSpecification"]["Containers"]
    training = steps["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    assert container["ModelDataUrl"] == f"s3://runs/artifacts/{training}/output/model.tar.gz"
    card = package["ModelCard"]
    assert card["ModelCardStatus"] == "Draft"
    job = steps["Train"]["Metadata"]["TrainingJob"]["Arn"]
    assert json.loads(card["ModelCardContent"]) == filled(
        pieces("breast_cancer"), given | {"artifact": container["ModelDataUrl"], "job": job}
    )
    report = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    assert report == f"{given['Run']}/output/evaluate/report-evaluate.json"
    event = until(lambda: value(loop.cloud, registered))
    assert event["resources"] == [package["ModelPackageArn"]]
    assert (
        event["detail"]
        | {
            "ModelPackageGroupName": pipeline,
            "ModelPackageVersion": 1,
            "ModelPackageArn": package["ModelPackageArn"],
            "ModelApprovalStatus": "Approved",
            "ModelPackageStatus": "Completed",
            "CustomerMetadataProperties": metadata,
        }
        == event["detail"]
    )
    told = until(lambda: value(loop.cloud, succeeded))["detail"]
    assert (told["pipelineExecutionArn"], told["previousPipelineExecutionStatus"]) == (arn, "Executing")


def test_each_gate_finds_what_the_definition_gives_it_and_no_more(loop: Loop) -> None:
    pipeline = loop.pipeline()
    arn = loop.start(pipeline, outcome="approve")
    assert loop.ended(arn)["PipelineExecutionStatus"] == "Succeeded"
    s3, found = loop.cloud.client("s3"), {}
    run = next(
        one["Value"]
        for one in loop.cloud.sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)[
            "PipelineParameters"
        ]
        if one["Name"] == "Run"
    ).removeprefix("s3://runs/")
    for place, gate in (
        ("data", "validate"),
        ("evaluate", "evaluate"),
        ("bias", "bias"),
        ("compare", "compare"),
        ("decide", "decide"),
    ):
        body = s3.get_object(Bucket="runs", Key=f"{run}/output/{place}/report-{gate}.json")["Body"].read()
        found[gate] = json.loads(body)
    common = ["settings/settings.json"]
    assert found == {
        "validate": ["baseline/absent", "data/data.csv", *common],
        "evaluate": ["data/data.csv", "model/model.tar.gz", *common],
        "bias": ["data/data.csv", "model/model.tar.gz", *common],
        "compare": ["data/data.csv", "live/absent", "model/model.tar.gz", *common],
        "decide": [
            "model/model.tar.gz",
            "reports/bias/report-bias.json",
            "reports/compare/report-compare.json",
            "reports/data/report-validate.json",
            "reports/evaluate/report-evaluate.json",
            *common,
        ],
    }


def test_what_a_person_has_to_decide_waits_and_its_approval_starts_the_deployer(loop: Loop) -> None:
    pipeline, project = loop.pipeline(), Project(loop.cloud, "version: 0.2\nphases: {build: {commands: [true]}}")
    detail = {"ModelPackageGroupName": [pipeline], "ModelApprovalStatus": ["Approved"]}
    pattern = {"source": ["aws.sagemaker"], "detail-type": ["SageMaker Model Package State Change"], "detail": detail}
    rule(loop.cloud, pattern, f"arn:aws:codebuild:us-east-1:123456789012:project/{project.name}")
    assert loop.ended(loop.start(pipeline, outcome="ask"))["PipelineExecutionStatus"] == "Succeeded"
    (package,) = loop.packages(pipeline)
    builds = loop.cloud.client("codebuild")
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    assert builds.list_builds_for_project(projectName=project.name)["ids"] == []
    loop.cloud.sagemaker.update_model_package(
        ModelPackageArn=package["ModelPackageArn"], ModelApprovalStatus="Approved", ApprovalDescription="looked at it"
    )
    assert len(until(lambda: builds.list_builds_for_project(projectName=project.name)["ids"])) == 1
    (package,) = loop.packages(pipeline)
    assert (package["ModelApprovalStatus"], package["ApprovalDescription"]) == ("Approved", "looked at it")
    assert package["CustomerMetadataProperties"]["data"] == "v1"


def test_what_the_gates_refuse_fails_the_execution_and_says_where_the_reasons_are(loop: Loop) -> None:
    pipeline = loop.pipeline()
    arn = loop.start(pipeline, outcome="refuse")
    found = loop.ended(arn)
    assert found["PipelineExecutionStatus"] == "Failed"
    assert found["FailureReason"].startswith("refused by the gates; the reasons are in s3://runs/training-")
    assert found["FailureReason"].endswith("/output/decide/verdict.json")
    refused = loop.steps(arn)["Refused"]
    assert (refused["StepStatus"], refused["Metadata"]["Fail"]) == ("Failed", {"ErrorMessage": found["FailureReason"]})
    assert loop.packages(pipeline) == []


def test_a_gate_that_stops_ends_the_execution_before_anything_is_trained(loop: Loop) -> None:
    pipeline = loop.pipeline()
    arn = loop.start(pipeline, stops="validate")
    found = loop.ended(arn)
    said = "Step failure: One or multiple steps failed."
    assert (found["PipelineExecutionStatus"], found["FailureReason"]) == ("Failed", said)
    (step,) = loop.steps(arn).values()
    assert (step["StepName"], step["StepStatus"]) == ("Validate", "Failed")
    assert "the data is not what it was" in step["FailureReason"]
    assert loop.packages(pipeline) == []


def test_a_verdict_that_is_not_there_registers_nothing(loop: Loop) -> None:
    pipeline = loop.pipeline()
    arn = loop.start(pipeline)
    assert loop.ended(arn)["PipelineExecutionStatus"] == "Failed"
    assert "property file" in loop.steps(arn)["Decide"]["FailureReason"]
    assert loop.packages(pipeline) == []


def test_a_role_that_may_not_start_gates_fails_the_first(loop: Loop) -> None:
    pipeline = loop.pipeline(loop.role())
    arn = loop.start(pipeline, outcome="approve")
    assert loop.ended(arn)["PipelineExecutionStatus"] == "Failed"
    said = loop.steps(arn)["Validate"]["FailureReason"]
    assert "is not authorized to perform: sagemaker:CreateProcessingJob" in said


def test_an_execution_can_be_stopped_once_and_takes_its_job_with_it(loop: Loop) -> None:
    pipeline = loop.pipeline()
    arn = loop.start(pipeline, slow="validate")
    until(lambda: loop.steps(arn).get("Validate", {}).get("Metadata"))
    loop.cloud.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)
    assert loop.ended(arn)["PipelineExecutionStatus"] == "Stopped"
    (step,) = loop.steps(arn).values()
    assert step["StepStatus"] == "Stopped"
    job = step["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
    assert loop.cloud.sagemaker.describe_processing_job(ProcessingJobName=job)["ProcessingJobStatus"] == "Stopped"
    with pytest.raises(ClientError, match="cannot be stopped"):
        loop.cloud.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)


def test_parameters_are_checked_and_a_token_starts_one_execution(loop: Loop) -> None:
    pipeline, sagemaker = loop.pipeline(), loop.cloud.sagemaker
    given = loop.parameters(pipeline, stops="validate")
    for changed, said in (
        ([*given, {"Name": "Other", "Value": "x"}], r"Parameters \[Other\] are not defined"),
        (given[1:], r"Parameter \[Run\] has no default value"),
        ([*given[1:], {"Name": "Run", "Value": ""}], "too short"),
        ([*given, {"Name": "TrainInstanceCount", "Value": "two"}], "type Integer"),
    ):
        with pytest.raises(ClientError, match=said):
            sagemaker.start_pipeline_execution(PipelineName=pipeline, PipelineParameters=changed)
    request = {"PipelineName": pipeline, "PipelineParameters": given}
    tokens = ["a" * 32, "a" * 32, "b" * 32]
    arns = [
        sagemaker.start_pipeline_execution(**request, ClientRequestToken=token)["PipelineExecutionArn"]
        for token in tokens
    ]
    assert (arns[0] == arns[1], arns[1] == arns[2]) == (True, False)
    listed = sagemaker.list_pipeline_executions(PipelineName=pipeline)["PipelineExecutionSummaries"]
    assert [each["PipelineExecutionArn"] for each in listed] == [arns[2], arns[0]]
    after = sagemaker.list_pipeline_executions(PipelineName=pipeline, CreatedAfter=listed[1]["StartTime"])
    assert [each["PipelineExecutionArn"] for each in after["PipelineExecutionSummaries"]][:1] == [arns[2]]
    for arn in set(arns):
        assert loop.ended(arn)["PipelineExecutionStatus"] == "Failed"


def test_an_execution_whose_daemon_was_killed_has_failed_and_registers_nothing(
    new_cloud: Callable[..., Cloud], tmp_path: Path
) -> None:
    loop = Loop.of(new_cloud(TAKEOFF_CLOCK_SPEED="40"), tmp_path)
    pipeline = loop.pipeline()
    arn = loop.start(pipeline, slow="decide", outcome="approve")
    until(lambda: loop.steps(arn).get("Decide", {}).get("Metadata"), 60)
    written(loop.cloud)
    kill(loop.cloud)
    loop.cloud.start(TAKEOFF_CLOCK_SPEED="40")
    found = loop.describe(arn)
    assert (found["PipelineExecutionStatus"], "stopped meanwhile" in found["FailureReason"]) == ("Failed", True)
    steps = loop.steps(arn)
    assert (steps["Decide"]["StepStatus"], steps["Compare"]["StepStatus"]) == ("Failed", "Succeeded")
    assert loop.packages(pipeline) == []
    again = loop.start(pipeline, outcome="approve")
    assert loop.ended(again)["PipelineExecutionStatus"] == "Succeeded"
