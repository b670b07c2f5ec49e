"""An emulated account under test: a real daemon, clients that point at it, and the few verbs that tests need."""

from __future__ import annotations

import io
import json
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.cloud import daemon, processes
from local.state import State

POLICY = {"Version": "2012-10-17"}


@dataclass
class Cloud:
    """One emulated account and clients that point at it."""

    state: State
    image: str
    endpoint: str = ""
    names: Iterator[int] = field(default_factory=lambda: iter(range(10_000)))

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="takeoff-local",
            aws_secret_access_key="takeoff-local",
            config=Config(retries={"max_attempts": 0}, read_timeout=30, max_pool_connections=32),
        )

    def start(self, **environment: str) -> dict[str, Any]:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            health = daemon.start(self.state, 0)
        self.endpoint = self.state.endpoint()
        self.sagemaker, self.runtime = self.client("sagemaker"), self.client("sagemaker-runtime")
        return health

    def role(
        self,
        *,
        trusted: str = "sagemaker.amazonaws.com",
        allows: str | None = "arn:aws:s3:::models/*",
        writes: str | None = None,
    ) -> str:
        iam, name = self.client("iam"), f"role-{next(self.names)}"
        trust = {"Effect": "Allow", "Principal": {"Service": trusted}, "Action": "sts:AssumeRole"}
        created = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(POLICY | {"Statement": [trust]}))
        if allows:
            read = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": allows}
            document = json.dumps(POLICY | {"Statement": [read]})
            iam.put_role_policy(RoleName=name, PolicyName="read", PolicyDocument=document)
        if writes:
            write = {"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": f"arn:aws:s3:::{writes}/*"}
            document = json.dumps(POLICY | {"Statement": [write]})
            iam.put_role_policy(RoleName=name, PolicyName="write", PolicyDocument=document)
        return str(created["Role"]["Arn"])

    def artifact(self, version: str) -> str:
        s3 = self.client("s3")
        s3.create_bucket(Bucket="models")
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            entry = tarfile.TarInfo("version.txt")
            entry.size = len(version)
            archive.addfile(entry, io.BytesIO(version.encode()))
        s3.put_object(Bucket="models", Key=f"{version}/model.tar.gz", Body=buffer.getvalue())
        return f"s3://models/{version}/model.tar.gz"

    def model(self, version: str, *, role: str | None = None, **environment: str) -> str:
        name = f"model-{next(self.names)}"
        container = {"Image": self.image, "ModelDataUrl": self.artifact(version), "Environment": environment}
        self.sagemaker.create_model(ModelName=name, ExecutionRoleArn=role or self.role(), PrimaryContainer=container)
        return name

    def config(
        self, *variants: tuple[str, str, float, int], kind: str = "ml.m5.large", shadows: int = 0, **more: Any
    ) -> str:
        """An endpoint config; the last `shadows` of the variants are shadows."""
        name = f"config-{next(self.names)}"
        given = [
            {
                "VariantName": variant,
                "ModelName": model,
                "InstanceType": kind,
                "InitialInstanceCount": count,
                "InitialVariantWeight": weight,
            }
            for variant, model, weight, count in variants
        ]
        production = len(given) - shadows
        if shadows:
            more["ShadowProductionVariants"] = given[production:]
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=given[:production], **more)
        return name

    def deploy(self, *variants: tuple[str, str, float, int], **more: Any) -> str:
        name = f"endpoint-{next(self.names)}"
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=self.config(*variants, **more))
        assert self.settled(name)["EndpointStatus"] == "InService", self.describe(name)
        return name

    def reweigh(self, endpoint: str, **wanted: dict[str, Any]) -> None:
        self.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=endpoint,
            DesiredWeightsAndCapacities=[{"VariantName": name, **values} for name, values in wanted.items()],
        )

    def describe(self, endpoint: str) -> dict[str, Any]:
        return dict(self.sagemaker.describe_endpoint(EndpointName=endpoint))

    def settled(self, endpoint: str) -> dict[str, Any]:
        moving = ("Creating", "Updating", "RollingBack", "SystemUpdating")
        return until(lambda: (found := self.describe(endpoint))["EndpointStatus"] not in moving and found)

    def ask(self, endpoint: str, body: str = "hi", **more: Any) -> dict[str, Any]:
        answer = self.runtime.invoke_endpoint(EndpointName=endpoint, Body=body.encode(), **more)
        return {"variant": answer["InvokedProductionVariant"], **json.loads(answer["Body"].read())}

    def pids(self, endpoint: str) -> list[int]:
        status = daemon.status(self.state)
        assert status
        return [pid for variant in status["endpoints"][endpoint]["variants"].values() for pid in variant["pids"]]

    def function(self, code: str, *, timeout: int = 10, **environment: str) -> str:
        name, buffer = f"function-{next(self.names)}", io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("main.py", code)
        self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=self.role(trusted="lambda.amazonaws.com"),
            Handler="main.handler",
            Timeout=timeout,
            Environment={"Variables": environment},
            Code={"ZipFile": buffer.getvalue()},
        )
        return name


def refused(call: Callable[..., Any], **arguments: Any) -> str:
    """What an operation that must be refused was answered: code and message."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


def until(found: Callable[[], Any], seconds: float = 20) -> Any:
    """The first true answer; asking is the only way to await a process of its own."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := found():
            return answer
        time.sleep(0.02)
    raise AssertionError("did not come true in time")


def gone(pid: int) -> bool:
    return processes.birth(pid) is None
