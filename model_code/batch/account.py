"""Batch's edge to AWS: what a partition holds, one transform job, one record of success, one outcome."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from catalog.batch import BatchSettings
from model_code.batch.decide import Job, Observed, Stored
from model_code.batch.partition import RUNS, SUCCESS, inputs_under, outputs_under

# MB of one request. A MB of CSV keeps below the rows that a model takes at once; a JSON file is one request, and
# InvokeEndpoint's 6 MB is what the model server takes (model_code/server/app.py).
_PAYLOAD = {"text/csv": 1, "application/json": 6}
_MANIFEST = ".manifest"


def observe(s3: Any, sagemaker: Any, settings: BatchSettings, partition: str) -> Observed:
    """The partition as it is now: two listings, and one look at each job that its manifests name."""
    inputs = [one for one in _list(s3, settings.source, inputs_under(settings, partition)) if _is_data(one)]
    found = list(_list(s3, settings.output, outputs_under(settings, partition)))
    names = [one.base.removesuffix(_MANIFEST) for one in found if one.name.startswith(RUNS)]
    jobs = [job for name in sorted(names) if (job := _describe(sagemaker, name))]
    return Observed(inputs=inputs, outputs=[one for one in found if not one.name.startswith(RUNS)], jobs=jobs)


def start(s3: Any, sagemaker: Any, settings: BatchSettings, partition: str, job: str, names: Sequence[str]) -> None:
    """Write the job's manifest, by which it is found again, and ask for the job."""
    key = f"{outputs_under(settings, partition)}{RUNS}{job}{_MANIFEST}"
    source = f"s3://{settings.source}/{inputs_under(settings, partition)}"
    s3.put_object(Bucket=settings.output, Key=key, Body=json.dumps([{"prefix": source}, *names]).encode())
    sagemaker.create_transform_job(**request(settings, partition, job, f"s3://{settings.output}/{key}"))


def request(settings: BatchSettings, partition: str, job: str, manifest: str) -> dict[str, Any]:
    """The transform job. CSV is cut into lines, a JSON file is one request.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html
    """
    lines = settings.content == "text/csv"
    resources: dict[str, Any] = {"InstanceType": settings.instance_type, "InstanceCount": settings.instances}
    if settings.volume_key:
        resources["VolumeKmsKeyId"] = settings.volume_key
    return {
        "TransformJobName": job,
        "ModelName": settings.model_name,
        "BatchStrategy": "MultiRecord" if lines else "SingleRecord",
        "MaxPayloadInMB": _PAYLOAD[settings.content],
        "ModelClientConfig": {"InvocationsTimeoutInSeconds": 600, "InvocationsMaxRetries": 3},
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "ManifestFile", "S3Uri": manifest}},
            "ContentType": settings.content,
            "SplitType": "Line" if lines else "None",
        },
        "TransformOutput": {
            "S3OutputPath": f"s3://{settings.output}/{outputs_under(settings, partition)}",
            "Accept": settings.content,
            "AssembleWith": "Line" if lines else "None",
            "KmsKeyId": settings.key,
        },
        "TransformResources": resources,
        "Tags": [{"Key": key, "Value": value} for key, value in sorted(settings.tags.items())],
    }


def write_success(s3: Any, settings: BatchSettings, partition: str, record: Mapping[str, Any]) -> None:
    """Say that the partition is whole: what reads it waits for this object."""
    key = outputs_under(settings, partition) + SUCCESS
    s3.put_object(Bucket=settings.output, Key=key, Body=json.dumps(record, sort_keys=True).encode())


def write_outcome(ssm: Any, settings: BatchSettings, outcome: Mapping[str, Any]) -> None:
    """Leave the verdict where `takeoff batch status` reads it."""
    ssm.put_parameter(Name=settings.outcome, Value=json.dumps(outcome, sort_keys=True), Type="String", Overwrite=True)


def _list(s3: Any, bucket: str, prefix: str) -> Iterator[Stored]:
    """Every object under a prefix that holds something, by its key below it."""
    page: dict[str, Any] = {}
    while True:
        page = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, **_next(page))
        for one in page.get("Contents", []):
            if one["Size"]:
                yield Stored(name=one["Key"].removeprefix(prefix), etag=one["ETag"], modified=one["LastModified"])
        if not page.get("IsTruncated"):
            return


def _next(page: Mapping[str, Any]) -> dict[str, str]:
    return {"ContinuationToken": page["NextContinuationToken"]} if page else {}


def _is_data(one: Stored) -> bool:
    """Whether an object is an input, and not a mark such as _SUCCESS that whoever wrote the inputs has left."""
    return not one.base.startswith(("_", "."))


def _describe(sagemaker: Any, name: str) -> Job | None:
    """A job as it is; None for one that was never created, because its run died between manifest and job."""
    try:
        found = sagemaker.describe_transform_job(TransformJobName=name)
    except ClientError as error:
        message = str(error.response.get("Error", {}).get("Message", ""))
        if "Could not find" in message or error.response.get("Error", {}).get("Code") == "ResourceNotFound":
            return None
        raise
    return Job(name=name, status=found["TransformJobStatus"], reason=found.get("FailureReason", ""))
