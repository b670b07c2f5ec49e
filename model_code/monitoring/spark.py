"""Monitoring's other edge to AWS: the same look as a job run on an EMR Serverless application, for large models."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from catalog.loop import MonitorSettings
from model_code.monitoring.decide import Job

# Minutes after which EMR stops a run, as SageMaker stops a processing job.
_LONGEST = 240
# In the image that the application names (model_code/monitor/Dockerfile): EMR's own Python is older than our code.
_DRIVER = "local:///opt/takeoff/model_code/monitor/spark.py"
_PYTHON = "/usr/bin/python3.11"
_PATHS = {"PYSPARK_PYTHON": _PYTHON, "PYSPARK_DRIVER_PYTHON": _PYTHON, "PYTHONPATH": "/opt/takeoff"}
# https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_JobRun.html (state), as a processing job's status
_STATUS = {"SUCCESS": "Completed", "FAILED": "Failed", "CANCELLED": "Stopped", "CANCELLING": "Stopping"}
_RUNNING = ("SUBMITTED", "PENDING", "SCHEDULED", "QUEUED", "RUNNING", "CANCELLING")


def jobs(emr: Any, settings: MonitorSettings, prefix: str, since: datetime) -> list[Job]:
    """Every run that was asked for under `prefix` after `since`, oldest first.

    Runs have ids of EMR's own; by their names nothing but a list finds them.
    """
    listed = _list(emr, settings, createdAtAfter=since)
    found = [run for run in listed if str(run.get("name", "")).startswith(f"{prefix}-")]
    ordered = sorted(found, key=lambda run: int(run["name"].removeprefix(f"{prefix}-")))
    return [
        Job(name=run["name"], status=_STATUS.get(run["state"], "InProgress"), reason=run.get("stateDetails") or "")
        for run in ordered
    ]


def running(emr: Any, settings: MonitorSettings) -> list[str]:
    """The names of the runs that have not ended."""
    return [str(run.get("name", "")) for run in _list(emr, settings, states=list(_RUNNING))]


def start(emr: Any, settings: MonitorSettings, job: str, folder: str, output: str) -> None:
    """Start the run of this name. One that was asked for before is the same one, by its token.

    https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_StartJobRun.html
    """
    told = {f"spark.executorEnv.{name}": value for name, value in _PATHS.items()}
    told |= {f"spark.emr-serverless.driverEnv.{name}": value for name, value in _PATHS.items()}
    emr.start_job_run(
        applicationId=settings.spark,
        clientToken=job,
        name=job,
        executionRoleArn=settings.role,
        executionTimeoutMinutes=_LONGEST,
        jobDriver={
            "sparkSubmit": {
                "entryPoint": _DRIVER,
                "entryPointArguments": [folder, output],
                "sparkSubmitParameters": " ".join(f"--conf {name}={value}" for name, value in sorted(told.items())),
            }
        },
        tags=dict(settings.tags),
    )


def _list(emr: Any, settings: MonitorSettings, **given: Any) -> list[dict[str, Any]]:
    found, page = list[dict[str, Any]](), dict[str, Any]()
    while True:
        following = {"nextToken": page["nextToken"]} if page else {}
        page = emr.list_job_runs(applicationId=settings.spark, **given, **following)
        found += page["jobRuns"]
        if not page.get("nextToken"):
            return found
