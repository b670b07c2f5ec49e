"""Building a model's image in its CodeBuild project, and telling the account which digest to run."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError

from catalog.build_context import BuildContext
from catalog.naming import parameter_name
from catalog.training import first_training, slots
from takeoff import parameter
from takeoff.stack import CommandError, DeployedModel, DeployedStack

_TAIL = 20  # lines of a log
_RECENT = 5  # builds among which one that still runs is looked for; a project runs one at a time


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where a build stands: CodeBuild's phase, seconds since it began, and the last line of its log."""

    build: str
    phase: str
    seconds: float
    line: str


@dataclass(frozen=True, kw_only=True)
class Built:
    """An image that is in the repository. `build` is empty when it was there before; `stored`: the digest is new."""

    model: str
    image: str
    tag: str
    build: str
    stored: bool


@dataclass(frozen=True, kw_only=True)
class Status:
    """What a model's image is. `held`: ECR has it. `current`: it is what the files of now make."""

    model: str
    image: str
    held: bool
    current: bool
    tag: str
    build: str
    build_status: str


class BuildFailedError(RuntimeError):
    """A build without an image: its id, CodeBuild's phase and reason, and the last lines of its log."""

    def __init__(self, build: str, phase: str, reason: str, lines: list[str]) -> None:
        super().__init__(f"build {build} failed in {phase}: {reason}")
        self.build, self.phase, self.reason, self.lines = build, phase, reason, lines


