"""Inputs as the engine should remember them, and what is wrong with them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from local.providers.values import UNKNOWN, Properties

AUTONAMED: Final = "pulumi.com/autonamed"
ON_AWS: Final = "on AWS only: the local stack installs no charts and reads no manifests of others"
HERE: Final = "allowed here: objects themselves, and helm.sh/v3:Release as a record"


def kind_of_token(token: str) -> tuple[str, str]:
    """The apiVersion and kind that a type token stands for: `kubernetes:core/v1:Pod` is `v1`, `Pod`.

    Raises LookupError for what the local stack does not serve.
    """
    parts = token.split(":")
    if len(parts) != 3 or parts[0] != "kubernetes" or "/" not in parts[1]:
        raise LookupError(f"got the type {token!r}, allowed kubernetes:<group>/<version>:<Kind>")
    _, version, kind = parts
    group = version.partition("/")[0]
    if group in {"helm.sh", "kustomize", "yaml"}:
        raise LookupError(f"{token} works {ON_AWS}; {HERE}")
    return version.removeprefix("core/"), kind


def completed(inputs: Properties, olds: Properties, name: str, *, namespace: str | None) -> Properties:
    """The inputs with a name and a namespace: the program's own, else the ones that it has or is given now.

    A name that nobody gave is the one it has, else `name`. `namespace` is None for a kind without one.
    """
    made: Properties = without_nulls(inputs)
    metadata = made.setdefault("metadata", {})
    if not isinstance(metadata, dict):
        return made
    if not metadata.get("name") and metadata.get("name") is not UNKNOWN:
        old = olds.get("metadata")
        old = old if isinstance(old, dict) else {}
        kept = is_autonamed(olds) and old.get("name")
        metadata["name"] = kept or name
        metadata["annotations"] = {**(metadata.get("annotations") or {}), AUTONAMED: "true"}
    if namespace is None:
        metadata.pop("namespace", None)
    else:
        metadata["namespace"] = metadata.get("namespace") or namespace
    return made


def suffix(seed: bytes) -> str:
    """Eight hexadecimal digits, as the official plugin appends; the same for the same seed."""
    return hashlib.sha256(seed).hexdigest()[:8]


def problems(token: str, inputs: Mapping[str, Any]) -> list[str]:
    """Every reason for which this provider refuses the inputs before a server is asked."""
    version, kind = kind_of_token(token)
    found = []
    given = (inputs.get("apiVersion"), inputs.get("kind"))
    if given != (version, kind):
        found.append(
            f"apiVersion, kind: got {given[0]!r}, {given[1]!r}, allowed {version!r}, {kind!r} as in the type {token}; "
            "Patch resources are not served on the local stack"
        )
    if kind.endswith("List") and "items" in inputs:
        found.append(f"kind: got {kind!r}, allowed one object per resource: declare each of the items")
    metadata = inputs.get("metadata")
    if metadata is UNKNOWN:
        return found
    if not isinstance(metadata, Mapping):
        return [*found, f"metadata: got {type(metadata).__name__}, allowed an object with name, labels, annotations"]
    if metadata.get("generateName"):
        found.append(
            "metadata.generateName: got a prefix, allowed metadata.name or neither: server-side apply needs a "
            "name, and Pulumi makes one"
        )
    for name in ("labels", "annotations"):
        block = metadata.get(name) or {}
        if block is UNKNOWN:
            continue
        found += [
            f'metadata.{name}["{key}"]: got {value!r}, allowed a string'
            for key, value in block.items()
            if not isinstance(value, str) and value is not UNKNOWN
        ]
    return found


def is_autonamed(manifest: Mapping[str, Any]) -> bool:
    """Whether Pulumi made the object's name."""
    return bool(annotation(manifest, AUTONAMED) == "true")


def annotation(manifest: Mapping[str, Any], name: str) -> Any:
    """An annotation's value; None without one."""
    metadata = manifest.get("metadata")
    found = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    return found.get(name) if isinstance(found, Mapping) else None


def without_nulls(value: Any) -> Any:
    """The value without members that are null, at any depth: a member that is null is one that is not there."""
    if isinstance(value, Mapping):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value
