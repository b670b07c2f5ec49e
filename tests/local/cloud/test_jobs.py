"""Training and processing jobs: real containers between S3 and S3, and AWS's words for what went wrong."""

from __future__ import annotations

import io
import json
import sys
import tarfile
import textwrap
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import artifacts, daemon, images
from local.cloud.job_storage import name_below
from local.cloud.training_host import hosts
from local.cloud.transform_input import InputError
from local.state import REPOSITORY
from model_code.artifact import pack
from tests.local.cloud.emulated import Cloud, gone, until
from tests.local.cloud.test_alarms import alarm, messages, queue, state
from tests.local.cloud.test_daemon import kill, written
from tests.local.cloud.test_emf import PRINTS

BUSY = ("InProgress", "Stopping")
IMAGE = "model_code/breast_cancer/Dockerfile"


@pytest.mark.parametrize(
    ("key", "prefix", "name"),
    [
        ("in/day/a.csv", "in", "day/a.csv"),
        ("in/day/a.csv", "in/", "day/a.csv"),
        ("in/day/a.csv", "in/day/a.csv", "a.csv"),
        ("in/day/a.csv", "in/da", "day/a.csv"),
        ("a.csv", "", "a.csv"),
    ],
)
def test_an_object_lies_below_the_folder_that_its_prefix_names(key: str, prefix: str, name: str) -> None:
    assert name_below(key, prefix).as_posix() == name


@pytest.mark.parametrize("key", ["in/../../etc/passwd", "in//../a", "in/"])
def test_a_key_that_leads_out_of_the_folder_is_refused(key: str) -> None:
    with pytest.raises(InputError, match="is not a name"):
        name_below(key, "in/")


def test_jobs_of_several_hosts_have_addresses_of_their_own() -> None:
    assert hosts(7, 1) == ["127.0.0.1"]
    every = [address for number in range(600) for address in hosts(number, 3)]
    assert len(set(every)) == len(every)
    assert {part for address in every for part in address.split(".")} <= {str(number) for number in range(1, 255)}


def test_an_artifact_has_the_bytes_that_the_model_s_own_packer_gives_it(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, name, text in ((one, "b/c", "first"), (one, "a", "1"), (two, "b/c", "second")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    pack(one, tmp_path / "ours.tar.gz")
    assert artifacts.pack([one, two]) == (tmp_path / "ours.tar.gz").read_bytes()
    with pytest.raises(artifacts.ArtifactError, match="at least one"):
        artifacts.pack([tmp_path / "nothing"])


@pytest.fixture(scope="module")
def lake(new_cloud: Callable[..., Cloud]) -> Cloud:
    """An account whose minutes are a second long, with a bucket of data."""
    cloud = new_cloud(TAKEOFF_CLOCK_SPEED="60")
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="models")
    s3.create_bucket(Bucket="results")
    for key in ("in/a.csv", "in/more/b.csv", "in/more/c.csv", "other/d.csv"):
        s3.put_object(Bucket="models", Key=key, Body=key.encode())
    listed = json.dumps([{"prefix": "s3://models/in/"}, "more/b.csv"]).encode()
    s3.put_object(Bucket="models", Key="list.manifest", Body=listed)
    return cloud


def train(cloud: Cloud, code: str, *, source: str = "s3://models/in", instances: int = 1, **more: Any) -> str:
    """Starts a job whose container runs this code."""
    name, source_type = str(more.get("TrainingJobName") or f"train-{next(cloud.names)}"), more.pop("source_type", {})
    channel = {"S3DataType": "S3Prefix", "S3Uri": source} | source_type
    given: dict[str, Any] = {
        "TrainingJobName": name,
        "AlgorithmSpecification": {
            "TrainingImage": cloud.image,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["python", "-c", HELPERS + textwrap.dedent(code)],
        },
        "RoleArn": cloud.role(writes="results"),
        "InputDataConfig": [{"ChannelName": "training", "DataSource": {"S3DataSource": channel}}],
        "OutputDataConfig": {"S3OutputPath": "s3://results/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": instances, "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    cloud.sagemaker.create_training_job(**(given | more))
    return name


def process(cloud: Cloud, code: str, *arguments: str, source: str = "s3://models/in", **more: Any) -> str:
    """Starts a job whose container runs this code."""
    name, kind = f"process-{next(cloud.names)}", more.pop("kind", "S3Prefix")
    put = {"LocalPath": "/opt/ml/processing/input/data", "S3DataType": kind, "S3InputMode": "File", "S3Uri": source}
    out = {"LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob", "S3Uri": f"s3://results/{name}"}
    entrypoint = ["python", "-c", HELPERS + textwrap.dedent(code)]
    given: dict[str, Any] = {
        "ProcessingJobName": name,
        "AppSpecification": {"ImageUri": cloud.image, "ContainerEntrypoint": entrypoint}
        | ({"ContainerArguments": list(arguments)} if arguments else {}),
        "RoleArn": cloud.role(writes="results"),
        "ProcessingInputs": [{"InputName": "data", "S3Input": put}],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "all", "S3Output": out}]},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}
        },
    }
    cloud.sagemaker.create_processing_job(**(given | more))
    return name


