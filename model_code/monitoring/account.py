"""Monitoring's edge to AWS: what a window holds, the inputs of a job, the job, its report and the verdict."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from catalog.instance_types import has_local_storage
from catalog.loop import MonitorSettings
from model_code.monitoring.decide import RUNNING, Job, Stored
from model_code.monitoring.window import Window

_GIBIBYTES = 30
# Seconds after which SageMaker stops a job; the largest of them takes minutes.
_LONGEST = 14_400
_INPUTS = ("settings", "baseline", "captures", "outcomes", "previous")
_FOLDER = "/opt/ml/processing"
ABSENT = "absent"


def parameter(ssm: Any, name: str) -> str:
    """A parameter's value; empty when there is none."""
    try:
        return str(ssm.get_parameter(Name=name)["Parameter"]["Value"])
    except ClientError as error:
        if _code(error) != "ParameterNotFound":
            raise
        return ""


def jobs(sagemaker: Any, prefix: str) -> list[Job]:
    """Every job that was ever asked for under `prefix`, by number."""
    found: list[Job] = []
    while job := _describe(sagemaker, f"{prefix}-{len(found)}"):
        found.append(job)
    return found


def under_way(sagemaker: Any, job: str) -> str:
    """The job, if there is one of this name and it has not ended; else empty."""
    found = _describe(sagemaker, job) if job else None
    return job if found and found.status in RUNNING else ""


def captures(s3: Any, settings: MonitorSettings, window: Window, before: int) -> tuple[list[Stored], list[Stored]]:
    """The captures that may hold requests of the window, and those of `before` hours earlier, of every variant.

    What was written before the window began holds nothing of it, though it is in the same hour's folder.
    https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
    """
    bucket, prefix = split(settings.captures)
    hours, own = window.hours(before), set(window.hours())
    inside, earlier = list[Stored](), list[Stored]()
    for variant in _folders(s3, bucket, prefix):
        for hour in hours:
            for one in _list(s3, bucket, prefix, f"{variant}{hour}/"):
                (inside if hour in own and one.modified >= window.start else earlier).append(one)
    return inside, earlier if before else []


def outcomes(s3: Any, settings: MonitorSettings, window: Window) -> list[Stored]:
    """The outcomes that arrived in the window: written in it, whichever hour's folder their writer chose.

    The folder is looked for from an hour before, since one that is begun before the hour may be written after it.
    """
    bucket, prefix = split(settings.outcomes)
    found = [one for hour in window.hours(before=1) for one in _list(s3, bucket, prefix, f"{hour}/")]
    return [one for one in found if window.start <= one.modified < window.end]


def exists(s3: Any, url: str) -> bool:
    """Whether there is an object, by listing: HeadObject of one that is not there is refused like one of others."""
    bucket, key = url.removeprefix("s3://").split("/", 1)
    found = s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("Contents", [])
    return any(one["Key"] == key for one in found)


def write_inputs(
    s3: Any, folder: str, document: Mapping[str, Any], manifests: Mapping[str, tuple[str, Sequence[str]]]
) -> None:
    """Write a job's inputs below `folder` (s3://…): the settings, and by input which objects under a prefix it reads.

    SageMaker refuses an input without objects, so one that names none gets a file called `absent`.
    """
    bucket, prefix = split(folder)
    s3.put_object(Bucket=bucket, Key=f"{prefix}{ABSENT}", Body=b"there is none\n")
    for name, (source, names) in manifests.items():
        lines = [{"prefix": source}, *names] if names else [{"prefix": f"s3://{bucket}/{prefix}"}, ABSENT]
        s3.put_object(Bucket=bucket, Key=f"{prefix}{name}.manifest", Body=json.dumps(lines).encode())
    body = json.dumps(document, sort_keys=True).encode()
    s3.put_object(Bucket=bucket, Key=f"{prefix}settings/settings.json", Body=body)


