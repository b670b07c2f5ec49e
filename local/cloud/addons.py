"""Add-ons of EKS clusters, which moto lacks: kept as they are asked for, and nothing of them runs."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.eks import urls
from moto.eks.exceptions import InvalidParameterException, ResourceInUseException, ResourceNotFoundException
from moto.eks.responses import EKSResponse

from local.state import ACCOUNT

# AWS's own that run on nodes. https://docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html
KNOWN = frozenset(
    {"aws-ebs-csi-driver", "coredns", "eks-node-monitoring-agent", "eks-pod-identity-agent", "kube-proxy"}
    | {"metrics-server", "vpc-cni"}
)
_GIVEN = ("addonVersion", "configurationValues", "serviceAccountRoleArn")


def install() -> None:
    """Adds the operations to moto's."""
    for path in ("", "/(?P<addonName>[^/]+)", "/(?P<addonName>[^/]+)/update"):
        urls.url_paths[f"{{0}}/clusters/(?P<name>[^/]+)/addons{path}$"] = EKSResponse.dispatch
    for operation in (create_addon, describe_addon, update_addon, delete_addon, list_addons):
        setattr(EKSResponse, operation.__name__, operation)


def create_addon(response: Any) -> ActionResult:
    """https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAddon.html"""
    held, name, cluster = addons(response), response._get_param("addonName"), response._get_param("name")
    if name not in KNOWN:
        raise InvalidParameterException(message=f"Addon {name} specified is not supported")
    if name in held:
        raise ResourceInUseException(message="Addon already exists.")
    arn = f"arn:aws:eks:{response.region}:{ACCOUNT}:addon/{cluster}/{name}/{uuid.uuid4()}"
    made = {"addonName": name, "clusterName": cluster, "addonArn": arn, "status": "ACTIVE", "addonVersion": "v1"}
    made |= {"createdAt": datetime.now(UTC), "tags": response._get_param("tags") or {}, "health": {"issues": []}}
    held[name] = made | _given(response)
    return ActionResult({"addon": held[name]})


def describe_addon(response: Any) -> ActionResult:
    return ActionResult({"addon": _addon(response)})


def update_addon(response: Any) -> ActionResult:
    _addon(response).update(_given(response))
    update = {"id": str(uuid.uuid4()), "status": "Successful", "type": "AddonUpdate", "params": [], "errors": []}
    return ActionResult({"update": update})


def delete_addon(response: Any) -> ActionResult:
    found = _addon(response)
    del addons(response)[found["addonName"]]
    return ActionResult({"addon": found})


def list_addons(response: Any) -> ActionResult:
    return ActionResult({"addons": sorted(addons(response))})


def addons(response: Any) -> dict[str, dict[str, Any]]:
    """The cluster's add-ons by name."""
    held: dict[str, dict[str, Any]] = response.eks_backend.describe_cluster(response._get_param("name")).addons
    return held


def _given(response: Any) -> dict[str, Any]:
    given = {name: value for name in _GIVEN if (value := response._get_param(name)) is not None}
    try:
        json.loads(given.get("configurationValues", "{}"))
    except ValueError:
        raise InvalidParameterException(message="ConfigurationValue is not in valid JSON or YAML format.") from None
    return given | {"modifiedAt": datetime.now(UTC)}


def _addon(response: Any) -> dict[str, Any]:
    name = response._get_param("addonName")
    found = addons(response).get(name)
    if found is None:
        raise ResourceNotFoundException(message=f"No addon: {name} found in cluster: {response._get_param('name')}")
    return found
