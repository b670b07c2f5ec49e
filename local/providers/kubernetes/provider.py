"""Pulumi's provider protocol, answered from the API server."""

from __future__ import annotations

import importlib.metadata
import threading
from collections.abc import Callable
from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from local.cluster.api import Api, ApiError
from local.providers import failures
from local.providers.backend import require_emulated
from local.providers.kubernetes import check
from local.providers.kubernetes.objects import ConflictError, NotSettledError, Objects
from local.providers.kubernetes.ready import FailedError
from local.providers.kubernetes.release import TOKEN, Releases
from local.providers.kubernetes.resources import Resources
from local.providers.kubernetes.settings import Settings, settings
from local.providers.values import decode
from local.state import NotLocalError, State

_SOME, _NONE = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
answering = failures.answering(
    ApiError, ConflictError, FailedError, NotLocalError, NotSettledError, OSError, ValueError, LookupError
)


class KubernetesProvider(provider_pb2_grpc.ResourceProviderServicer):
    """The `kubernetes` provider of the local stack. Every call runs in a thread of its own."""

    def __init__(
        self, permitted: Callable[[], None] | None = None, api: Callable[[Settings], Api] | None = None
    ) -> None:
        self._permitted = permitted or (lambda: require_emulated(State.current(), "kubernetes"))
        self._api = api or _api
        self._cancelled = threading.Event()
        self._resources: Resources | None = None
        self._releases = Releases()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return plugin_pb2.PluginInfo(version=importlib.metadata.version("pulumi-kubernetes"))

    def GetSchema(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return provider_pb2.GetSchemaResponse(schema="{}")

    @answering
    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        settings(decode(request.news)[0])
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        # Never a replacement: a kubeconfig that changed leads to the same, only, cluster.
        changed = request.old_inputs != request.news
        return provider_pb2.DiffResponse(changes=_SOME if changed else _NONE)

    @answering
    def Configure(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        self._permitted()
        found = settings(decode(request.args)[0])
        objects = Objects(self._api(found), found, self._cancelled) if found.kubeconfig else None
        self._resources = Resources(found, objects)
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        self._cancelled.set()
        return empty_pb2.Empty()

    @answering
    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        raise LookupError(f"{request.tok} works {check.ON_AWS}")

    @answering
    def Construct(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        raise LookupError(f"it works {check.ON_AWS}; {check.HERE}")

    @answering
    def Check(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return self._of(request).check(request)

    @answering
    def Diff(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return self._of(request).diff(request)

    @answering
    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        return self._of(request).create(request, context)

    @answering
    def Read(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return self._of(request).read(request)

    @answering
    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        return self._of(request).update(request, context)

    @answering
    def Delete(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        self._of(request).delete(request)
        return empty_pb2.Empty()

    def _of(self, request: Any) -> Releases | Resources:
        """Who answers for a request's type."""
        self._permitted()
        if request.type == TOKEN:
            return self._releases
        if self._resources is None:
            raise ValueError("kubernetes provider: it was asked for an object before it was configured")
        return self._resources


def _api(found: Settings) -> Api:
    assert found.kubeconfig  # noqa: S101 (Configure asks)
    return Api(found.kubeconfig)
