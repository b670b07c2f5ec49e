"""The pods of a model: SageMaker's container contract, under Kubernetes' strictest profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from components.endpoint_rules import VERSION_VARIABLE
from components.namespace import ACCOUNT
from components.priorities import CLASS, Priority
from components.site import Site
from components.workload import Workload

CONTAINER = "model"
_FETCH = "fetch"
_USER = 10001  # USER of every Dockerfile of model_code
_ML, _TMP = "/opt/ml", "/tmp"  # noqa: S108  an empty volume of the pod's own
# An artifact unpacks to 2 GiB at most (model_code/artifact.py), and the archive lies beside it meanwhile.
_VOLUMES = {"ml": "4Gi", "tmp": "1Gi"}


def pod(
    site: Site,
    workload: Workload,
    *,
    priority: Priority,
    arguments: Sequence[str],
    environment: Mapping[str, str] | None = None,
    writes: bool = False,
    serving: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The spec of a pod that runs the image with `arguments`, as SageMaker does: ENTRYPOINT stays.

    First the same image fetches the version's artifact to /opt/ml/model. SageMaker does that itself; a cluster does
    not, and a driver or a second image for it would be one more thing to install, pin and scan. `writes` lets the
    container write below /opt/ml, `serving` is added to it. It passes the Pod Security profile `restricted`:
    https://kubernetes.io/docs/concepts/security/pod-security-standards/
    """
    fetch = {"TAKEOFF_ARTIFACT": workload.version.artifact, "AWS_REGION": site.region}
    version = {VERSION_VARIABLE: workload.version.version}
    return {
        **workload.placed(),
        "serviceAccountName": ACCOUNT,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "priorityClassName": CLASS[priority],
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "initContainers": [
            {
                **_container(_FETCH, workload.image, ["fetch"], {**version, **fetch}),
                "resources": workload.size.resources(gpus=False),
                "volumeMounts": _mounts(read_only=False),
            }
        ],
        "containers": [
            {
                **_container(CONTAINER, workload.image, arguments, {**workload.environment, **version}, environment),
                "resources": workload.size.resources(),
                "volumeMounts": _mounts(read_only=not writes),
                **(serving or {}),
            }
        ],
        "volumes": [{"name": name, "emptyDir": {"sizeLimit": size}} for name, size in _VOLUMES.items()],
    }


def _container(
    name: str,
    image: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    more: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",  # a digest is one image for ever
        "args": list(arguments),
        "env": [{"name": key, "value": value} for key, value in sorted({**environment, **(more or {})}.items())],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def _mounts(*, read_only: bool) -> list[dict[str, Any]]:
    ml: dict[str, Any] = {"name": "ml", "mountPath": _ML}
    return [ml | ({"readOnly": True} if read_only else {}), {"name": "tmp", "mountPath": _TMP}]
