"""The Kubernetes API as the local stack uses it: get, list, apply, patch, delete, watch."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias
from urllib.parse import quote, urlencode

from local.cluster.discovery import Discovery
from local.cluster.kubeconfig import Kubeconfig
from local.cluster.transport import PATIENCE, ApiError, Transport

__all__ = ["Api", "ApiError", "Event", "Manifest"]

Manifest: TypeAlias = Mapping[str, Any]
Kind = Literal["merge", "strategic", "json"]
_MANAGER = "takeoff"
_PAGE = 500
_UNKNOWN = "field not declared in schema"
_TYPES = {
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json": "application/json-patch+json",
}


@dataclass(frozen=True)
class Event:
    """A change that a watch saw: ADDED, MODIFIED, DELETED or BOOKMARK, and the object as it then was."""

    type: str
    object: dict[str, Any]


class Api:
    """A client of one local API server; threads may share it, each keeps a connection of its own.

    Every call raises ApiError: what the server said, or status 0 when none answered within `patience` seconds.
    """

    def __init__(self, kubeconfig: Path | Kubeconfig, patience: float = PATIENCE) -> None:
        known = kubeconfig if isinstance(kubeconfig, Kubeconfig) else Kubeconfig.load(kubeconfig)
        self._transport = Transport(known, patience)
        self._discovery = Discovery(self._transport)

    def get(self, path: str) -> dict[str, Any]:
        """The object at a path, such as `/api/v1/namespaces/default/pods/a`."""
        return self._transport.ask("GET", path)

    def find(self, path: str) -> dict[str, Any] | None:
        """The object at a path; None where there is none."""
        try:
            return self.get(path)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def text(self, path: str) -> str:
        """What the server says at a path that holds no object, such as `/readyz` or a pod's log."""
        return self._transport.text("GET", path)

    def list(self, path: str, *, labels: str = "", fields: str = "") -> list[dict[str, Any]]:
        """Every object of a collection, page by page; `labels` and `fields` are selectors as kubectl writes them."""
        found: list[dict[str, Any]] = []
        asked = {"limit": str(_PAGE), "labelSelector": labels, "fieldSelector": fields}
        while True:
            page = self.get(_query(path, asked))
            # The members of a list leave out what they have in common.
            common = {"apiVersion": page["apiVersion"], "kind": str(page["kind"]).removesuffix("List")}
            found += [common | item for item in page["items"]]
            if not (asked := asked | {"continue": page["metadata"].get("continue", "")})["continue"]:
                return found

    def everything(self, *, labels: str) -> Iterator[dict[str, Any]]:
        """Every object, of whatever kind and namespace, that a selector finds."""
        for path in self._discovery.collections():
            yield from self.list(path, labels=labels)

    def apply(
        self, manifest: Manifest, manager: str = _MANAGER, force: bool = False, dry_run: bool = False
    ) -> dict[str, Any]:
        """Server-side apply: the object as the server has it afterwards, or would have it after a `dry_run`.

        What the kind does not have is refused (400); so is what another manager owns, unless `force` (409).
        https://kubernetes.io/docs/reference/using-api/server-side-apply/
        """
        asked = {"fieldManager": manager, "force": "true" if force else "", "fieldValidation": "Strict"}
        path = _query(self.path(manifest), asked | _dry(dry_run))
        try:
            return self._transport.ask("PATCH", path, manifest, "application/apply-patch+yaml")
        except ApiError as error:
            # Kubernetes says 500 to it, though it is the manifest that is wrong.
            if _UNKNOWN not in error.message:
                raise
            raise ApiError(400, "BadRequest", error.message, error.details) from error

    def create(self, manifest: Manifest, *, dry_run: bool = False) -> dict[str, Any]:
        """A new object, which may have `generateName` for a name; 409 where there is one."""
        asked = {"fieldManager": _MANAGER, "fieldValidation": "Strict"} | _dry(dry_run)
        return self._transport.ask("POST", _query(self.path(manifest, collection=True), asked), manifest)

    def post(self, path: str, body: Manifest) -> dict[str, Any]:
        """What a subresource answers, such as a pod's `/eviction` or an access review."""
        return self._transport.ask("POST", path, body)

    def patch(self, path: str, change: Any, kind: Kind = "merge", *, dry_run: bool = False) -> dict[str, Any]:
        """The object at a path after a change of some of it; `/scale` and `/status` are paths as well."""
        return self._transport.ask("PATCH", _query(path, _dry(dry_run)), change, _TYPES[kind])

    def delete(
        self,
        target: str | Manifest,
        *,
        propagation: Literal["Background", "Foreground", "Orphan"] = "Background",
        grace: int | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any] | None:
        """Delete what is at a path, or what a manifest describes; None where there is none.

        It returns at once: an object with finalizers, and with Foreground one with dependents, is there for a while.
        """
        options: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        path = target if isinstance(target, str) else self.path(target)
        try:
            return self._transport.ask("DELETE", _query(path, _dry(dry_run)), options)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def watch(
        self, path: str, *, since: str = "", seconds: float = 60, labels: str = "", fields: str = ""
    ) -> Iterator[Event]:
        """Each change of a collection as it comes, for at most `seconds`, beginning after resource version `since`.

        Without `since` the objects that are there come first, as ADDED. Raises ApiError 410 for one that is too old.
        """
        asked = {"watch": "true", "resourceVersion": since, "timeoutSeconds": str(max(1, round(seconds)))}
        asked |= {"allowWatchBookmarks": "true", "labelSelector": labels, "fieldSelector": fields}
        for line in self._transport.lines(_query(path, asked), seconds):
            said = json.loads(line)
            if said["type"] == "ERROR":
                raise ApiError.of(said["object"], f"watching {path}")
            yield Event(said["type"], said["object"])

    def path(self, manifest: Manifest, *, collection: bool = False) -> str:
        """Where the object of a manifest is, or the collection that it belongs to. Raises ApiError 404 for no kind."""
        metadata = manifest.get("metadata") or {}
        resource = self._discovery.resource(str(manifest.get("apiVersion", "")), str(manifest.get("kind", "")))
        folder = resource.folder(str(metadata.get("namespace") or "default"))
        if collection:
            return folder
        if not (name := metadata.get("name")):
            raise ApiError(400, "BadRequest", f"a {manifest.get('kind')} without metadata.name", {})
        return f"{folder}/{quote(str(name))}"


def _dry(dry_run: bool) -> dict[str, str]:
    return {"dryRun": "All"} if dry_run else {}


def _query(path: str, asked: Mapping[str, str]) -> str:
    given = {key: value for key, value in asked.items() if value}
    return f"{path}{'&' if '?' in path else '?'}{urlencode(given)}" if given else path
