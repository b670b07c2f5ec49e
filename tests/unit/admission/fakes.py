"""SageMaker's registry, SSM, S3 and CodeBuild as far as Admission uses them."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from model_code.admission.handler import Clients, Place, step

STACK, MODEL, GROUP = "test", "m", "takeoff-test-m"
ARN = f"arn:aws:sagemaker:us-east-1:123456789012:model-package/{GROUP}/1"
RUN = "s3://features/runs/m/r1"
VERSION = "a" * 12
VERDICT = {"outcome": "approve", "reasons": [], "version": VERSION, "algorithm": "x", "metrics": {"accuracy": 0.9}}
RECORD = {
    "version": VERSION,
    "artifact": "s3://models/m/training/model.tar.gz",
    "algorithm": "x",
    "metrics": {"accuracy": 0.9},
    "run": RUN,
    "package": ARN,
}


def refusal(code: str, operation: str = "x") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)


class Killed(BaseException):
    """The process is gone: nothing may catch this."""


class Account:
    """What the four services hold. `die_after` kills the process right after that many calls that change something."""

    def __init__(self, *, live: str | None = "1" * 12, verdict: Mapping[str, Any] | None = None) -> None:
        self.parameters: dict[str, str] = {}
        self.package: dict[str, Any] = {
            "ModelPackageGroupName": GROUP,
            "ModelApprovalStatus": "Approved",
            "CustomerMetadataProperties": {"model": MODEL, "run": RUN},
            "InferenceSpecification": {"Containers": [{"ModelDataUrl": RECORD["artifact"]}]},
        }
        self.objects: dict[tuple[str, str], bytes] = {}
        self.builds: list[str] = []
        self.busy, self.status, self.changes, self.die_after = False, "IN_PROGRESS", 0, 0
        self.objects["features", "runs/m/r1/output/decide/verdict.json"] = json.dumps(verdict or VERDICT).encode()
        if live:
            self.put("approved", {**RECORD, "version": live})

    def put(self, leaf: str, value: Any) -> None:
        self.parameters[f"/takeoff/test/m/{leaf}"] = json.dumps(value)

    def get(self, leaf: str) -> Any:
        text = self.parameters.get(f"/takeoff/test/m/{leaf}")
        return json.loads(text) if text else None

    def _changed(self) -> None:
        self.changes += 1
        if self.changes == self.die_after:
            raise Killed

    # SageMaker
    def list_model_packages(self, **given: Any) -> dict[str, Any]:
        assert given["ModelPackageGroupName"] == GROUP
        found = [{"ModelPackageArn": ARN}] if self.package["ModelApprovalStatus"] == "Approved" else []
        return {"ModelPackageSummaryList": found}

    def describe_model_package(self, ModelPackageName: str) -> dict[str, Any]:  # noqa: N803 (boto3's names)
        assert ModelPackageName == ARN
        return self.package

    # SSM
    def get_parameters(self, Names: list[str]) -> dict[str, Any]:  # noqa: N803
        assert len(Names) <= 10
        return {"Parameters": [{"Name": n, "Value": self.parameters[n]} for n in Names if n in self.parameters]}

    def put_parameter(self, Name: str, Value: str, Type: str, Overwrite: bool) -> None:  # noqa: N803
        assert Type == "String"
        assert len(Value) <= 4096
        if Name in self.parameters and not Overwrite:
            raise refusal("ParameterAlreadyExists")
        self.parameters[Name] = Value
        self._changed()

    # S3
    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        if (Bucket, Key) not in self.objects:
            raise refusal("NoSuchKey")
        return {"Body": io.BytesIO(self.objects[Bucket, Key])}

    # CodeBuild
    def start_build(self, projectName: str) -> dict[str, Any]:  # noqa: N803
        assert projectName == "takeoff-test-deployer"
        if self.busy:
            raise refusal("AccountLimitExceededException")
        self.builds.append(f"takeoff-test-deployer:{len(self.builds)}")
        self._changed()
        return {"build": {"id": self.builds[-1]}}

    def batch_get_builds(self, ids: list[str]) -> dict[str, Any]:
        assert ids[0] in self.builds
        return {"builds": [{"buildStatus": self.status}]}


def take(account: Account, event: Mapping[str, Any] | None = None, deployer: str = "takeoff-test-deployer") -> Any:
    """One step of an execution."""
    clients = Clients(sagemaker=account, ssm=account, s3=account, codebuild=account)
    return step(dict(event or {"package": ARN}), Place(stack=STACK, deployer=deployer), clients)
