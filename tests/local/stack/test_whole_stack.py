"""The stack that `make up` deploys, whole: its models with captures, a shadow, batch runs, alarms and dashboards."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from catalog.pools import POOL_LABEL as POOL
from local.cloud import daemon, processes
from local.cluster.api import Api
from local.cluster.layout import Layout
from local.stack import APPS
from local.state import CACHE, REPOSITORY
from tests.local.cloud.emulated import until
from tests.local.programs import require_cluster
from tests.local.providers.again import PARTS
from tests.local.stack.forgetting import forget, unfound, unfound_objects
from tests.local.stack.machine import (
    CANARY_ACCURACY,
    ENDPOINT,
    MODEL,
    Machine,
    changes,
    end,
    held_out,
    machine,
    predictions,
)

pytestmark = pytest.mark.engine
DIGITS, OFFERS, RISK = "takeoff-local-digits", "takeoff-local-offers", "takeoff-local-risk"
PARTITION = "2026-01-15"
VERSIONS = {
    MODEL: 2,
    "digits": 2,
    "offers": 2,
    "risk": 1,
    "vision": 1,
    "vision-gpu": 1,
}  # trained by `up`, of each model
# Removed, they would take data with them; what rests on one stays, too.
CONTENT = frozenset(
    f"aws:{kind}"
    for kind in (
        "ecr/repository:Repository",
        "kms/key:Key",
        "s3/bucket:Bucket",
        "sagemaker/endpoint:Endpoint",
        "sagemaker/endpointConfiguration:EndpointConfiguration",
        "sagemaker/model:Model",
        "sagemaker/modelPackageGroup:ModelPackageGroup",
    )
)
# The fewest pods of each model in the cluster, and the pool that they are meant for.
PODS = {"vision": (2, "general"), "vision-gpu": (1, "gpu")}
GUIDE = REPOSITORY / "docs/guides/rollback.md"


@dataclass(frozen=True)
class Whole:
    """The machine, and what the `up` that made it printed."""

    machine: Machine
    printed: str

    def bucket(self, name: str) -> str:
        found = self.machine.client("s3").list_buckets()["Buckets"]
        (bucket,) = [each["Name"] for each in found if each["Name"].startswith(f"takeoff-local-{name}-")]
        return str(bucket)

    def objects(self, bucket: str, prefix: str) -> list[str]:
        listed = self.machine.client("s3").list_objects_v2(Bucket=self.bucket(bucket), Prefix=prefix)
        return [each["Key"] for each in listed.get("Contents", [])]

    def text(self, bucket: str, key: str) -> str:
        return str(self.machine.client("s3").get_object(Bucket=self.bucket(bucket), Key=key)["Body"].read().decode())

    def takeoff(self, *arguments: str) -> Any:
        """What a command of Takeoff's answers in JSON."""
        command = [sys.executable, "-m", "takeoff", *arguments, "--stack", "local", "--json"]
        env = self.machine.inside()
        done = subprocess.run(command, cwd=REPOSITORY, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, end(done)
        return json.loads(done.stdout)

    def invocations(self, endpoint: str, variant: str) -> int:
        """As CloudWatch has them."""
        now, names = datetime.now(UTC), {"EndpointName": endpoint, "VariantName": variant}
        found = self.machine.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName="Invocations",
            Dimensions=[{"Name": name, "Value": value} for name, value in names.items()],
            StartTime=now - timedelta(hours=2),
            EndTime=now + timedelta(minutes=2),
            Period=60,
            Statistics=["Sum"],
        )
        return int(sum(point["Sum"] for point in found["Datapoints"]))

    def processes(self) -> dict[str, list[int]]:
        """The processes that serve, by endpoint."""
        found = daemon.status(self.machine.state)
        assert found
        return {
            name: sorted(pid for variant in endpoint["variants"].values() for pid in variant["pids"])
            for name, endpoint in found["endpoints"].items()
        }


def blocks(language: str) -> list[str]:
    """The guide's fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """The guide's commands, in its order."""
    return [line for block in blocks("bash") for line in block.splitlines()]


