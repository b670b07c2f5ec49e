"""The phases of an account that has no image or version yet: what people do on AWS once, `make up` does by itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

from catalog.naming import parameter_name
from local.cloud import images
from local.stack import NAME, LocalStack
from local.state import REGION, REPOSITORY


class PhaseError(RuntimeError):
    """A phase that failed; it has printed why."""


def prepare(stack: LocalStack) -> list[str]:
    """Build what the declared models still lack: image digests and first versions. Returns what was done, by line.

    Reads the models from the last deployment's outputs, so it does nothing before the first. Raises PhaseError.
    """
    done = []
    ssm = boto3.client("ssm", endpoint_url=stack.env["AWS_ENDPOINT_URL"], region_name=REGION, **_nobody(stack.env))
    for name, model in stack.outputs().get("models", {}).items():
        image = images.build(model["code"], name, NAME, stack.state)
        if _value(ssm, name, "image") != image:
            ssm.put_parameter(Name=parameter_name(NAME, name, "image"), Value=image, Type="String", Overwrite=True)
            done.append(f"{name}: image {image.split('@')[1][:19]} from model_code/{model['code']}")
        wanted = [version for version in model["versions"] if version in {"approved", "candidate"}]
        if any(_value(ssm, name, version) is None for version in wanted):
            takeoff(stack.env, "train", name, "--count", str(len(wanted)), "--register", "--stack", NAME)
            done.append(f"{name}: trained and registered {len(wanted)} versions")
    return done


def takeoff(env: Mapping[str, str], *arguments: str) -> None:
    """Run a command of Takeoff's own as a person would. Raises PhaseError when it fails."""
    done = subprocess.run([sys.executable, "-m", "takeoff", *arguments], env=dict(env), cwd=REPOSITORY, check=False)
    if done.returncode:
        raise PhaseError(f"`takeoff {' '.join(arguments)}` failed (exit {done.returncode})")


def _value(ssm: Any, model: str, leaf: str) -> str | None:
    try:
        return str(ssm.get_parameter(Name=parameter_name(NAME, model, leaf))["Parameter"]["Value"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
        return None


def _nobody(env: Mapping[str, str]) -> dict[str, str]:
    """Credentials that open nothing, given explicitly so that no others are looked for."""
    return {"aws_access_key_id": env["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": env["AWS_SECRET_ACCESS_KEY"]}
