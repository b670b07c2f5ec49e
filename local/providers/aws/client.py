"""API clients of the emulated account; there is no other way to reach an API from here."""

from __future__ import annotations

import os
import threading
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import OperationModel

from local.providers.backend import require_emulated
from local.state import ACCOUNT, REGION, State, require_loopback

_CONFIG = Config(
    retries={"total_max_attempts": 2, "mode": "standard"},
    max_pool_connections=32,
    connect_timeout=5,
    read_timeout=120,
    proxies={},  # botocore reads HTTP_PROXY only where this is None
    s3={"addressing_style": "path"},
    inject_host_prefix=False,
)


def forget_environment() -> None:
    """Removes everything from this process's environment that could lead botocore to another account or a proxy."""
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            del os.environ[name]
    os.environ |= {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


class Account:
    """Clients of one emulated account, made once per service and shared by threads."""

    region = REGION
    number = ACCOUNT

    def __init__(self, endpoint: str) -> None:
        self.endpoint = require_loopback(endpoint)
        self._session = botocore.session.Session()
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    @classmethod
    def open(cls, state: State) -> Account:
        """The account that `state` describes.

        Raises NotLocalError unless Pulumi's backend is the state's own, marked as emulated, and the endpoint loopback.
        """
        require_emulated(state, "aws")
        return cls(state.endpoint())

    def client(self, service: str) -> Any:
        """The botocore client of a service."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._session.create_client(
                    service,
                    region_name=self.region,
                    endpoint_url=self.endpoint,
                    aws_access_key_id="takeoff-local",
                    aws_secret_access_key="takeoff-local",  # noqa: S106 (the emulated account takes anything)
                    config=_CONFIG,
                )
            return self._clients[service]

    def operation(self, service: str, op: str) -> OperationModel:
        """The service model's entry for an operation given in snake case."""
        client = self.client(service)
        return client.meta.service_model.operation_model(client.meta.method_to_api_mapping[op])

    def call(self, service: str, op: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """The response of one API call, without its metadata."""
        response: dict[str, Any] = getattr(self.client(service), op)(**arguments)
        response.pop("ResponseMetadata", None)
        if response.get("FailedEntryCount"):  # how EventBridge says no while answering 200
            raise ValueError(f"{op}: {response['FailedEntries']}")
        return response


def is_missing(error: ClientError) -> bool:
    """Whether a service says that the thing asked for does not exist, or is already being deleted."""
    code, message = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
    if code in {"ValidationException", "KMSInvalidStateException"}:  # SageMaker and KMS
        return any(word in message for word in ("Could not find", "Cannot find", "does not exist", "pending deletion"))
    return code == "404" or any(word in code for word in ("NotFound", "NoSuch", "DoesNotExist"))
