"""A Helm release on the local stack: stored and validated, nothing installed.

KEDA and Kueue come by their official charts, on AWS only; locally the program must still plan, apply and go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pulumi.runtime.proto import provider_pb2

from local.providers.kubernetes import check, diff, replacement
from local.providers.kubernetes.responses import checked, differing
from local.providers.values import UNKNOWN, Properties, decode, encode

TOKEN: Final = "kubernetes:helm.sh/v3:Release"  # noqa: S105 (a type token)
_TEXTS: Final = ("chart", "description", "name", "namespace", "version")
_IDENTITY: Final = ("name", "namespace")


class Releases:
    """Remembers what the program says of a release."""

    def check(self, request: Any) -> Any:
        (news, secrets), (olds, _) = decode(request.news), decode(request.olds)
        inputs = completed(news, olds, f"{request.name}-{check.suffix(request.randomSeed)}")
        return checked(inputs, secrets, problems(inputs))

    def diff(self, request: Any) -> Any:
        (olds, _), (news, _) = decode(request.old_inputs), decode(request.news)
        found = diff.changes(olds, news)
        replaces = {path for path in found if replacement.replaces(path, _IDENTITY)}
        return differing(found, replaces, inputs=found.keys(), name_is_taken=release_id(olds) == release_id(news))

    def create(self, request: Any, context: Any) -> Any:  # noqa: ARG002
        inputs, secrets = decode(request.properties)
        return provider_pb2.CreateResponse(id=release_id(inputs), properties=encode(inputs, secrets))

    def read(self, request: Any) -> Any:
        if not request.inputs.fields:
            raise LookupError(f"{request.id}: a release cannot be imported here: none is installed on the local stack")
        return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def update(self, request: Any, context: Any) -> Any:  # noqa: ARG002
        inputs, secrets = decode(request.news)
        return provider_pb2.UpdateResponse(properties=encode(inputs, secrets))

    def delete(self, request: Any) -> None:
        """Nothing was installed."""


def completed(inputs: Properties, olds: Properties, made: str) -> Properties:
    """The inputs with the release's name: the program's, the one that was made before, else `made`."""
    if inputs.get("name"):
        return inputs | {"__defaults": []}
    kept = olds.get("name") if "name" in olds.get("__defaults", []) else None
    return inputs | {"name": kept or made, "__defaults": ["name"]}


def problems(inputs: Mapping[str, Any]) -> list[str]:
    """What Helm would refuse without looking at the chart."""
    found = []
    if not inputs.get("chart"):
        found.append("chart: got none, allowed a chart's name, with repositoryOpts.repo, or its oci:// address")
    found += [
        f"{name}: got {inputs[name]!r}, allowed a text"
        for name in _TEXTS
        if not isinstance(inputs.get(name, ""), str) and inputs[name] is not UNKNOWN
    ]
    for name in ("values", "repositoryOpts"):
        block = inputs.get(name, {})
        if not isinstance(block, Mapping) and block is not UNKNOWN:
            found.append(f"{name}: got {type(block).__name__}, allowed an object")
    return found


def release_id(inputs: Mapping[str, Any]) -> str:
    """`<namespace>/<name>`, as the official plugin has it."""
    return f"{inputs.get('namespace') or 'default'}/{inputs['name']}"
