"""Which path the objects of a kind have, as the API server itself says."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from local.cluster.transport import ApiError, Transport


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A kind's place in the API: `/apis/apps/v1`, `deployments`, in namespaces or not."""

    root: str
    plural: str
    namespaced: bool

    def folder(self, namespace: str) -> str:
        """The collection's path; `namespace` counts only for what lives in one."""
        return f"{self.root}/namespaces/{namespace}/{self.plural}" if self.namespaced else f"{self.root}/{self.plural}"


class Discovery:
    """Asks once for each group and version, and again for a kind that was not there: definitions come later."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._known: dict[tuple[str, str], Resource] = {}
        self._lock = threading.Lock()

    def resource(self, version: str, kind: str) -> Resource:
        """The place of a kind of `apps/v1` or `v1`. Raises ApiError 404 for one that the server does not have."""
        with self._lock:
            if (version, kind) not in self._known:
                self._known |= {(version, each["kind"]): _resource(version, each) for each in self._ask(version)}
            found = self._known.get((version, kind))
        if found is None:
            have = sorted(name for group, name in self._known if group == version)
            offered = f"it has {', '.join(have)}" if have else "it has nothing of that version"
            message = f"the API server has no kind {kind!r} of {version!r}; {offered}"
            raise ApiError(404, "NoKind", message, {"kind": kind, "apiVersion": version})
        return found

    def collections(self) -> list[str]:
        """The path of every collection that can be listed and whose objects can be deleted, of preferred versions."""
        groups = self._transport.ask("GET", "/apis")["groups"]
        versions = ["v1", *(group["preferredVersion"]["groupVersion"] for group in groups)]
        return [
            f"{_root(version)}/{each['name']}"
            for version in versions
            for each in self._ask(version)
            if {"list", "delete"} <= set(each["verbs"])
        ]

    def _ask(self, version: str) -> list[dict[str, Any]]:
        try:
            listed = self._transport.ask("GET", _root(version))["resources"]
        except ApiError as error:
            if error.status == 404:
                return []
            raise
        # `deployments/scale` and the like are parts of an object.
        return [each for each in listed if "/" not in each["name"]]


def _root(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


def _resource(version: str, listed: dict[str, Any]) -> Resource:
    return Resource(root=_root(version), plural=listed["name"], namespaced=listed["namespaced"])
