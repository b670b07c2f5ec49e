"""EKS clusters as AWS keeps them: what moto drops of one, its own security group, updates one by one, and refusals."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.eks import urls
from moto.eks.exceptions import InvalidParameterException, InvalidRequestException
from moto.eks.responses import EKSResponse
from moto.iam.models import iam_backends

from catalog.kubernetes_versions import number, versions
from local.cloud import access
from local.state import ACCOUNT

SERVICE = "eks.amazonaws.com"
LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")
# https://docs.aws.amazon.com/eks/latest/userguide/auto-cluster-iam-role.html
MANAGED = ("BlockStorage", "Cluster", "Compute", "LoadBalancing", "Networking")
# What UpdateClusterConfig changes: one of them a call, but for Auto Mode's three.
_CHANGES = ("resourcesVpcConfig", "logging", "accessConfig", "upgradePolicy", "zonalShiftConfig", "deletionProtection")
_AUTO = ("computeConfig", "kubernetesNetworkConfig", "storageConfig")
_KEPT = ("accessConfig", "computeConfig", "storageConfig", "upgradePolicy", "deletionProtection", "zonalShiftConfig")


def install() -> None:
    """Puts our operations around moto's, and adds UpdateClusterVersion."""
    moto: Any = EKSResponse
    create, delete = moto.create_cluster, moto.delete_cluster

    def create_cluster(response: Any) -> Any:
        given = {name: response._get_param(name) for name in (*_KEPT, "kubernetesNetworkConfig")}
        _admit(response, given)
        created = create(response)
        cluster = response.eks_backend.clusters[response._get_param("name")]
        _complete(cluster, given, response.region)
        return created

    def delete_cluster(response: Any) -> Any:
        cluster = response.eks_backend.describe_cluster(response._get_param("name"))
        if cluster.deletion_protection:
            said = f"Cluster {cluster.name} has deletion protection enabled; disable it before deleting the cluster"
            raise InvalidRequestException(message=said)
        deleted = delete(response)
        ec2_backends[ACCOUNT][response.region].delete_security_group(
            group_id=cluster.resources_vpc_config["clusterSecurityGroupId"]
        )
        return deleted

    moto.create_cluster, moto.delete_cluster = create_cluster, delete_cluster
    moto.update_cluster_config, moto.update_cluster_version = update_cluster_config, update_cluster_version
    urls.url_paths["{0}/clusters/(?P<name>[^/]+)/updates$"] = EKSResponse.dispatch


def update_cluster_config(response: Any) -> ActionResult:
    """https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateClusterConfig.html"""
    cluster = response.eks_backend.describe_cluster(response._get_param("name"))
    given = {name: value for name in (*_CHANGES, *_AUTO) if (value := response._get_param(name)) is not None}
    if len(set(given) - set(_AUTO)) + bool(set(given) & set(_AUTO)) != 1:
        raise InvalidParameterException(message="Only one type of update can be allowed.")
    if set(given) & set(_AUTO):
        _auto_mode(given)
    if (mode := given.get("accessConfig", {}).get("authenticationMode")) == "CONFIG_MAP":
        was = cluster.access_config["authenticationMode"]
        raise InvalidParameterException(message=f"Unsupported authentication mode update from {was} to {mode}")
    for name, value in given.items():
        _change(cluster, name, value)
    return _update("ConfigUpdate", given)


def update_cluster_version(response: Any) -> ActionResult:
    """https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html: one minor version at a time, upwards."""
    cluster = response.eks_backend.describe_cluster(response._get_param("name"))
    wanted = response._get_param("version")
    _known(wanted)
    if number(wanted)[1] != number(cluster.version)[1] + 1:
        said = f"Unsupported Kubernetes minor version update from {cluster.version} to {wanted}"
        raise InvalidParameterException(message=said)
    cluster.version = wanted
    return _update("VersionUpdate", {"version": wanted})


def _admit(response: Any, given: Mapping[str, Any]) -> None:
    role = response._get_param("roleArn")
    if not access.trusted(role, SERVICE):
        raise InvalidParameterException(
            message=f"Role with arn: {role}, could not be assumed because it does not exist"
        )
    _known(response._get_param("version") or versions()[-1].version)
    _subnets(response._get_param("resourcesVpcConfig")["subnetIds"], response.region)
    if not _auto_mode(given):
        return
    wanted = [f"arn:aws:iam::aws:policy/AmazonEKS{name}Policy" for name in MANAGED]
    if set(wanted) - set(iam_backends[ACCOUNT]["aws"].get_role_by_arn(role).managed_policies):
        said = "The provided role doesn't have the Amazon EKS Managed Policies associated with it. "
        said += f"Please ensure the following policies {wanted} are attached"
        raise InvalidParameterException(message=said)
    if (given["accessConfig"] or {}).get("authenticationMode", "CONFIG_MAP") == "CONFIG_MAP":
        raise InvalidParameterException(message="EKS Auto Mode requires authentication mode API or API_AND_CONFIG_MAP")
    if response._get_param("bootstrapSelfManagedAddons") is not False:
        raise InvalidParameterException(message="EKS Auto Mode requires bootstrapSelfManagedAddons to be false")


def _known(version: str) -> None:
    if version not in {each.version for each in versions()}:
        raise InvalidParameterException(message=f"unsupported Kubernetes version {version}")


