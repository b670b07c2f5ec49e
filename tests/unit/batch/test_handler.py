"""The batch function over an account whose transform jobs behave as SageMaker's do."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from model_code.batch import account
from model_code.batch.handler import LONGEST_WAIT, Clients, step
from tests.unit.batch.fakes import NOW, SETTINGS, Cloud, Killed, refusal

DUE: dict[str, Any] = {"scheduled": "2026-11-22T03:00:00Z"}
# Of a run with one job: twice two listings, manifest, job, one look at it, record, verdict.
CALLS = 9
WHOLE = "predictions/m/date=2026-11-21/version=111111111111/"


def clients(cloud: Cloud) -> Clients:
    return Clients(s3=cloud, sagemaker=cloud, ssm=cloud, now=lambda: NOW)


def run(cloud: Cloud, event: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the state machine does, without the waiting; jobs end between two looks."""
    state: dict[str, Any] = dict(event or DUE)
    for _ in range(20):
        state = json.loads(json.dumps(step(state, SETTINGS, clients(cloud))))
        if state["status"] != "waiting":
            return state
        cloud.run_jobs()
    raise AssertionError(f"never settled: {state}")


def success(cloud: Cloud) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(cloud.objects["models", f"{WHOLE}_SUCCESS"]["Body"])
    return record


def test_a_partition_is_scored_by_one_job_and_its_record_written() -> None:
    cloud = Cloud("a.csv", "b.csv")
    assert run(cloud)["status"] == "succeeded"
    assert len(cloud.jobs) == 1
    record = success(cloud)
    assert len(record.pop("digest")) == 8
    assert record == {
        "model": "m",
        "partition": "2026-11-21",
        "version": "1" * 12,
        "inputs": 2,
        "outputs": 2,
        "at": "2026-11-22T03:00:00+00:00",
    }
    assert cloud.parameters[SETTINGS.outcome]["status"] == "succeeded"