class Images:
    """The images of one model: repository, build project, and the parameter that says which one is run."""

    def __init__(
        self,
        stack: DeployedStack,
        model: DeployedModel,
        client: Callable[[str], Any] = boto3.client,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Raises CommandError for a model whose image this stack does not build."""
        if not model.project or not model.repository:
            raise CommandError(
                f"image: got {model.name}, for which stack {stack.name} has no build project; allowed: a model without "
                f"`image`, once it is deployed; see stacks/Pulumi.{stack.name}.yaml"
            )
        self._stack, self._model, self._clock, self._sleep = stack, model, clock, sleep
        self._s3, self._ecr, self._ssm = client("s3"), client("ecr"), client("ssm")
        self._codebuild, self._logs = client("codebuild"), client("logs")
        self._parameter = parameter_name(stack.name, model.name, "image")

    def build(self, context: BuildContext, *, force: bool, report: Callable[[Progress], None]) -> Built:
        """Have the image of these files in ECR and its digest in SSM; builds nothing that is there, unless forced.

        Safe to repeat: a build that was left running is followed to its end. A forced build takes a tag of its own,
        since tags never change. Raises BuildFailedError, and then stores nothing.
        """
        tag, build = context.tag, ""
        if force:
            tag += datetime.now(UTC).strftime("-%Y%m%d%H%M%S")
        digest = self._kept(tag) or self._digest(tag)
        while not digest:
            running = self._running()
            ended = self._follow(running or self._start(context, tag), report)
            if _tag(ended) == tag:
                build, digest = ended["id"], self._result(ended)
            else:  # somebody built other files; ours come next
                digest = self._digest(tag)
        return Built(
            model=self._model.name, image=self._uri(digest), tag=tag, build=build, stored=self._store(self._uri(digest))
        )

    def status(self, context: BuildContext) -> Status:
        """What is stored, whether it is still there, and whether it is what these files make."""
        image = self._stored()
        last = next(iter(self._builds()), {})
        return Status(
            model=self._model.name,
            image=image,
            held=bool(image) and self._held(image.partition("@")[2]),
            current=bool(self._kept(context.tag)),
            tag=context.tag,
            build=str(last.get("id", "")),
            build_status=str(last.get("buildStatus", "")),
        )

    def due(self) -> str:
        """The command that comes next for this model, once it has an image."""
        stack, model = self._stack.name, self._model
        wanted = slots(model.versions)
        if not all(parameter.value(self._ssm, parameter_name(stack, model.name, slot)) for slot in wanted):
            commands = first_training(model.name, wanted, pipeline=bool(model.training))
            return " && ".join(f"takeoff {shlex.join(command)} --stack {stack}" for command in commands)
        return "make up" if stack == "local" else f"pulumi up --stack {stack}"

    def _start(self, context: BuildContext, tag: str) -> str:
        key = f"image-sources/{self._model.name}/source.zip"
        uploaded = self._s3.put_object(Bucket=self._stack.bucket, Key=key, Body=context.archive())
        started = self._codebuild.start_build(
            projectName=self._model.project,
            sourceVersion=uploaded["VersionId"],
            environmentVariablesOverride=[{"name": "IMAGE_TAG", "value": tag, "type": "PLAINTEXT"}],
        )
        return str(started["build"]["id"])

    def _running(self) -> str | None:
        """The build that is under way: left by a run that was interrupted, or somebody else's."""
        return next((str(build["id"]) for build in self._builds() if not build["buildComplete"]), None)

    def _builds(self) -> list[dict[str, Any]]:
        found = self._codebuild.list_builds_for_project(projectName=self._model.project, sortOrder="DESCENDING")
        ids = found["ids"][:_RECENT]
        builds = self._codebuild.batch_get_builds(ids=ids)["builds"] if ids else []
        return sorted(builds, key=lambda build: ids.index(build["id"]))

    def _follow(self, build_id: str, report: Callable[[Progress], None]) -> dict[str, Any]:
        began = self._clock()
        while True:
            (build,) = self._codebuild.batch_get_builds(ids=[build_id])["builds"]
            seconds = self._clock() - began
            last = self._tail(build, 1)
            report(
                Progress(build=build_id, phase=build["currentPhase"], seconds=seconds, line=last[-1] if last else "")
            )
            if build["buildComplete"]:
                return dict(build)
            self._sleep(0.25 if seconds < 5 else 2.0)

    def _result(self, build: dict[str, Any]) -> str:
        """The digest that a build pushed. Raises BuildFailedError for a build that failed or pushed none."""
        exported = {each["name"]: each["value"] for each in build.get("exportedEnvironmentVariables", [])}
        digest = str(exported.get("IMAGE_DIGEST", ""))
        if build["buildStatus"] != "SUCCEEDED":
            phase, reason = _failure(build)
        elif not digest.startswith("sha256:"):
            phase, reason = "BUILD", f"got IMAGE_DIGEST {digest!r}; allowed: a digest; see model_code/buildspec.yml"
        elif not self._held(digest):
            phase, reason = "BUILD", f"{self._uri(digest)} is not in ECR, though the build said so"
        else:
            return digest
        raise BuildFailedError(build["id"], phase, reason, self._tail(build, _TAIL))

    def _tail(self, build: dict[str, Any], lines: int) -> list[str]:
        log = build.get("logs", {})
        if not log.get("streamName"):
            return []
        try:
            found = self._logs.get_log_events(
                logGroupName=log["groupName"], logStreamName=log["streamName"], limit=lines, startFromHead=False
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return []  # the stream begins with its first line
        return [str(event["message"]).rstrip() for event in found["events"]]

    def _kept(self, tag: str) -> str:
        """The digest that is stored, if it was made of the same files; a forced build stays until they change."""
        digest = self._stored().partition("@")[2]
        tags = (
            [str(each) for image in self._images({"imageDigest": digest}) for each in image.get("imageTags", [])]
            if digest
            else []
        )
        return digest if any(each == tag or each.startswith(f"{tag}-") for each in tags) else ""

    def _digest(self, tag: str) -> str | None:
        found = self._images({"imageTag": tag})
        return str(found[0]["imageDigest"]) if found else None

    def _held(self, digest: str) -> bool:
        return bool(self._images({"imageDigest": digest}))

    def _images(self, image_id: dict[str, str]) -> list[dict[str, Any]]:
        name = self._model.repository.partition("/")[2]
        try:
            return list(self._ecr.describe_images(repositoryName=name, imageIds=[image_id])["imageDetails"])
        except ClientError as error:
            if error.response["Error"]["Code"] != "ImageNotFoundException":
                raise
            return []

    def _uri(self, digest: str) -> str:
        return f"{self._model.repository}@{digest}"

    def _stored(self) -> str:
        return parameter.value(self._ssm, self._parameter)

    def _store(self, image: str) -> bool:
        """Write the parameter if it says something else; whether it did."""
        if self._stored() == image:
            return False
        self._ssm.put_parameter(Name=self._parameter, Value=image, Type="String", Overwrite=True)
        return True


def _tag(build: dict[str, Any]) -> str:
    variables = build.get("environment", {}).get("environmentVariables", [])
    return next((str(each["value"]) for each in variables if each["name"] == "IMAGE_TAG"), "")


def _failure(build: dict[str, Any]) -> tuple[str, str]:
    """The phase in which a build ended, and what CodeBuild says of it."""
    for phase in build.get("phases", []):
        if phase.get("phaseStatus", "SUCCEEDED") not in {"SUCCEEDED", "IN_PROGRESS"}:
            said = "; ".join(each["message"] for each in phase.get("contexts", []) if each.get("message"))
            return str(phase["phaseType"]), said or str(phase["phaseStatus"])
    return str(build.get("currentPhase", "")), str(build["buildStatus"])
