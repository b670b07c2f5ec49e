"""CodeBuild on this machine: a buildspec runs as a process, and the record says what CodeBuild's would."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from catalog import build_context
from local.cloud import daemon, images
from local.state import State
from tests.local.cloud.emulated import Cloud, gone, until

ROOT = Path(__file__).resolve().parents[3]
BUILDSPEC = (ROOT / "model_code" / "buildspec.yml").read_text()
REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com"


class Project:
    """A project in the emulated account, with a source in its bucket."""

    def __init__(self, cloud: Cloud, buildspec: str, *, minutes: int = 60, source: str = "", **variables: str) -> None:
        self.cloud, self.name = cloud, f"project-{next(cloud.names)}"
        self.key = f"{source or self.name}/source.zip"
        self.codebuild = cloud.client("codebuild")
        self.codebuild.create_project(
            name=self.name,
            source={"type": "S3", "location": f"sources/{self.key}", "buildspec": buildspec},
            artifacts={"type": "NO_ARTIFACTS"},
            environment={
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/x",
                "computeType": "BUILD_GENERAL1_SMALL",
                "environmentVariables": [{"name": name, "value": value} for name, value in variables.items()],
            },
            serviceRole=cloud.role(trusted="codebuild.amazonaws.com"),
            logsConfig={"cloudWatchLogs": {"status": "ENABLED", "groupName": f"/aws/codebuild/{self.name}"}},
            timeoutInMinutes=minutes,
            concurrentBuildLimit=1,
        )
        self.s3 = cloud.client("s3")
        self.s3.create_bucket(Bucket="sources")
        self.s3.put_bucket_versioning(Bucket="sources", VersioningConfiguration={"Status": "Enabled"})

    def upload(self, content: bytes) -> str:
        put = self.s3.put_object(Bucket="sources", Key=self.key, Body=content)
        return str(put["VersionId"])

    def start(self, version: str | None = None, **variables: str) -> str:
        overrides = [{"name": name, "value": value} for name, value in variables.items()]
        more = {"sourceVersion": version} if version else {}
        started = self.codebuild.start_build(projectName=self.name, environmentVariablesOverride=overrides, **more)
        return str(started["build"]["id"])

    def get(self, build: str) -> dict[str, Any]:
        (found,) = self.codebuild.batch_get_builds(ids=[build])["builds"]
        return dict(found)

    def ended(self, build: str) -> dict[str, Any]:
        return until(lambda: (found := self.get(build))["buildComplete"] and found, 60)

    def log(self, build: str) -> list[str]:
        at = self.get(build)["logs"]
        events = self.cloud.client("logs").get_log_events(
            logGroupName=at["groupName"], logStreamName=at["streamName"], startFromHead=True
        )["events"]
        return [event["message"] for event in events]


def source(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "."), text)
    return buffer.getvalue()


def spec(env: str = "", **phases: list[str]) -> str:
    lines = ["version: 0.2", env, "phases:"]
    for name, commands in phases.items():
        lines += [f"  {name}:", "    commands:", *(f"      - {json.dumps(command)}" for command in commands)]
    return "\n".join(lines)


def phases(build: dict[str, Any]) -> dict[str, str]:
    return {each["phaseType"]: each.get("phaseStatus", "") for each in build["phases"]}


def test_a_build_runs_its_phases_on_the_source_of_the_version_it_was_given(cloud: Cloud) -> None:
    buildspec = spec(
        "env: {shell: bash, variables: {GREETING: hello}, exported-variables: [SAID, NEVER]}",
        install=["cd folder"],
        pre_build=['export SAID="$GREETING $(cat a__txt || true)"'.replace("__", ".")],
        build=["plain=1", "test $plain = 1 && pwd", "echo $AWS_REGION $MORE $CODEBUILD_BUILD_ID"],
        post_build=["test $CODEBUILD_BUILD_SUCCEEDING = 1 && echo after"],
    )
    project = Project(cloud, buildspec, MORE="of the project")
    version = project.upload(source(**{"folder/a__txt": "first"}))
    project.upload(source(**{"folder/a__txt": "second"}))
    build = project.ended(project.start(version, MORE="of the start"))
    assert build["buildStatus"] == "SUCCEEDED", project.log(build["id"])
    assert build["exportedEnvironmentVariables"] == [
        {"name": "SAID", "value": "hello first"},
        {"name": "NEVER", "value": ""},
    ]
    assert list(phases(build)) == [
        *("SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD"),
        *("UPLOAD_ARTIFACTS", "FINALIZING", "COMPLETED"),
    ]
    log = project.log(build["id"])
    assert f"us-east-1 of the start {build['id']}" in log
    assert log[-1] == "after"
    assert any(line.endswith("/src/folder") for line in log)
    assert build["logs"]["groupName"] == f"/aws/codebuild/{project.name}"
    assert project.codebuild.list_builds_for_project(projectName=project.name)["ids"] == [build["id"]]


def test_a_failed_build_phase_names_its_command_and_still_has_its_post_build(cloud: Cloud) -> None:
    buildspec = spec(
        "env: {exported-variables: [LEFT]}",
        build=["export LEFT=something", "echo about to fail", "exit 3", "echo never"],
        post_build=["echo succeeding $CODEBUILD_BUILD_SUCCEEDING"],
    )
    project = Project(cloud, buildspec)
    project.upload(source(a="b"))
    build = project.ended(project.start())
    assert build["buildStatus"] == "FAILED"
    assert phases(build)["BUILD"] == "FAILED"
    assert phases(build)["POST_BUILD"] == "SUCCEEDED"
    (context,) = next(each for each in build["phases"] if each["phaseType"] == "BUILD")["contexts"]
    assert context == {
        "statusCode": "COMMAND_EXECUTION_ERROR",
        "message": "Error while executing command: exit 3. Reason: exit status 3",
    }
    assert build["exportedEnvironmentVariables"] == [{"name": "LEFT", "value": "something"}]
    log = project.log(build["id"])
    assert "never" not in log
    assert log[-1] == "succeeding 0"


def test_a_failed_pre_build_ends_the_build(cloud: Cloud) -> None:
    project = Project(cloud, spec(pre_build=["false"], build=["echo never"], post_build=["echo never"]))
    project.upload(source(a="b"))
    build = project.ended(project.start())
    assert phases(build)["PRE_BUILD"] == "FAILED"
    assert {"BUILD", "POST_BUILD"} & set(phases(build)) == set()


@pytest.mark.parametrize(
    ("buildspec", "content", "status", "said"),
    [
        (spec(build=["true"]), None, "CLIENT_ERROR", "NoSuchKey"),
        (spec(build=["true"]), b"no zip", "CLIENT_ERROR", "not a zip file"),
        ("version: 0.1\n", source(a="b"), "YAML_FILE_ERROR", "allowed 0.2"),
        (
            spec("batch: {}", build=["true"]),
            source(a="b"),
            "YAML_FILE_ERROR",
            "batch: the local stack does not serve it",
        ),
        (spec(deploy=["true"]), source(a="b"), "YAML_FILE_ERROR", "phases.deploy"),
        ("other.yml", source(a="b"), "CLIENT_ERROR", "other.yml"),
    ],
)
def test_a_source_that_cannot_be_built_fails_in_its_download(
    cloud: Cloud, buildspec: str, content: bytes | None, status: str, said: str
) -> None:
    project = Project(cloud, buildspec)
    if content:
        project.upload(content)
    build = project.ended(project.start())
    phase = next(each for each in build["phases"] if each["phaseType"] == "DOWNLOAD_SOURCE")
    assert (build["buildStatus"], phase["phaseStatus"]) == ("FAILED", "FAILED")
    assert phase["contexts"][0]["statusCode"] == status
    assert said in phase["contexts"][0]["message"]


def waiting(cloud: Cloud, **more: Any) -> tuple[Project, str, int]:
    """A project whose build waits for ever, the build, and the process that waits."""
    project = Project(cloud, spec(build=["echo pid $$", "sleep 600"]), **more)
    project.upload(source(a="b"))
    build = project.start()
    (line,) = until(lambda: [line for line in log(project, build) if line.startswith("pid ")])
    return project, build, int(line.split()[1])


def status(cloud: Cloud) -> dict[str, Any]:
    found = daemon.status(cloud.state)
    assert found
    return found


def log(project: Project, build: str) -> list[str]:
    try:
        return project.log(build)
    except ClientError:  # the stream begins with its first line
        return []


def test_a_project_builds_one_at_a_time_and_a_stopped_build_leaves_no_process(cloud: Cloud) -> None:
    project, build, pid = waiting(cloud)
    with pytest.raises(ClientError, match="Cannot have more than 1 active builds") as refused:
        project.start()
    assert refused.value.response["Error"]["Code"] == "AccountLimitExceededException"
    project.codebuild.stop_build(id=build)
    ended = project.ended(build)
    assert ended["buildStatus"] == "STOPPED"
    assert phases(ended)["BUILD"] == "STOPPED"
    until(lambda: gone(pid))
    project.codebuild.stop_build(id=project.start())
    with pytest.raises(ClientError, match="does not exist"):
        project.codebuild.stop_build(id=f"{project.name}:none")


def test_a_build_that_takes_too_long_is_timed_out(new_cloud: Callable[..., Cloud]) -> None:
    # At this speed five of AWS's minutes are two seconds.
    project, build, pid = waiting(new_cloud(TAKEOFF_CLOCK_SPEED="150"), minutes=5)
    ended = project.ended(build)
    assert ended["buildStatus"] == "TIMED_OUT"
    until(lambda: gone(pid))


def test_a_build_that_a_killed_daemon_left_has_failed_after_the_restart(new_cloud: Callable[..., Cloud]) -> None:
    cloud = new_cloud()
    project, build, pid = waiting(cloud)
    until(lambda: not status(cloud)["snapshot"]["pending"])
    daemon_pid = status(cloud)["daemon"]["pid"]
    os.kill(daemon_pid, 9)
    until(lambda: gone(daemon_pid))
    cloud.start()
    project.codebuild = cloud.client("codebuild")
    assert gone(pid)
    ended = project.get(build)
    assert (ended["buildStatus"], ended["buildComplete"]) == ("FAILED", True)
    phase = next(each for each in ended["phases"] if each["phaseType"] == "BUILD")
    assert "ended while the build ran" in phase["contexts"][0]["message"]


def test_a_build_finds_packages_as_this_machine_does_and_the_account_without_a_proxy(
    new_cloud: Callable[..., Cloud],
) -> None:
    cloud = new_cloud(
        HTTPS_PROXY="http://127.0.0.1:9", no_proxy="example.com", PIP_INDEX_URL="http://127.0.0.1:9/simple"
    )
    project = Project(cloud, spec(build=["echo $HTTPS_PROXY $no_proxy $NO_PROXY $PIP_INDEX_URL $AWS_ENDPOINT_URL"]))
    project.upload(source(a="b"))
    bypass = "example.com,127.0.0.1"
    said = f"http://127.0.0.1:9 {bypass} {bypass} http://127.0.0.1:9/simple {cloud.endpoint}"
    assert project.log(project.ended(project.start())["id"])[-1] == said


@pytest.fixture
def ecr(cloud: Cloud) -> str:
    name = f"takeoff-test-{next(cloud.names)}"
    cloud.client("ecr").create_repository(repositoryName=name, imageTagMutability="IMMUTABLE")
    return name


def imaging(cloud: Cloud, ecr: str, buildspec: str = BUILDSPEC) -> Project:
    return Project(cloud, buildspec, REPOSITORY_URL=f"{REGISTRY}/{ecr}", DOCKERFILE="model_code/echo/Dockerfile")


def test_the_shipped_buildspec_pushes_an_image_that_runs_from_the_local_store(
    cloud: Cloud, ecr: str, repository: Path
) -> None:
    project, context = imaging(cloud, ecr), build_context.read(repository, "echo")
    build = project.ended(project.start(project.upload(context.archive()), IMAGE_TAG=context.tag))
    assert build["buildStatus"] == "SUCCEEDED", project.log(build["id"])
    ((exported),) = build["exportedEnvironmentVariables"]
    (held,) = cloud.client("ecr").describe_images(repositoryName=ecr)["imageDetails"]
    assert exported == {"name": "IMAGE_DIGEST", "value": held["imageDigest"]}
    assert held["imageTags"] == [context.tag]
    assert images.load(f"{REGISTRY}/{ecr}@{held['imageDigest']}", cloud.state).folder.is_dir()
    again = project.ended(project.start(IMAGE_TAG=context.tag))
    assert phases(again)["BUILD"] == "FAILED"
    assert any("denied: " in line and "already exists" in line for line in project.log(again["id"]))


def test_a_dockerfile_that_cannot_be_followed_fails_the_build_and_pushes_nothing(cloud: Cloud, ecr: str) -> None:
    project = imaging(cloud, ecr)
    project.upload(source(**{"model_code/echo/Dockerfile": "FROM x\n"}))
    build = project.ended(project.start(IMAGE_TAG="t"))
    assert phases(build)["BUILD"] == "FAILED"
    assert any("needs an ENTRYPOINT" in line for line in project.log(build["id"]))
    assert cloud.client("ecr").describe_images(repositoryName=ecr)["imageDetails"] == []


def test_a_push_without_login_or_repository_is_refused(cloud: Cloud, ecr: str, repository: Path) -> None:
    content = build_context.read(repository, "echo").archive()
    without = "\n".join(line for line in BUILDSPEC.splitlines() if "get-login-password" not in line)
    for project, said in (
        (imaging(cloud, ecr, without), "no basic auth credentials"),
        (imaging(cloud, "takeoff-test-none"), "does not exist in the registry"),
    ):
        build = project.ended(project.start(project.upload(content), IMAGE_TAG="t"))
        assert build["buildStatus"] == "FAILED"
        assert any(said in line for line in project.log(build["id"])), project.log(build["id"])


def test_the_manifest_that_is_pushed_hashes_to_its_digest(repository: Path, tmp_path: Path) -> None:
    state = State(tmp_path)
    digest = images.build(repository, "model_code/echo/Dockerfile", state)
    assert digest == "sha256:" + hashlib.sha256(images.manifest(digest, state).encode()).hexdigest()
