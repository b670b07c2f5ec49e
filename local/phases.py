"""The phases of an account that has no image or version yet: what people do on AWS once, `make up` does by itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from catalog import build_context
from catalog.naming import parameter_name
from catalog.training import first_training, slots
from local.client import client
from local.stack import LocalStack
from local.state import REPOSITORY

# Images wait for the account, training for a core.
_AT_ONCE = 2


class PhaseError(RuntimeError):
    """A phase that failed; it has printed why."""


def prepare(stack: LocalStack) -> list[str]:
    """Run the commands that are due for the declared models: image builds and first trainings. Returns what was done.

    Reads the models from the last deployment's outputs, so it does nothing before the first. Asking the account for
    what is there costs milliseconds, a command a second. Raises PhaseError once all of them have ended.
    """
    # Training takes longest, so it begins first.
    due = sorted(_due(stack, Account(stack.env)), key=lambda each: each[1][0] != "train")
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        running = [(does, pool.submit(takeoff, stack.env, *command, "--stack", stack.name)) for does, command in due]
    for _, ended in running:
        ended.result()
    return [does for does, _ in running]


def takeoff(env: Mapping[str, str], *arguments: str) -> None:
    """Run a command of Takeoff's own as a person would. Raises PhaseError when it fails."""
    done = subprocess.run([sys.executable, "-m", "takeoff", *arguments], env=dict(env), cwd=REPOSITORY, check=False)
    if done.returncode:
        raise PhaseError(f"`takeoff {' '.join(arguments)}` failed (exit {done.returncode})")


class Account:
    """What the emulated account says of images and versions."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._ssm, self._ecr = (client(env["AWS_ENDPOINT_URL"], service) for service in ("ssm", "ecr"))

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

    def _ask(self, call: Any, *missing: str) -> Any:
        try:
            return call()
        except ClientError as error:
            if error.response["Error"]["Code"] not in missing:
                raise
            return None


def _due(stack: LocalStack, account: Account) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What each model lacks, in words and as a command."""
    for name, model in stack.outputs().get("models", {}).items():
        if model.get("project") and not _built(stack, account, name, model):
            yield f"{name}: image from model_code/{model['code']}", ("image", "build", name)
        wanted = slots(model["versions"])
        if not all(account.value(parameter_name(stack.name, name, slot)) for slot in wanted):
            yield f"{name}: trained and registered {len(wanted)} versions", tuple(first_training(name, wanted))


def _built(stack: LocalStack, account: Account, name: str, model: Mapping[str, Any]) -> bool:
    """Whether the image that is to run is there and was made of the files of now, as its tag says."""
    image = account.value(parameter_name(stack.name, name, "image"))
    tag = build_context.read(REPOSITORY, model["code"], model.get("dockerfile", "Dockerfile")).tag
    return any(found == tag or found.startswith(f"{tag}-") for found in (account.tags(image) if image else []))
