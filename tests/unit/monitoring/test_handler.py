"""The monitoring function over an account whose processing jobs behave as SageMaker's do."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from model_code.monitor.settings import Settings
from model_code.monitoring import account
from model_code.monitoring import handler as handlers
from model_code.monitoring.handler import LONGEST_WAIT, SETTLE, Clients, step
from tests.unit.monitoring.fakes import DRIFTED, HOUR, NOW, RUN, SETTINGS, Cloud, Killed, refusal

DUE: dict[str, Any] = {"model": "m", "scheduled": "2026-11-22T03:00:00Z"}
START = datetime(2026, 11, 22, 2, tzinfo=UTC)
WINDOW = "20261122020000-3600"
JOB = f"takeoff-test-drift-m-{WINDOW}"
WORK = "/opt/ml/processing/input"


def clients(cloud: Cloud, now: datetime = NOW) -> Clients:
    return Clients(s3=cloud, sagemaker=cloud, ssm=cloud, now=lambda: now)


def one(cloud: Cloud, event: dict[str, Any], now: datetime = NOW) -> dict[str, Any]:
    after: dict[str, Any] = json.loads(json.dumps(step(event, "test", clients(cloud, now))))
    return after


def run(cloud: Cloud, event: dict[str, Any] | None = None, now: datetime = NOW) -> dict[str, Any]:
    """What the state machine does, without the waiting; jobs end between two looks."""
    state = event or DUE
    for _ in range(20):
        state = one(cloud, state, now)
        if state["status"] != "waiting":
            return state
        assert state["seconds"] >= 1
        cloud.run_jobs()
    raise AssertionError(f"never settled: {state}")


def busy() -> Cloud:
    cloud = Cloud()
    cloud.captured(START + timedelta(minutes=10))
    return cloud


def found(cloud: Cloud, job: str, folder: str) -> list[str]:
    """What a job found in a folder of its inputs."""
    return sorted(path.removeprefix(f"{WORK}/{folder}/") for path in cloud.read[job] if f"/{folder}/" in path)


def told(cloud: Cloud, job: str = f"{JOB}-0") -> dict[str, Any]:
    settings: dict[str, Any] = json.loads(cloud.read[job][f"{WORK}/settings/settings.json"])
    return settings


def test_a_window_is_looked_at_by_one_job_whose_report_becomes_the_verdict() -> None:
    cloud = busy()
    cloud.report = DRIFTED
    assert run(cloud)["status"] == "succeeded"
    assert list(cloud.jobs) == [f"{JOB}-0"]
    output = f"s3://features/drift/m/{WINDOW}/output"
    assert cloud.verdict == {
        "start": "2026-11-22T02:00:00Z",
        "end": "2026-11-22T03:00:00Z",
        "version": "1" * 12,
        "status": "alarm",
        "reason": "",
        "alarmed": ["InputDrift", "MissedKpi"],
        "features": ["b", "a"],
        "output": output,
        "state": {"version": "1" * 12, "start": "2026-11-22T02:00:00Z", "output": output},
    }


def test_a_window_without_drift_is_quiet() -> None:
    cloud = busy()
    run(cloud)
    assert (cloud.verdict["status"], cloud.verdict["alarmed"]) == ("quiet", [])


def test_nobody_looks_before_the_last_captures_are_written() -> None:
    first = one(busy(), DUE)
    assert (first["status"], first["seconds"]) == ("waiting", SETTLE)
    assert (first["start"], first["end"]) == ("2026-11-22T02:00:00Z", "2026-11-22T03:00:00Z")


def test_the_job_is_what_sagemaker_takes() -> None:
    cloud = busy()
    run(cloud)
    request = dict(cloud.jobs[f"{JOB}-0"]["request"])
    inputs = {each["InputName"]: each["S3Input"] for each in request.pop("ProcessingInputs")}
    assert request == {
        "ProcessingJobName": f"{JOB}-0",
        "AppSpecification": {"ImageUri": SETTINGS.image, "ContainerArguments": ["monitor"]},
        "Environment": {"TAKEOFF_MODEL_CODE": "risk"},
        "RoleArn": SETTINGS.role,
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "report",
                    "S3Output": {
                        "S3Uri": f"s3://features/drift/m/{WINDOW}/output",
                        "LocalPath": "/opt/ml/processing/output",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ],
            "KmsKeyId": "arn:key",
        },
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 30,
                "VolumeKmsKeyId": "arn:key",
            }
        },
        "NetworkConfig": {"EnableNetworkIsolation": True},
        "StoppingCondition": {"MaxRuntimeInSeconds": 14_400},
        "Tags": [{"Key": "takeoff:model", "Value": "m"}],
    }
    assert {name: each["LocalPath"] for name, each in inputs.items()} == {
        name: f"{WORK}/{name}" for name in ("settings", "baseline", "captures", "outcomes", "previous")
    }
    assert inputs["captures"] == {
        "S3Uri": f"s3://features/drift/m/{WINDOW}/input/captures.manifest",
        "LocalPath": f"{WORK}/captures",
        "S3DataType": "ManifestFile",
        "S3InputMode": "File",
        "S3DataDistributionType": "FullyReplicated",
        "S3CompressionType": "None",
    }


def test_the_job_is_a_request_by_sagemakers_own_model() -> None:
    service = botocore.session.get_session().get_service_model("sagemaker")
    shape = service.operation_model("CreateProcessingJob").input_shape
    faults = ParamValidator().validate(account.request(SETTINGS, f"{JOB}-0", "s3://f/i", "s3://f/o"), shape)
    assert faults.generate_report() == ""


def test_instances_with_disks_of_their_own_take_no_key_for_them() -> None:
    request = account.request(replace(SETTINGS, instance_type="ml.g4dn.xlarge"), "j", "s3://f/i", "s3://f/o")
    assert "VolumeKmsKeyId" not in request["ProcessingResources"]["ClusterConfig"]


def test_the_job_is_told_the_window_the_live_version_and_what_the_stack_declares() -> None:
    cloud = busy()
    run(cloud)
    assert told(cloud) == {
        **SETTINGS.settings,
        "model": "m",
        "code": "risk",
        "stack": "test",
        "endpoint": "takeoff-test-m",
        "window": {"start": "2026-11-22T02:00:00Z", "end": "2026-11-22T03:00:00Z"},
        "seconds": 3600,
        "hours": 3,
        "version": "1" * 12,
        "run": RUN,
        "metrics": {"accuracy": 0.9},
        "captures": {"objects": 1, "found": 1},
        "outcomes": {"objects": 0, "found": 0},
    }


def test_what_the_job_is_told_is_what_it_reads() -> None:
    cloud = busy()
    fair = {"groups": ["sex=male"], "favoured": "good", "limits": {"selection_rate": {"ratio": 0.8}}}
    kpis = [{"name": "revenue", "target": 12.5, "direction": "at-least"}]
    strict = {**SETTINGS.settings, **fair, "kpis": kpis}
    cloud.set("monitor", json.loads(replace(SETTINGS, settings=strict).to_json()))
    run(cloud)
    read = Settings.read(cloud.read[f"{JOB}-0"][f"{WORK}/settings/settings.json"])
    assert (read.start, read.end, read.version, read.hours) == (START, START + HOUR, "1" * 12, 3)
    assert (read.groups[0].column, read.favoured, read.kpis[0].target) == ("sex", "good", 12.5)


def test_what_there_is_none_of_is_a_file_called_absent() -> None:
    cloud = busy()
    run(cloud)
    assert found(cloud, f"{JOB}-0", "outcomes") == found(cloud, f"{JOB}-0", "previous") == ["absent"]
    assert found(cloud, f"{JOB}-0", "baseline") == ["profile.json"]


@pytest.mark.parametrize("run_folder", ["", "s3://features/runs/m/another"])
def test_a_version_without_a_run_or_profile_has_no_baseline(run_folder: str) -> None:
    cloud = Cloud(run=run_folder)
    cloud.captured(START)
    run(cloud)
    assert found(cloud, f"{JOB}-0", "baseline") == ["absent"]
    assert told(cloud)["run"] == run_folder


def test_a_windows_captures_are_those_of_its_hours_and_every_variant_and_of_no_other_endpoint() -> None:
    cloud = busy()
    wanted = [cloud.captured(START), cloud.captured(START + timedelta(minutes=59), "candidate")]
    cloud.captured(START - timedelta(minutes=1))
    cloud.captured(START + HOUR)
    cloud.write("captures", "m/takeoff-test-m-canary/main/2026/11/22/02/1.jsonl")
    cloud.write("captures", "m/takeoff-test-m/main/2026/11/22/02/empty.jsonl", "")
    cloud.write("captures", "m/takeoff-test-m/main/2026/11/22/02/.mark")
    run(cloud)
    assert found(cloud, f"{JOB}-0", "captures") == sorted([*wanted, "main/2026/11/22/02/10-00.jsonl"])


def test_a_listing_of_many_pages_is_read_whole() -> None:
    cloud = Cloud(page=2)
    wanted = [cloud.captured(START + timedelta(minutes=minute)) for minute in range(7)]
    run(cloud)
    assert found(cloud, f"{JOB}-0", "captures") == wanted


def test_a_window_inside_an_hour_leaves_what_was_written_before_it() -> None:
    cloud = Cloud()
    cloud.set("monitor", json.loads(replace(SETTINGS, period_seconds=600).to_json()))
    cloud.captured(START + timedelta(minutes=5))
    kept = cloud.captured(START + timedelta(minutes=15))
    run(cloud, {"model": "m", "scheduled": "2026-11-22T02:20:00Z"})
    assert found(cloud, "takeoff-test-drift-m-20261122021000-600-0", "captures") == [kept]


def test_a_window_across_midnight_and_a_months_end_reads_the_folders_of_both() -> None:
    cloud = Cloud()
    midnight = datetime(2026, 12, 1, tzinfo=UTC)
    wanted = [cloud.captured(midnight - timedelta(minutes=20)), cloud.captured(midnight + timedelta(minutes=10))]
    late = midnight + timedelta(minutes=30)
    run(cloud, {"model": "m", "scheduled": "2026-12-01T00:30:00Z"}, late)
    assert found(cloud, "takeoff-test-drift-m-20261130233000-3600-0", "captures") == wanted
    assert wanted[0].startswith("main/2026/11/30/23/")
    assert wanted[1].startswith("main/2026/12/01/00/")


def test_an_outcome_that_comes_late_brings_the_captures_of_the_hours_that_it_may_be_of() -> None:
    cloud = busy()
    early, older = (cloud.captured(START - hours * HOUR) for hours in (3, 4))
    outcome = cloud.arrived(START + timedelta(minutes=30))
    run(cloud)
    captures = found(cloud, f"{JOB}-0", "captures")
    assert early in captures
    assert older not in captures
    assert found(cloud, f"{JOB}-0", "outcomes") == [outcome]
    assert told(cloud)["outcomes"] == {"objects": 1, "found": 1}


def test_without_outcomes_no_earlier_capture_is_read() -> None:
    cloud = busy()
    cloud.captured(START - HOUR)
    run(cloud)
    assert found(cloud, f"{JOB}-0", "captures") == ["main/2026/11/22/02/10-00.jsonl"]


def test_outcomes_alone_are_looked_at_with_the_captures_that_they_are_of() -> None:
    cloud = Cloud()
    early = cloud.captured(START - 2 * HOUR)
    cloud.arrived(START)
    assert run(cloud)["status"] == "succeeded"
    assert found(cloud, f"{JOB}-0", "captures") == [early]


def test_every_outcome_belongs_to_the_one_window_in_which_it_was_written() -> None:
    cloud = busy()
    cloud.captured(START + HOUR)
    edges = {minutes: cloud.arrived(START + timedelta(minutes=minutes)) for minutes in (-1, 0, 59, 60, 119)}
    # Begun before the hour, written after it.
    cloud.write("features", "outcomes/m/2026/11/22/02/over.jsonl", at=START + HOUR)
    run(cloud)
    assert found(cloud, f"{JOB}-0", "outcomes") == [edges[0], edges[59]]
    run(cloud, {"model": "m", "scheduled": "2026-11-22T04:00:00Z"}, NOW + HOUR)
    following = found(cloud, "takeoff-test-drift-m-20261122030000-3600-0", "outcomes")
    assert following == ["2026/11/22/02/over.jsonl", edges[60], edges[119]]


def test_a_busy_endpoint_is_sampled_and_the_job_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "MOST_OBJECTS", 4)
    cloud = Cloud()
    for minute in range(8):
        cloud.captured(START + timedelta(minutes=minute))
    run(cloud)
    taken = [f"main/2026/11/22/02/0{minute}-00.jsonl" for minute in (0, 2, 4, 6)]
    assert found(cloud, f"{JOB}-0", "captures") == taken
    assert told(cloud)["captures"] == {"objects": 4, "found": 8}


def test_a_window_without_captures_needs_no_job_and_says_that_it_was_looked_at(
    capsys: pytest.CaptureFixture[str],
) -> None:
    cloud = Cloud()
    cloud.arrived(START)
    assert run(cloud)["status"] == "succeeded"
    assert cloud.jobs == {}
    assert cloud.verdict["status"] == "empty"
    (line,) = [each for each in map(json.loads, capsys.readouterr().out.splitlines()) if "_aws" in each]
    assert line.pop("_aws") == {
        "Timestamp": int(NOW.timestamp() * 1000),
        "CloudWatchMetrics": [
            {
                "Namespace": "Takeoff/Models",
                "Dimensions": [["Stack", "Model"]],
                "Metrics": [{"Name": "Monitored"}],
            }
        ],
    }
    assert line == {"Stack": "test", "Model": "m", "Monitored": 1}


def test_a_window_goes_on_from_the_state_of_the_last_one_that_left_any() -> None:
    cloud = busy()
    run(cloud)
    run(cloud, {"model": "m", "scheduled": "2026-11-22T04:00:00Z"}, NOW + HOUR)
    assert cloud.verdict["status"] == "empty"
    cloud.captured(START + 2 * HOUR)
    run(cloud, {"model": "m", "scheduled": "2026-11-22T05:00:00Z"}, NOW + 2 * HOUR)
    state = cloud.read["takeoff-test-drift-m-20261122040000-3600-0"][f"{WORK}/previous/state.json"]
    assert json.loads(state) == {"of": f"{JOB}-0"}


def test_another_version_begins_with_no_state() -> None:
    cloud = busy()
    run(cloud)
    cloud.set("approved", {"version": "2" * 12, "metrics": {}, "run": RUN})
    cloud.captured(START + HOUR)
    run(cloud, {"model": "m", "scheduled": "2026-11-22T04:00:00Z"}, NOW + HOUR)
    assert found(cloud, "takeoff-test-drift-m-20261122030000-3600-0", "previous") == ["absent"]


def test_a_window_after_one_whose_state_was_deleted_begins_anew() -> None:
    cloud = busy()
    cloud.stateful = False
    run(cloud)
    cloud.captured(START + HOUR)
    run(cloud, {"model": "m", "scheduled": "2026-11-22T04:00:00Z"}, NOW + HOUR)
    assert found(cloud, "takeoff-test-drift-m-20261122030000-3600-0", "previous") == ["absent"]


def test_an_older_window_looked_at_again_leaves_the_newer_verdict_and_sees_nothing_of_it() -> None:
    cloud = busy()
    run(cloud)
    newest = cloud.verdict
    cloud.captured(START - HOUR)
    cloud.report = DRIFTED
    assert run(cloud, {"model": "m", "scheduled": "2026-11-22T02:00:00Z"})["status"] == "succeeded"
    assert cloud.verdict == newest
    assert found(cloud, "takeoff-test-drift-m-20261122010000-3600-0", "previous") == ["absent"]


def test_a_job_that_fails_fails_the_run_with_its_reason_and_keeps_the_state() -> None:
    cloud = busy()
    run(cloud)
    state = cloud.verdict["state"]
    cloud.captured(START + HOUR)
    cloud.failing = "AlgorithmError: no such column \N{SNOWMAN}"
    ended = run(cloud, {"model": "m", "scheduled": "2026-11-22T04:00:00Z"}, NOW + HOUR)
    assert ended["status"] == "failed"
    assert "20261122030000-3600-0 ended Failed: AlgorithmError: no such column" in ended["reason"]
    assert (cloud.verdict["status"], cloud.verdict["state"]) == ("failed", state)


def test_a_reason_of_any_length_and_alphabet_fits_the_parameter() -> None:
    cloud = busy()
    cloud.failing = "\N{SNOWMAN}" * 5000
    assert run(cloud)["status"] == "failed"  # the fake refuses what a parameter does not hold
    assert cloud.verdict["reason"].endswith("?")


@pytest.mark.parametrize("report", [None, {}, {"alarmed": ["InputDrift"]}])
def test_a_complete_job_without_a_report_is_a_failure(report: dict[str, Any] | None) -> None:
    cloud = busy()
    cloud.report = report
    ended = run(cloud)
    assert ended["status"] == "failed"
    assert ended["reason"] == (
        f"{JOB}-0 is complete, and s3://features/drift/m/{WINDOW}/output/report.json is "
        f"{'missing' if report is None else 'none'}"
    )


def test_a_job_that_is_refused_fails_the_run_and_a_throttled_call_is_made_again() -> None:
    cloud = busy()
    cloud.refuses = [refusal("ThrottlingException", "slow"), refusal("ResourceLimitExceeded", "0 instances")]
    ended = run(cloud)
    assert ended["reason"] == f"{JOB}-0 was refused: 0 instances"
    cloud.refuses = [refusal("ThrottlingException", "slow")]
    assert run(cloud)["status"] == "succeeded"


def test_another_run_tries_again_what_failed_and_never_what_is_complete() -> None:
    cloud = busy()
    cloud.failing = "InternalServerError"
    run(cloud)
    cloud.failing = ""
    assert run(cloud)["status"] == "succeeded"
    assert list(cloud.jobs) == [f"{JOB}-0", f"{JOB}-1"]
    assert run(cloud)["status"] == "succeeded"
    assert len(cloud.jobs) == 2


def test_two_runs_at_once_are_one_job_and_agree() -> None:
    cloud = busy()
    states = [one(cloud, DUE), one(cloud, DUE)]
    while any(state["status"] == "waiting" for state in states):
        states = [one(cloud, state) if state["status"] == "waiting" else state for state in states]
        cloud.run_jobs()
    assert [state["status"] for state in states] == ["succeeded"] * 2
    assert len(cloud.jobs) == 1


def test_a_run_that_lost_the_race_for_the_job_follows_the_winners() -> None:
    cloud = busy()
    cloud.refuses = [refusal("ResourceInUse", "Job name must be unique")]
    assert one(cloud, one(cloud, DUE))["followed"] == [f"{JOB}-0"]


def calls() -> int:
    """How many calls a whole run makes."""
    cloud = busy()
    run(cloud)
    return 10**9 - cloud.kill_after


def until_killed(cloud: Cloud) -> dict[str, Any]:
    """The last event that a step got before it died, which is what Step Functions repeats."""
    state = DUE
    while True:
        try:
            state = one(cloud, state)
        except Killed:
            return state
        assert state["status"] == "waiting", "nothing killed it"
        cloud.run_jobs()


@pytest.mark.parametrize("kill", range(1, calls() + 1))
def test_a_run_killed_after_any_call_is_started_again_and_ends_with_one_job(kill: int) -> None:
    """Both ways: Step Functions repeats the step that died, or somebody starts the whole execution again."""
    cloud, again = busy(), busy()
    for each, resumed in ((cloud, True), (again, False)):
        each.kill_after = kill
        state = until_killed(each)
        assert run(each, state if resumed else DUE)["status"] == "succeeded"
        assert list(each.jobs) == [f"{JOB}-0"]
        assert each.verdict["status"] == "quiet"


def test_waits_grow_to_a_minute_and_start_over_with_the_job() -> None:
    cloud = busy()
    state, waits = one(cloud, DUE), []
    for _ in range(9):
        state = one(cloud, state)
        waits.append(state["seconds"])
    assert waits == [1, 2, 4, 8, 16, 32, LONGEST_WAIT, LONGEST_WAIT, LONGEST_WAIT]


def test_a_schedule_ahead_of_this_clock_ends_its_window_now() -> None:
    cloud = busy()
    first = one(cloud, {"model": "m", "scheduled": "2026-11-29T00:00:00Z"})
    assert (first["start"], first["end"]) == ("2026-11-22T02:00:30Z", "2026-11-22T03:00:30Z")


def test_a_run_by_hand_may_name_the_windows_beginning() -> None:
    first = one(busy(), {**DUE, "since": "2026-11-22T02:59:00Z"})
    assert (first["start"], first["end"]) == ("2026-11-22T02:59:00Z", "2026-11-22T03:00:00Z")


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({}, "model: got None"),
        ({"model": "../m", "scheduled": "2026-11-22T03:00:00Z"}, "model: got '../m'"),
        ({"model": "n", "scheduled": "2026-11-22T03:00:00Z"}, "/takeoff/test/n/monitor is not there"),
        ({"model": "m"}, "scheduled: got None"),
        ({"model": "m", "scheduled": "2026-11-22T03:00:00"}, "a time with its zone"),
        ({"model": "m", "scheduled": "soon"}, "scheduled: got 'soon'"),
        ({**DUE, "since": "2026-11-22T03:00:00Z"}, "allowed: a time before 2026-11-22T03:00:00Z"),
    ],
)
def test_an_event_that_names_nothing_to_look_at_fails_without_a_call(event: dict[str, Any], reason: str) -> None:
    cloud = busy()
    ended = one(cloud, event)
    assert ended["status"] == "failed"
    assert reason in ended["reason"]
    assert (cloud.jobs, cloud.written) == ({}, [])


def test_a_model_without_an_approved_version_is_a_failure() -> None:
    cloud = busy()
    del cloud.parameters["/takeoff/test/m/approved"]
    assert "allowed: a model with an approved version" in run(cloud)["reason"]


def test_a_parameter_that_pulumi_did_not_write_is_a_failure_that_says_so() -> None:
    cloud = busy()
    cloud.set("monitor", {"model": "m"})
    assert "MonitorSettings: got" in run(cloud)["reason"]
