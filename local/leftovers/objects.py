"""What a stack has in its local cluster: what our provider applied, of whatever kind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from local.cluster.api import Api
from local.leftovers.leftover import Leftover, bind
from local.providers.kubernetes.objects import MANAGER, Objects, object_id
from local.providers.kubernetes.settings import Settings
from local.providers.kubernetes.translate import declared

_DELETION = 120.0  # seconds: a namespace waits for its pods, a pool for its nodes


def objects(api: Api, stack: str) -> Iterator[Leftover]:
    """All of a stack's, namespaces first: with one goes what is in it."""
    known = Objects(api, Settings(kubeconfig=None), threading.Event())
    found = [declared(each) for each in api.everything(labels=f"takeoff/stack={stack}") if _applied(each)]
    for manifest in sorted(found, key=lambda each: each["kind"] != "Namespace"):
        yield Leftover(_type(manifest), object_id(manifest), bind(known.delete, manifest, _DELETION))


def _applied(found: dict[str, Any]) -> bool:
    """Whether the provider did; controllers give what they make the labels of what they make it for."""
    return any(each.get("manager") == MANAGER for each in found["metadata"].get("managedFields", ()))


def _type(manifest: dict[str, Any]) -> str:
    """Pulumi's type, where the core group has a name."""
    version = manifest["apiVersion"]
    return f"kubernetes:{version if '/' in version else f'core/{version}'}:{manifest['kind']}"
