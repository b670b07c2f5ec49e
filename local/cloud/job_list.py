"""ListTrainingJobs and ListProcessingJobs: filtered, sorted, then cut into pages, as AWS does it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from moto.sagemaker.exceptions import AWSValidationException

PAGE = 10


def listed(word: str, jobs: Iterable[Any], asked: Callable[[str], Any]) -> dict[str, Any]:
    """One page of summaries; `asked` is the request. Raises AWSValidationException for a token that is none."""
    summaries = [_summary(word, job) for job in jobs]
    summaries = [each for each in summaries if _wanted(word, each, asked)]
    key = {"Name": f"{word}JobName", "Status": f"{word}JobStatus"}.get(asked("SortBy") or "", "CreationTime")
    summaries.sort(key=lambda each: (each[key], each["CreationTime"]), reverse=asked("SortOrder") == "Descending")
    token, size = asked("NextToken") or "0", int(asked("MaxResults") or PAGE)
    if not token.isdecimal():
        raise AWSValidationException(f"Invalid NextToken: {token!r}")
    page = {f"{word}JobSummaries": summaries[int(token) : int(token) + size]}
    return page | ({"NextToken": str(int(token) + size)} if int(token) + size < len(summaries) else {})


def _summary(word: str, job: Any) -> dict[str, Any]:
    summary = {
        f"{word}JobName": job.given[f"{word}JobName"],
        f"{word}JobArn": job.arn,
        f"{word}JobStatus": job.status,
        "CreationTime": job.creation_time,
        "LastModifiedTime": job.last_modified_time,
    }
    return summary | ({f"{word}EndTime": job.ended} if job.ended else {})


def _wanted(word: str, summary: dict[str, Any], asked: Callable[[str], Any]) -> bool:
    if (status := asked("StatusEquals")) and summary[f"{word}JobStatus"] != status:
        return False
    if (part := asked("NameContains")) and part not in summary[f"{word}JobName"]:
        return False
    for time in ("CreationTime", "LastModifiedTime"):
        after, before = asked(f"{time}After"), asked(f"{time}Before")
        if (after and summary[time] <= _plain(after)) or (before and summary[time] >= _plain(before)):
            return False
    return True


def _plain(moment: datetime | float) -> datetime:
    """The UTC time without saying so, as moto keeps it."""
    if not isinstance(moment, datetime):
        moment = datetime.fromtimestamp(float(moment), UTC)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
