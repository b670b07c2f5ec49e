"""The log of an experiment in S3: one JSON line for each exposure and outcome, written by whoever shows the arms."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from model_code.errors import UnusableError
from model_code.experiment.record import Exposure, Outcome

_FOLDERS = {Exposure: "exposures", Outcome: "outcomes"}
# Objects that one look reads at most; a day's log of a busy experiment belongs into larger objects.
MOST = 10_000


class Log:
    """Exposures and outcomes of one experiment below s3://<bucket>/<prefix>."""

    def __init__(self, s3: Any, bucket: str, prefix: str) -> None:
        self._s3, self._bucket, self._prefix = s3, bucket, prefix
        self._waiting: list[Exposure | Outcome] = []

    def add(self, record: Exposure | Outcome) -> None:
        """Keep a record until `flush`."""
        self._waiting.append(record)

    def flush(self) -> int:
        """Write what waits, one object for each kind; returns how many records that were."""
        waiting, self._waiting = self._waiting, []
        for kind, folder in _FOLDERS.items():
            lines = [_line(record) for record in waiting if isinstance(record, kind)]
            if lines:
                key = f"{self._prefix}/{folder}/{waiting[0].at:%Y/%m/%d}/{uuid.uuid4()}.jsonl"
                self._s3.put_object(Bucket=self._bucket, Key=key, Body="".join(lines).encode())
        return len(waiting)

    def exposures(self) -> Iterator[Exposure]:
        """Every exposure that was written. Raises UnusableError for a line that is none."""
        for where, raw in self._records("exposures"):
            try:
                yield Exposure(**{**raw, "at": datetime.fromisoformat(raw["at"])})
            except (KeyError, TypeError, ValueError) as error:
                raise UnusableError(f"{where}: got {raw}; allowed: an exposure; {error!r}") from error

    def outcomes(self) -> Iterator[Outcome]:
        """Every outcome that was written. Raises UnusableError for a line that is none."""
        for where, raw in self._records("outcomes"):
            try:
                yield Outcome(**{**raw, "at": datetime.fromisoformat(raw["at"])})
            except (KeyError, TypeError, ValueError) as error:
                raise UnusableError(f"{where}: got {raw}; allowed: an outcome; {error!r}") from error

    def _records(self, folder: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        prefix, seen = f"{self._prefix}/{folder}/", 0
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
            for each in page.get("Contents", ()):
                seen += 1
                if seen > MOST:
                    raise UnusableError(
                        f"s3://{self._bucket}/{prefix}: got more than {MOST} objects; allowed: so many a look; write "
                        "larger ones, or join those of past days"
                    )
                body = self._s3.get_object(Bucket=self._bucket, Key=each["Key"])["Body"].read()
                for number, line in enumerate(body.decode().splitlines(), 1):
                    where = f"{each['Key']}, line {number}"
                    try:
                        yield where, dict(json.loads(line))
                    except (TypeError, ValueError) as error:
                        raise UnusableError(f"{where}: got {line[:80]!r}; allowed: a JSON object") from error


def _line(record: Exposure | Outcome) -> str:
    return json.dumps({**asdict(record), "at": record.at.isoformat()}, sort_keys=True) + "\n"
