"""One account and region, as a destroy looks at it: clients, pages, patience."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
from botocore.exceptions import ClientError

from takeoff.destroy.plan import REPOSITORY
from takeoff.destroy.resources import Resource

_GONE = {
    "ExecutionDoesNotExist",
    "InvalidGroup.NotFound",
    "NoSuchBucket",
    "ObjectNotFoundException",
    "RepositoryNotFoundException",
    "ResourceNotFound",
    "ResourceNotFoundException",
    "StateMachineDoesNotExist",
}


class StuckError(RuntimeError):
    """Something did not end in time; the destroy can be run again."""


class Account:
    """`pause` waits between two looks; what has not ended after `patience` seconds is stuck."""

    def __init__(
        self,
        region: str | None = None,
        patience: float = 1800,
        pause: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = boto3.Session(region_name=region)
        self._patience, self._pause, self._now = patience, pause, now

    def client(self, service: str) -> Any:
        return self._session.client(service)

    def pages(self, service: str, operation: str, key: str, **members: Any) -> Iterator[Any]:
        """Every entry of a listing, however many pages it has."""
        for page in self.client(service).get_paginator(operation).paginate(**members):
            yield from page[key]

    def await_(self, done: Callable[[], bool], what: str) -> None:
        """Look until it is done. Raises StuckError."""
        end, wait = self._now() + self._patience, 0.2
        while not done():
            if self._now() > end:
                raise StuckError(f"waited {self._patience:g} s for {what}; run the same command again to go on")
            self._pause(wait)
            wait = min(2 * wait, 10)

    def is_empty(self, resource: Resource) -> bool:
        """Whether a bucket or repository holds nothing, old versions included; one that is gone holds nothing."""
        try:
            if resource.type == REPOSITORY:
                return not self.client("ecr").list_images(repositoryName=resource.id, maxResults=1)["imageIds"]
            page = self.client("s3").list_object_versions(Bucket=resource.id, MaxKeys=1)
        except ClientError as error:
            if not is_gone(error):
                raise
            return True
        return not (page.get("Versions") or page.get("DeleteMarkers"))

    def forget(self, stack: str, facts: bool) -> Iterator[str]:
        """Delete what the stack keeps on purpose, and name it: configs and models, the way back from a release, and if
        `facts` its parameters (image, versions, outcomes)."""
        sagemaker, ssm = self.client("sagemaker"), self.client("ssm")
        for what, listed, delete in (
            ("EndpointConfig", "list_endpoint_configs", sagemaker.delete_endpoint_config),
            ("Model", "list_models", sagemaker.delete_model),
        ):
            for item in list(self.pages("sagemaker", listed, f"{what}s", NameContains=f"takeoff-{stack}-")):
                # By tag: the name of `<stack>-apps` begins so, too.
                tags = sagemaker.list_tags(ResourceArn=item[f"{what}Arn"])["Tags"]
                if {"Key": "takeoff:stack", "Value": stack} in tags:
                    delete(**{f"{what}Name": item[f"{what}Name"]})
                    yield f"{what} {item[f'{what}Name']}"
        path = {"Path": f"/takeoff/{stack}", "Recursive": True}
        for parameter in list(self.pages("ssm", "get_parameters_by_path", "Parameters", **path)) if facts else []:
            ssm.delete_parameter(Name=parameter["Name"])
            yield f"Parameter {parameter['Name']}"


def is_gone(error: ClientError) -> bool:
    """Whether a service says that there is no such thing; SageMaker says it in words only."""
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    return code in _GONE or (code == "ValidationException" and "Could not find" in message)
