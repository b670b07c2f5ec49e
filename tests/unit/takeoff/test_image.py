"""Building an image: only when it is not there, stored only when ECR has it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from catalog.build_context import BuildContext
from takeoff.commands import image as commands
from takeoff.image import BuildFailedError, Images
from takeoff.stack import CommandError, DeployedModel, DeployedStack

URL = "123456789012.dkr.ecr.us-east-1.amazonaws.com/takeoff-dev-fraud"
IMAGE = "/takeoff/dev/fraud/image"
MODEL = DeployedModel(
    name="fraud",
    code="fraud",
    owner="o@x",
    traffic={"main": 100},
    versions=["approved", "candidate"],
    project="takeoff-dev-fraud-image",
    repository=URL,
)
STACK = DeployedStack(name="dev", bucket="models", rollout="arn", models={"fraud": MODEL})
CONTEXT = BuildContext(dockerfile="model_code/fraud/Dockerfile", files={"model_code/fraud/Dockerfile": b"FROM x"})


def missing(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "Operation")


class Account:
    """The five services that an image takes; a build ends at its third look, as the test wishes."""

    def __init__(self) -> None:
        self.images: dict[str, str] = {}
        self.parameters: dict[str, str] = {}
        self.builds: list[dict[str, Any]] = []
        self.looks = 0
        self.status, self.exports, self.pushes = "SUCCEEDED", True, True
        self.uploaded: list[dict[str, Any]] = []

    def client(self, _: str) -> Any:
        return self

    def describe_images(self, *, repositoryName: str, imageIds: list[dict[str, str]]) -> Any:  # noqa: N803
        assert repositoryName == "takeoff-dev-fraud"
        (wanted,) = imageIds
        found = [
            {"imageDigest": digest, "imageTags": [tag]}
            for tag, digest in self.images.items()
            if tag == wanted.get("imageTag", tag) and digest == wanted.get("imageDigest", digest)
        ]
        if not found:
            raise missing("ImageNotFoundException")
        return {"imageDetails": found}

    def get_parameter(self, *, Name: str) -> Any:  # noqa: N803
        if Name not in self.parameters:
            raise missing("ParameterNotFound")
        return {"Parameter": {"Value": self.parameters[Name]}}

    def put_parameter(self, *, Name: str, Value: str, Type: str, Overwrite: bool) -> None:  # noqa: N803
        assert (Type, Overwrite) == ("String", True)
        self.parameters[Name] = Value

    def put_object(self, **given: Any) -> Any:
        self.uploaded.append(given)
        return {"VersionId": f"v{len(self.uploaded)}"}

    def start_build(self, *, projectName: str, sourceVersion: str, environmentVariablesOverride: Any) -> Any:  # noqa: N803
        assert projectName == MODEL.project
        return {"build": self.begin(environmentVariablesOverride[0]["value"], sourceVersion)}

    def begin(self, tag: str, version: str = "v0") -> dict[str, Any]:
        build = {
            "id": f"{MODEL.project}:{len(self.builds)}",
            "sourceVersion": version,
            "currentPhase": "BUILD",
            "buildStatus": "IN_PROGRESS",
            "buildComplete": False,
            "environment": {"environmentVariables": [{"name": "IMAGE_TAG", "value": tag}]},
            "phases": [{"phaseType": "INSTALL", "phaseStatus": "SUCCEEDED"}],
            "logs": {"groupName": "g", "streamName": "s"},
        }
        self.builds.insert(0, build)
        return build

    def list_builds_for_project(self, *, projectName: str, sortOrder: str) -> Any:  # noqa: N803
        assert sortOrder == "DESCENDING"
        return {"ids": [build["id"] for build in self.builds]}

    def batch_get_builds(self, *, ids: list[str]) -> Any:
        found = [build for build in self.builds if build["id"] in ids]
        for build in found:
            self.looks += 1
            if self.looks > 2 and not build["buildComplete"]:
                self.end(build)
        return {"builds": [dict(build) for build in found]}

    def end(self, build: dict[str, Any]) -> None:
        tag = build["environment"]["environmentVariables"][0]["value"]
        failed = {"phaseType": "BUILD", "phaseStatus": "FAILED", "contexts": [{"message": "docker build: exit 1"}]}
        build |= {"buildComplete": True, "buildStatus": self.status, "currentPhase": "COMPLETED"}
        if self.status != "SUCCEEDED":
            build["phases"].append(failed)
            return
        digest = "sha256:" + hashlib.sha256(tag.encode()).hexdigest()
        if self.pushes:
            self.images[tag] = digest
        build["exportedEnvironmentVariables"] = [
            {"name": "IMAGE_DIGEST", "value": digest if self.exports else ""},
        ]

    def get_log_events(self, *, limit: int, **_: Any) -> Any:
        return {"events": [{"message": f"line {number}\n"} for number in range(limit)]}


@pytest.fixture
def account() -> Account:
    return Account()


def images(account: Account, model: DeployedModel = MODEL) -> Images:
    return Images(STACK, model, account.client, clock=lambda: 0.0, sleep=lambda _: None)


def build(account: Account, *, force: bool = False) -> Any:
    return images(account).build(CONTEXT, force=force, report=lambda _: None)


def test_a_first_build_uploads_the_context_and_stores_the_digest_that_ecr_has(account: Account) -> None:
    built = build(account)
    (upload,) = account.uploaded
    assert (upload["Bucket"], upload["Key"]) == ("models", "image-sources/fraud/source.zip")
    assert zipfile.ZipFile(io.BytesIO(upload["Body"])).namelist() == ["model_code/fraud/Dockerfile"]
    assert account.builds[0]["sourceVersion"] == "v1"
    assert account.parameters[IMAGE] == built.image == f"{URL}@{account.images[CONTEXT.tag]}"
    assert (built.build, built.stored) == ("takeoff-dev-fraud-image:0", True)


def test_what_is_built_already_is_stored_and_not_built_again(account: Account) -> None:
    account.images[CONTEXT.tag] = "sha256:" + "a" * 64
    built = build(account)
    assert (built.build, built.stored, account.builds) == ("", True, [])
    assert account.parameters[IMAGE] == f"{URL}@sha256:{'a' * 64}"
    assert build(account).stored is False


def test_a_forced_build_takes_a_tag_of_its_own(account: Account) -> None:
    first = build(account)
    again = build(account, force=True)
    assert again.tag.startswith(f"{first.tag}-")
    assert len(account.builds) == 2
    assert account.parameters[IMAGE] == again.image != first.image
    after = build(account)
    assert (after.image, after.build, after.stored) == (again.image, "", False), "the newer image was given up"


def test_an_interrupted_build_is_followed_and_not_started_again(account: Account) -> None:
    left = account.begin(CONTEXT.tag)
    assert build(account).build == left["id"]
    assert (len(account.builds), account.uploaded) == (1, [])


def test_a_build_of_other_files_is_waited_for_and_then_ours_begins(account: Account) -> None:
    account.begin("0123456789")
    built = build(account)
    assert [built.tag, len(account.builds)] == [CONTEXT.tag, 2]
    assert account.parameters[IMAGE].endswith(account.images[CONTEXT.tag])


def test_a_failed_build_names_phase_reason_and_log_and_stores_nothing(account: Account) -> None:
    account.status = "FAILED"
    with pytest.raises(BuildFailedError) as failed:
        build(account)
    error = failed.value
    assert (error.phase, error.reason, error.lines[-1]) == ("BUILD", "docker build: exit 1", "line 19")
    assert account.parameters == {}


@pytest.mark.parametrize(
    ("exports", "pushes", "said"),
    [(False, True, "got IMAGE_DIGEST ''"), (True, False, "is not in ECR, though the build said so")],
)
def test_a_build_that_succeeded_without_an_image_has_failed(
    account: Account, exports: bool, pushes: bool, said: str
) -> None:
    account.exports, account.pushes = exports, pushes
    with pytest.raises(BuildFailedError, match=said):
        build(account)
    assert account.parameters == {}


def test_progress_names_the_phase_and_the_last_line(account: Account) -> None:
    seen: list[Any] = []
    images(account).build(CONTEXT, force=False, report=seen.append)
    assert [(each.phase, each.line) for each in seen] == [("BUILD", "line 0")] * 2 + [("COMPLETED", "line 0")]


def test_the_status_says_what_is_run_and_whether_it_is_there_and_new(account: Account) -> None:
    before = images(account).status(CONTEXT)
    assert (before.image, before.held, before.current, before.build) == ("", False, False, "")
    build(account)
    after = images(account).status(CONTEXT)
    assert (after.held, after.current, after.build_status) == (True, True, "SUCCEEDED")
    account.images.clear()
    gone = images(account).status(CONTEXT)
    assert (gone.image, gone.held, gone.current) == (after.image, False, False)


def test_what_comes_next_is_training_until_each_slot_has_a_version(account: Account) -> None:
    assert images(account).due() == "takeoff train fraud --count 2 --register --stack dev"
    account.parameters |= {f"/takeoff/dev/fraud/{slot}": "{}" for slot in ("approved", "candidate")}
    assert images(account).due() == "pulumi up --stack dev"


def test_a_model_whose_image_is_not_built_here_is_refused(account: Account) -> None:
    other = DeployedModel(name="llm", code="llm", owner="o@x", traffic={}, versions=[])
    with pytest.raises(CommandError, match=r"got llm, .* allowed: .* see stacks/Pulumi\.dev\.yaml"):
        images(account, other)


@pytest.fixture
def command(account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    """`takeoff image …` against the tests' account, in a repository with the one model."""
    dockerfile = tmp_path / "model_code" / "fraud" / "Dockerfile"
    dockerfile.parent.mkdir(parents=True)
    dockerfile.write_bytes(CONTEXT.files["model_code/fraud/Dockerfile"])
    monkeypatch.setattr(commands.stacks, "read", lambda _: STACK)
    monkeypatch.setattr(commands, "Images", lambda stack, model: images(account, model))

    def invoke(*arguments: str) -> Any:
        return CliRunner().invoke(commands.app, [*arguments, "--stack", "dev", "--repository", str(tmp_path)])

    return invoke


