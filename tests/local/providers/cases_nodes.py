"""Lives of managed node groups, of what they are started with and of add-ons."""

from __future__ import annotations

from typing import Any

from local.cloud.node_groups import NEEDED, SERVICE
from local.providers.values import Properties
from tests.local.cloud.emulated import Cloud
from tests.local.providers.case import Case
from tests.local.providers.cases_clusters import TAGGED, a_cluster, a_place

_TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}


def a_group(cloud: Cloud) -> dict[str, Any]:
    """A place, a cluster in it, a template of two versions and a role that nodes may have."""
    made, ec2, role = a_place(cloud), cloud.client("ec2"), cloud.role(trusted=SERVICE)
    cloud.client("eks").create_cluster(
        name=made["name"],
        roleArn=made["role"],
        resourcesVpcConfig={"subnetIds": [made["first"], made["second"]]},
        accessConfig={"authenticationMode": "API"},
    )
    cloud.client("iam").attach_role_policy(RoleName=role.rpartition("/")[2], PolicyArn=NEEDED)
    data = {"MetadataOptions": {"HttpTokens": "required"}}
    template = ec2.create_launch_template(LaunchTemplateName=made["name"], LaunchTemplateData=data)["LaunchTemplate"]
    ec2.create_launch_template_version(LaunchTemplateId=template["LaunchTemplateId"], LaunchTemplateData=data)
    return {
        "cluster": made["name"],
        "control": made["role"],
        "role": role,
        "subnet": made["first"],
        "subnets": [made["first"], made["second"]],
        "template": template["LaunchTemplateId"],
    }


def _template(client: Any, state: Properties) -> Any:
    found = client.describe_launch_template_versions(LaunchTemplateId=state["id"], Versions=["$Latest"])
    return found["LaunchTemplateVersions"][0]["LaunchTemplateData"]


def _another_version(client: Any, state: Properties) -> None:
    data = _template(client, state) | {"MetadataOptions": {"HttpTokens": "optional"}}
    client.create_launch_template_version(LaunchTemplateId=state["id"], LaunchTemplateData=data)


def _named(state: Properties) -> dict[str, str]:
    return {"clusterName": state["clusterName"], "nodegroupName": state["nodeGroupName"]}


def _group(client: Any, state: Properties) -> Any:
    return client.describe_nodegroup(**_named(state))["nodegroup"]


def _which(state: Properties) -> dict[str, str]:
    return {"clusterName": state["clusterName"], "addonName": state["addonName"]}


CASES: dict[str, Case] = {
    "aws:ec2/launchTemplate:LaunchTemplate": Case(
        service="ec2",
        inputs={
            "vpcSecurityGroupIds": ["sg-one"],
            "blockDeviceMappings": [
                {"deviceName": "/dev/xvda", "ebs": {"volumeSize": 80, "encrypted": "true", "volumeType": "gp3"}}
            ],
            "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
            "tagSpecifications": [{"resourceType": "volume", "tags": {"takeoff:pool": "shared"}}],
            **TAGGED,
        },
        changed={"vpcSecurityGroupIds": ["sg-one", "sg-two"]},
        replaced={"name": "another"},
        seen={"vpcSecurityGroupIds": lambda client, s: _template(client, s)["SecurityGroupIds"]},
        elsewhere=_another_version,
        drifts="metadataOptions",
        deleted=lambda client, s: client.delete_launch_template(LaunchTemplateId=s["id"]),
    ),
    "aws:eks/nodeGroup:NodeGroup": Case(
        service="eks",
        needs=a_group,
        inputs={
            "clusterName": "{cluster}",
            "nodeRoleArn": "{role}",
            "subnetIds": ["{subnet}"],
            "amiType": "AL2023_x86_64_NVIDIA",
            "instanceTypes": ["g6.xlarge"],
            "capacityType": "ON_DEMAND",
            "scalingConfig": {"minSize": 0, "maxSize": 2, "desiredSize": 0},
            "labels": {"takeoff/pool": "shared", "gone": "soon"},
            "taints": [_TAINT],
            "launchTemplate": {"id": "{template}", "version": "1"},
            "updateConfig": {"maxUnavailable": 1},
            "nodeRepairConfig": {"enabled": True},
            **TAGGED,
        },
        changed={
            "scalingConfig": {"minSize": 0, "maxSize": 4, "desiredSize": 1},
            "labels": {"takeoff/pool": "shared"},
            "taints": [{**_TAINT, "effect": "NO_EXECUTE"}],
            "launchTemplate": {"id": "{template}", "version": "2"},
        },
        replaced={"instanceTypes": ["g5.xlarge"]},
        seen={
            "scalingConfig": lambda client, s: _group(client, s)["scalingConfig"],
            "labels": lambda client, s: _group(client, s)["labels"],
            "taints": lambda client, s: _group(client, s)["taints"],
            "nodeRepairConfig": lambda client, s: _group(client, s)["nodeRepairConfig"],
        },
        elsewhere=lambda client, s: client.update_nodegroup_config(
            **_named(s), labels={"addOrUpdateLabels": {"takeoff/pool": "other"}}
        ),
        drifts="labels",
        deleted=lambda client, s: client.delete_nodegroup(**_named(s)),
    ),
    "aws:eks/addon:Addon": Case(
        service="eks",
        needs=a_cluster,
        inputs={
            "clusterName": "{cluster}",
            "addonName": "vpc-cni",
            "configurationValues": '{"enableNetworkPolicy": "true"}',
            "resolveConflictsOnCreate": "OVERWRITE",
            "resolveConflictsOnUpdate": "OVERWRITE",
            **TAGGED,
        },
        changed={"configurationValues": '{"enableNetworkPolicy": "false"}'},
        replaced={"addonName": "kube-proxy"},
        seen={
            "configurationValues": lambda client, s: client.describe_addon(**_which(s))["addon"]["configurationValues"]
        },
        elsewhere=lambda client, s: client.update_addon(**_which(s), configurationValues="{}"),
        drifts="configurationValues",
        deleted=lambda client, s: client.delete_addon(**_which(s)),
    ),
}
