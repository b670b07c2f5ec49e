"""Pods as workloads declare them: where their spec is, in which namespace they run, and their containers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from policies.declared import Declared, inside, known

# Where the spec of the pods is.
PODS: Final[Mapping[str, str]] = {
    "kubernetes:apps/v1:Deployment": "spec.template.spec",
    "kubernetes:apps/v1:StatefulSet": "spec.template.spec",
    "kubernetes:apps/v1:DaemonSet": "spec.template.spec",
    "kubernetes:batch/v1:Job": "spec.template.spec",
    "kubernetes:batch/v1:CronJob": "spec.jobTemplate.spec.template.spec",
}
_NAMESPACE: Final = "kubernetes:core/v1:Namespace"
# https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/#initial-namespaces
_DEFAULT: Final = "default"


def spec(resource: Declared) -> Mapping[str, Any]:
    """The spec of a workload's pods. Raises UnknownError, and ValueError for what is none."""
    path = PODS[resource.type]
    found = known(resource.at(path), path)
    if not isinstance(found, Mapping):
        raise ValueError(f"{path}: got {found!r}; allowed: an object")
    return found


def containers(resource: Declared) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every container of a workload's pods with its name, those that run first as well. Raises UnknownError."""
    for key in ("initContainers", "containers", "ephemeralContainers"):
        for number, each in enumerate(known(spec(resource).get(key), key) or ()):
            found = known(each, f"{key}[{number}]")
            if not isinstance(found, Mapping):
                raise ValueError(f"{key}[{number}]: got {found!r}; allowed: an object")
            yield str(found.get("name") or f"{key}[{number}]"), found


def namespace(resource: Declared) -> str:
    """The namespace that an object is in, or that it is. Raises UnknownError."""
    key = "name" if resource.type == _NAMESPACE else "namespace"
    return str(known(inside(resource.props, f"metadata.{key}"), f"metadata.{key}") or _DEFAULT)
