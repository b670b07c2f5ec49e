"""Kubernetes clusters: who may enter them, and which role a pod has."""

from collections.abc import Mapping
from typing import Any

from local.providers.aws.row import Call, Read, Row, Tagging, Wait

_LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")


def _logging(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Each kind of log is on or off."""
    on = sorted(properties.get("enabledClusterLogTypes") or ())
    kinds = [(on, True), ([kind for kind in _LOGS if kind not in on], False)]
    return {"logging": {"clusterLogging": [{"types": types, "enabled": enabled} for types, enabled in kinds if types]}}


def _config(*properties: str, **more: Any) -> Call:
    """EKS takes one kind of change a call."""
    return Call("update_cluster_config", properties=frozenset(properties), **more)


def _access(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Who was let in when the cluster was made is said then, and never again."""
    mode = (properties.get("accessConfig") or {}).get("authenticationMode")
    return {"accessConfig": {"authenticationMode": mode}} if mode else {}


def _more(_: Any, __: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """The kinds of log that are on, in the official plugin's spelling."""
    kinds = raw.get("logging", {}).get("clusterLogging", ())
    return {"enabledClusterLogTypes": sorted(kind for each in kinds if each["enabled"] for kind in each["types"])}


def _network(found: Mapping[str, Any]) -> dict[str, Any]:
    """Lists without entries are none to the official plugin, and what AWS makes is not the program's."""
    made = ("clusterSecurityGroupId", "vpcId")
    return {name: value for name, value in found.items() if value not in ([], None) and name not in made}


_VPC = {"vpcConfig": "resourcesVpcConfig"}
_TAGGING = Tagging("tag_resource", "untag_resource", "list_tags_for_resource")
_ENTRY = {"clusterName": "clusterName", "principalArn": "principalArn"}

ROWS = (
    Row(
        type="aws:eks/cluster:Cluster",
        served_by="ours",
        service="eks",
        schema="AWS::EKS::Cluster",
        schema_names={"vpcConfig": "ResourcesVpcConfig"},
        keys={"name": "name", "resourceArn": "arn"},
        id="{name}",
        create=Call(
            "create_cluster",
            renames={**_VPC, "enabledClusterLogTypes": "logging.clusterLogging.types"},
            arguments=_logging,
        ),
        update=(
            Call("update_cluster_version", properties=frozenset({"version"})),
            _config("accessConfig", renames={"accessConfig": ""}, arguments=_access),
            _config("computeConfig", "kubernetesNetworkConfig", "storageConfig"),
            _config("deletionProtection"),
            _config("enabledClusterLogTypes", renames={"enabledClusterLogTypes": ""}, arguments=_logging),
            _config("upgradePolicy"),
            _config("vpcConfig", renames=_VPC),
            _config("zonalShiftConfig"),
        ),
        read=(Read("describe_cluster", at="cluster", renames={"enabledClusterLogTypes": "enabledClusterLogTypes"}),),
        read_more=_more,
        delete=Call("delete_cluster"),
        outputs={
            "arn": "arn",
            "certificateAuthority": "certificateAuthority",
            "createdAt": "createdAt",
            "endpoint": "endpoint",
            "platformVersion": "platformVersion",
            "status": "status",
        },
        inner={
            "vpcConfig.clusterSecurityGroupId": "resourcesVpcConfig.clusterSecurityGroupId",
            "vpcConfig.vpcId": "resourcesVpcConfig.vpcId",
        },
        replace=frozenset(
            {"accessConfig.bootstrapClusterCreatorAdminPermissions", "bootstrapSelfManagedAddons", "name", "roleArn"}
            | {"kubernetesNetworkConfig.ipFamily", "kubernetesNetworkConfig.serviceIpv4Cidr"}
        ),
        wait=Wait("status", frozenset({"ACTIVE"}), frozenset({"FAILED"}), "health", gone=True),
        tagging=_TAGGING,
        computed=frozenset(
            {"accessConfig", "kubernetesNetworkConfig", "upgradePolicy", "version", "zonalShiftConfig"}
            | {"deletionProtection", "vpcConfig.clusterSecurityGroupId", "vpcConfig.publicAccessCidrs"}
            | {"vpcConfig.securityGroupIds", "vpcConfig.vpcId"}
        ),
        defaults={"bootstrapSelfManagedAddons": True},
        unread=frozenset({"bootstrapSelfManagedAddons"}),
        spelled={"encryptionConfig": lambda found: found[0] if found else None, "vpcConfig": _network},
    ),
    Row(
        type="aws:eks/accessEntry:AccessEntry",
        served_by="ours",
        service="eks",
        schema="AWS::EKS::AccessEntry",
        autoname=None,
        keys={**_ENTRY, "resourceArn": "accessEntryArn"},
        id="{clusterName}:{principalArn}",
        create=Call("create_access_entry", renames={"userName": "username"}),
        update=(Call("update_access_entry", renames={"userName": "username"}),),
        read=(Read("describe_access_entry", at="accessEntry"),),
        delete=Call("delete_access_entry"),
        outputs={"accessEntryArn": "accessEntryArn", "createdAt": "createdAt", "modifiedAt": "modifiedAt"},
        replace=frozenset({"clusterName", "principalArn", "type"}),
        tagging=_TAGGING,
        computed=frozenset({"kubernetesGroups", "userName"}),
        defaults={"type": "STANDARD"},
    ),
    Row(
        type="aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        served_by="ours",
        service="eks",
        schema="AWS::EKS::AccessEntry#AccessPolicy",
        autoname=None,
        keys={**_ENTRY, "policyArn": "policyArn"},
        id="{clusterName}#{principalArn}#{policyArn}",
        create=Call("associate_access_policy"),
        read=(Read("list_associated_access_policies", at="associatedAccessPolicies", pick=("policyArn", "policyArn")),),
        delete=Call("disassociate_access_policy"),
        outputs={"associatedAt": "associatedAt", "modifiedAt": "modifiedAt"},
        replace=frozenset({"accessScope", "clusterName", "policyArn", "principalArn"}),
        # A list without entries is none to the official plugin.
        spelled={"accessScope": lambda found: {name: value for name, value in found.items() if value}},
    ),
    Row(
        type="aws:eks/podIdentityAssociation:PodIdentityAssociation",
        served_by="ours",
        service="eks",
        schema="AWS::EKS::PodIdentityAssociation",
        autoname=None,
        keys={"clusterName": "clusterName", "associationId": "associationId", "resourceArn": "associationArn"},
        id="{associationId}",
        imported="{clusterName},{associationId}",
        create=Call("create_pod_identity_association"),
        update=(Call("update_pod_identity_association"),),
        read=(Read("describe_pod_identity_association", at="association"),),
        delete=Call("delete_pod_identity_association"),
        outputs={"associationArn": "associationArn", "associationId": "associationId", "externalId": "externalId"},
        answer={"associationId": "association.associationId"},
        replace=frozenset({"clusterName", "namespace", "serviceAccount"}),
        tagging=_TAGGING,
        defaults={"disableSessionTags": False},
    ),
)
