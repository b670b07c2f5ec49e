"""A session of the SageMaker SDK for nobody's account: it reads no configuration and cannot reach the network."""

from __future__ import annotations

import socket
from typing import Any, NoReturn

from sagemaker.core.workflow.pipeline_context import PipelineSession

# The SDK wants a role and a bucket before it writes a line; neither may be found in what it wrote.
NOBODY = "arn:aws:iam::000000000000:role/nobody"
NO_BUCKET = "no-bucket"
_CONFIG = {"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}}}


def offline() -> PipelineSession:
    """A session that only writes requests down. From now on this process makes no connection."""
    socket.socket.connect = _refused  # type: ignore[method-assign]
    return PipelineSession(default_bucket=NO_BUCKET, sagemaker_config=_CONFIG)


def _refused(_: Any, address: Any) -> NoReturn:
    raise ConnectionRefusedError(f"rendering a pipeline asks nobody: a connection to {address!r} is not allowed")
