"""Whether a part of the cluster is ready, asked from inside its namespace."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from local.cluster.api import Api, ApiError

MANAGER = "takeoff-cluster"


def answers(url: str, context: ssl.SSLContext) -> bool:
    """Whether a URL answers 200 within two seconds; `context` is for https."""
    address = urlsplit(url)
    host, port = address.hostname or "", address.port
    connection: http.client.HTTPConnection = (
        http.client.HTTPSConnection(host, port, timeout=2, context=context)
        if address.scheme == "https"
        else http.client.HTTPConnection(host, port, timeout=2)
    )
    try:
        connection.request("GET", address.path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def define(api: Api, folder: Path) -> list[str]:
    """Give the API server the kinds that the folder's files define; their names. Raises ApiError."""
    definitions = [yaml.safe_load(file.read_text()) for file in sorted(folder.glob("*.yaml"))]
    for definition in definitions:
        api.apply(definition, manager=MANAGER, force=True)
    return [definition["metadata"]["name"] for definition in definitions]


def established(api: Api, names: list[str]) -> Callable[[], bool]:
    """A question whether the API server serves kinds of these names by now; each is asked until it does."""
    left = list(names)

    def ask() -> bool:
        left[:] = [name for name in left if not _serves(api, name)]
        return not left

    return ask


def has_account(api: Api) -> bool:
    """Whether pods are accepted: without its service account no pod of the default namespace is."""
    return _find(api, "/api/v1/namespaces/default/serviceaccounts/default") is not None


def _serves(api: Api, name: str) -> bool:
    found = _find(api, f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}") or {}
    # Null until a controller has looked at it.
    conditions = found.get("status", {}).get("conditions") or []
    return any(each["type"] == "Established" and each["status"] == "True" for each in conditions)


def _find(api: Api, path: str) -> dict[str, Any] | None:
    try:
        return api.find(path)
    except ApiError:
        return None
