"""The account's own operations as a pipeline's execution calls them: jobs, the registry, property files."""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from local.cloud.pipeline_definition import Step

# Of a job: the operation's noun, the member that holds its ARN, and where a step's metadata has it.
JOBS = {"Processing": "ProcessingJob", "Training": "TrainingJob"}
ENDED = {"Completed": "Succeeded", "Failed": "Failed", "Stopped": "Stopped"}


def job_name(execution: str, step: str) -> str:
    """A job's name as AWS makes it: pipelines-<execution>-<step>-<ten letters and digits>, of 63 characters at most."""
    tail = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(10))
    return f"{f'pipelines-{execution}-{step}'[:52]}-{tail}"


class Calls:
    """Clients of the daemon's own endpoint; call nothing here with the account's lock held."""

    def __init__(self, endpoint: str, region: str) -> None:
        self._endpoint, self._region = endpoint, region

    @cached_property
    def _sagemaker(self) -> Any:
        return self._client("sagemaker")

    @cached_property
    def _s3(self) -> Any:
        return self._client("s3")

    def _client(self, service: str) -> Any:
        session = boto3.session.Session(
            aws_access_key_id="takeoff-local",
            aws_secret_access_key="takeoff-local",  # noqa: S106
            region_name=self._region,
        )
        # Straight to loopback, and once: a second try of a call that makes something could make two.
        config = Config(retries={"max_attempts": 0}, proxies={}, s3={"addressing_style": "path"})
        return session.client(service, endpoint_url=self._endpoint, config=config)

    def start(self, kind: str, name: str, arguments: Mapping[str, Any]) -> str:
        """Begins a job and answers its ARN."""
        noun = JOBS[kind]
        create = getattr(self._sagemaker, f"create_{kind.lower()}_job")
        return str(create(**{f"{noun}Name": name}, **arguments)[f"{noun}Arn"])

    def describe(self, kind: str, name: str) -> dict[str, Any]:
        """What the service says of a job."""
        found = getattr(self._sagemaker, f"describe_{kind.lower()}_job")(**{f"{JOBS[kind]}Name": name})
        return dict(found)

    def stop(self, kind: str, name: str) -> None:
        """Asks for a job's end."""
        getattr(self._sagemaker, f"stop_{kind.lower()}_job")(**{f"{JOBS[kind]}Name": name})

    def register(self, token: str, arguments: Mapping[str, Any]) -> str:
        """Makes a version of a model package group and answers its ARN; the same token makes it once."""
        return str(self._sagemaker.create_model_package(ClientToken=token, **arguments)["ModelPackageArn"])

    def file(self, step: Step, name: str, job: Mapping[str, Any]) -> Any:
        """A property file of a step whose job is completed. Raises ClientError or ValueError when there is none."""
        output, path = step.files[name]
        outputs = {one["OutputName"]: one["S3Output"]["S3Uri"] for one in job["ProcessingOutputConfig"]["Outputs"]}
        place = urlsplit(f"{outputs[output].rstrip('/')}/{path}")
        return json.loads(self._s3.get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))["Body"].read())