def request(settings: MonitorSettings, job: str, folder: str, output: str) -> dict[str, Any]:
    """The processing job over the inputs that `write_inputs` has put below `folder`.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html
    """
    cluster: dict[str, Any] = {"InstanceType": settings.instance_type, "InstanceCount": 1, "VolumeSizeInGB": _GIBIBYTES}
    if not has_local_storage(settings.instance_type):
        cluster["VolumeKmsKeyId"] = settings.key
    return {
        "ProcessingJobName": job,
        "AppSpecification": {"ImageUri": settings.image, "ContainerArguments": ["monitor"]},
        "Environment": {"TAKEOFF_MODEL_CODE": settings.code},
        "RoleArn": settings.role,
        "ProcessingInputs": [_input(name, folder) for name in _INPUTS],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "report",
                    "S3Output": {"S3Uri": output, "LocalPath": f"{_FOLDER}/output", "S3UploadMode": "EndOfJob"},
                }
            ],
            "KmsKeyId": settings.key,
        },
        "ProcessingResources": {"ClusterConfig": cluster},
        "NetworkConfig": {"EnableNetworkIsolation": True},
        "StoppingCondition": {"MaxRuntimeInSeconds": _LONGEST},
        "Tags": [{"Key": key, "Value": value} for key, value in sorted(settings.tags.items())],
    }


def report(s3: Any, output: str) -> dict[str, Any] | None:
    """What the job wrote as its report; None if it wrote none."""
    bucket, prefix = split(output)
    try:
        found: dict[str, Any] = json.loads(s3.get_object(Bucket=bucket, Key=f"{prefix}report.json")["Body"].read())
    except ClientError as error:
        if _code(error) != "NoSuchKey":
            raise
        return None
    return found


def write_verdict(ssm: Any, name: str, verdict: Mapping[str, Any]) -> None:
    """Leave the verdict where `takeoff drift status` reads it."""
    ssm.put_parameter(Name=name, Value=json.dumps(verdict, sort_keys=True), Type="String", Overwrite=True)


def split(url: str) -> tuple[str, str]:
    """The bucket of a folder (s3://…), and its keys' prefix with a final slash."""
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    return bucket, f"{prefix.rstrip('/')}/"


def _input(name: str, folder: str) -> dict[str, Any]:
    plain = name == "settings"
    source: dict[str, Any] = {
        "S3Uri": f"{folder}/{name}/" if plain else f"{folder}/{name}.manifest",
        "LocalPath": f"{_FOLDER}/input/{name}",
        "S3DataType": "S3Prefix" if plain else "ManifestFile",
        "S3InputMode": "File",
        "S3DataDistributionType": "FullyReplicated",
        "S3CompressionType": "None",
    }
    return {"InputName": name, "S3Input": source}


def _describe(sagemaker: Any, name: str) -> Job | None:
    """A job as it is; None for one that was never asked for."""
    try:
        found = sagemaker.describe_processing_job(ProcessingJobName=name)
    except ClientError as error:
        if _code(error) == "ResourceNotFound" or "Could not find" in _message(error):
            return None
        raise
    # What the container says of its end is nearer to the cause than SageMaker's word for it.
    reason = found.get("ExitMessage") or found.get("FailureReason") or ""
    return Job(name=name, status=found["ProcessingJobStatus"], reason=reason)


def _folders(s3: Any, bucket: str, prefix: str) -> list[str]:
    """The folders right below a prefix, with their final slash; an endpoint has ten variants at most, so one page."""
    found = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, Delimiter="/")
    return sorted(each["Prefix"].removeprefix(prefix) for each in found.get("CommonPrefixes", []))


def _list(s3: Any, bucket: str, prefix: str, below: str) -> Iterator[Stored]:
    """Every JSON Lines object under a folder that holds something, by its key below `prefix`."""
    page: dict[str, Any] = {}
    while True:
        following = {"ContinuationToken": page["NextContinuationToken"]} if page else {}
        page = s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}{below}", **following)
        for one in page.get("Contents", []):
            if one["Size"] and one["Key"].endswith(".jsonl"):
                yield Stored(name=one["Key"].removeprefix(prefix), modified=one["LastModified"])
        if not page.get("IsTruncated"):
            return


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _message(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Message", error))
