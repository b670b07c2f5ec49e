"""The objects of one cluster: what they are, what a change would do to them, and the change itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from local.cluster.api import Api, ApiError
from local.providers.kubernetes import diff, ready
from local.providers.kubernetes.check import annotation
from local.providers.kubernetes.settings import Settings
from local.providers.kubernetes.translate import declared, simulated

Manifest = dict[str, Any]
MANAGER: Final = "pulumi-kubernetes-local"
_POLL: Final = (0.1, 1.0)
_DELETION: Final = 600.0


class NotSettledError(RuntimeError):
    """An object exists, or still exists, but is not as it was asked to be."""


class ConflictError(RuntimeError):
    """Somebody else manages a field that the program declares, with another value."""


@dataclass(frozen=True)
class Changes:
    """What an update would do: path → how it changes, and the paths that the server calls immutable."""

    paths: Mapping[str, diff.Kind] = field(default_factory=dict)
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Objects:
    """Every call raises ApiError for what the server refuses. Manifests are the program's (translate.py)."""

    api: Api
    settings: Settings
    cancelled: threading.Event

    def namespace_of(self, version: str, kind: str) -> str | None:
        """The namespace of an object of this kind that names none; None for a kind that lives in none."""
        probe = {"apiVersion": version, "kind": kind, "metadata": {"namespace": "n", "name": "n"}}
        return self.settings.namespace if "/namespaces/n/" in self.api.path(simulated(probe)) else None

    def find(self, manifest: Mapping[str, Any]) -> Manifest | None:
        """The object as it is; None if there is none."""
        found = self.api.find(self.api.path(simulated(manifest)))
        return None if found is None else declared(found)

    def apply(self, manifest: Mapping[str, Any], *, dry_run: bool = False, force: bool | None = None) -> Manifest:
        """Server-side apply, or what it would do. Raises ConflictError unless other managers are overruled."""
        asked = annotation(manifest, "pulumi.com/patchForce") == "true" or self.settings.force
        try:
            force = asked if force is None else force
            return declared(self.api.apply(simulated(manifest), manager=MANAGER, force=force, dry_run=dry_run))
        except ApiError as error:
            if error.status != 409:
                raise
            raise ConflictError(
                f"{label(manifest)}: server-side apply conflict: {error.message}. Allowed: leave the field to its "
                "manager (out of the program, or in ignore_changes), or take it over with the annotation "
                'pulumi.com/patchForce: "true"'
            ) from error

    def create(self, manifest: Mapping[str, Any]) -> Manifest:
        """The new object. Raises NotSettledError where there is one already, unless the configuration takes it over."""
        if not self.settings.upsert and self.find(manifest) is not None:
            raise NotSettledError(
                f"{label(manifest)} already exists in the cluster: somebody else made it, or a killed `up` did. "
                "Allowed: delete it, import it, or the provider's upsertExistingObjects: true"
            )
        return self.apply(manifest)

    def changes(self, manifest: Manifest, live: Manifest | None) -> Changes:
        """What the server would change of the live object; everything where there is none."""
        if live is None:
            return Changes(dict.fromkeys(sorted(manifest), "add"))
        try:
            after = self.apply(manifest, dry_run=True)
        except ConflictError:
            after = self.apply(manifest, dry_run=True, force=True)
        except ApiError as error:
            if not (fields := immutable_fields(error)):
                raise
            return Changes(dict.fromkeys(fields, "update"), fields)
        return Changes(diff.changes(diff.content(live), diff.content(after)))

    def await_ready(self, manifest: Mapping[str, Any], live: Manifest, timeout: float) -> Manifest:
        """The object once it is ready. Raises NotSettledError when time is over, FailedError when it cannot be."""
        limit = timeout or ready.patience(live)
        deadline, pause = time.monotonic() + limit, _POLL[0]
        while missing := ready.waits_for(live, self.api):
            if time.monotonic() > deadline:
                said = "; ".join(ready.why_pods_wait(live, self.api)[:3])
                reason = f"{missing}; the scheduler says: {said}" if said else missing
                raise NotSettledError(f"{label(live)} is not ready after {limit:.0f} s: {reason}")
            self._pause(pause, f"{label(live)} to be ready")
            pause = min(pause * 1.5, _POLL[1])
            found = self.find(manifest)
            if found is None:
                raise NotSettledError(f"{label(live)} was deleted by others while we waited for it")
            live = found
        return live

    def delete(self, manifest: Mapping[str, Any], timeout: float) -> None:
        """Delete the object and wait until it is gone, dependents first as the official plugin does."""
        target = simulated(manifest)
        live = self.api.find(self.api.path(target))
        if live is None:
            return
        self.api.delete(target, propagation=_propagation(manifest))
        if annotation(manifest, "pulumi.com/skipAwait") == "true":
            return
        limit = timeout or _DELETION
        deadline, pause = time.monotonic() + limit, _POLL[0]
        while (found := self.api.find(self.api.path(target))) and found["metadata"]["uid"] == live["metadata"]["uid"]:
            if time.monotonic() > deadline:
                held = ", ".join(found["metadata"].get("finalizers") or ["its controller"])
                raise NotSettledError(f"{label(manifest)} still exists after {limit:.0f} s; {held} holds it")
            self._pause(pause, f"{label(manifest)} to be deleted")
            pause = min(pause * 1.5, _POLL[1])

    def _pause(self, seconds: float, what: str) -> None:
        if self.cancelled.wait(seconds):
            raise NotSettledError(f"cancelled while waiting for {what}")


def label(manifest: Mapping[str, Any]) -> str:
    """How a person calls the object: `Deployment team/web`."""
    return f"{manifest.get('kind')} {object_id(manifest)}"


def object_id(manifest: Mapping[str, Any]) -> str:
    """`<namespace>/<name>`, or the name of what lives in no namespace: the official plugin's id."""
    metadata = manifest["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if metadata.get("namespace") else str(metadata["name"])


def immutable_fields(error: ApiError) -> tuple[str, ...]:
    """The paths of which the API server says that they cannot change; none if that is not what it says."""
    causes = error.details.get("causes") or ()
    return tuple(
        sorted({cause["field"] for cause in causes if "immutable" in cause.get("message", "") and cause.get("field")})
    )


def _propagation(manifest: Mapping[str, Any]) -> Literal["Background", "Foreground", "Orphan"]:
    match str(annotation(manifest, "pulumi.com/deletionPropagationPolicy") or "").lower():
        case "background":
            return "Background"
        case "orphan":
            return "Orphan"
        case _:
            return "Foreground"
