"""Whether a shadow answers as the live version does: captures of both, paired by inference id."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from model_code.rollout.seen import CANDIDATE

# The newest objects of each variant, and the hours that they are looked for in: a function has a minute.
MOST_OBJECTS, HOURS = 20, 2


def answers(sagemaker: Any, s3: Any, endpoint: str, variant: str, now: datetime) -> Mapping[str, object]:
    """How many answers could be paired, and the share of them with equal classes; a note where none could.

    Captures are at most minutes old and name a request where its caller gave it an inference id.
    https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
    """
    place = sagemaker.describe_endpoint(EndpointName=endpoint).get("DataCaptureConfig", {}).get("DestinationS3Uri")
    if not place:
        return {"pairs": 0, "note": "the endpoint captures nothing"}
    try:
        live, candidate = (
            dict(_classes(s3, f"{place.rstrip('/')}/{endpoint}/{each}", now)) for each in (variant, CANDIDATE)
        )
    except (BotoCoreError, ClientError) as error:
        return {"pairs": 0, "note": f"captures could not be read: {error}"}
    both = live.keys() & candidate.keys()
    if not both:
        return {"pairs": 0, "note": "no inference id is in the captures of both"}
    equal = sum(live[each] == candidate[each] for each in both)
    return {"pairs": len(both), "equal": round(equal / len(both), 4)}


def _classes(s3: Any, folder: str, now: datetime) -> Iterator[tuple[str, list[str]]]:
    """The predicted classes of each request in the newest objects of one variant."""
    parts = urlsplit(folder)
    found: list[dict[str, Any]] = []
    for hour in range(HOURS):
        day = (now - timedelta(hours=hour)).strftime("%Y/%m/%d/%H")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=parts.netloc, Prefix=f"{parts.path[1:]}/{day}/")
        found += [each for page in pages for each in page.get("Contents", ())]
    for each in sorted(found, key=lambda one: str(one["LastModified"]), reverse=True)[:MOST_OBJECTS]:
        body = s3.get_object(Bucket=parts.netloc, Key=each["Key"])["Body"].read().decode("utf-8", "replace")
        for line in body.splitlines():
            if known := _answer(line):
                yield known


def _answer(line: str) -> tuple[str, list[str]] | None:
    """One capture's inference id and classes; None for a line without either."""
    try:
        record = json.loads(line)
        inference = record["eventMetadata"]["inferenceId"]
        output = record["captureData"]["endpointOutput"]
        text = output["data"]
        if output["encoding"] == "BASE64":
            text = base64.b64decode(text).decode()
        return str(inference), _predictions(text)
    except (KeyError, TypeError, ValueError):
        return None


def _predictions(text: str) -> list[str]:
    """The classes of an answer of ours: JSON with `predictions`, or CSV with the class first. Raises ValueError."""
    if text.lstrip().startswith("{"):
        return [str(each) for each in json.loads(text)["predictions"]]
    return [line.partition(",")[0] for line in text.splitlines()]
