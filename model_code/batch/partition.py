"""Which partition a run is for, and where its inputs and outputs are."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from catalog.batch import BatchSettings

# What is ours beside the outputs. Spark, Hive and Athena leave names that begin with an underscore alone.
RUNS, SUCCESS = "_runs/", "_SUCCESS"


def partition_of(event: dict[str, str]) -> str:
    """The date that a run is for: the one it names, else the day before its scheduled time, which is complete by then.

    Raises ValueError for an event that says neither, or no date.
    """
    if named := event.get("partition"):
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", named):
            raise ValueError(f"partition: got {named!r}; allowed: a date, YYYY-MM-DD")
        return date.fromisoformat(named).isoformat()
    return day_before(datetime.fromisoformat(event["scheduled"]))


def day_before(moment: datetime) -> str:
    """The last whole day (UTC) before a moment."""
    return (moment.astimezone(UTC).date() - timedelta(days=1)).isoformat()


def inputs_under(settings: BatchSettings, partition: str) -> str:
    """The prefix of a partition's inputs in the source bucket."""
    return f"{settings.source_prefix}/date={partition}/"


def outputs_under(settings: BatchSettings, partition: str) -> str:
    """The prefix of what one version made of a partition, in the output bucket."""
    return f"{settings.output_prefix}/date={partition}/version={settings.version}/"
