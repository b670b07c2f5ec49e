"""EMR Serverless's runs: the driver runs for real on a Spark of this machine, and finds what the plain job finds."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import spark_runs
from local.cloud.job_process import JobError
from model_code.monitoring import spark
from tests.local.cloud.emulated import Cloud
from tests.unit.monitor.test_parts import in_one, near, prepared
from tests.unit.monitoring.fakes import SETTINGS

SECONDS = 400
LOG = "/aws/emr-serverless/takeoff-test-spark"


def application(cloud: Cloud) -> tuple[Any, str]:
    emr = cloud.client("emr-serverless")
    made = emr.create_application(
        name="takeoff-test-spark",
        releaseLabel="emr-7.11.0",
        type="SPARK",
        monitoringConfiguration={"cloudWatchLoggingConfiguration": {"enabled": True, "logGroupName": LOG}},
    )
    return emr, made["applicationId"]


def ended(emr: Any, application_id: str, run: str) -> dict[str, Any]:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        found: dict[str, Any] = emr.get_job_run(applicationId=application_id, jobRunId=run)["jobRun"]
        if found["state"] in ("SUCCESS", "FAILED", "CANCELLED"):
            return found
        time.sleep(0.5)
    raise AssertionError(f"{run} did not end in {SECONDS} seconds")


def uploaded(cloud: Cloud, root: Path, bucket: str) -> None:
    """A window's inputs as the monitoring function leaves them: manifests of objects, and the settings."""
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=bucket)
    for name in ("captures", "outcomes", "baseline", "previous"):
        files = [path for path in (root / "input" / name).rglob("*") if path.is_file()]
        names = [str(path.relative_to(root / "input" / name)) for path in files]
        for path, key in zip(files, names, strict=True):
            s3.put_object(Bucket=bucket, Key=f"{name}/{key}", Body=path.read_bytes())
        lines = json.dumps([{"prefix": f"s3://{bucket}/{name}/"}, *names])
        s3.put_object(Bucket=bucket, Key=f"input/{name}.manifest", Body=lines)
    settings = (root / "input/settings/settings.json").read_bytes()
    s3.put_object(Bucket=bucket, Key="input/settings/settings.json", Body=settings)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java")
def test_a_run_on_spark_reports_what_the_plain_job_reports(new_cloud: Callable[..., Cloud], tmp_path: Path) -> None:
    cloud, root = new_cloud(), prepared(tmp_path, rows=1_200)
    report, state = in_one(root)
    uploaded(cloud, root, "spark-window")
    emr, id_ = application(cloud)
    settings = replace(SETTINGS, spark=id_, role=cloud.role(trusted="emr-serverless.amazonaws.com"))
    for _ in range(2):  # the second is the same run
        spark.start(emr, settings, "takeoff-test-drift-m-w-0", "s3://spark-window/input", "s3://spark-window/output")
    (run,) = emr.list_job_runs(applicationId=id_)["jobRuns"]
    assert spark.running(emr, settings) == ["takeoff-test-drift-m-w-0"]
    found = ended(emr, id_, run["id"])
    assert (found["state"], found["stateDetails"]) == ("SUCCESS", "")
    s3 = cloud.client("s3")
    documents = {
        name: s3.get_object(Bucket="spark-window", Key=f"output/{name}")["Body"].read()
        for name in ("report.json", "report.html", "state.json")
    }
    assert near(report, json.loads(documents["report.json"]))
    assert json.loads(documents["state.json"])["concept"] == state["concept"]
    assert b"InputDrift" in documents["report.html"]
    told = cloud.client("logs").filter_log_events(logGroupName=LOG, filterPattern="Monitored")["events"]
    assert [json.loads(event["message"])["InputDrift"] for event in told] == [1]


def test_a_run_of_something_else_and_by_another_services_role_is_refused(cloud: Cloud) -> None:
    emr, id_ = application(cloud)
    role = cloud.role(trusted="emr-serverless.amazonaws.com")
    driver = {"sparkSubmit": {"entryPoint": "s3://b/x.py"}}
    with pytest.raises(ClientError, match="runs local:///opt/takeoff/"):
        emr.start_job_run(applicationId=id_, executionRoleArn=role, jobDriver=driver)
    driver = {"sparkSubmit": {"entryPoint": "local:///opt/takeoff/model_code/monitor/spark.py"}}
    with pytest.raises(ClientError, match="not assumable"):
        emr.start_job_run(applicationId=id_, executionRoleArn=cloud.role(), jobDriver=driver)
    assert emr.list_job_runs(applicationId=id_)["jobRuns"] == []


def test_a_run_without_java_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(JobError, match="Spark needs Java 17"):
        spark_runs.spark_environment()
