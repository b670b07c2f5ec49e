"""Managed node groups as EKS keeps them: what moto drops of one and of its template, new versions, and refusals."""

from __future__ import annotations

import uuid
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.ec2.models.launch_templates import LaunchTemplate
from moto.eks import urls
from moto.eks.exceptions import InvalidParameterException, InvalidRequestException
from moto.eks.responses import EKSResponse
from moto.iam.models import iam_backends

from local.cloud import access
from local.state import ACCOUNT

SERVICE = "ec2.amazonaws.com"
# https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html
NEEDED = "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"
_KEPT = ("updateConfig", "nodeRepairConfig")


def install() -> None:
    """Puts our creation around moto's, and adds UpdateNodegroupVersion."""
    moto: Any = EKSResponse
    create, delete = moto.create_nodegroup, moto.delete_cluster

    def create_nodegroup(response: Any) -> Any:
        _admit(response)
        created = create(response)
        group = _group(response)
        group.update_config, group.node_repair_config = (response._get_param(name) for name in _KEPT)
        group.remote_access = response._get_param("remoteAccess")
        group.version = response._get_param("version") or _cluster(response).version
        return created

    def delete_cluster(response: Any) -> Any:
        if held := sorted(_cluster(response).nodegroups):
            said = f"Cluster has nodegroups attached: {', '.join(held)}"
            raise InvalidRequestException(message=said)
        return delete(response)

    template: Any = LaunchTemplate
    # moto answers those of its creation for ever.
    template.tags = property(lambda self: self.get_tags(), lambda *_: None)
    moto.create_nodegroup, moto.delete_cluster = create_nodegroup, delete_cluster
    moto.update_nodegroup_version = update_nodegroup_version
    path = "{0}/clusters/(?P<name>[^/]+)/node-groups/(?P<nodegroupName>[^/]+)/update-version$"
    urls.url_paths[path] = EKSResponse.dispatch


def update_nodegroup_version(response: Any) -> ActionResult:
    """https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateNodegroupVersion.html"""
    group = _group(response)
    if template := response._get_param("launchTemplate"):
        if {name: group.launch_template.get(name) for name in ("id", "name") if name in template} != {
            name: value for name, value in template.items() if name != "version"
        }:
            raise InvalidParameterException(message="You cannot update to a different launch template")
        _versioned(template, response.region)
        group.launch_template = group.launch_template | template
    group.version = response._get_param("version") or group.version
    update = {"id": str(uuid.uuid4()), "status": "Successful", "type": "VersionUpdate", "params": [], "errors": []}
    return ActionResult({"update": update})


def _admit(response: Any) -> None:
    role = response._get_param("nodeRole")
    attached = iam_backends[ACCOUNT]["aws"].get_role_by_arn(role).managed_policies if _joins(role) else {}
    if NEEDED not in attached:
        said = f"The role {role} is not one that EC2 may assume, or lacks the policy {NEEDED}"
        raise InvalidParameterException(message=said)
    ec2 = ec2_backends[ACCOUNT][response.region]
    known = {subnet for zones in ec2.subnets.values() for subnet in zones}
    if missing := [each for each in response._get_param("subnets") if each not in known]:
        raise InvalidParameterException(message=f"The subnet ID '{missing[0]}' does not exist")
    sizes = response._get_param("scalingConfig") or {}
    least, wished, most = (sizes.get(name, 1) for name in ("minSize", "desiredSize", "maxSize"))
    if not least <= wished <= most or most < 1:
        raise InvalidParameterException(message=f"desiredSize {wished} is not within minSize {least}, maxSize {most}")
    if template := response._get_param("launchTemplate"):
        _versioned(template, response.region)


def _joins(role: str) -> bool:
    return access.trusted(role, SERVICE)


def _versioned(template: dict[str, str], region: str) -> None:
    """Raise where a template has no such version."""
    found = ec2_backends[ACCOUNT][region].launch_templates.get(template.get("id", ""))
    number = template.get("version", "1")
    if found is None or number not in {str(each.number) for each in found.versions}:
        raise InvalidParameterException(message=f"Launch template {template.get('id')} has no version {number}")


def _cluster(response: Any) -> Any:
    return response.eks_backend.describe_cluster(response._get_param("name"))


def _group(response: Any) -> Any:
    return response.eks_backend.describe_nodegroup(response._get_param("name"), response._get_param("nodegroupName"))
