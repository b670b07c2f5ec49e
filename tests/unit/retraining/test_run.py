"""One run from request to verdict: what its folder holds, how it ends, and that a kill anywhere changes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from model_code.retraining.handler import GLANCE, LONGEST_LOOK, LONGEST_WAIT
from tests.unit.retraining.fakes import ALARM, LIVE, PIPELINE, Cloud, Killed, settings

JOB = "arn:aws:sagemaker:us-east-1:123456789012:processing-job/pipelines-0-Validate-x"


def failed(name: str, **more: Any) -> dict[str, Any]:
    return {"StepName": name, "StepStatus": "Failed", **more}


def folder(cloud: Cloud) -> dict[str, bytes]:
    run = cloud.pipelines[-1]["PipelineExecutionDisplayName"]
    start = f"runs/m/{run}/"
    return {
        key.removeprefix(start): versions[-1]["Body"]
        for (bucket, key), versions in cloud.objects.items()
        if bucket == "features" and key.startswith(start)
    }


def test_the_pipeline_gets_a_folder_in_which_every_input_has_an_object() -> None:
    cloud = Cloud()
    cloud.execution("a", ALARM).once()
    found = folder(cloud)
    found.pop("record.json")
    assert json.loads(found.pop("input/settings/settings.json")) == {
        "model": "m",
        "commit": "abc",
        "criteria": {"accuracy": 0.9},
        "first": False,
        "data_version": "v1",
        # Nobody has looked at the model yet.
        "drifted": {"features": [], "predictions": False, "outcomes": False},
    }
    assert found == {
        "input/data/data.csv": b"a,b\n1,2\n",
        "input/baseline/summary.json": b"{}",
        "input/live/model.tar.gz": b"live",
    }


def test_the_first_version_has_nothing_to_be_compared_with() -> None:
    cloud = Cloud(live=False)
    cloud.execution("a", {**ALARM, "cause": "first"}).once()
    found = folder(cloud)
    assert json.loads(found["input/settings/settings.json"])["first"] is True
    # Not empty: an input of nothing but empty objects is refused as one without any.
    assert found["input/baseline/absent"]
    assert found["input/live/absent"]


@pytest.mark.parametrize("run", ["", "s3://features/runs/m/0009-gone"])
def test_a_live_version_without_a_summary_is_compared_all_the_same(run: str) -> None:
    cloud = Cloud()
    cloud.parameters["/takeoff/test/m/approved"] = json.dumps({**LIVE, "run": run})
    cloud.execution("a", ALARM).once()
    assert "input/baseline/absent" in folder(cloud)
    assert folder(cloud)["input/live/model.tar.gz"] == b"live"


def test_the_pipeline_is_started_with_the_stacks_parameters_and_the_runs_own() -> None:
    cloud = Cloud()
    run = cloud.execution("a", ALARM).once()["run"]
    request = cloud.pipelines[0]["request"]
    assert {each["Name"]: each["Value"] for each in request["PipelineParameters"]} == {
        "Image": "image@sha256:1",
        "TrainInstanceCount": "1",
        "Run": f"s3://features/runs/m/{run}",
        "Artifacts": "s3://models/m/training",
        "DataVersion": "v1",
        "Commit": "abc",
    }
    assert (request["PipelineName"], request["PipelineExecutionDisplayName"]) == ("takeoff-test-m-training", run)


def test_the_newest_data_set_is_taken_unless_one_is_pinned() -> None:
    for pin, body, version in (("", b"new", "v2"), ("v1", b"a,b\n1,2\n", "v1")):
        cloud = Cloud(settings(version=pin))
        cloud.put("features", "datasets/m/data.csv", b"new")
        cloud.execution("a", ALARM).once()
        assert (folder(cloud)["input/data/data.csv"], cloud.record()["data"]) == (body, version)
        request = cloud.pipelines[0]["request"]
        assert {"Name": "DataVersion", "Value": version} in request["PipelineParameters"]


def test_a_pin_to_a_version_that_is_gone_starts_nothing() -> None:
    cloud = Cloud(settings(version="v9"))
    end = cloud.execution("a", ALARM).once()
    assert (end["status"], end["why"], cloud.pipelines) == ("failed", "no data set", [])
    assert "no version v9 (404), which is pinned" in end["reason"]


def test_a_data_set_stored_during_the_decision_waits_for_the_next_run() -> None:
    cloud = Cloud()
    cloud.before_claim = lambda: cloud.put("features", "datasets/m/data.csv", b"newer")
    cloud.execution("a", ALARM).once()
    assert folder(cloud)["input/data/data.csv"] == b"a,b\n1,2\n"


def test_a_run_is_looked_at_less_and_less_often() -> None:
    cloud = Cloud()
    run = cloud.execution("a", ALARM)
    waits = [run.once()["seconds"] for _ in range(9)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert waits[-1] == LONGEST_WAIT


def test_a_registered_version_ends_a_run_well() -> None:
    cloud = Cloud()
    cloud.steps = [
        {"StepName": "Train", "StepStatus": "Succeeded", "Metadata": {"TrainingJob": {"Arn": "arn:job"}}},
        {"StepName": "R", "StepStatus": "Succeeded", "Metadata": {"RegisterModel": {"Arn": "arn:package/1"}}},
    ]
    end = cloud.execution("a", ALARM).whole()
    assert (end["status"], end["outcome"], end["reason"]) == ("succeeded", "succeeded", "")
    record = cloud.record()
    assert record.pop("runner").endswith(":a")
    assert record == {
        "run": end["run"],
        "model": "m",
        "cause": "alarm",
        "by": "drift",
        "reason": "InputDrift is 1",
        "data": "v1",
        "commit": "abc",
        "execution": f"{PIPELINE}/execution/0",
        "status": "succeeded",
        "step": "",
        "why": "",
        "package": "arn:package/1",
        "started": "2026-11-20T12:00:00+00:00",
        "ended": "2026-11-20T12:00:00+00:00",
    }


def test_a_data_set_that_its_gate_refuses_is_rejected_with_the_gates_words() -> None:
    cloud = Cloud()
    cloud.steps = [failed("Validate", Metadata={"ProcessingJob": {"Arn": JOB}}, FailureReason="ClientError")]
    cloud.jobs[JOB.rpartition("/")[2]] = {"ExitMessage": "data: 40 % are missing", "FailureReason": "x, exit code: 1"}
    end = cloud.execution("a", ALARM).whole("Failed")
    assert (end["status"], end["outcome"]) == ("failed", "rejected")
    assert end["reason"] == "Validate: data: 40 % are missing"
    assert {key: cloud.record()[key] for key in ("status", "step", "why")} == {
        "status": "rejected",
        "step": "Validate",
        "why": "data: 40 % are missing",
    }
    assert cloud.state()["last"]["step"] == "Validate"


def test_a_gate_that_could_not_judge_has_failed_and_rejected_nothing() -> None:
    cloud = Cloud()
    cloud.steps = [failed("Bias", Metadata={"ProcessingJob": {"Arn": JOB}})]
    cloud.jobs[JOB.rpartition("/")[2]] = {"ExitMessage": "takeoff: no column", "FailureReason": "x, exit code: 2"}
    assert cloud.execution("a", ALARM).whole("Failed")["outcome"] == "failed"
    assert cloud.record()["why"] == "takeoff: no column"


def test_a_version_that_the_verdict_refuses_is_rejected_with_its_reasons() -> None:
    cloud = Cloud()
    run = cloud.execution("a", ALARM)
    where = f"runs/m/{run.once()['run']}/output/decide/verdict.json"
    reasons = ["compare: worse (accuracy)", "bias: unfair"]
    cloud.put("features", where, json.dumps({"outcome": "refuse", "reasons": reasons}).encode())
    cloud.steps = [failed("Refused", Metadata={"Fail": {"ErrorMessage": "the reasons are elsewhere"}})]
    cloud.end_pipelines("Failed")
    end = run.whole()
    assert (end["outcome"], end["reason"]) == ("rejected", "Refused: compare: worse (accuracy)\nbias: unfair")


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (failed("Train", Metadata={"TrainingJob": {"Arn": "x"}}, FailureReason="no quota"), "Train: no quota"),
        (failed("Train"), "Train: no reason given"),
        ({"StepName": "Train", "StepStatus": "Stopped"}, "the execution is Stopped"),
    ],
)
def test_whatever_else_stops_a_pipeline_is_a_failure_with_its_step(step: dict[str, Any], words: str) -> None:
    cloud = Cloud()
    cloud.steps = [step]
    end = cloud.execution("a", ALARM).whole("Stopped")
    assert (end["status"], end["outcome"], end["reason"]) == ("failed", "failed", words)


def calls_of_a_run() -> int:
    cloud = Cloud()
    cloud.execution("a", ALARM).whole()
    return cloud.calls


def outcome(cloud: Cloud) -> tuple[Any, ...]:
    """What a run leaves, apart from who led it."""
    record = {key: value for key, value in cloud.record().items() if key != "runner"}
    state = {key: value for key, value in cloud.state().items() if key not in ("runner", "last_refusal")}
    return len(cloud.pipelines), record, state, {k: v for k, v in folder(cloud).items() if k != "record.json"}


@pytest.mark.parametrize("retried", [True, False])
def test_killed_after_any_call_a_run_ends_in_the_same_place(retried: bool) -> None:
    """`retried` by its own state machine; or the execution is dead, and the next alarm brings another."""
    whole = Cloud()
    whole.execution("a", ALARM).whole()
    calls, kills = calls_of_a_run(), 0
    assert calls > 15
    for kill_after in range(1, calls + 1):
        cloud = Cloud()
        run = cloud.execution("a", ALARM)
        cloud.kill_after = kill_after
        try:
            run.whole()
        except Killed:
            kills += 1
        cloud.kill_after = 10**9
        if retried:
            run.whole()
        else:
            run.aborted()
            cloud.execution("b", ALARM).whole()
        assert outcome(cloud) == outcome(whole), f"killed after call {kill_after}"
    assert kills == calls


def test_a_dead_leaders_run_is_led_on_and_others_see_that_it_is() -> None:
    cloud = Cloud()
    dead, heir, other = (cloud.execution(name, ALARM) for name in "abc")
    dead.once()
    dead.aborted()
    assert heir.once()["status"] == "waiting"
    assert other.once()["why"] == "running"
    assert (heir.whole()["outcome"], len(cloud.pipelines)) == ("succeeded", 1)
    assert cloud.record()["runner"] == heir.arn


def test_a_record_that_a_person_deleted_is_said_and_not_made_up() -> None:
    cloud = Cloud()
    run = cloud.execution("a", ALARM)
    del cloud.objects["features", f"runs/m/{run.once()['run']}/record.json"]
    cloud.end_pipelines()
    with pytest.raises(RuntimeError, match=r"record.json is gone"):
        run.once()


@pytest.mark.parametrize(
    ("alarmed", "drifted"),
    [
        (["InputDrift", "FeaturesDrifted"], {"features": ["amount"], "predictions": False, "outcomes": False}),
        (["JointDrift", "PredictionDrift"], {"features": ["amount"], "predictions": True, "outcomes": False}),
        (["ConceptDrift"], {"features": [], "predictions": False, "outcomes": True}),
        ([], {"features": [], "predictions": False, "outcomes": False}),
    ],
)
def test_the_data_gate_is_told_what_the_monitor_has_seen(alarmed: list[str], drifted: dict[str, Any]) -> None:
    cloud = Cloud()
    cloud.parameters["/takeoff/test/m/drift"] = json.dumps({"alarmed": alarmed, "features": ["amount"]})
    cloud.execution("a", ALARM).once()
    assert json.loads(folder(cloud)["input/settings/settings.json"])["drifted"] == drifted


def test_an_alarm_waits_for_the_verdict_of_the_look_that_rang_it() -> None:
    """Metrics come with the job's log; the features that the data gate must let through come when it has ended."""
    cloud = Cloud()
    cloud.parameters["/takeoff/test/m/drift"] = json.dumps({"alarmed": [], "looking": "job-1"})
    asked = cloud.execution("a", ALARM)
    assert (asked.once()["status"], asked.event["seconds"], cloud.pipelines) == ("waiting", GLANCE, [])
    cloud.parameters["/takeoff/test/m/drift"] = json.dumps({"alarmed": ["ConceptDrift"]})
    asked.once()
    assert json.loads(folder(cloud)["input/settings/settings.json"])["drifted"]["outcomes"] is True


def test_a_look_that_never_ends_holds_an_alarm_up_for_so_long_and_no_other_request() -> None:
    cloud = Cloud()
    cloud.parameters["/takeoff/test/m/drift"] = json.dumps({"alarmed": [], "looking": "job-1"})
    asked, glances = cloud.execution("a", ALARM), 0
    while not cloud.pipelines and glances < 20:
        glances += asked.once()["seconds"] == GLANCE
    assert glances == LONGEST_LOOK / GLANCE
    other = Cloud()
    other.parameters["/takeoff/test/m/drift"] = cloud.parameters["/takeoff/test/m/drift"]
    other.execution("a", {**ALARM, "cause": "manual"}).once()
    assert other.pipelines
