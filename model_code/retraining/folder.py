"""A run's folder in S3: who claimed the run, what its pipeline reads, and what its gates left."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from catalog.loop import TrainingSettings
from model_code.retraining.record import Record

RECORD = "record.json"
# Stands where there is nothing to compare with, and is not empty: SageMaker refuses an input without any object.
ABSENT = "absent"
_MISSING = {"404", "NoSuchKey", "NoSuchVersion", "400", "403"}


@dataclass(frozen=True, kw_only=True)
class Folder:
    """One run's folder. What may be missing is looked for by its name, since S3 answers 403 to those who only guess."""

    s3: Any
    settings: TrainingSettings
    run: str

    @property
    def url(self) -> str:
        """Where the run is, as its pipeline takes it."""
        return f"s3://{self.settings.bucket}/{self._key('')}".rstrip("/")

    def record(self) -> Record | None:
        """What is known of the run; None where nobody claimed it."""
        if not _exists(self.s3, self.settings.bucket, self._key(RECORD)):
            return None
        return Record.read(self._read(RECORD))

    def claim(self, record: Record) -> Record | None:
        """Put the first record, unless there is one: then that one is the answer.

        S3 lets one of several writers win: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
        """
        try:
            self._write(RECORD, record.to_json(), IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("PreconditionFailed", "412"):
                raise
            return Record.read(self._read(RECORD))
        return None

    def write(self, record: Record) -> None:
        """Put the record in the place of the one before."""
        self._write(RECORD, record.to_json())

    def prepare(self, record: Record, approved: str, drift: str) -> None:
        """Write what the pipeline reads: settings, data set, and the live version's data summary and artifact.

        `approved` and `drift` are the contents of the parameters: empty before the first version, and before the
        monitor's first verdict. Doing it twice changes nothing.
        A data set may have 5 GB: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
        """
        settings, live = self.settings, json.loads(approved or "{}")
        gates = {
            **settings.gates,
            "first": not live,
            "data_version": record.data,
            "commit": record.commit,
            "drifted": _drifted(drift),
        }
        self._write("input/settings/settings.json", json.dumps(gates, sort_keys=True))
        source = {"Bucket": settings.bucket, "Key": settings.data, "VersionId": record.data}
        self._copy(source, "input/data/data.csv")
        self._copy(self._summary(live.get("run", "")), "input/baseline/summary.json")
        self._copy(_object(live["artifact"]) if live else None, "input/live/model.tar.gz")

    def refused(self) -> list[str]:
        """The reasons of Decide's verdict; none where it wrote none."""
        name = "output/decide/verdict.json"
        if not _exists(self.s3, self.settings.bucket, self._key(name)):
            return []
        return [str(reason) for reason in json.loads(self._read(name)).get("reasons", [])]

    def _summary(self, run: str) -> dict[str, str] | None:
        """The data summary that the data gate of the live version's run left; None for one without a run."""
        if not run:
            return None
        folder = _object(run.rstrip("/"))
        found = _keys(self.s3, folder["Bucket"], f"{folder['Key']}/output/")
        key = next((key for key in found if key.endswith("/summary.json")), None)
        return {"Bucket": folder["Bucket"], "Key": key} if key else None

    def _copy(self, source: dict[str, str] | None, name: str) -> None:
        """Copy an object under a name; without one, put the mark of its absence beside where it would be."""
        if source is None:
            self._write(f"{name.rpartition('/')[0]}/{ABSENT}", "nothing\n")
        else:
            self.s3.copy_object(Bucket=self.settings.bucket, Key=self._key(name), CopySource=source)

    def _write(self, name: str, body: str, **condition: str) -> None:
        self.s3.put_object(Bucket=self.settings.bucket, Key=self._key(name), Body=body.encode(), **condition)

    def _read(self, name: str) -> bytes:
        found: bytes = self.s3.get_object(Bucket=self.settings.bucket, Key=self._key(name))["Body"].read()
        return found

    def _key(self, name: str) -> str:
        return f"{self.settings.runs}/{self.run}/{name}"


def _drifted(drift: str) -> dict[str, Any]:
    """What the monitor saw of the live version, for the data gate: such a shift is what a run is for."""
    seen = json.loads(drift or "{}")
    alarmed = seen.get("alarmed", [])
    return {
        "features": seen.get("features", []) if {"InputDrift", "JointDrift"} & set(alarmed) else [],
        "predictions": "PredictionDrift" in alarmed,
        "outcomes": "ConceptDrift" in alarmed,
    }


def data_version(s3: Any, settings: TrainingSettings) -> tuple[str, str]:
    """The S3 version that a run would take, the pinned or the newest; or none, and why."""
    place = {"Bucket": settings.bucket, "Key": settings.data}
    if not settings.version and not _exists(s3, settings.bucket, settings.data):
        return "", f"no data set at s3://{settings.bucket}/{settings.data}"
    pinned = {"VersionId": settings.version} if settings.version else {}
    try:
        return str(s3.head_object(**place, **pinned)["VersionId"]), ""
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if not pinned or code not in _MISSING:
            raise
        return "", f"s3://{settings.bucket}/{settings.data} has no version {settings.version} ({code}), which is pinned"


def _object(url: str) -> dict[str, str]:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return {"Bucket": bucket, "Key": key}


def _exists(s3: Any, bucket: str, key: str) -> bool:
    return key in _keys(s3, bucket, key)


def _keys(s3: Any, bucket: str, prefix: str) -> list[str]:
    """The first thousand keys under a prefix: a run's outputs are a few dozen."""
    return [each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]
