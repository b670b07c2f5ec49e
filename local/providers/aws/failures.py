"""What goes wrong, told to the engine: in one line, and without losing what exists already."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any, Final, NoReturn

import grpc
from botocore.exceptions import BotoCoreError, ClientError
from google.protobuf import any_pb2
from pulumi.runtime.proto import provider_pb2, status_pb2

from local.providers.aws.lifecycle import NotSettledError
from local.providers.aws.values import Properties, encode
from local.state import NotLocalError

EXPECTED: Final = (ClientError, BotoCoreError, NotLocalError, NotSettledError, OSError, ValueError, LookupError)


def answering(method: Callable[..., Any]) -> Callable[..., Any]:
    """A protocol method whose expected errors reach the engine as one line that names the resource."""

    @functools.wraps(method)
    def answer(self: Any, request: Any, context: Any) -> Any:
        try:
            return method(self, request, context)
        except EXPECTED as error:
            return context.abort(grpc.StatusCode.UNKNOWN, f"{_named(request)}{error}")

    return answer


def abort_half_made(context: Any, request: Any, state: Properties, secrets: Iterable[str], reason: str) -> NoReturn:
    """Fails the call in the way that makes the engine record the resource as existing but not initialised."""
    half = provider_pb2.ErrorResourceInitFailed(
        id=state["id"], properties=encode(state, secrets), inputs=_inputs(request), reasons=[reason]
    )
    detail = any_pb2.Any()
    detail.Pack(half)
    code = grpc.StatusCode.UNKNOWN
    status = status_pb2.Status(code=code.value[0], message=f"{_named(request)}{reason}", details=[detail])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(code, status.message)
    raise AssertionError("unreachable: abort raises")


def _inputs(request: Any) -> Any:
    return request.properties if isinstance(request, provider_pb2.CreateRequest) else request.news


def _named(request: Any) -> str:
    return f"{request.type} '{request.name}': " if getattr(request, "type", "") else ""
