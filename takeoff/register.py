"""Storing a trained model under the hash of its content, and telling the account about it."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from catalog.naming import parameter_name
from model_code import artifact as artifacts
from model_code.contract import ModelSpec, VersionRecord, any_spec
from takeoff import parameter
from takeoff.stack import CommandError, DeployedStack


def register(stack: DeployedStack, model: str, artifact: Path) -> tuple[VersionRecord, str]:
    """Upload an artifact and record its version. Returns the record and the slot it took.

    The first version of a model becomes `approved`, since nothing could be live without it; every later one becomes
    `candidate`. Only Rollout changes `approved` afterwards (docs/adr/0007). Registering the same bytes again changes
    nothing. Raises CommandError for an artifact that is none.
    """
    code = stack.model(model).code
    if not artifact.is_file():
        raise CommandError(f"artifact: got {artifact}; allowed: a file that `takeoff train` wrote")
    digest = artifacts.sha256(artifact)
    key = f"{model}/{digest}/{artifacts.NAME}"
    metadata = _metadata(artifact)
    _require_schema(metadata, code, artifact)
    url, version = f"s3://{stack.bucket}/{key}", artifacts.version(digest)
    record = VersionRecord(version=version, artifact=url, algorithm=metadata["algorithm"], metrics=metadata["metrics"])
    _upload(stack.bucket, key, artifact)
    return record, _record(boto3.client("ssm"), stack.name, model, record)


def _metadata(artifact: Path) -> dict[str, Any]:
    """What training wrote into the artifact about itself."""
    try:
        with tarfile.open(artifact) as archive:
            member = archive.extractfile("metadata.json")
            metadata: dict[str, Any] = json.loads(member.read() if member else b"")
        if missing := {"algorithm", "metrics"} - metadata.keys():
            raise ValueError(f"metadata.json lacks {sorted(missing)}")
    except (OSError, tarfile.TarError, ValueError, KeyError, AttributeError) as error:
        raise CommandError(f"artifact: got {artifact}; allowed: a model.tar.gz with metadata.json; {error}") from error
    return metadata


def _require_schema(metadata: dict[str, Any], code: str, artifact: Path) -> None:
    """A version of another schema would be refused by every container of this model, a shadow's too."""
    spec = any_spec(code)
    if not isinstance(spec, ModelSpec):
        return
    for key, allowed in (("features", spec.inputs.names), ("classes", spec.inputs.classes)):
        if list(metadata.get(key, ())) != list(allowed):
            raise CommandError(
                f"artifact: got {artifact}, trained for {key} {metadata.get(key)}; allowed: {list(allowed)}, as "
                f"model_code/{code}/spec.py says; train it with that spec, or register it for its own model"
            )


def _upload(bucket: str, key: str, artifact: Path) -> None:
    s3 = boto3.client("s3")
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        s3.upload_file(str(artifact), bucket, key)


def _record(ssm: Any, stack: str, model: str, record: VersionRecord) -> str:
    """Write the version's own parameter and the slot's."""

    def name(leaf: str) -> str:
        return parameter_name(stack, model, leaf)

    _put(ssm, name(f"versions/{record.version}"), record)
    approved = _get(ssm, name("approved"))
    slot = "approved" if approved is None or approved.version == record.version else "candidate"
    if _get(ssm, name(slot)) != record:
        _put(ssm, name(slot), record)
    return slot


def _get(ssm: Any, name: str) -> VersionRecord | None:
    text = parameter.value(ssm, name)
    return VersionRecord.model_validate_json(text) if text else None


def _put(ssm: Any, name: str, record: VersionRecord) -> None:
    ssm.put_parameter(Name=name, Value=record.model_dump_json(), Type="String", Overwrite=True)
