"""S3, SageMaker and SSM as far as a batch run uses them; jobs do what SageMaker's do."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from catalog.batch import BatchSettings

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
SETTINGS = BatchSettings(
    model="m",
    model_name="takeoff-test-m-batch-1a2b3c4d",
    version="1" * 12,
    source="features",
    source_prefix="m",
    output="models",
    output_prefix="predictions/m",
    jobs="takeoff-test-m-batch",
    instance_type="ml.m5.large",
    instances=1,
    content="text/csv",
    key="arn:key",
    volume_key="arn:key",
    outcome="/takeoff/test/m/batch-outcome",
    tags={"takeoff:model": "m"},
)


def refusal(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "x")


class Killed(BaseException):
    """The process is gone: nothing may catch this."""


class Cloud:
    """One account. `kill_after` counts calls; the call is made and its caller dies before it hears of it."""

    def __init__(self, *inputs: str, bad: str = "", pages: int = 1000) -> None:
        self.clock, self.pages, self.bad = NOW, pages, bad
        self.objects: dict[tuple[str, str], dict[str, Any]] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.parameters: dict[str, dict[str, Any]] = {}
        self.kill_after = 10**9
        for name in inputs:
            self.write("features", f"m/date=2026-11-21/{name}")

    def write(self, bucket: str, key: str, body: bytes = b"1,2\n") -> None:
        self.clock += timedelta(seconds=1)
        self.objects[bucket, key] = {
            "Key": key,
            "ETag": body.hex(),
            "Size": len(body),
            "LastModified": self.clock,
            "Body": body,
        }

    def called(self) -> None:
        self.kill_after -= 1
        if self.kill_after == 0:
            raise Killed

    def list_objects_v2(self, Bucket: str, Prefix: str, ContinuationToken: str = "0") -> dict[str, Any]:  # noqa: N803
        found = sorted(key for bucket, key in self.objects if bucket == Bucket and key.startswith(Prefix))
        start = int(ContinuationToken)
        page = [self.objects[Bucket, key] for key in found[start : start + self.pages]]
        more = start + self.pages < len(found)
        self.called()
        return {"Contents": page, "IsTruncated": more, "NextContinuationToken": str(start + self.pages)}

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803
        self.write(Bucket, Key, Body)
        self.called()

    def create_transform_job(self, **request: Any) -> None:
        name = request["TransformJobName"]
        if name in self.jobs:
            raise refusal("ResourceInUse", "Job name must be unique")
        self.jobs[name] = {"request": request, "TransformJobStatus": "InProgress"}
        self.called()

    def describe_transform_job(self, TransformJobName: str) -> dict[str, Any]:  # noqa: N803
        self.called()
        if TransformJobName not in self.jobs:
            raise refusal("ValidationException", f"Could not find requested job with name: {TransformJobName}")
        return dict(self.jobs[TransformJobName])

    def put_parameter(self, Name: str, Value: str, **_: Any) -> None:  # noqa: N803
        self.parameters[Name] = json.loads(Value)
        self.called()

    def run_jobs(self) -> None:
        """Let every job that is under way come to its end: a file with a refused record gets no output."""
        for job in self.jobs.values():
            if job["TransformJobStatus"] == "InProgress":
                self._run(job)

    def _run(self, job: dict[str, Any]) -> None:
        bucket, _, key = job["request"]["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"][5:].partition("/")
        head, *names = json.loads(self.objects[bucket, key]["Body"])
        out_bucket, _, out = job["request"]["TransformOutput"]["S3OutputPath"][5:].partition("/")
        source, _, prefix = head["prefix"][5:].partition("/")
        for name in names:
            assert (source, prefix + name) in self.objects
            if name != self.bad:
                self.write(out_bucket, f"{out}date=2026-11-21/{name}.out")
        failed = self.bad in names
        job.update(TransformJobStatus="Failed" if failed else "Completed", FailureReason="bad row" if failed else "")
