"""What goes wrong, told to the engine: in one line, and without losing what exists already."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

import grpc
from google.protobuf import any_pb2
from pulumi.runtime.proto import provider_pb2, status_pb2

from local.providers.values import Properties, encode

Method = Callable[..., Any]


def answering(*expected: type[Exception]) -> Callable[[Method], Method]:
    """Makes a protocol method tell the engine of an expected error in one line that names the resource."""

    def wrap(method: Method) -> Method:
        @functools.wraps(method)
        def answer(self: Any, request: Any, context: Any) -> Any:
            try:
                return method(self, request, context)
            except expected as error:
                return context.abort(grpc.StatusCode.UNKNOWN, f"{_named(request)}{error}")

        return answer

    return wrap


def abort_half_made(
    context: Any, request: Any, state: Properties, secrets: Iterable[str], reason: str, *, id_: str
) -> NoReturn:
    """Fails the call in the way that makes the engine record the resource as existing but not initialised."""
    half = provider_pb2.ErrorResourceInitFailed(
        id=id_, properties=encode(state, secrets), inputs=_inputs(request), reasons=[reason]
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
