"""Lives of Kubernetes clusters, of who may enter them and of the roles of pods."""

from __future__ import annotations

from typing import Any

from catalog.kubernetes_versions import supported
from local.cloud.clusters import LOGS, MANAGED, SERVICE
from local.cloud.pod_identity import SERVICE as PODS
from local.providers.values import Properties
from tests.local.cloud.emulated import Cloud
from tests.local.providers.case import Case

TAGGED = {"tags": {"team": "a"}}
_POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKS{}Policy"
_EARLIER, _LATER = supported()[-2:]


def a_place(cloud: Cloud) -> dict[str, Any]:
    """Two subnets, a role that EKS takes, and a key."""
    ec2, iam, number = cloud.client("ec2"), cloud.client("iam"), next(cloud.names)
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"][
            "SubnetId"
        ]
        for n, zone in enumerate("ab")
    ]
    role = cloud.role(trusted=SERVICE)
    for name in MANAGED:
        arn = f"arn:aws:iam::aws:policy/AmazonEKS{name}Policy"
        iam.attach_role_policy(RoleName=role.rpartition("/")[2], PolicyArn=arn)
    key = cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    return {"role": role, "first": subnets[0], "second": subnets[1], "key": key, "name": f"cluster-{number}"}


def a_cluster(cloud: Cloud) -> dict[str, Any]:
    made = a_place(cloud)
    cloud.client("eks").create_cluster(
        name=made["name"],
        roleArn=made["role"],
        resourcesVpcConfig={"subnetIds": [made["first"], made["second"]]},
        accessConfig={"authenticationMode": "API"},
    )
    return {"cluster": made["name"], "principal": cloud.role()}


def an_entered_cluster(cloud: Cloud) -> dict[str, Any]:
    made = a_cluster(cloud)
    cloud.client("eks").create_access_entry(clusterName=made["cluster"], principalArn=made["principal"])
    return made


def a_cluster_with_pods(cloud: Cloud) -> dict[str, Any]:
    return a_cluster(cloud) | {"role": cloud.role(trusted=PODS), "role2": cloud.role(trusted=PODS)}


def _cluster(client: Any, state: Properties) -> Any:
    return client.describe_cluster(name=state["name"])["cluster"]


def _logs(client: Any, state: Properties) -> list[str]:
    kinds = _cluster(client, state)["logging"]["clusterLogging"]
    return sorted(kind for each in kinds if each["enabled"] for kind in each["types"])


def _close(client: Any, state: Properties) -> None:
    client.update_cluster_config(name=state["name"], resourcesVpcConfig={"endpointPublicAccess": False})


def _unprotect(client: Any, state: Properties) -> None:
    client.update_cluster_config(name=state["name"], deletionProtection=False)
    client.delete_cluster(name=state["name"])


def _who(state: Properties) -> dict[str, str]:
    return {"clusterName": state["clusterName"], "principalArn": state["principalArn"]}


def _entry(client: Any, state: Properties) -> Any:
    return client.describe_access_entry(**_who(state))["accessEntry"]


def _policies(client: Any, state: Properties) -> Any:
    return client.list_associated_access_policies(**_who(state))["associatedAccessPolicies"]


def _which(state: Properties) -> dict[str, str]:
    return {"clusterName": state["clusterName"], "associationId": state["associationId"]}


def _association(client: Any, state: Properties) -> Any:
    return client.describe_pod_identity_association(**_which(state))["association"]


def _vpc(**more: Any) -> Properties:
    return {"subnetIds": ["{first}", "{second}"], "endpointPrivateAccess": True, "endpointPublicAccess": False, **more}


CASES: dict[str, Case] = {
    "aws:eks/cluster:Cluster": Case(
        service="eks",
        needs=a_place,
        inputs={
            "version": _EARLIER,
            "roleArn": "{role}",
            "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
            "bootstrapSelfManagedAddons": False,
            "computeConfig": {"enabled": True, "nodePools": []},
            "kubernetesNetworkConfig": {"elasticLoadBalancing": {"enabled": True}},
            "storageConfig": {"blockStorage": {"enabled": True}},
            "encryptionConfig": {"provider": {"keyArn": "{key}"}, "resources": ["secrets"]},
            "enabledClusterLogTypes": list(LOGS),
            "upgradePolicy": {"supportType": "EXTENDED"},
            "vpcConfig": _vpc(),
            **TAGGED,
        },
        changed={
            "version": _LATER,
            "deletionProtection": True,
            "enabledClusterLogTypes": ["api", "audit"],
            "upgradePolicy": {"supportType": "STANDARD"},
            "vpcConfig": _vpc(endpointPublicAccess=True, publicAccessCidrs=["203.0.113.0/24"]),
        },
        replaced={"name": "another"},
        seen={
            "version": lambda client, s: _cluster(client, s)["version"],
            "roleArn": lambda client, s: _cluster(client, s)["roleArn"],
            "computeConfig": lambda client, s: _cluster(client, s)["computeConfig"],
            "storageConfig": lambda client, s: _cluster(client, s)["storageConfig"],
            "encryptionConfig": lambda client, s: _cluster(client, s)["encryptionConfig"][0],
            "enabledClusterLogTypes": _logs,
            "upgradePolicy": lambda client, s: _cluster(client, s)["upgradePolicy"],
            "deletionProtection": lambda client, s: _cluster(client, s)["deletionProtection"],
        },
        elsewhere=_close,
        drifts="vpcConfig",
        deleted=_unprotect,
    ),
    "aws:eks/accessEntry:AccessEntry": Case(
        service="eks",
        needs=a_cluster,
        inputs={"clusterName": "{cluster}", "principalArn": "{principal}", "kubernetesGroups": ["one"], **TAGGED},
        changed={"kubernetesGroups": ["two"], "userName": "operator"},
        replaced={"type": "EC2"},
        seen={
            "kubernetesGroups": lambda client, s: _entry(client, s)["kubernetesGroups"],
            "userName": lambda client, s: _entry(client, s)["username"],
        },
        elsewhere=lambda client, s: client.update_access_entry(**_who(s), kubernetesGroups=["theirs"]),
        drifts="kubernetesGroups",
        deleted=lambda client, s: client.delete_access_entry(**_who(s)),
    ),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": Case(
        service="eks",
        needs=an_entered_cluster,
        inputs={
            "clusterName": "{cluster}",
            "principalArn": "{principal}",
            "policyArn": _POLICY.format("View"),
            "accessScope": {"type": "cluster"},
        },
        replaced={"policyArn": _POLICY.format("Edit")},
        seen={"policyArn": lambda client, s: _policies(client, s)[0]["policyArn"]},
        elsewhere=None,
        drifts="",
        deleted=lambda client, s: client.disassociate_access_policy(**_who(s), policyArn=s["policyArn"]),
    ),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": Case(
        service="eks",
        needs=a_cluster_with_pods,
        inputs={
            "clusterName": "{cluster}",
            "namespace": "local-model",
            "serviceAccount": "model",
            "roleArn": "{role}",
            **TAGGED,
        },
        changed={"roleArn": "{role2}"},
        replaced={"serviceAccount": "another"},
        seen={"roleArn": lambda client, s: _association(client, s)["roleArn"]},
        elsewhere=lambda client, s: client.update_pod_identity_association(**_which(s), disableSessionTags=True),
        drifts="disableSessionTags",
        deleted=lambda client, s: client.delete_pod_identity_association(**_which(s)),
    ),
}
