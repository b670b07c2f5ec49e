"""A look at a large model: a job run of EMR Serverless in the place of a processing job, with the same outcome."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from model_code.monitoring import handler as handlers
from model_code.monitoring.handler import Clients, step
from tests.unit.monitoring.fakes import DRIFTED, NOW, SETTINGS, Cloud
from tests.unit.monitoring.test_handler import DUE, JOB, START, WINDOW

LARGE = replace(SETTINGS, spark="00abc", role="arn:aws:iam::123456789012:role/takeoff-test-m-drift-job")
MODEL = botocore.session.get_session().get_service_model("emr-serverless")


class Spark:
    """Runs of one application: of one token there is one, and a list has `page` of them."""

    def __init__(self, cloud: Cloud, end: str = "SUCCESS") -> None:
        self.cloud, self.end, self.page = cloud, end, 2
        self.runs: list[dict[str, Any]] = []

    def start_job_run(self, **given: Any) -> dict[str, Any]:
        report = ParamValidator().validate(given, MODEL.operation_model("StartJobRun").input_shape)
        assert not report.has_errors(), report.generate_report()
        if given["clientToken"] not in {run["clientToken"] for run in self.runs}:
            self.runs.append({**given, "state": "SUBMITTED", "stateDetails": "", "createdAt": NOW})
        return {"jobRunId": given["clientToken"]}

    def list_job_runs(self, **given: Any) -> dict[str, Any]:
        report = ParamValidator().validate(given, MODEL.operation_model("ListJobRuns").input_shape)
        assert not report.has_errors(), report.generate_report()
        after: datetime | None = given.get("createdAtAfter")
        found = [run for run in self.runs if run["state"] in given.get("states", [run["state"]])]
        found = [run for run in found if not after or run["createdAt"] > after]
        at = int(given.get("nextToken", 0))
        more = {"nextToken": str(at + self.page)} if at + self.page < len(found) else {}
        return {"jobRuns": found[at : at + self.page]} | more

    def finish(self) -> None:
        for run in self.runs:
            if run["state"] == "SUBMITTED":
                run |= {"state": self.end, "stateDetails": "" if self.end == "SUCCESS" else "takeoff: no baseline"}
                bucket, _, key = run["jobDriver"]["sparkSubmit"]["entryPointArguments"][1][5:].partition("/")
                self.cloud.write(bucket, f"{key}/report.json", json.dumps(self.cloud.report))


def busy() -> Cloud:
    cloud = Cloud()
    cloud.set("monitor", json.loads(LARGE.to_json()))
    cloud.captured(START + timedelta(minutes=10))
    cloud.report = DRIFTED
    return cloud


def looked(cloud: Cloud, spark: Spark, event: dict[str, Any] = DUE) -> dict[str, Any]:
    clients, state = Clients(s3=cloud, sagemaker=None, ssm=cloud, now=lambda: NOW, emr=spark), event
    for _ in range(20):
        state = json.loads(json.dumps(step(state, "test", clients)))
        if state["status"] != "waiting":
            return state
        if "looking" in cloud.verdict:
            spark.finish()
    raise AssertionError(f"never settled: {state}")


def test_a_window_is_one_run_whose_report_becomes_the_verdict() -> None:
    cloud = busy()
    spark = Spark(cloud)
    assert looked(cloud, spark)["status"] == "succeeded"
    (run,) = spark.runs
    assert run["name"] == run["clientToken"] == f"{JOB}-0"
    assert (run["applicationId"], run["executionRoleArn"]) == ("00abc", LARGE.role)
    submit, folder = run["jobDriver"]["sparkSubmit"], f"s3://features/drift/m/{WINDOW}"
    assert submit["entryPoint"].endswith("/model_code/monitor/spark.py")
    assert submit["entryPointArguments"] == [f"{folder}/input", f"{folder}/output"]
    assert "spark.executorEnv.PYSPARK_PYTHON=/usr/bin/python3.11" in submit["sparkSubmitParameters"]
    assert (cloud.verdict["status"], cloud.verdict["alarmed"]) == ("alarm", ["InputDrift", "MissedKpi"])


def test_a_second_look_at_the_window_is_the_same_run() -> None:
    cloud = busy()
    spark = Spark(cloud)
    looked(cloud, spark)
    assert looked(cloud, spark)["status"] == "succeeded"
    assert len(spark.runs) == 1


def test_a_run_that_failed_says_why_and_the_next_look_runs_again() -> None:
    cloud = busy()
    spark = Spark(cloud, end="FAILED")
    assert "takeoff: no baseline" in looked(cloud, spark)["reason"]
    assert cloud.verdict["status"] == "failed"
    spark.end = "SUCCESS"
    assert looked(cloud, spark)["status"] == "succeeded"
    assert [run["name"] for run in spark.runs] == [f"{JOB}-0", f"{JOB}-1"]


def test_runs_of_other_windows_and_models_are_not_this_ones() -> None:
    cloud = busy()
    spark = Spark(cloud)
    for name in ("other-0", "takeoff-test-drift-m-20261121020000-3600-0", f"{JOB}x-0"):
        spark.runs.append({"name": name, "clientToken": name, "state": "SUCCESS", "createdAt": NOW})
    looked(cloud, spark)
    assert spark.runs[-1]["name"] == f"{JOB}-0"


def test_while_another_windows_run_is_under_way_nobody_looks() -> None:
    cloud = busy()
    spark = Spark(cloud)
    cloud.set("drift", {"looking": "takeoff-test-drift-m-20261122010000-3600-0", "end": "2026-11-22T02:00:00Z"})
    name = cloud.verdict["looking"]
    spark.runs.append({"name": name, "clientToken": name, "state": "RUNNING", "createdAt": NOW})
    assert "still under way" in looked(cloud, spark)["reason"]


def test_a_large_model_may_have_more_objects_than_one_machine_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "MOST_OBJECTS", 1)
    cloud = busy()
    cloud.captured(START + timedelta(minutes=20))
    looked(cloud, Spark(cloud))
    manifest = cloud.objects["features", f"drift/m/{WINDOW}/input/captures.manifest"]["Body"]
    assert len(json.loads(manifest)) == 3


def test_a_refusal_is_the_looks_failure() -> None:
    cloud = busy()
    spark = Spark(cloud)
    refused = ClientError({"Error": {"Code": "ValidationException", "Message": "no such role"}}, "StartJobRun")
    monkey: Any = spark
    monkey.start_job_run = lambda **_: (_ for _ in ()).throw(refused)
    assert "was refused: no such role" in looked(cloud, spark)["reason"]
