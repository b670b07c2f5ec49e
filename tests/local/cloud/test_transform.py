"""Transform jobs: real containers, real answers in S3, and AWS's words for what went wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud.transform_input import InputError, assembled, manifest, output_key, payloads
from tests.local.cloud.emulated import Cloud, until
from tests.local.cloud.test_daemon import kill, written


@pytest.mark.parametrize(
    ("split", "strategy", "limit", "found"),
    [
        ("None", "MultiRecord", 99, [b"aa\nbb\ncc\n"]),
        ("Line", "SingleRecord", 99, [b"aa", b"bb", b"cc"]),
        ("Line", "MultiRecord", 99, [b"aa\nbb\ncc"]),
        ("Line", "MultiRecord", 5, [b"aa\nbb", b"cc"]),
        ("Line", "MultiRecord", 2, [b"aa", b"bb", b"cc"]),
    ],
)
def test_an_object_becomes_as_many_requests_as_strategy_and_payload_say(
    split: str, strategy: str, limit: int, found: list[bytes]
) -> None:
    assert list(payloads(b"aa\nbb\ncc\n", split, strategy, limit)) == found


def test_a_record_longer_than_a_payload_fails_the_job() -> None:
    with pytest.raises(InputError, match="5 bytes is longer than MaxPayloadInMB"):
        list(payloads(b"aa\nlongr", "Line", "MultiRecord", 4))


def test_answers_become_one_object_whose_name_says_whose_they_are() -> None:
    assert assembled([b"1", b"2\n", b"3"], "Line") == b"1\n2\n3\n"
    assert assembled([b"1", b"2"], "None") == b"12"
    assert output_key("in/day/a.csv", "in/", "out/x") == "out/x/day/a.csv.out"
    assert output_key("in/day/a.csv", "in/day/a.csv", "out") == "out/a.csv.out"
    assert manifest('[{"prefix": "s3://b/in/"}, "a", "d/b"]') == ("s3://b/in/", ["s3://b/in/a", "s3://b/in/d/b"])
    with pytest.raises(InputError, match="manifest is not"):
        manifest("{}")


@pytest.fixture(scope="module")
def lake(cloud: Cloud) -> Cloud:
    s3 = cloud.client("s3")
    cloud.artifact("one")
    s3.create_bucket(Bucket="scored")
    for key, body in (("in/a.csv", "1\n2\n3\n"), ("in/more/b.csv", "4\n"), ("bad/c.csv", "1\nstatus 400\n")):
        s3.put_object(Bucket="models", Key=key, Body=body.encode())
    listed = json.dumps([{"prefix": "s3://models/in/"}, "more/b.csv"]).encode()
    s3.put_object(Bucket="models", Key="list.manifest", Body=listed)
    return cloud


def start(cloud: Cloud, source: str, *, model: str | None = None, kind: str = "S3Prefix", **more: Any) -> str:
    name = f"job-{next(cloud.names)}"
    given: dict[str, Any] = {
        "ModelName": model or cloud.model("one", role=cloud.role(writes="scored")),
        "BatchStrategy": "SingleRecord",
        "MaxPayloadInMB": 1,
        "Environment": {"COLOUR": "blue"},
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": kind, "S3Uri": source}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        "TransformOutput": {
            "S3OutputPath": f"s3://scored/{name}",
            "Accept": "application/json",
            "AssembleWith": "Line",
        },
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    cloud.sagemaker.create_transform_job(TransformJobName=name, **(given | more))
    return name


def ended(cloud: Cloud, name: str) -> dict[str, Any]:
    def done() -> Any:
        found = cloud.sagemaker.describe_transform_job(TransformJobName=name)
        return found["TransformJobStatus"] not in ("InProgress", "Stopping") and found

    return dict(until(done))


def test_every_record_is_answered_by_the_model_and_lands_beside_its_object_s_name(lake: Cloud) -> None:
    name = start(lake, "s3://models/in")
    found = ended(lake, name)
    assert (found["TransformJobStatus"], found.get("FailureReason")) == ("Completed", None)
    assert found["TransformEndTime"] >= found["TransformStartTime"]
    s3 = lake.client("s3")
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket="scored", Prefix=name)["Contents"]]
    assert keys == [f"{name}/a.csv.out", f"{name}/more/b.csv.out"]
    answers = [json.loads(line) for line in s3.get_object(Bucket="scored", Key=keys[0])["Body"].read().splitlines()]
    assert [(answer["body"], answer["version"]) for answer in answers] == [("1", "one"), ("2", "one"), ("3", "one")]
    assert (answers[0]["headers"]["content-type"], answers[0]["headers"]["accept"]) == ("text/csv", "application/json")
    assert (answers[0]["env"]["SAGEMAKER_BATCH"], answers[0]["env"]["COLOUR"]) == ("true", "blue")
    listed = lake.sagemaker.list_transform_jobs(NameContains=name)["TransformJobSummaries"]
    assert [(each["TransformJobName"], each["TransformJobStatus"]) for each in listed] == [(name, "Completed")]


def test_a_manifest_names_the_objects(lake: Cloud) -> None:
    name = start(lake, "s3://models/list.manifest", kind="ManifestFile")
    assert ended(lake, name)["TransformJobStatus"] == "Completed"
    keys = [each["Key"] for each in lake.client("s3").list_objects_v2(Bucket="scored", Prefix=name)["Contents"]]
    assert keys == [f"{name}/b.csv.out"]


@pytest.mark.parametrize(
    ("source", "role", "environment", "said"),
    [
        ("s3://models/bad", {"writes": "scored"}, {}, "ClientError: s3://models/bad/c.csv: the container answered 400"),
        ("s3://models/none", {"writes": "scored"}, {}, "ClientError: no S3 objects found under"),
        ("s3://models/in", {}, {}, "may not s3:PutObject s3://scored"),
        ("s3://models/in", {"writes": "scored"}, {"BROKEN": "no layer"}, "AlgorithmError.*no layer"),
    ],
)
def test_a_job_that_cannot_be_done_fails_and_says_why(
    lake: Cloud, source: str, role: dict[str, str], environment: dict[str, str], said: str
) -> None:
    model = lake.model("one", role=lake.role(**role), **environment)
    found = ended(lake, start(lake, source, model=model))
    assert found["TransformJobStatus"] == "Failed"
    assert re.search(said, found["FailureReason"], re.DOTALL)


def test_a_job_can_be_stopped_once(lake: Cloud) -> None:
    lake.client("s3").put_object(Bucket="models", Key="slow/a.csv", Body=b"sleep 30\n")
    name = start(lake, "s3://models/slow")
    lake.sagemaker.stop_transform_job(TransformJobName=name)
    assert ended(lake, name)["TransformJobStatus"] == "Stopped"
    with pytest.raises(ClientError, match="Stopped status"):
        lake.sagemaker.stop_transform_job(TransformJobName=name)


def test_what_aws_or_this_account_does_not_take_is_refused_at_once(lake: Cloud) -> None:
    name = start(lake, "s3://models/in")
    ended(lake, name)
    for changed, said in (
        ({"TransformJobName": name}, "must be unique"),
        ({"ModelName": "nobody"}, "Could not find model"),
        ({"DataProcessing": {"JoinSource": "Input"}}, r"DataProcessing .*docs/limits\.md"),
    ):
        given = lake.sagemaker.describe_transform_job(TransformJobName=name)
        fields = ("ModelName", "TransformInput", "TransformOutput", "TransformResources")
        request = {"TransformJobName": "another"} | {field: given[field] for field in fields} | changed
        with pytest.raises(ClientError, match=said):
            lake.sagemaker.create_transform_job(**request)
    with pytest.raises(ClientError, match="Could not find requested job"):
        lake.sagemaker.describe_transform_job(TransformJobName="nobody")


def test_a_job_whose_daemon_was_killed_has_failed(new_cloud: Callable[..., Cloud]) -> None:
    cloud = new_cloud()
    cloud.artifact("one")
    cloud.client("s3").put_object(Bucket="models", Key="slow/a.csv", Body=b"sleep 60\n")
    name = start(cloud, "s3://models/slow")
    written(cloud)
    kill(cloud)
    cloud.start()
    found = ended(cloud, name)
    assert (found["TransformJobStatus"], "stopped meanwhile" in found["FailureReason"]) == ("Failed", True)
