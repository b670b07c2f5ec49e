"""What a job is remembered by: attributes of ours on moto's job, which the snapshot keeps, and what is told of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

RUNNING = ("InProgress", "Stopping")


def begin(job: Any, given: dict[str, Any]) -> None:
    """Gives moto's job our attributes: `given` is the request, `secondary` the statuses it went through, with times."""
    job.given, job.status, job.failure_reason, job.secondary = given, "", None, []
    job.started = job.ended = None
    job.creation_time = job.last_modified_time = now()


def move(job: Any, status: str, secondary: str) -> None:
    """The job's new status, and the secondary one that it is in from now on."""
    moment = now()
    if job.secondary:
        job.secondary[-1]["EndTime"] = moment
    job.secondary.append({"Status": secondary, "StartTime": moment})
    job.status, job.last_modified_time = status, moment


def name(word: str, job: Any) -> str:
    return str(job.given[f"{word}JobName"])


def described(word: str, job: Any, more: dict[str, Any]) -> dict[str, Any]:
    """A job as Describe shows it; `more` is what its kind alone has to say."""
    shown = job.given | {
        f"{word}JobArn": job.arn,
        f"{word}JobStatus": job.status,
        "FailureReason": (job.failure_reason or "")[:1024] or None,
        "CreationTime": job.creation_time,
        "LastModifiedTime": job.last_modified_time,
        f"{word}StartTime": job.started,
        f"{word}EndTime": job.ended,
    }
    return {field: value for field, value in (shown | more).items() if value is not None}


def event(word: str, job: Any, shown: dict[str, Any]) -> dict[str, Any]:
    """What rules hear of a job's status; its detail is the description, with times in milliseconds.

    https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
    """
    return {
        "Source": "aws.sagemaker",
        "DetailType": f"SageMaker {word} Job State Change",
        "Resources": [job.arn],
        "Detail": json.dumps(shown, default=milliseconds),
    }


def now() -> datetime:
    """The UTC time without saying so, as moto keeps it."""
    return datetime.now(UTC).replace(tzinfo=None)


def milliseconds(moment: datetime) -> int:
    """Since 1970, of a time as moto keeps it."""
    return int(moment.replace(tzinfo=UTC).timestamp() * 1000)
