"""The provider as the engine sees it, without a process or a socket in between."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import any_pb2, struct_pb2
from pulumi.runtime.proto import provider_pb2, status_pb2

from local.providers.aws.client import Account
from local.providers.aws.provider import AwsProvider
from local.providers.values import Properties, decode, encode


class RefusedError(Exception):
    """The call failed; `kept` is what the engine would record all the same."""

    def __init__(self, message: str, kept: provider_pb2.ErrorResourceInitFailed | None) -> None:
        super().__init__(message)
        self.kept = kept


class Context:
    """What the provider needs of a gRPC context."""

    def __init__(self) -> None:
        self.kept: provider_pb2.ErrorResourceInitFailed | None = None

    def set_trailing_metadata(self, metadata: Any) -> None:
        ((_, details),) = metadata
        status = status_pb2.Status.FromString(details)
        self.kept = provider_pb2.ErrorResourceInitFailed()
        assert isinstance(status.details[0], any_pb2.Any)
        assert status.details[0].Unpack(self.kept)

    def abort(self, code: grpc.StatusCode, message: str) -> None:
        raise RefusedError(message, self.kept)


@dataclass
class Resource:
    """One resource as the engine remembers it."""

    id: str
    inputs: Properties
    state: Properties
    wire: struct_pb2.Struct = field(repr=False)


class Plugin:
    """A configured provider of one account."""

    def __init__(self, account: Account, default_tags: dict[str, str] | None = None) -> None:
        self.provider, self.seed = AwsProvider(lambda: account), b"seed"
        config = encode({"defaultTags": {"tags": default_tags or {}}})
        self.call("Configure", provider_pb2.ConfigureRequest(args=config))

    def call(self, method: str, request: Any) -> Any:
        return getattr(self.provider, method)(request, Context())

    def check(
        self, token: str, inputs: Properties, olds: Properties | None = None, secrets: tuple[str, ...] = ()
    ) -> tuple[Properties, list[str]]:
        answer = self.call(
            "Check",
            provider_pb2.CheckRequest(
                type=token, name="thing", news=encode(inputs, secrets), olds=encode(olds or {}), randomSeed=self.seed
            ),
        )
        return decode(answer.inputs)[0], [failure.reason for failure in answer.failures]

    def diff(self, token: str, old: Resource, news: Properties) -> provider_pb2.DiffResponse:
        request = provider_pb2.DiffRequest(
            type=token, name="thing", id=old.id, olds=old.wire, old_inputs=encode(old.inputs), news=encode(news)
        )
        answer: provider_pb2.DiffResponse = self.call("Diff", request)
        return answer

    def create(self, token: str, inputs: Properties, preview: bool = False) -> Resource:
        request = provider_pb2.CreateRequest(type=token, name="thing", properties=encode(inputs), preview=preview)
        answer = self.call("Create", request)
        return Resource(answer.id, inputs, decode(answer.properties)[0], answer.properties)

    def read(self, token: str, resource_id: str, known: Resource | None = None) -> Resource | None:
        request = provider_pb2.ReadRequest(type=token, name="thing", id=resource_id)
        if known:
            request.properties.CopyFrom(known.wire)
            request.inputs.CopyFrom(encode(known.inputs))
        answer = self.call("Read", request)
        if not answer.id:
            return None
        return Resource(answer.id, decode(answer.inputs)[0], decode(answer.properties)[0], answer.properties)

    def update(self, token: str, old: Resource, news: Properties, preview: bool = False) -> Resource:
        request = provider_pb2.UpdateRequest(
            type=token,
            name="thing",
            id=old.id,
            olds=old.wire,
            old_inputs=encode(old.inputs),
            news=encode(news),
            preview=preview,
        )
        answer = self.call("Update", request)
        return Resource(old.id, news, decode(answer.properties)[0], answer.properties)

    def delete(self, token: str, old: Resource) -> None:
        request = provider_pb2.DeleteRequest(type=token, name="thing", id=old.id, properties=old.wire)
        self.call("Delete", request)

    def invoke(self, token: str, **arguments: Any) -> tuple[Properties, frozenset[str]]:
        answer = self.call("Invoke", provider_pb2.InvokeRequest(tok=token, args=encode(arguments)))
        return decode(getattr(answer, "return"))
