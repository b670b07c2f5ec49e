"""The data set of a model: storing a version of it, and which versions there are."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from catalog.loop import TrainingSettings
from catalog.naming import parameter_name
from takeoff import parameter
from takeoff.stack import CommandError, DeployedStack


@dataclass(frozen=True, kw_only=True)
class Version:
    """One S3 version of a data set; `used` says that the next run takes it, `pinned` that the stack file says so."""

    version: str
    at: str
    size: int
    used: bool
    pinned: bool


def settings(ssm: Any, stack: DeployedStack, model: str) -> TrainingSettings:
    """What Pulumi wrote of a model's training. Raises CommandError for a model without."""
    text = parameter.value(ssm, parameter_name(stack.name, stack.model(model).name, "training"))
    if not text:
        where = f"stacks/Pulumi.{stack.name}.yaml"
        raise CommandError(f"model {model}: got no training; allowed: a deployed model with `training:` in {where}")
    return TrainingSettings.from_json(text)


class Dataset:
    """One model's data set, read from and written to the account."""

    def __init__(self, stack: DeployedStack, model: str) -> None:
        self._settings = settings(boto3.client("ssm"), stack, model)
        self._s3 = boto3.client("s3")

    def upload_example(self, code: str) -> str:
        """Store the data set that a model's folder carries, as `upload` does. Raises CommandError for one without."""
        try:
            example = getattr(importlib.import_module(f"model_code.{code}.data"), "example", None)
        except ModuleNotFoundError as error:
            raise CommandError(f"data set: {error}; install the extra: pip install -e '.[models]'") from error
        if example is None:
            raise CommandError(
                f"data set: got no file; allowed: a CSV file, since model_code/{code}/data.py has no example()"
            )
        stored = self._s3.put_object(Bucket=self._settings.bucket, Key=self._settings.data, Body=example().encode())
        return str(stored["VersionId"])

    def upload(self, file: Path) -> str:
        """Store a CSV as the newest version, and return its S3 version. Raises CommandError for no such file.

        Its rows are judged when a run takes them; the versions before stay as long as the lake keeps them.
        """
        if not file.is_file() or file.suffix != ".csv":
            raise CommandError(f"data set: got {file}; allowed: a CSV file with the columns of the model's spec.py")
        if not file.stat().st_size:
            raise CommandError(f"data set: got {file}, which is empty; allowed: a CSV file with a heading and rows")
        with file.open("rb") as body:
            stored = self._s3.put_object(Bucket=self._settings.bucket, Key=self._settings.data, Body=body)
        return str(stored["VersionId"])

    def versions(self) -> list[Version]:
        """All versions, newest first."""
        pinned = self._settings.version
        return [
            Version(
                version=each["VersionId"],
                at=each["LastModified"].isoformat(timespec="seconds"),
                size=each["Size"],
                used=each["VersionId"] == pinned if pinned else bool(each["IsLatest"]),
                pinned=each["VersionId"] == pinned,
            )
            for each in sorted(self._stored(), key=lambda each: each["LastModified"], reverse=True)
        ]

    def _stored(self) -> Iterator[dict[str, Any]]:
        pages = self._s3.get_paginator("list_object_versions").paginate(
            Bucket=self._settings.bucket, Prefix=self._settings.data
        )
        for page in pages:
            yield from (each for each in page.get("Versions", []) if each["Key"] == self._settings.data)
