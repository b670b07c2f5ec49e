"""What scenarios read of the account, and the few things that they do to it as anybody could."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from catalog.naming import parameter_name
from takeoff import parameter
from takeoff.stack import DeployedModel, DeployedStack

# Whoever counts failed requests must not have them tried again behind his back.
_ONCE = Config(retries={"max_attempts": 0}, max_pool_connections=50)


class Account:
    """One model of a deployed stack through AWS's own APIs."""

    def __init__(self, stack: DeployedStack, model: DeployedModel) -> None:
        self.stack, self.model = stack, model

    @cached_property
    def runtime(self) -> Any:
        return boto3.client("sagemaker-runtime", config=_ONCE)

    @cached_property
    def ssm(self) -> Any:
        return boto3.client("ssm")

    @cached_property
    def s3(self) -> Any:
        return boto3.client("s3")

    @cached_property
    def sagemaker(self) -> Any:
        return boto3.client("sagemaker")

    @cached_property
    def cloudwatch(self) -> Any:
        return boto3.client("cloudwatch")

    @cached_property
    def states(self) -> Any:
        return boto3.client("stepfunctions")

    def leaf(self, name: str) -> dict[str, Any]:
        """One of the model's parameters as JSON; empty when there is none."""
        return parameter.document(self.ssm, parameter_name(self.stack.name, self.model.name, name))

    def version(self, slot: str) -> str:
        """The version in `approved` or `candidate`; empty when there is none."""
        return str(self.leaf(slot).get("version", ""))

    def data(self) -> str:
        """The version of the data set that the approved version was trained on, as its package says; empty if none."""
        package = self.leaf("approved").get("package")
        if not package:
            return ""
        found = self.sagemaker.describe_model_package(ModelPackageName=package)
        return str(found.get("CustomerMetadataProperties", {}).get("data", ""))

    def decision(self, version: str) -> dict[str, Any]:
        """What Rollout decided about a version; empty before it has."""
        return self.leaf(f"decisions/{version}")

    def endpoint(self) -> dict[str, Any]:
        return dict(self.sagemaker.describe_endpoint(EndpointName=self.model.endpoint))

    def weights(self) -> dict[str, float]:
        """Each variant's weight as DescribeEndpoint tells it."""
        return {each["VariantName"]: each.get("CurrentWeight", 0.0) for each in self.endpoint()["ProductionVariants"]}

    def alarms(self) -> dict[str, str]:
        """The state of every alarm whose name begins with the stack and the model."""
        prefix = f"takeoff-{self.stack.name}-{self.model.name}"
        found: dict[str, str] = {}
        pages = self.cloudwatch.get_paginator("describe_alarms").paginate(
            AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        for page in pages:
            for each in (*page.get("MetricAlarms", ()), *page.get("CompositeAlarms", ())):
                found[each["AlarmName"].removeprefix(f"{prefix}-")] = each["StateValue"]
        return found

    def runs(self) -> list[dict[str, Any]]:
        """The model's pipeline executions, newest first."""
        name = json.loads(self._value("training") or "{}").get("pipeline")
        if not name:
            return []
        found = self.sagemaker.list_pipeline_executions(PipelineName=name, SortBy="CreationTime", MaxResults=100)
        return list(found["PipelineExecutionSummaries"])

    def steps(self, execution: str) -> dict[str, dict[str, Any]]:
        """The steps of a pipeline execution by name."""
        found = self.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=execution, MaxResults=100)
        return {each["StepName"]: each for each in found["PipelineExecutionSteps"]}

    def packages(self) -> list[dict[str, Any]]:
        """The model's registered versions, newest first."""
        found = self.sagemaker.list_model_packages(
            ModelPackageGroupName=self.model.registry, SortBy="CreationTime", SortOrder="Descending", MaxResults=100
        )
        return list(found["ModelPackageSummaryList"])

    def put(self, key: str, body: bytes | str) -> str:
        """Write an object of the features bucket; returns its version."""
        content = body.encode() if isinstance(body, str) else body
        answer = self.s3.put_object(Bucket=self.stack.features, Key=key, Body=content)
        return str(answer.get("VersionId", ""))

    def read(self, key: str) -> bytes:
        """An object of the features bucket; empty when it is not there."""
        try:
            return bytes(self.s3.get_object(Bucket=self.stack.features, Key=key)["Body"].read())
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            return b""

    def record(self, run: str) -> Mapping[str, Any]:
        """What Retraining wrote about a run; empty before it has."""
        found: Mapping[str, Any] = json.loads(self.read(f"runs/{self.model.name}/{run}/record.json") or b"{}")
        return found

    def _value(self, leaf: str) -> str:
        return parameter.value(self.ssm, parameter_name(self.stack.name, self.model.name, leaf))