def _auto_mode(given: Mapping[str, Any]) -> bool:
    """Whether Auto Mode is asked for: by all three of its parts or by none, and with pools and their role, or neither.

    https://docs.aws.amazon.com/eks/latest/APIReference/API_ComputeConfigRequest.html
    """
    compute = given.get("computeConfig") or {}
    parts = {
        "computeConfig.enabled": compute.get("enabled", False),
        "kubernetesNetworkConfig.elasticLoadBalancing.enabled": _enabled(given, _AUTO[1], "elasticLoadBalancing"),
        "storageConfig.blockStorage.enabled": _enabled(given, _AUTO[2], "blockStorage"),
    }
    if len(set(parts.values())) > 1:
        said = f"For EKS Auto Mode, please ensure that all required configs, including {', '.join(parts)} "
        raise InvalidParameterException(message=said + "are all set to either true or false")
    if compute.get("nodeRoleArn") and not compute.get("nodePools"):
        said = "When Compute Config nodeRoleArn is not null or empty, nodePool value(s) must be provided."
        raise InvalidParameterException(message=said)
    if compute.get("nodePools") and not compute.get("nodeRoleArn"):
        said = "When Compute Config nodeRoleArn is null or empty, nodePool list cannot be populated."
        raise InvalidParameterException(message=said)
    return bool(compute.get("enabled"))


def _enabled(given: Mapping[str, Any], config: str, part: str) -> bool:
    return bool(((given.get(config) or {}).get(part) or {}).get("enabled", False))


def _complete(cluster: Any, given: Mapping[str, Any], region: str) -> None:
    """What AWS fills in: defaults, every kind of log, and a group of the cluster's own in the subnets' network."""
    entered = {"authenticationMode": "CONFIG_MAP", "bootstrapClusterCreatorAdminPermissions": True}
    cluster.access_config = entered | (given["accessConfig"] or {})
    cluster.compute_config, cluster.storage_config = given["computeConfig"], given["storageConfig"]
    cluster.upgrade_policy = given["upgradePolicy"] or {"supportType": "EXTENDED"}
    cluster.deletion_protection, cluster.client_request_token = bool(given["deletionProtection"]), None
    cluster.zonal_shift_config = given["zonalShiftConfig"] or {"enabled": False}
    addresses = {"ipFamily": "ipv4", "serviceIpv4Cidr": "172.20.0.0/16"}
    off = {"elasticLoadBalancing": {"enabled": False}}
    cluster.kubernetes_network_config = off | addresses | (given["kubernetesNetworkConfig"] or {})
    enabled = [kind for each in cluster.logging["clusterLogging"] if each.get("enabled") for kind in each["types"]]
    cluster.logging = _logging(enabled)
    own = cluster.resources_vpc_config
    asked = {"endpointPublicAccess": True, "endpointPrivateAccess": False, "securityGroupIds": []} | own
    cluster.resources_vpc_config = asked | _place(cluster.name, own["subnetIds"], region)
    _ranges(cluster.resources_vpc_config)
    cluster.access_entries, cluster.access_policies, cluster.pod_identities, cluster.addons = {}, {}, {}, {}


def _subnets(ids: Sequence[str], region: str) -> list[Any]:
    """The subnets, in two zones or more. Raises for others."""
    ec2 = ec2_backends[ACCOUNT][region]
    known = {subnet.id: subnet for zones in ec2.subnets.values() for subnet in zones.values()}
    if missing := [each for each in ids if each not in known]:
        raise InvalidParameterException(message=f"The subnet ID '{missing[0]}' does not exist")
    found = [known[each] for each in ids]
    if len({subnet.availability_zone for subnet in found}) < 2:
        raise InvalidParameterException(message="Subnets specified must be in at least two different AZs")
    return found


def _place(name: str, subnet_ids: Sequence[str], region: str) -> dict[str, str]:
    vpc = _subnets(subnet_ids, region)[0].vpc_id
    group = ec2_backends[ACCOUNT][region].create_security_group(
        f"eks-cluster-sg-{name}-{uuid.uuid4().int % 10**10}",
        "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes.",
        vpc_id=vpc,
    )
    return {"vpcId": vpc, "clusterSecurityGroupId": group.id}


def _ranges(config: dict[str, Any]) -> None:
    """A public API that names no range is everybody's; a private one has none."""
    if not config["endpointPublicAccess"]:
        config["publicAccessCidrs"] = []
    elif not config.get("publicAccessCidrs"):
        config["publicAccessCidrs"] = ["0.0.0.0/0"]


def _logging(enabled: Sequence[str]) -> dict[str, Any]:
    off = [kind for kind in LOGS if kind not in enabled]
    kinds = [{"types": sorted(set(enabled)), "enabled": True}, {"types": off, "enabled": False}]
    return {"clusterLogging": [each for each in kinds if each["types"]]}


def _change(cluster: Any, name: str, value: Any) -> None:
    if name == "logging":
        on = {kind for each in cluster.logging["clusterLogging"] if each["enabled"] for kind in each["types"]}
        for each in value["clusterLogging"]:
            on = on | set(each["types"]) if each["enabled"] else on - set(each["types"])
        cluster.logging = _logging(sorted(on))
    elif name == "deletionProtection":
        cluster.deletion_protection = value
    else:
        held = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
        setattr(cluster, held, (getattr(cluster, held) or {}) | value)
        if name == "resourcesVpcConfig":
            _ranges(cluster.resources_vpc_config)


def _update(kind: str, given: Mapping[str, Any]) -> ActionResult:
    params = [{"type": name, "value": json.dumps(value)} for name, value in given.items()]
    update = {"id": str(uuid.uuid4()), "status": "Successful", "type": kind, "params": params, "errors": []}
    return ActionResult({"update": update})
