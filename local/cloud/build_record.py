"""What CodeBuild says of a build: from its start, phase by phase until it is complete. Plain data, kept by moto."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

Record = dict[str, Any]


def describe(build: Record, number: int, project: Record, given: Record) -> None:
    """Fill a new record from its project and from what StartBuild was given."""
    environment = project["environment"]
    overrides = given.get("environmentVariablesOverride") or []
    replaced = {each["name"] for each in overrides}
    kept = [each for each in environment.get("environmentVariables") or [] if each["name"] not in replaced]
    watch = (project.get("logsConfig") or {}).get("cloudWatchLogs") or {}
    build |= {
        "buildNumber": number,
        "sourceVersion": given.get("sourceVersion") or project.get("sourceVersion") or "",
        "phases": [],
        "startTime": now(),
        "source": dict(project["source"]),
        "artifacts": {},
        "environment": {**environment, "environmentVariables": [*kept, *overrides]},
        "logs": {
            "groupName": watch.get("groupName") or f"/aws/codebuild/{project['name']}",
            "streamName": build["id"].rpartition(":")[2],
            "cloudWatchLogs": {"status": "ENABLED"},
        },
        "timeoutInMinutes": given.get("timeoutInMinutesOverride") or project.get("timeoutInMinutes") or 60,
        "encryptionKey": project["encryptionKey"],
        "initiator": "takeoff-local",
        "buildComplete": False,
    }
    for phase in ("SUBMITTED", "QUEUED"):
        begin(build, phase)


def begin(build: Record, phase: str) -> None:
    """Start a phase; the one before it, if it did not end, has succeeded."""
    end(build, "SUCCEEDED")
    build["phases"].append({"phaseType": phase, "startTime": now()})
    build["currentPhase"] = phase


def end(build: Record, status: str, code: str = "", message: str = "") -> None:
    """End the phase that is under way, if there is one."""
    for phase in build["phases"][-1:]:
        if "endTime" not in phase:
            seconds = (datetime.now(UTC) - datetime.fromisoformat(phase["startTime"])).total_seconds()
            phase |= {"endTime": now(), "phaseStatus": status, "durationInSeconds": int(seconds)}
            phase["contexts"] = [{"statusCode": code, "message": message}] if message else []


def complete(build: Record, status: str) -> None:
    """End the build: SUCCEEDED, FAILED, FAULT, TIMED_OUT or STOPPED."""
    end(build, status)
    for phase in ("UPLOAD_ARTIFACTS", "FINALIZING", "COMPLETED"):
        begin(build, phase)
    build |= {"buildStatus": status, "buildComplete": True, "endTime": now()}


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
