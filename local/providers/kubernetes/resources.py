"""Kubernetes objects as the engine's resources: check, diff, create, read, update, delete."""

from __future__ import annotations

from typing import Any

from pulumi.runtime.proto import provider_pb2

from local.cluster.api import ApiError
from local.providers import failures
from local.providers.kubernetes import check, diff, refresh, replacement
from local.providers.kubernetes.objects import Changes, Manifest, NotSettledError, Objects, object_id
from local.providers.kubernetes.ready import FailedError
from local.providers.kubernetes.responses import checked, differing
from local.providers.kubernetes.secrecy import secret_names, untold
from local.providers.kubernetes.settings import Settings
from local.providers.values import Properties, decode, encode, has_unknown


class Resources:
    """Every kind of object; `objects` is None while a preview does not know the cluster yet."""

    def __init__(self, settings: Settings, objects: Objects | None) -> None:
        self._settings, self._objects = settings, objects

    def check(self, request: Any) -> Any:
        (news, secrets), (olds, _) = decode(request.news), decode(request.olds)
        problems = check.problems(request.type, news)
        if not problems:
            name = request.autonaming.proposed_name if request.HasField("autonaming") else ""
            made = name or f"{request.name}-{check.suffix(request.randomSeed)}"
            news = check.completed(news, olds, made, namespace=self._namespace(request.type, news))
        return checked(news, secrets & news.keys(), problems)

    def diff(self, request: Any) -> Any:
        (olds, _), (news, given) = decode(request.old_inputs), decode(request.news)
        inputs = diff.changes(olds, news)
        entries = replacement.replacing(news, self._settings.mutable)
        replaces = {path for path in inputs if replacement.replaces(path, entries)}
        found = inputs
        # Of what is to be replaced the server is not asked: it would refuse to change it.
        if not replaces:
            with untold(news, secret_names(news, given)):
                server = self._server_changes(olds, news, list(request.ignoreChanges))
            if server:
                found = dict(server.paths)
                replaces = {path for path in found if replacement.replaces(path, entries)} | set(server.replaces)
        taken = not check.is_autonamed(news) and _place(olds) == _place(news)
        return differing(found, replaces, inputs=inputs.keys(), name_is_taken=taken)

    def create(self, request: Any, context: Any) -> Any:
        inputs, given = decode(request.properties)
        secrets = secret_names(inputs, given)
        with untold(inputs, secrets):
            if request.preview:
                planned = self._planned(inputs, exists=False)
                return provider_pb2.CreateResponse(properties=encode(planned, secrets))
            ready = self._settled(request, context, inputs, self._known.create(inputs), secrets)
        return provider_pb2.CreateResponse(id=object_id(ready), properties=encode(refresh.state(ready), secrets))

    def read(self, request: Any) -> Any:
        inputs, given = decode(request.inputs)
        live = self._known.find(_addressed(request.type, request.id))
        if live is None:
            return provider_pb2.ReadResponse()
        secrets = secret_names(live, given)
        with untold(inputs, secrets):
            if not inputs:
                inputs = refresh.imported(live)
            elif self._drifted(inputs, live):
                inputs = refresh.projected(inputs, live)
        return provider_pb2.ReadResponse(
            id=object_id(live),
            properties=encode(refresh.state(live), secrets),
            inputs=encode(inputs, secrets & inputs.keys()),
        )

    def update(self, request: Any, context: Any) -> Any:
        inputs, given = decode(request.news)
        secrets = secret_names(inputs, given)
        with untold(inputs, secrets):
            if request.preview:
                planned = self._planned(inputs, exists=True, ignored=list(request.ignoreChanges))
                return provider_pb2.UpdateResponse(properties=encode(planned, secrets))
            live = self._known.apply(self._left_alone(inputs, list(request.ignoreChanges)))
            ready = self._settled(request, context, inputs, live, secrets)
        return provider_pb2.UpdateResponse(properties=encode(refresh.state(ready), secrets))

    def delete(self, request: Any) -> None:
        state, _ = decode(request.properties)
        try:
            self._known.delete(_addressed(request.type, request.id, state), request.timeout)
        except ApiError as error:
            if error.reason != "NoKind":  # its definition went before it, and took it along
                raise

    @property
    def _known(self) -> Objects:
        if self._objects is None:
            raise ValueError("kubernetes provider: kubeconfig: it is not known yet, so no object can be reached")
        return self._objects

    def _namespace(self, token: str, inputs: Properties) -> str | None:
        """Where an object goes that does not say so; as it says itself while nobody knows its kind."""
        metadata = inputs.get("metadata")
        said = metadata.get("namespace") if isinstance(metadata, dict) else None
        try:
            return self._objects.namespace_of(*check.kind_of_token(token)) if self._objects else said
        except ApiError as error:
            if error.reason != "NoKind":
                raise
            return said

    def _server_changes(self, olds: Properties, news: Properties, ignored: list[str]) -> Changes | None:
        """What the API server would change; None where it cannot be asked, and the inputs must do.

        An object that moves is replaced, and its new place is none of its business yet.
        """
        if self._objects is None or has_unknown(news) or _place(olds) != _place(news):
            return None
        try:
            live = self._objects.find(olds)
            return self._objects.changes(refresh.leaving(news, live or {}, ignored), live)
        except ApiError as error:
            if error.status == 404:  # its kind or its namespace is still to come
                return None
            raise

    def _drifted(self, inputs: Properties, live: Manifest) -> bool:
        try:
            return bool(self._known.changes(inputs, live).paths)
        except ApiError as error:
            if error.status in {404, 422}:
                return True
            raise

    def _left_alone(self, inputs: Properties, ignored: list[str]) -> Properties:
        return refresh.leaving(inputs, self._known.find(inputs) or {}, ignored) if ignored else inputs

    def _planned(self, inputs: Properties, *, exists: bool, ignored: list[str] | None = None) -> Properties:
        """What a preview can say; a refusal of the API server, where it can be asked already, ends the preview."""
        if self._objects is None or has_unknown(inputs):
            return inputs
        try:
            # An object that is to be replaced under its name is still there.
            if not exists and self._objects.find(inputs) is not None:
                return inputs
            return refresh.planned(self._objects.apply(self._left_alone(inputs, ignored or []), dry_run=True))
        except ApiError as error:
            if error.status == 404:
                return inputs
            raise

    def _settled(
        self, request: Any, context: Any, inputs: Properties, live: Manifest, secrets: frozenset[str]
    ) -> Manifest:
        """The object once it is ready; if it does not become so the engine records it as made, but not initialised."""
        try:
            return self._known.await_ready(inputs, live, request.timeout)
        except (ApiError, FailedError, NotSettledError) as error:
            last = refresh.state(self._known.find(inputs) or live)
            failures.abort_half_made(context, request, last, secrets, str(error), id_=object_id(live))


def _addressed(token: str, id_: str, state: Properties | None = None) -> Manifest:
    """The object that a type and an id name, with the annotations of its last state."""
    version, kind = check.kind_of_token(token)
    namespace, _, name = id_.rpartition("/")
    place = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": version, "kind": kind, "metadata": ((state or {}).get("metadata") or {}) | place}


def _place(manifest: Properties) -> tuple[Any, ...]:
    metadata = manifest.get("metadata") or {}
    return manifest.get("apiVersion"), manifest.get("kind"), metadata.get("namespace"), metadata.get("name")
