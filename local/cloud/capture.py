"""Data capture: a sample of requests and answers in SageMaker's own JSON Lines, written to S3 in batches."""

from __future__ import annotations

import base64
import json
import logging
import threading
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from moto.s3.models import s3_backends

from local.cloud import access
from local.cloud.account import Account
from local.cloud.answer import Answer
from local.cloud.clock import Clock
from local.cloud.metrics import Source
from local.state import ACCOUNT

log = logging.getLogger(__name__)
# Seconds of AWS's between two batches, and of this machine's at least: a fast clock must not make objects of one line
# each. More records than may wait push the oldest out.
EVERY, SHORTEST = 10.0, 0.5
MOST_WAITING = 10_000


@dataclass(frozen=True)
class Record:
    """One line, and where it belongs."""

    folder: str
    role: str
    kms_key: str | None
    moment: datetime
    line: str


class Captures:
    """What waits to be written, for all endpoints."""

    def __init__(self, account: Account, clock: Clock) -> None:
        self._account, self.clock = account, clock
        self._lock, self._waiting = threading.Lock(), list[Record]()
        self.written = self.dropped = 0

    def add(self, record: Record) -> None:
        with self._lock:
            self._waiting.append(record)
            self.dropped += max(0, len(self._waiting) - MOST_WAITING)
            del self._waiting[:-MOST_WAITING]

    async def run(self) -> None:
        """Writes batches until it is cancelled."""
        while True:
            await self.clock.pause(max(SHORTEST, self.clock.real(EVERY)))
            if self._waiting:
                await self._account.locked(self.flush)

    def flush(self) -> None:
        """Writes everything that waits, one object per variant and hour. Call it with the account's lock held."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        batches: dict[tuple[str, str], list[Record]] = {}
        for record in waiting:
            batches.setdefault((record.folder, record.moment.strftime("%Y/%m/%d/%H")), []).append(record)
        for (folder, hour), records in batches.items():
            first = records[0]
            name = f"{first.moment:%M-%S}-{first.moment.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
            self._write(f"{folder}/{hour}/{name}", records)
        if batches:
            self._account.changed()

    def _write(self, url: str, records: list[Record]) -> None:
        parts, first = urlsplit(url), records[0]
        try:
            if not access.permits(first.role, "s3:PutObject", url):
                raise PermissionError(f"{first.role} may not s3:PutObject")
            encryption = "aws:kms" if first.kms_key else None
            body = "".join(record.line + "\n" for record in records).encode()
            s3_backends[ACCOUNT]["aws"].put_object(
                parts.netloc, parts.path.lstrip("/"), body, encryption=encryption, kms_key_id=first.kms_key
            )
            self.written += len(records)
        except Exception as error:
            # As on AWS, serving goes on: what cannot be written is lost, and the log says why.
            self.dropped += len(records)
            log.warning("data capture: %d records for %s are lost: %s", len(records), url, error)


class Sampling:
    """What one variant captures: every so-manieth request in order, so that a test knows which.

    https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
    """

    def __init__(self, captures: Captures, source: Source, config: dict[str, Any], role: str) -> None:
        self._captures, self._role, self._kms_key = captures, role, config.get("KmsKeyId")
        self._folder = f"{config['DestinationS3Uri'].rstrip('/')}/{source.endpoint}/{source.variant}"
        self._percent = int(config["InitialSamplingPercentage"])
        self._modes = {option["CaptureMode"] for option in config.get("CaptureOptions", ())}
        headers = config.get("CaptureContentTypeHeader", {})
        self._encodings = dict.fromkeys(headers.get("CsvContentTypes", ()), "CSV")
        self._encodings |= dict.fromkeys(headers.get("JsonContentTypes", ()), "JSON")
        self._credit = 0

    def take(self, body: bytes, headers: dict[str, str], answer: Answer) -> None:
        """Captures one request and its answer, if it is this one's turn."""
        self._credit += self._percent
        if self._credit < 100:
            return
        self._credit -= 100
        data, now = {}, self._captures.clock.now()
        if self._modes & {"Input", "InputAndOutput"}:
            data["endpointInput"] = self._side("INPUT", headers.get("content-type"), body)
        if self._modes & {"Output", "InputAndOutput"}:
            data["endpointOutput"] = self._side("OUTPUT", answer.headers.get("Content-Type"), answer.body)
        event = {"eventId": str(uuid.uuid4())}
        if inference := headers.get("x-amzn-sagemaker-inference-id"):
            event["inferenceId"] = inference
        event["inferenceTime"] = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        line = json.dumps({"captureData": data, "eventMetadata": event, "eventVersion": "0"})
        self._captures.add(Record(self._folder, self._role, self._kms_key, now, line))

    def _side(self, mode: str, content_type: str | None, content: bytes) -> dict[str, str]:
        # AWS: what no header of the configuration names is kept as base64.
        encoding = self._encodings.get((content_type or "").partition(";")[0].strip(), "BASE64")
        text = base64.b64encode(content).decode() if encoding == "BASE64" else content.decode("utf-8", "replace")
        seen = {"observedContentType": content_type} if content_type else {}
        return {**seen, "mode": mode, "data": text, "encoding": encoding}
