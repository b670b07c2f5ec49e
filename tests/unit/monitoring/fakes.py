"""S3, SageMaker and SSM as far as monitoring uses them; processing jobs read and write what SageMaker's do."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from catalog.loop import MonitorSettings

NOW = datetime(2026, 11, 22, 3, 0, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
RUN = "s3://features/runs/m/20261101-1"
SETTINGS = MonitorSettings(
    model="m",
    code="risk",
    stack="test",
    endpoint="takeoff-test-m",
    image="123456789012.dkr.ecr.us-east-1.amazonaws.com/m@sha256:" + "a" * 64,
    role="arn:aws:iam::123456789012:role/takeoff-test-m-drift-job",
    job="takeoff-test-drift-m",
    instance_type="ml.m5.large",
    period_seconds=3600,
    captures="s3://captures/m/takeoff-test-m",
    outcomes="s3://features/outcomes/m",
    reports="s3://features/drift/m",
    key="arn:key",
    settings={"falseAlarmsPerMonth": 1.0, "windowsPerMonth": 720.0, "hours": 3, "groups": [], "kpis": []},
    tags={"takeoff:model": "m"},
)
QUIET = {"alarmed": {"InputDrift": 0, "ConceptDrift": 0}, "features": [], "version": "1" * 12}
DRIFTED = {"alarmed": {"InputDrift": 1, "JointDrift": 0, "MissedKpi": 2}, "features": ["b", "a"], "version": "1" * 12}


def refusal(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "x")


class Killed(BaseException):
    """The process is gone: nothing may catch this."""


class Cloud:
    """One account. `kill_after` counts calls; the call is made and its caller dies before it hears of it."""

    def __init__(self, *, page: int = 1000, run: str = RUN) -> None:
        self.page = page
        self.objects: dict[tuple[str, str], dict[str, Any]] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.parameters: dict[str, str] = {}
        self.read: dict[str, dict[str, str]] = {}
        self.written: list[str] = []
        self.refuses: list[ClientError] = []
        self.report: dict[str, Any] | None = QUIET
        self.failing, self.stateful = "", True
        self.kill_after = 10**9
        approved = {"version": "1" * 12, "artifact": "s3://x/y.tar.gz", "algorithm": "a", "metrics": {"accuracy": 0.9}}
        self.set("monitor", json.loads(SETTINGS.to_json()))
        self.set("approved", approved | {"run": run})
        self.write("features", "runs/m/20261101-1/output/data/profile.json", "{}")

    def set(self, leaf: str, document: dict[str, Any]) -> None:
        self.parameters[f"/takeoff/test/m/{leaf}"] = json.dumps(document)

    @property
    def verdict(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.parameters.get("/takeoff/test/m/drift", "{}"))
        return found

    def write(self, bucket: str, key: str, body: str = "{}\n", at: datetime = NOW) -> None:
        self.objects[bucket, key] = {"Key": key, "Size": len(body), "LastModified": at, "Body": body}

    def captured(self, at: datetime, variant: str = "main", name: str = "") -> str:
        """A batch of captures that SageMaker wrote at a moment; its key below the endpoint's."""
        key = f"{variant}/{at:%Y/%m/%d/%H}/{name or f'{at:%M-%S}'}.jsonl"
        self.write("captures", f"m/takeoff-test-m/{key}", at=at)
        return key

    def arrived(self, at: datetime, name: str = "") -> str:
        """A batch of outcomes that arrived at a moment; its key below the model's."""
        key = f"{at:%Y/%m/%d/%H}/{name or f'{at:%M-%S}'}.jsonl"
        self.write("features", f"outcomes/m/{key}", at=at)
        return key

    def called(self) -> None:
        self.kill_after -= 1
        if self.kill_after == 0:
            raise Killed

    def list_objects_v2(
        self,
        Bucket: str,  # noqa: N803
        Prefix: str,  # noqa: N803
        Delimiter: str = "",  # noqa: N803
        MaxKeys: int = 1000,  # noqa: N803
        ContinuationToken: str = "0",  # noqa: N803
    ) -> dict[str, Any]:
        keys = sorted(key for bucket, key in self.objects if bucket == Bucket and key.startswith(Prefix))
        self.called()
        if Delimiter:
            folders = {Prefix + key.removeprefix(Prefix).split("/")[0] + "/" for key in keys}
            return {"CommonPrefixes": [{"Prefix": folder} for folder in sorted(folders)], "IsTruncated": False}
        start, size = int(ContinuationToken), min(self.page, MaxKeys)
        page = [self.objects[Bucket, key] for key in keys[start : start + size]]
        more = start + size < len(keys)
        return {"Contents": page, "IsTruncated": more, "NextContinuationToken": str(start + size)}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        self.called()
        if (Bucket, Key) not in self.objects:
            raise refusal("NoSuchKey", "The specified key does not exist.")
        return {"Body": io.BytesIO(self.objects[Bucket, Key]["Body"].encode())}

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803
        self.write(Bucket, Key, Body.decode())
        self.called()

    def get_parameter(self, Name: str) -> dict[str, Any]:  # noqa: N803
        self.called()
        if Name not in self.parameters:
            raise refusal("ParameterNotFound", "")
        return {"Parameter": {"Value": self.parameters[Name]}}

    def put_parameter(self, Name: str, Value: str, **_: Any) -> None:  # noqa: N803
        assert len(Value) <= 4096
        self.parameters[Name] = Value
        self.written.append(Name)
        self.called()

    def create_processing_job(self, **request: Any) -> None:
        if self.refuses:
            raise self.refuses.pop(0)
        name = request["ProcessingJobName"]
        if name in self.jobs:
            raise refusal("ResourceInUse", "Job name must be unique")
        self.jobs[name] = {"request": request, "ProcessingJobStatus": "InProgress"}
        self.called()

    def describe_processing_job(self, ProcessingJobName: str) -> dict[str, Any]:  # noqa: N803
        self.called()
        if ProcessingJobName not in self.jobs:
            raise refusal("ValidationException", f"Could not find requested job with name: {ProcessingJobName}")
        return dict(self.jobs[ProcessingJobName])

    def run_jobs(self) -> None:
        """Let every job that is under way come to its end."""
        for name, job in self.jobs.items():
            if job["ProcessingJobStatus"] != "InProgress":
                continue
            self.read[name] = self._read(job["request"])
            if self.failing:
                job.update(ProcessingJobStatus="Failed", FailureReason=self.failing)
                continue
            output = job["request"]["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]
            bucket, _, prefix = output.removeprefix("s3://").partition("/")
            if self.report is not None:
                self.write(bucket, f"{prefix}/report.json", json.dumps(self.report))
            if self.stateful:
                self.write(bucket, f"{prefix}/state.json", json.dumps({"of": name}))
            job.update(ProcessingJobStatus="Completed")

    def _read(self, request: dict[str, Any]) -> dict[str, str]:
        """What a container would find, by its path: an input without objects fails the job, as SageMaker's does."""
        found: dict[str, str] = {}
        for each in request["ProcessingInputs"]:
            source = each["S3Input"]
            bucket, _, key = source["S3Uri"].removeprefix("s3://").partition("/")
            if source["S3DataType"] == "ManifestFile":
                head, *names = json.loads(self.objects[bucket, key]["Body"])
                bucket, _, prefix = head["prefix"].removeprefix("s3://").partition("/")
            else:
                prefix = key
                names = [k.removeprefix(key) for b, k in self.objects if b == bucket and k.startswith(key)]
            assert names, f"{each['InputName']} has no objects"
            for name in names:
                found[f"{source['LocalPath']}/{name}"] = self.objects[bucket, prefix + name]["Body"]
        return found