def test_the_command_says_what_was_built_and_what_comes_next(account: Account, command: Callable[..., Any]) -> None:
    first = command("build", "fraud")
    assert first.exit_code == 0, first.output
    assert "built by takeoff-dev-fraud-image:0; stored" in first.stdout
    assert "next: takeoff train fraud --count 2 --register --stack dev" in first.stdout
    assert "fraud: BUILD (takeoff-dev-fraud-image:0)" in first.stderr
    again = json.loads(command("build", "fraud", "--json").stdout)
    assert (again["build"], again["image"]) == ("", account.parameters[IMAGE])
    assert "already built" in command("build", "fraud").stdout
    status = command("status", "fraud", "--json")
    assert json.loads(status.stdout)["current"] is True
    assert "made of the files of now" in command("status", "fraud").stdout


def test_a_failed_build_ends_the_command_with_one_and_its_log(account: Account, command: Callable[..., Any]) -> None:
    account.status = "FAILED"
    failed = command("build", "fraud", "--json")
    assert failed.exit_code == 1
    assert json.loads(failed.stdout)["phase"] == "BUILD"
    assert "line 19" in failed.stderr
    assert "failed in BUILD: docker build: exit 1; nothing was stored" in failed.stderr


def test_a_folder_without_a_dockerfile_is_named(command: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "model_code" / "fraud" / "Dockerfile").unlink()
    refused = command("build", "fraud")
    assert isinstance(refused.exception, CommandError)
    assert "got no model_code/fraud/Dockerfile" in str(refused.exception)