def typed(account: Machine, command: str) -> str:
    """What a person sees who types it in a shell of the local stack."""
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=REPOSITORY, env=account.inside(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def git(account: Machine, *arguments: str) -> str:
    """git in the folder of the machine's stack file, as somebody whom no configuration of this machine knows."""
    somebody = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    done = subprocess.run(["git", *somebody, *arguments], cwd=account.root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, end(done)
    return done.stdout.strip()


def commit(account: Machine, message: str) -> None:
    git(account, "add", account.stack_file.name)
    git(account, "commit", "--quiet", "--message", message)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with machine(tmp_path_factory.mktemp("whole"), shipped=True) as made:
        yield Whole(made, made.up())


def test_up_ends_with_predictions_of_all_models(whole: Whole) -> None:
    rows = predictions(whole.printed)
    arms = {(OFFERS, arm) for arm in ("control", "same", "treatment")}
    assert set(rows) == {(ENDPOINT, "main"), (ENDPOINT, "candidate"), (DIGITS, "main"), (RISK, "main"), *arms}
    assert min(float(accuracy) for _, _, _, accuracy, _ in rows.values()) > CANARY_ACCURACY
    served = {variant: version for variant, (version, *_) in rows.items()}
    assert served[OFFERS, "control"] == served[OFFERS, "same"] != served[OFFERS, "treatment"]
    # Both models of one code may have come to the same version, by different ways.
    assert len({served[ENDPOINT, "main"], served[ENDPOINT, "candidate"], served[DIGITS, "main"]}) == 3
    for model, versions in VERSIONS.items():
        assert f"{model}: image from " in whole.printed
        assert f"{model}: trained and registered {versions} versions" in whole.printed


def test_the_same_up_puts_models_into_the_cluster_on_the_pools_that_were_meant_for_them(whole: Whole) -> None:
    require_cluster()
    api = Api(Layout.of(whole.machine.state).kubeconfig)
    for model, (least, pool) in PODS.items():
        path = f"/api/v1/namespaces/local-{model}/pods"

        def running(path: str = path, least: int = least) -> list[dict[str, Any]]:
            """Its pods; the autoscaler is the last to act, and raises one replica to its minimum."""
            found = api.list(path, labels="app.kubernetes.io/component=service", fields="status.phase=Running")
            return found if len(found) >= least else []

        pods = until(running, 120)
        nodes = {api.get(f"/api/v1/nodes/{each['spec']['nodeName']}")["metadata"]["labels"][POOL] for each in pods}
        assert nodes == {pool}
        images = whole.machine.client("ecr").describe_images(repositoryName=f"takeoff-local-{model}")["imageDetails"]
        digests = {each["spec"]["containers"][0]["image"].partition("@")[2] for each in pods}
        assert digests == {each["imageDigest"] for each in images}


def test_a_second_up_changes_nothing_builds_nothing_and_restarts_nothing(whole: Whole) -> None:
    before, codebuild = whole.processes(), whole.machine.client("codebuild")
    builds = codebuild.list_builds()["ids"]
    # As after a kill, so that recovery looks at everything, too: it must know all of it.
    (whole.machine.state.root / "up-unfinished").touch()
    output = whole.machine.up()
    assert "removed " not in output
    counted = changes(output)
    assert set(counted) == {"unchanged"}
    assert counted["unchanged"] > 100
    assert codebuild.list_builds()["ids"] == builds
    assert len(builds) == len(VERSIONS)
    assert whole.processes() == before


def test_recovery_finds_everything_that_no_up_may_make_twice(whole: Whole) -> None:
    assert unfound(whole.machine) == set()


def test_recovery_finds_everything_in_the_cluster(whole: Whole) -> None:
    require_cluster()
    assert unfound_objects(whole.machine) == set()


def test_what_the_state_forgot_is_removed_and_made_again(whole: Whole) -> None:
    """As when an `up` dies before it writes down what it made: here of every type that can be lost without content."""
    account = whole.machine
    before, forgotten = account.resources(), forget(account, sparing=CONTENT)
    assert len(forgotten) > 30
    assert unremoved(forgotten, account.up()) <= PARTS
    assert account.resources() == before
    assert_nothing_to_change(account, account.stack)


def test_what_the_state_of_the_cluster_forgot_is_removed_and_made_again(whole: Whole) -> None:
    require_cluster()
    account = whole.machine
    forgotten = forget(account, APPS)
    assert len(forgotten) > 10
    assert unremoved(forgotten, account.up()) == set()
    assert unfound_objects(account) == set()
    assert_nothing_to_change(account, f"{account.stack}{APPS}")


def unremoved(types: set[str], printed: str) -> set[str]:
    """Those of the types of which `up` does not say that it removed one."""
    return {each for each in types if f"removed {each.rpartition(':')[2]} " not in printed}


def assert_nothing_to_change(account: Machine, stack: str) -> None:
    done = account.pulumi("preview", "--stack", stack, "--expect-no-changes", "--refresh")
    assert done.returncode == 0, end(done)


def test_requests_and_answers_are_captured_in_sagemakers_lines(whole: Whole) -> None:
    runtime, row = whole.machine.client("sagemaker-runtime"), json.dumps({"instances": held_out()[0][:1]})
    asked = {}
    for name in ("captured-1", "captured-2"):
        answer = runtime.invoke_endpoint(
            EndpointName=ENDPOINT, ContentType="application/json", Body=row, InferenceId=name
        )
        asked[name] = answer["InvokedProductionVariant"], answer["Body"].read().decode()

    def found() -> dict[str, tuple[str, dict[str, Any]]]:
        lines = [
            (key, line) for key in whole.objects("captures", MODEL) for line in whole.text("captures", key).split("\n")
        ]
        records = [(key, json.loads(line)) for key, line in lines if line]
        return {about.get("inferenceId"): (key, each) for key, each in records if (about := each["eventMetadata"])}

    # Lines are written every ten seconds.
    captured = until(lambda: (seen := found()).keys() >= asked.keys() and seen, 30)
    for name, (variant, body) in asked.items():
        key, record = captured[name]
        assert re.fullmatch(rf"{MODEL}/{ENDPOINT}/{variant}/\d{{4}}/\d\d/\d\d/\d\d/[\w-]+\.jsonl", key)
        about = {"observedContentType": "application/json", "encoding": "JSON"}
        assert record["captureData"] == {
            "endpointInput": {**about, "mode": "INPUT", "data": row},
            "endpointOutput": {**about, "mode": "OUTPUT", "data": body},
        }
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", record["eventMetadata"]["inferenceTime"])
        assert record["eventVersion"] == "0"


def test_the_shadow_sees_half_of_the_requests_and_answers_nobody(whole: Whole) -> None:
    sagemaker, runtime = whole.machine.client("sagemaker"), whole.machine.client("sagemaker-runtime")
    (shadow,) = sagemaker.describe_endpoint(EndpointName=DIGITS)["ShadowProductionVariants"]
    body = json.dumps({"instances": [[0] * 64]})
    answers = [
        runtime.invoke_endpoint(EndpointName=DIGITS, ContentType="application/json", Body=body) for _ in range(20)
    ]
    assert {answer["InvokedProductionVariant"] for answer in answers} == {"main"}
    assert len({answer["CustomAttributes"] for answer in answers}) == 1
    with pytest.raises(ClientError, match="Variant shadow not found"):
        runtime.invoke_endpoint(EndpointName=DIGITS, Body=body, TargetVariant=shadow["VariantName"])

    def share() -> float:
        return whole.invocations(DIGITS, "shadow") / whole.invocations(DIGITS, "main")

    assert whole.invocations(DIGITS, "main") >= 420
    until(lambda: abs(share() - 0.5) < 0.02)


def test_a_partition_is_scored_once(whole: Whole) -> None:
    rows, labels = held_out()
    s3, features, half = whole.machine.client("s3"), whole.bucket("features"), len(rows) // 2
    parts = {"a.csv": slice(half), "b.csv": slice(half, None)}
    for name, part in parts.items():
        body = "".join(",".join(map(repr, row)) + "\n" for row in rows[part])
        s3.put_object(Bucket=features, Key=f"{MODEL}/date={PARTITION}/{name}", Body=body.encode())
    start = ("batch", "start", MODEL, "--partition", PARTITION, "--timeout", "60")
    done = whole.takeoff(*start)
    assert (done["status"], done["inputs"], done["outputs"], done["jobs"]) == ("succeeded", 2, 2, 1)

    folder = f"predictions/{MODEL}/date={PARTITION}/version={done['version']}/"
    written = whole.objects("features", folder)
    assert folder + "_SUCCESS" in written
    classes = ("malignant", "benign")
    for name, part in parts.items():
        predicted = [line.split(",")[0] for line in whole.text("features", f"{folder}{name}.out").splitlines()]
        truth = [classes[label] for label in labels[part]]
        assert len(predicted) == len(truth)
        assert sum(p == t for p, t in zip(predicted, truth, strict=True)) > 0.9 * len(truth)

    again = whole.takeoff(*start)
    assert (again["status"], again["jobs"]) == ("succeeded", 1), "what is scored is not scored again"
    assert whole.objects("features", folder) == written
    assert len(whole.machine.client("sagemaker").list_transform_jobs()["TransformJobSummaries"]) == 1


def test_alarms_are_evaluated_and_none_rings(whole: Whole) -> None:
    watch = whole.machine.client("cloudwatch")

    def alarms() -> list[dict[str, Any]]:
        found = watch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        return [*found["MetricAlarms"], *found["CompositeAlarms"]]

    # A new alarm knows nothing; all but those that want data are fine once they were looked at.
    until(
        lambda: all(each["StateValue"] == "OK" or each.get("TreatMissingData") != "notBreaching" for each in alarms())
    )
    assert len(alarms()) > 10
    # A dead man rings until the monitor's first result.
    ringing = {each["AlarmName"] for each in alarms() if each["StateValue"] == "ALARM"}
    assert ringing <= {"takeoff-local-risk-drift-silent"}
    assert any("AlarmRule" in each for each in alarms())


def test_each_model_is_served_by_an_environment_of_its_own_and_not_by_ours(whole: Whole) -> None:
    interpreters: dict[str, set[str]] = {}
    for endpoint, pids in whole.processes().items():
        assert pids
        for pid in pids:
            command = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=True)
            interpreters.setdefault(endpoint, set()).add(command.stdout.split()[0])
    assert set(interpreters) == {ENDPOINT, DIGITS, OFFERS, RISK}
    assert all(len(found) == 1 for found in interpreters.values())
    cancer, digits = (interpreters[endpoint].pop() for endpoint in (ENDPOINT, DIGITS))
    assert cancer != digits
    for python, has in ((cancer, True), (digits, False)):
        assert Path(python).is_relative_to(CACHE / "environments")
        known = subprocess.run([python, "-c", "import skl2onnx"], capture_output=True, check=False).returncode == 0
        assert known == has
        ours = subprocess.run([python, "-c", "import pulumi"], capture_output=True, text=True, check=False)
        assert "No module named 'pulumi'" in ours.stderr


def test_a_daemon_that_is_killed_comes_back_with_everything(whole: Whole) -> None:
    account = whole.machine

    def images() -> list[str]:
        ecr = account.client("ecr")
        names = [each["repositoryName"] for each in ecr.describe_repositories()["repositories"]]
        found = [image for name in names for image in ecr.describe_images(repositoryName=name)["imageDetails"]]
        return sorted(image["imageDigest"] for image in found)

    def contents() -> list[object]:
        packages = account.client("sagemaker").list_model_packages(ModelPackageGroupName=f"takeoff-local-{MODEL}")
        arns = sorted(each["ModelPackageArn"] for each in packages["ModelPackageSummaryList"])
        return [account.resources(), images(), arns, whole.objects("captures", ""), whole.objects("features", "")]

    before, served = contents(), whole.processes()
    assert len(images()) == len(VERSIONS)
    until(lambda: not (daemon.status(account.state) or {})["snapshot"]["pending"])
    os.kill(json.loads(account.state.daemon_file.read_text())["pid"], signal.SIGKILL)
    daemon.start(account.state, 0)
    until(lambda: len(whole.processes().get(DIGITS, [])) == len(served[DIGITS]))
    assert contents() == before
    assert_nothing_to_change(account, account.stack)
    assert set(whole.takeoff("predict", "--requests", "20")) == {ENDPOINT, DIGITS, OFFERS, RISK}


def test_a_data_set_and_a_configuration_go_back_as_the_guide_says(whole: Whole, tmp_path: Path) -> None:
    account, file = whole.machine, whole.machine.stack_file
    s3, sagemaker = account.client("s3"), account.client("sagemaker")
    listed, again, anew, back, history, lineage, deployed = (
        line for line in commands() if not line.startswith(("make ", "takeoff rollback"))
    )

    def versions() -> list[tuple[str, bool, bool]]:
        found = json.loads(typed(account, f"{listed} --json"))
        return [(each["version"], each["used"], each["pinned"]) for each in found]

    def up() -> None:
        done = account.pulumi("up", "--yes", "--skip-preview")
        assert done.returncode == 0, end(done)

    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text())))
    before, weights = file.read_text(), account.weights()
    git(account, "init", "--quiet")
    commit(account, "as it was")

    # A data set that is worse: the newest, until the one before is pinned.
    ((first, _, _),) = versions()
    key = {"Bucket": whole.bucket("features"), "Key": "datasets/risk/data.csv"}
    rows = s3.get_object(**key)["Body"].read().splitlines(keepends=True)
    (tmp_path / "good.csv").write_bytes(b"".join(rows[: len(rows) // 2]))
    second = typed(account, anew.replace("good.csv", str(tmp_path / "good.csv"))).split()[-1]
    assert versions() == [(second, True, False), (first, False, False)]
    (pin,) = (yaml.safe_load(block) for block in blocks("yaml"))
    assert list(pin["training"]) == ["dataVersion"]
    content = yaml.safe_load(before)
    models = content["config"]["takeoff:models"]
    models["risk"]["training"]["dataVersion"] = first
    models[MODEL]["traffic"] = {"main": 60, "candidate": 40}
    file.write_text(yaml.safe_dump(content))
    commit(account, "as it should not be")
    up()
    assert versions() == [(second, False, False), (first, True, True)]
    pipeline, known = {"PipelineName": "takeoff-local-risk-training"}, sagemaker.list_pipeline_executions
    ran = len(known(**pipeline)["PipelineExecutionSummaries"])
    asked = typed(account, again).strip()
    newest = until(lambda: (found := known(**pipeline)["PipelineExecutionSummaries"])[ran:] and found[0], 30)
    run = {"PipelineExecutionArn": newest["PipelineExecutionArn"]}
    given = {
        p["Name"]: p["Value"] for p in sagemaker.list_pipeline_parameters_for_execution(**run)["PipelineParameters"]
    }
    assert given["DataVersion"] == first
    copied = s3.get_object(
        Bucket=key["Bucket"], Key=f"{given['Run'].partition(key['Bucket'])[2][1:]}/input/data/data.csv"
    )
    assert copied["Body"].read() == b"".join(rows)
    sagemaker.stop_pipeline_execution(**run)
    states = account.client("stepfunctions")
    until(lambda: states.describe_execution(executionArn=asked)["status"] != "RUNNING", 60)

    # The commit is undone: the pin is lifted, and the traffic is what it was.
    until(lambda: account.settled() and account.weights() == {"main": 60, "candidate": 40}, 30)
    git(account, *back.split()[1:])
    assert file.read_text() == before
    up()
    assert versions() == [(second, True, False), (first, False, False)]
    until(lambda: account.settled() and account.weights() == weights, 30)
    head = git(account, "-C", str(REPOSITORY), "rev-parse", "HEAD")
    updates = json.loads(typed(account, f"{history} --json"))[:2]
    assert [(each["kind"], each["result"]) for each in updates] == [("update", "succeeded")] * 2
    assert {each["environment"]["git.head"] for each in updates} == {head}

    # What is live tells what it was made of, and the next version which commit it was.
    stages = {stage["name"]: stage["facts"] for stage in json.loads(typed(account, f"{lineage} --json"))}
    assert stages["data set"] == {"S3 version": first}
    assert {"commit", "image", "package"} <= set(stages["version"])
    assert (stages["version"]["risk"], stages["version"]["model card"]) == ("High", "Draft")
    assert head in typed(account, deployed)
    written = account.client("ssm").get_parameter(Name="/takeoff/local/commit")["Parameter"]["Value"]
    assert written.startswith(head)


def test_down_leaves_nothing_of_ours(whole: Whole) -> None:
    served = [pid for pids in whole.processes().values() for pid in pids]
    done = whole.machine.run("down")
    assert done.returncode == 0, end(done)
    assert [pid for pid in served if processes.birth(pid) is not None] == []
    # SageMaker's own log groups are the account's, and stay on AWS, too.
    assert [each for each in whole.machine.resources() if "/aws/sagemaker/" not in each] == []