HELPERS = """
import json, os, signal, socket, sys, time
from pathlib import Path

env = os.environ
below = lambda folder: sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*.csv"))
"""


def trained(cloud: Cloud, name: str, seconds: float = 20) -> dict[str, Any]:
    def done() -> Any:
        found = cloud.sagemaker.describe_training_job(TrainingJobName=name)
        return found["TrainingJobStatus"] not in BUSY and found

    return dict(until(done, seconds))


def processed(cloud: Cloud, name: str) -> dict[str, Any]:
    def done() -> Any:
        found = cloud.sagemaker.describe_processing_job(ProcessingJobName=name)
        return found["ProcessingJobStatus"] not in BUSY and found

    return dict(until(done))


def body(cloud: Cloud, url: str) -> bytes:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return bytes(cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def unpacked(content: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return {each.name: archive.extractfile(each).read() for each in archive}  # type: ignore[union-attr]


def lines(cloud: Cloud, kind: str, name: str) -> list[str]:
    logs, group = cloud.client("logs"), f"/aws/sagemaker/{kind}Jobs"
    (stream,) = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{name}/algo-1")["logStreams"]
    events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
    return [event["message"] for event in events]


def test_a_container_learns_in_sagemaker_s_folders_and_s3_gets_its_model_under_the_key(lake: Cloud) -> None:
    key = lake.client("kms").create_key()["KeyMetadata"]["Arn"]
    name = train(
        lake,
        """
        config = Path(env["SM_INPUT_CONFIG_DIR"])
        names = ("hyperparameters", "resourceconfig", "inputdataconfig")
        seen = {each: json.loads((config / f"{each}.json").read_text()) for each in names}
        seen |= {"files": below(env["SM_CHANNEL_TRAINING"]), "colour": env["COLOUR"], "argv": sys.argv[1:]}
        seen |= {each: json.loads(env[each]) for each in ("SM_HPS", "SM_HOSTS", "SM_CHANNELS")}
        seen |= {"leaks": sorted(each for each in env if each.startswith(("AWS", "PULUMI")))}
        (Path(env["SM_MODEL_DIR"]) / "seen.json").write_text(json.dumps(seen))
        (Path(env["SM_OUTPUT_DATA_DIR"]) / "more.txt").write_text("beside")
        print("learned")
        """,
        HyperParameters={"algorithm": "trees", "depth": "3"},
        Environment={"COLOUR": "blue"},
        OutputDataConfig={"S3OutputPath": "s3://results/out/", "KmsKeyId": key},
    )
    found = trained(lake, name)
    assert (found["TrainingJobStatus"], found["SecondaryStatus"], found.get("FailureReason")) == (
        "Completed",
        "Completed",
        None,
    )
    steps = [each["Status"] for each in found["SecondaryStatusTransitions"]]
    assert steps == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert found["CreationTime"] <= found["TrainingStartTime"] <= found["TrainingEndTime"] <= found["LastModifiedTime"]
    url = found["ModelArtifacts"]["S3ModelArtifacts"]
    assert url == f"s3://results/out/{name}/output/model.tar.gz"
    seen = json.loads(unpacked(body(lake, url))["seen.json"])
    assert seen["files"] == ["a.csv", "more/b.csv", "more/c.csv"]
    assert seen["hyperparameters"] == seen["SM_HPS"] == {"algorithm": "trees", "depth": "3"}
    assert (seen["SM_CHANNELS"], list(seen["inputdataconfig"])) == (["training"], ["training"])
    assert (seen["colour"], seen["argv"], seen["leaks"]) == ("blue", ["train"], [])
    assert seen["SM_HOSTS"] == seen["resourceconfig"]["hosts"] == [seen["resourceconfig"]["current_host"]]
    assert unpacked(body(lake, url.replace("model", "output"))) == {"more.txt": b"beside"}
    head = lake.client("s3").head_object(Bucket="results", Key=url.removeprefix("s3://results/"))
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)
    assert lines(lake, "Training", name) == ["learned"]
    assert not (lake.state.cloud / "jobs" / "training" / name).exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux answers on every address of loopback")
def test_several_hosts_share_the_objects_and_reach_each_other_by_name(lake: Cloud) -> None:
    name = train(
        lake,
        """
        hosts, me = json.loads(env["SM_HOSTS"]), env["SM_CURRENT_HOST"]
        mine = below(env["SM_CHANNEL_TRAINING"])
        if me == hosts[0]:
            with socket.create_server((me, 7777)) as listener:
                other = listener.accept()[0].makefile().read()
            (Path(env["SM_MODEL_DIR"]) / "seen.json").write_text(json.dumps([mine, json.loads(other)]))
        while me != hosts[0]:
            try:
                with socket.create_connection((hosts[0], 7777)) as talk:
                    talk.sendall(json.dumps(mine).encode())
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        """,
        instances=2,
        source_type={"S3DataDistributionType": "ShardedByS3Key"},
    )
    found = trained(lake, name)
    assert found["TrainingJobStatus"] == "Completed", found.get("FailureReason")
    seen = json.loads(unpacked(body(lake, found["ModelArtifacts"]["S3ModelArtifacts"]))["seen.json"])
    assert seen == [["a.csv", "more/c.csv"], ["more/b.csv"]]


@pytest.mark.parametrize(
    ("code", "instances", "reason"),
    [
        ("Path(env['SM_OUTPUT_DIR'], 'failure').write_text('no rows'); sys.exit(3)", 1, "no rows, exit code: 3"),
        ("sys.exit('cannot learn')", 1, "cannot learn, exit code: 1"),
        ("os.kill(os.getpid(), signal.SIGKILL)", 1, ", exit code: 137"),
        ("pass", 1, "an artifact holds regular files, at least one"),
        (
            "env['SM_CURRENT_HOST'].endswith('2') and sys.exit('two is out'); time.sleep(60)",
            2,
            "two is out, exit code: 1",
        ),
    ],
)
def test_a_container_that_fails_says_why(lake: Cloud, code: str, instances: int, reason: str) -> None:
    found = trained(lake, train(lake, code, instances=instances))
    assert (found["TrainingJobStatus"], found["SecondaryStatus"]) == ("Failed", "Failed")
    assert found["FailureReason"].startswith("AlgorithmError: ")
    assert found["FailureReason"].endswith(reason)
    assert "ModelArtifacts" not in found


def test_a_container_hears_of_being_stopped_and_is_ended_if_it_does_not_listen(lake: Cloud) -> None:
    code = """
        signal.signal(signal.SIGTERM, lambda *_: print("told", flush=True))
        print(os.getpid(), flush=True)
        while True:
            time.sleep(1)
        """
    name = train(lake, code)
    pid = int(until(lambda: _first_line(lake, "training", name)))
    status = daemon.status(lake.state)
    assert status
    assert status["jobs"][f"training/{name}"] == "Training"
    lake.sagemaker.stop_training_job(TrainingJobName=name)
    found = trained(lake, name)
    assert (found["TrainingJobStatus"], found["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert lines(lake, "Training", name) == [str(pid), "told"]
    assert gone(pid)
    with pytest.raises(ClientError, match="in status Stopped"):
        lake.sagemaker.stop_training_job(TrainingJobName=name)


def _first_line(cloud: Cloud, kind: str, name: str) -> str:
    file = cloud.state.cloud / "logs" / kind / name / "algo-1.log"
    text = file.read_text() if file.exists() else ""
    return text.partition("\n")[0] if "\n" in text else ""


def test_a_job_stopped_before_it_began_is_stopped(lake: Cloud) -> None:
    name = process(lake, "time.sleep(60)")
    lake.sagemaker.stop_processing_job(ProcessingJobName=name)
    assert processed(lake, name)["ProcessingJobStatus"] == "Stopped"


def test_a_job_that_runs_too_long_is_ended(lake: Cloud) -> None:
    found = trained(lake, train(lake, "time.sleep(60)", StoppingCondition={"MaxRuntimeInSeconds": 1}))
    assert (found["TrainingJobStatus"], found["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


def test_what_aws_or_this_account_does_not_take_of_a_training_job_is_refused_at_once(lake: Cloud) -> None:
    name = train(lake, "sys.exit('once')")
    trained(lake, name)
    nobody = "arn:aws:iam::123456789012:role/nobody"
    source = {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://models/in"}}}
    for changed, said in (
        ({"TrainingJobName": name}, r"ResourceInUse.*must be unique"),
        ({"TrainingJobName": "../up"}, "regular expression"),
        ({"source": "s3://models/none"}, "No S3 objects found under S3 URL"),
        ({"RoleArn": nobody}, "Could not assume role"),
        ({"InputDataConfig": [source | {"ChannelName": "x", "CompressionType": "Gzip"}]}, r"Compr.*docs/limits\.md"),
        ({"InputDataConfig": [source | {"ChannelName": ".."}]}, "ChannelName: got"),
        ({"CheckpointConfig": {"S3Uri": "s3://models/c"}}, r"CheckpointConfig.*docs/limits\.md"),
    ):
        with pytest.raises(ClientError, match=said):
            train(lake, "pass", **changed)
    with pytest.raises(ClientError, match="Could not find requested job"):
        lake.sagemaker.describe_training_job(TrainingJobName="nobody")


def test_a_processing_job_reads_a_manifest_and_s3_gets_what_it_left_in_its_folder(lake: Cloud) -> None:
    name = process(
        lake,
        """
        root = Path(env["TAKEOFF_PROCESSING_DIR"])
        folder = root / "output" / "report"
        folder.mkdir()
        (folder / "seen.json").write_text(json.dumps([below(sys.argv[1]), sys.argv[2:], env["WHERE"] == str(root)]))
        (root.parent / "output" / "message").write_text("looks " + "good" * 1000)
        """,
        "/opt/ml/processing/input/data",
        "gate",
        source="s3://models/list.manifest",
        kind="ManifestFile",
        Environment={"WHERE": "/opt/ml/processing"},
    )
    found = processed(lake, name)
    assert (found["ProcessingJobStatus"], found.get("FailureReason")) == ("Completed", None)
    assert found["ExitMessage"] == ("looks " + "good" * 1000)[:1024]
    assert found["ProcessingStartTime"] <= found["ProcessingEndTime"]
    assert json.loads(body(lake, f"s3://results/{name}/report/seen.json")) == [["more/b.csv"], ["gate"], True]


@pytest.mark.parametrize(
    ("code", "given", "said"),
    [
        ("pass", {"source": "s3://models/none"}, "ClientError: no S3 objects found under S3 URL s3://models/none"),
        ("pass", {"source": "s3://results/kept"}, "may not s3:GetObject"),
        ("sys.exit('bad data')", {}, "AlgorithmError: bad data, exit code: 1"),
        (
            "Path(env['SM_OUTPUT_DATA_DIR']).parent.joinpath('message').write_text('refused'); sys.exit(4)",
            {},
            "AlgorithmError: refused, exit code: 4",
        ),
        (
            "pass",
            {"AppSpecification": {"ImageUri": "x.dkr.ecr.us-east-1.amazonaws.com/y@sha256:1"}},
            "ClientError: image",
        ),
        (
            "Path(env['TAKEOFF_PROCESSING_DIR'], 'output/x').touch()",
            {"reads": True},
            "may not s3:PutObject s3://results",
        ),
    ],
)
def test_a_processing_job_that_cannot_be_done_says_why(
    lake: Cloud, code: str, given: dict[str, Any], said: str
) -> None:
    lake.client("s3").put_object(Bucket="results", Key="kept/a.csv", Body=b"1")
    if given.pop("reads", False):
        given = given | {"RoleArn": lake.role()}
    found = processed(lake, process(lake, code, **given))
    assert found["ProcessingJobStatus"] == "Failed"
    assert said in found["FailureReason"]


def test_what_aws_or_this_account_does_not_take_of_a_processing_job_is_refused_at_once(lake: Cloud) -> None:
    outside = {"LocalPath": "/opt/ml/other", "S3UploadMode": "EndOfJob", "S3Uri": "s3://results/x"}
    climbs = outside | {"LocalPath": "/opt/ml/processing/../x"}
    streams = outside | {"LocalPath": "/opt/ml/processing/x", "S3UploadMode": "Continuous"}
    for output, said in (
        (outside, r"LocalPath must begin with /opt/ml/processing/"),
        (climbs, r"LocalPath must begin with /opt/ml/processing/"),
        (streams, r"S3UploadMode Continuous.*docs/limits\.md"),
    ):
        with pytest.raises(ClientError, match=said):
            process(lake, "pass", ProcessingOutputConfig={"Outputs": [{"OutputName": "o", "S3Output": output}]})


def test_rules_hear_of_every_status(lake: Cloud) -> None:
    url, arn = queue(lake, "heard")
    events = lake.client("events")
    pattern = {"source": ["aws.sagemaker"], "detail-type": ["SageMaker Processing Job State Change"]}
    events.put_rule(Name="heard", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="heard", Targets=[{"Id": "1", "Arn": arn}])
    name = process(lake, "pass")
    seen = [each["detail"] for each in messages(lake, url, 2)]
    assert [each["ProcessingJobStatus"] for each in seen if each["ProcessingJobName"] == name] == [
        "InProgress",
        "Completed",
    ]
    events.remove_targets(Rule="heard", Ids=["1"])
    events.delete_rule(Name="heard")


def test_jobs_are_listed_by_part_of_their_name_status_and_page(lake: Cloud) -> None:
    for code in (0, 1):
        process(lake, f"sys.exit({code})", ProcessingJobName=f"listed-{code}")
        processed(lake, f"listed-{code}")
    asked = lake.sagemaker.list_processing_jobs
    newest = asked(NameContains="listed", SortOrder="Descending", MaxResults=1)
    assert [each["ProcessingJobName"] for each in newest["ProcessingJobSummaries"]] == ["listed-1"]
    rest = asked(NameContains="listed", SortOrder="Descending", MaxResults=1, NextToken=newest["NextToken"])
    assert [each["ProcessingJobName"] for each in rest["ProcessingJobSummaries"]] == ["listed-0"]
    assert "NextToken" not in rest
    failed = asked(NameContains="listed", StatusEquals="Failed")["ProcessingJobSummaries"]
    assert [each["ProcessingJobName"] for each in failed] == ["listed-1"]
    future = datetime.now(UTC) + timedelta(hours=1)
    assert asked(CreationTimeAfter=future)["ProcessingJobSummaries"] == []


def test_what_a_job_prints_as_a_metric_is_seen_by_get_metric_data_and_rings_an_alarm(lake: Cloud) -> None:
    dimensions = [{"Name": "Model", "Value": "m"}]
    rings = alarm(lake, MetricName="Drift", Dimensions=dimensions, Threshold=0, Statistic="Maximum")
    name = process(lake, PRINTS + "\nhandler(None, None)\nprint('done')\n")
    assert processed(lake, name)["ProcessingJobStatus"] == "Completed"
    assert lines(lake, "Processing", name)[-1] == "done"
    until(lambda: state(lake, rings) == "ALARM")
    metric = {"Namespace": "tests", "MetricName": "Drift", "Dimensions": dimensions}
    query = {"Id": "q", "MetricStat": {"Metric": metric, "Period": 86_400, "Stat": "Sum"}}
    now = datetime.now(UTC)
    found = lake.client("cloudwatch").get_metric_data(
        MetricDataQueries=[query], StartTime=now - timedelta(hours=1), EndTime=now + timedelta(hours=1)
    )
    assert sum(found["MetricDataResults"][0]["Values"]) == 1


def test_a_job_whose_daemon_was_killed_has_failed_and_its_container_is_gone(new_cloud: Callable[..., Cloud]) -> None:
    cloud = new_cloud()
    cloud.artifact("one")
    cloud.client("s3").create_bucket(Bucket="results")
    name = process(cloud, "print(os.getpid(), flush=True); time.sleep(60)", source="s3://models/one")
    pid = int(until(lambda: _first_line(cloud, "processing", name)))
    written(cloud)
    kill(cloud)
    cloud.start()
    found = processed(cloud, name)
    assert (found["ProcessingJobStatus"], "stopped meanwhile" in found["FailureReason"]) == ("Failed", True)
    until(lambda: gone(pid))
    with pytest.raises(ClientError, match="must be unique"):
        process(cloud, "pass", source="s3://models/one", ProcessingJobName=name)


def shipped(cloud: Cloud, algorithm: str, instances: int = 1) -> dict[str, Any]:
    """Trains with the Dockerfile, the packages and the `train` that a model ships with, on the rows that it carries."""
    image = f"{cloud.image.partition('@')[0]}@{images.build(REPOSITORY, IMAGE, cloud.state)}"
    unread = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://models/in"}}
    name = train(
        cloud,
        "",
        AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File"},
        HyperParameters={"algorithm": algorithm},
        InputDataConfig=[{"ChannelName": "unread", "DataSource": unread}],
        StoppingCondition={"MaxRuntimeInSeconds": 120},
        instances=instances,
    )
    return trained(cloud, name, 120)


def test_the_shipped_model_trains_and_a_job_finds_its_artifact(lake: Cloud) -> None:
    found = [shipped(lake, "logistic-regression") for _ in range(2)]
    assert [each.get("FailureReason") for each in found] == [None, None]
    urls = [each["ModelArtifacts"]["S3ModelArtifacts"] for each in found]
    first, again = (body(lake, url) for url in urls)
    assert first == again
    assert {"model.onnx", "metadata.json"} <= set(unpacked(first))
    failed = shipped(lake, "guess")
    assert failed["TrainingJobStatus"] == "Failed"
    assert "hyperparameter 'algorithm': got 'guess'" in failed["FailureReason"]
    checked = process(
        lake,
        "path = Path(env['TAKEOFF_PROCESSING_DIR'])\n"
        "(path / 'output/size').write_text(str((path / 'input/data/model.tar.gz').stat().st_size))",
        source=urls[0],
        RoleArn=lake.role(allows="arn:aws:s3:::results/*", writes="results"),
    )
    assert processed(lake, checked)["ProcessingJobStatus"] == "Completed"
    assert int(body(lake, f"s3://results/{checked}/size")) == len(first)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux answers on every address of loopback")
def test_the_shipped_model_learns_the_same_on_two_hosts_as_on_one(lake: Cloud) -> None:
    metrics = []
    for instances in (1, 2):
        found = shipped(lake, "logistic-regression", instances)
        assert found["TrainingJobStatus"] == "Completed", found.get("FailureReason")
        files = unpacked(body(lake, found["ModelArtifacts"]["S3ModelArtifacts"]))
        metrics.append(json.loads(files["metadata.json"])["metrics"])
    assert metrics[0] == pytest.approx(metrics[1], abs=1e-3)