def test_the_job_is_what_sagemaker_takes() -> None:
    cloud = Cloud("a.csv")
    run(cloud)
    ((name, job),) = cloud.jobs.items()
    assert name.startswith("takeoff-test-m-batch-20261121-")
    assert job["request"] == {
        "TransformJobName": name,
        "ModelName": SETTINGS.model_name,
        "BatchStrategy": "MultiRecord",
        "MaxPayloadInMB": 1,
        "ModelClientConfig": {"InvocationsTimeoutInSeconds": 600, "InvocationsMaxRetries": 3},
        "TransformInput": {
            "DataSource": {
                "S3DataSource": {
                    "S3DataType": "ManifestFile",
                    "S3Uri": f"s3://models/{WHOLE}_runs/{name}.manifest",
                }
            },
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        "TransformOutput": {
            "S3OutputPath": f"s3://models/{WHOLE}",
            "Accept": "text/csv",
            "AssembleWith": "Line",
            "KmsKeyId": "arn:key",
        },
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeKmsKeyId": "arn:key"},
        "Tags": [{"Key": "takeoff:model", "Value": "m"}],
    }


def test_a_json_file_is_one_request_and_a_local_disk_takes_no_key() -> None:
    settings = replace(SETTINGS, content="application/json", volume_key="")
    request = account.request(settings, "2026-11-21", "j", "s3://models/x")
    assert (request["TransformInput"]["SplitType"], request["BatchStrategy"]) == ("None", "SingleRecord")
    assert request["TransformOutput"]["AssembleWith"] == "None"
    assert "VolumeKmsKeyId" not in request["TransformResources"]


def test_marks_and_empty_objects_are_no_inputs() -> None:
    cloud = Cloud("a.csv", "_SUCCESS", ".hidden")
    cloud.write("features", "m/date=2026-11-21/", b"")
    run(cloud)
    assert success(cloud)["inputs"] == 1


def test_other_dates_are_left_alone() -> None:
    cloud = Cloud("a.csv")
    cloud.write("features", "m/date=2026-11-20/b.csv")
    assert run(cloud)["status"] == "succeeded"
    assert success(cloud)["inputs"] == 1


def test_long_listings_are_read_to_their_end() -> None:
    cloud = Cloud(*(f"{n}.csv" for n in range(7)), pages=2)
    run(cloud)
    assert success(cloud)["outputs"] == 7


def test_one_bad_row_costs_its_own_files_output_and_no_others() -> None:
    cloud = Cloud("a.csv", "bad.csv", "c.csv", bad="bad.csv")
    end = run(cloud)
    assert end["status"] == "failed"
    assert "1 of 3 inputs have no output: bad.csv" in end["reason"]
    made = {key for bucket, key in cloud.objects if key.endswith(".out")}
    assert {key.rpartition("/")[2] for key in made} == {"a.csv.out", "c.csv.out"}
    assert ("models", f"{WHOLE}_SUCCESS") not in cloud.objects
    outcome = cloud.parameters[SETTINGS.outcome]
    assert (outcome["status"], outcome["inputs"], outcome["outputs"]) == ("failed", 3, 2)


def test_a_mended_file_alone_is_scored_by_the_next_run() -> None:
    cloud = Cloud("a.csv", "bad.csv", bad="bad.csv")
    run(cloud)
    jobs, cloud.bad = set(cloud.jobs), ""
    cloud.write("features", "m/date=2026-11-21/bad.csv", b"3,4\n")
    assert run(cloud)["status"] == "succeeded"
    (mended,) = set(cloud.jobs) - jobs
    manifest = json.loads(cloud.objects["models", f"{WHOLE}_runs/{mended}.manifest"]["Body"])
    assert manifest == [{"prefix": "s3://features/m/date=2026-11-21/"}, "bad.csv"]


def test_a_run_makes_nine_calls() -> None:
    cloud = Cloud("a.csv", "b.csv")
    cloud.kill_after = CALLS + 1
    assert run(cloud)["status"] == "succeeded"
    assert cloud.kill_after == 1


@pytest.mark.parametrize("kill_after", range(1, CALLS + 1))
def test_killed_after_any_call_and_started_again_it_ends_in_the_same_place(kill_after: int) -> None:
    cloud = Cloud("a.csv", "b.csv")
    cloud.kill_after = kill_after
    with pytest.raises(Killed):
        run(cloud)
    cloud.kill_after = 10**9
    assert run(cloud)["status"] == "succeeded"
    assert len(cloud.jobs) == 1
    assert (success(cloud)["inputs"], success(cloud)["outputs"]) == (2, 2)


def test_killed_while_a_job_runs_the_next_run_finds_it() -> None:
    cloud = Cloud("a.csv")
    step(DUE, SETTINGS, clients(cloud))
    found = step({"partition": "2026-11-21"}, SETTINGS, clients(cloud))
    assert (found["status"], found["followed"]) == ("waiting", list(cloud.jobs))
    assert len(cloud.jobs) == 1


def test_two_at_once_make_one_job() -> None:
    cloud = Cloud("a.csv")

    class Late(Cloud):
        """Sees nothing of the other's manifest, as if both had looked at the same moment."""

        def list_objects_v2(self, Bucket: str, Prefix: str, ContinuationToken: str = "0") -> dict[str, Any]:  # noqa: N803
            page = cloud.list_objects_v2(Bucket, Prefix, ContinuationToken)
            return {**page, "Contents": [one for one in page["Contents"] if "_runs" not in one["Key"]]}

        def create_transform_job(self, **request: Any) -> None:
            cloud.create_transform_job(**request)

    step(DUE, SETTINGS, clients(cloud))
    late = step(DUE, SETTINGS, clients(Late()))
    assert (late["status"], late["followed"], len(cloud.jobs)) == ("waiting", list(cloud.jobs), 1)


def refusing(code: str, message: str = "no") -> Cloud:
    class Refusing(Cloud):
        def create_transform_job(self, **request: Any) -> None:
            raise refusal(code, message)

    return Refusing("a.csv")


def test_throttling_is_waited_for_and_counts_for_no_job() -> None:
    state = step(DUE, SETTINGS, clients(refusing("ThrottlingException")))
    assert (state["status"], state["followed"]) == ("waiting", [])


def test_a_quota_fails_the_run_in_sagemakers_words() -> None:
    state = step(DUE, SETTINGS, clients(refusing("ResourceLimitExceeded", "transform job usage is 0 Instances")))
    assert (state["status"], "usage is 0" in state["reason"]) == ("failed", True)


def test_a_run_for_no_partition_fails_and_asks_for_nothing() -> None:
    cloud = Cloud("a.csv")
    assert step({"partition": "soon"}, SETTINGS, clients(cloud))["status"] == "failed"
    assert step({}, SETTINGS, clients(cloud))["status"] == "failed"
    assert cloud.jobs == {}


def test_a_whole_partition_is_not_scored_again() -> None:
    cloud = Cloud("a.csv")
    run(cloud)
    assert run(cloud)["status"] == "succeeded"
    assert len(cloud.jobs) == 1


def test_another_version_scores_for_itself() -> None:
    cloud = Cloud("a.csv")
    run(cloud)
    newer = replace(SETTINGS, version="2" * 12, jobs="takeoff-test-m2-batch")
    assert step(DUE, newer, clients(cloud))["status"] == "waiting"
    assert len(cloud.jobs) == 2


def test_waiting_doubles_to_two_minutes_and_no_further() -> None:
    cloud = Cloud("a.csv")
    event: dict[str, Any] = dict(DUE)
    waits = []
    for _ in range(12):
        event = step(event, SETTINGS, clients(cloud))
        waits.append(event["seconds"])
    assert waits[:4] == [1, 2, 4, 8]
    assert max(waits) == LONGEST_WAIT
