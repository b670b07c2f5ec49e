"""The phases of an account that has no image or version yet: what people do on AWS once, `make up` does by itself."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from catalog import build_context
from catalog.naming import parameter_name
from catalog.training import approval, first_training, slots
from local.client import client
from local.stack import LocalStack
from local.state import REPOSITORY

# Images wait for the account, training for a core.
_AT_ONCE = 2
_ADMITTED = 60  # seconds from a version's registration until its parameter is there
Commands = Sequence[Sequence[str]]


class PhaseError(RuntimeError):
    """A phase that failed; it has printed why."""


def prepare(stack: LocalStack, *, trainings: bool = True) -> list[str]:
    """Run the commands that are due for the declared models: image builds and first trainings. Returns what was done.

    Without `trainings` only images are built: before the program is applied, what would train may be out of date.

    Reads the models from the last deployment's outputs, so it does nothing before the first. Asking the account for
    what is there costs milliseconds, a command a second. A model whose first version waits for a person is left as it
    is; `waiting` says so. Raises PhaseError once all of them have ended.
    """
    # Training takes longest, so it begins first.
    due = sorted(_due(stack, Account(stack.env)), key=_is_image)
    due = [each for each in due if trainings or _is_image(each)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        running = [(does, pool.submit(_take, stack, commands)) for does, commands in due]
    for _, ended in running:
        ended.result()
    return [does for does, _ in running]


def waiting(stack: LocalStack) -> list[str]:
    """What is said of each model whose first version waits for a person, with the command that lets it go on."""
    return [
        f"model {name}: {approval(name, max(packages), stack.name)}; the next `up` deploys its endpoint"
        for name, _, _, packages in _trainings(stack, Account(stack.env))
        if packages
    ]


def _is_image(due: tuple[str, Commands]) -> bool:
    return due[1][0][0] == "image"


def _take(stack: LocalStack, commands: Commands) -> None:
    """Run commands one after the other; what they register, the account has admitted when this returns.

    What waits for a person's approval is registered and not admitted: nobody knows for how long.
    """
    for command in commands:
        takeoff(stack.env, *command, "--stack", stack.name)
    if commands[-1][0] == "retrain":
        _await_approved(stack, commands[-1][1])


def _await_approved(stack: LocalStack, model: str) -> None:
    account, end = Account(stack.env), time.monotonic() + _ADMITTED
    registry = stack.outputs()["models"][model]["registry"]
    while not (account.value(parameter_name(stack.name, model, "approved")) or account.pending(registry)):
        if time.monotonic() > end:
            raise PhaseError(f"{model}: its first version was registered and not admitted within {_ADMITTED} s")
        time.sleep(0.2)


def takeoff(env: Mapping[str, str], *arguments: str) -> None:
    """Run a command of Takeoff's own as a person would. Raises PhaseError when it fails."""
    done = subprocess.run([sys.executable, "-m", "takeoff", *arguments], env=dict(env), cwd=REPOSITORY, check=False)
    if done.returncode:
        raise PhaseError(f"`takeoff {' '.join(arguments)}` failed (exit {done.returncode})")


class Account:
    """What the emulated account says of images and versions."""

    def __init__(self, env: Mapping[str, str]) -> None:
        services = ("ssm", "ecr", "sagemaker")
        self._ssm, self._ecr, self._sagemaker = (client(env["AWS_ENDPOINT_URL"], service) for service in services)

    def value(self, parameter: str) -> str:
        """A parameter's value; empty when there is none."""
        found = self._ask(lambda: self._ssm.get_parameter(Name=parameter), "ParameterNotFound")
        return str(found["Parameter"]["Value"]) if found else ""

    def tags(self, image: str) -> list[str]:
        """The tags of an image in ECR by its URI with digest; none when it is not there."""
        name, _, digest = image.partition("/")[2].partition("@")
        wanted = [{"imageDigest": digest}]
        found = self._ask(
            lambda: self._ecr.describe_images(repositoryName=name, imageIds=wanted),
            "ImageNotFoundException",
            "RepositoryNotFoundException",
        )
        return [str(tag) for each in found["imageDetails"] for tag in each.get("imageTags", [])] if found else []

    def pending(self, registry: str) -> list[int]:
        """The numbers of a package group's versions that wait for a person."""
        found = self._sagemaker.list_model_packages(
            ModelPackageGroupName=registry, ModelApprovalStatus="PendingManualApproval", MaxResults=100
        )
        return [int(each["ModelPackageVersion"]) for each in found["ModelPackageSummaryList"]]

    def _ask(self, call: Any, *missing: str) -> Any:
        try:
            return call()
        except ClientError as error:
            if error.response["Error"]["Code"] not in missing:
                raise
            return None


def _due(stack: LocalStack, account: Account) -> Iterator[tuple[str, Commands]]:
    """What each model lacks, in words and as commands."""
    for name, model in stack.outputs().get("models", {}).items():
        if model.get("project") and not _built(stack, account, name, model):
            yield f"{name}: image from model_code/{model['code']}", [["image", "build", name]]
    for name, wanted, commands, packages in _trainings(stack, account):
        # Another run would only make another version that waits.
        if not packages:
            yield f"{name}: trained and registered {len(wanted)} versions", commands


def _trainings(stack: LocalStack, account: Account) -> Iterator[tuple[str, list[str], Commands, list[int]]]:
    """Each model that lacks versions: which, the commands that make them, and packages that wait for a person."""
    for name, model in stack.outputs().get("models", {}).items():
        wanted = slots(model["versions"])
        # A model with `training` in the stack file has a pipeline as soon as it has an image, by the next `up`.
        waits = model.get("training") == ""
        if waits or all(account.value(parameter_name(stack.name, name, slot)) for slot in wanted):
            continue
        commands = first_training(name, wanted, pipeline=bool(model.get("training")))
        yield name, wanted, commands, account.pending(model["registry"]) if commands[-1][0] == "retrain" else []


def _built(stack: LocalStack, account: Account, name: str, model: Mapping[str, Any]) -> bool:
    """Whether the image that is to run is there and was made of the files of now, as its tag says."""
    image = account.value(parameter_name(stack.name, name, "image"))
    tag = build_context.read(REPOSITORY, model["code"], model.get("dockerfile", "Dockerfile")).tag
    return any(found == tag or found.startswith(f"{tag}-") for found in (account.tags(image) if image else []))
