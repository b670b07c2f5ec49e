"""What DescribeAlarmHistory remembers of alarms."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult

# Entries of all alarms of a region; AWS forgets after thirty days.
MOST = 5000


def remember(backend: Any, alarm: Any, kind: str, summary: str, data: dict[str, Any]) -> None:
    """One entry of DescribeAlarmHistory, which outlives its alarm."""
    backend.__dict__.setdefault("history", []).append(
        {
            "AlarmName": alarm.name,
            "AlarmType": "MetricAlarm" if alarm.rule is None else "CompositeAlarm",
            "Timestamp": datetime.now(UTC).replace(tzinfo=None),
            "HistoryItemType": kind,
            "HistorySummary": summary,
            "HistoryData": json.dumps(data),
        }
    )
    del backend.history[:-MOST]


def describe(response: Any) -> ActionResult:
    """The history of an account's alarms, newest first unless asked otherwise."""
    given = response._get_params()
    fields = (("AlarmName", "AlarmName"), ("HistoryItemType", "HistoryItemType"))
    items = [
        item
        for item in response.cloudwatch_backend.__dict__.get("history", [])
        if all(given.get(asked) in (None, item[field]) for asked, field in fields)
        and item["AlarmType"] in (given.get("AlarmTypes") or [item["AlarmType"]])
        and (given.get("StartDate") or item["Timestamp"])
        <= item["Timestamp"]
        <= (given.get("EndDate") or item["Timestamp"])
    ]
    if given.get("ScanBy") != "TimestampAscending":
        items.reverse()
    return ActionResult({"AlarmHistoryItems": items[: int(given.get("MaxRecords") or 100)]})
