"""Nodes that are not Karpenter's: node groups, what they are started with, and what runs on each of them."""

from collections.abc import Mapping
from typing import Any

from local.providers.aws.row import Autoname, Call, Read, Row, Tagging, Wait
from local.providers.aws.table.vpc import tagged

_DATA = "LaunchTemplateData"
_GROUPS = {"vpcSecurityGroupIds": f"{_DATA}.SecurityGroupIds"}
_TAGS = Tagging("tag_resource", "untag_resource", "list_tags_for_resource")
_CONFLICTS = {"resolveConflictsOnCreate": "resolveConflicts"}
_APART = ("labels", "taints")
_IN_PLACE = frozenset({"nodeRepairConfig", "scalingConfig", "updateConfig"})


def _texts(mappings: Any) -> Any:
    """Truths of a disk as Pulumi spells them: each may be left out, and is then the image's to say."""
    return [
        each | {"Ebs": {name: str(v).lower() if isinstance(v, bool) else v for name, v in each.get("Ebs", {}).items()}}
        for each in mappings
    ]


def _tags(specifications: Any) -> Any:
    """A mapping where the API has a list of pairs."""
    return [each | {"Tags": {tag["Key"]: tag["Value"] for tag in each.get("Tags", ())}} for each in specifications]


def _resources(found: Any) -> Any:
    """A list of one, with the official plugin's names."""
    groups = {"AutoscalingGroups": found.get("autoScalingGroups", ())}
    return [groups | {"RemoteAccessSecurityGroupId": found.get("remoteAccessSecurityGroup")}]


def _relabel(client: Any, olds: Mapping[str, Any], news: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    """Labels and taints that come, change and go: EKS takes what differs."""
    before, after = ({name: each.get(name) or () for name in _APART} for each in (olds, news))
    if before == after:
        return
    labels = dict(after["labels"] or {})
    gone = [name for name in dict(before["labels"] or {}) if name not in labels]
    kept = {(each["key"], each["effect"]) for each in after["taints"]}
    removed = [dict(each) for each in before["taints"] if (each["key"], each["effect"]) not in kept]
    client.update_nodegroup_config(
        clusterName=state["clusterName"],
        nodegroupName=state["nodeGroupName"],
        labels={"addOrUpdateLabels": labels, "removeLabels": gone},
        taints={"addOrUpdateTaints": [dict(each) for each in after["taints"]], "removeTaints": removed},
    )


ROWS = (
    Row(
        type="aws:ec2/launchTemplate:LaunchTemplate",
        served_by="ours",
        service="ec2",
        schema="AWS::EC2::LaunchTemplate#LaunchTemplateData",
        schema_names={"vpcSecurityGroupIds": "SecurityGroupIds"},
        keys={"LaunchTemplateId": "id", "LaunchTemplateIds": "id", "Resources": "id"},
        id="{id}",
        create=Call("create_launch_template", into=_DATA, renames={**_GROUPS, "name": "LaunchTemplateName"}),
        # A version holds all of a template, and nobody changes one.
        update=(Call("create_launch_template_version", into=_DATA, renames=_GROUPS),),
        read=(
            Read("describe_launch_templates", at="LaunchTemplates", pick=("LaunchTemplateId", "id")),
            Read(
                "describe_launch_template_versions",
                at=f"LaunchTemplateVersions.{_DATA}",
                arguments=lambda _: {"Versions": ["$Latest"]},
            ),
        ),
        delete=Call("delete_launch_template"),
        outputs={
            "id": "LaunchTemplateId",
            "arn": "arn:aws:ec2:{region}:{account}:launch-template/{id}",
            "defaultVersion": "DefaultVersionNumber",
            "latestVersion": "LatestVersionNumber",
        },
        replace=frozenset({"name"}),
        tagging=tagged(),
        spelled={"blockDeviceMappings": _texts, "tagSpecifications": _tags},
        texts=frozenset({"blockDeviceMappings.ebs.encrypted", "blockDeviceMappings.ebs.deleteOnTermination"}),
    ),
    Row(
        type="aws:eks/nodeGroup:NodeGroup",
        served_by="ours",
        service="eks",
        schema="AWS::EKS::Nodegroup",
        schema_names={"nodeRoleArn": "NodeRole", "subnetIds": "Subnets"},
        autoname=Autoname("nodeGroupName"),
        keys={"clusterName": "clusterName", "nodegroupName": "nodeGroupName", "resourceArn": "arn"},
        id="{clusterName}:{nodeGroupName}",
        create=Call("create_nodegroup", renames={"nodeRoleArn": "nodeRole", "subnetIds": "subnets"}),
        update=(
            Call("update_nodegroup_config", properties=_IN_PLACE),
            Call("update_nodegroup_version", properties=frozenset({"launchTemplate", "releaseVersion", "version"})),
        ),
        before_update=_relabel,
        read=(Read("describe_nodegroup", at="nodegroup"),),
        delete=Call("delete_nodegroup"),
        outputs={"arn": "nodegroupArn", "resources": "resources", "status": "status"},
        spelled={"resources": _resources},
        replace=frozenset(
            {"amiType", "capacityType", "clusterName", "diskSize", "instanceTypes", "nodeGroupName", "nodeRoleArn"}
            | {"remoteAccess", "subnetIds", "launchTemplate.id", "launchTemplate.name"}
        ),
        wait=Wait("status", frozenset({"ACTIVE"}), frozenset({"CREATE_FAILED", "DEGRADED"}), "health", gone=True),
        tagging=_TAGS,
        computed=frozenset({"diskSize", "launchTemplate.name", "releaseVersion", "version"}),
    ),
    Row(
        type="aws:eks/addon:Addon",
        served_by="ours",
        service="eks",
        schema="AWS::EKS::Addon",
        schema_names={"resolveConflictsOnCreate": "ResolveConflicts"},
        autoname=None,
        keys={"clusterName": "clusterName", "addonName": "addonName", "resourceArn": "arn"},
        id="{clusterName}:{addonName}",
        create=Call("create_addon", renames=_CONFLICTS),
        update=(Call("update_addon", renames={"resolveConflictsOnUpdate": "resolveConflicts"}),),
        read=(Read("describe_addon", at="addon"),),
        delete=Call("delete_addon"),
        outputs={"arn": "addonArn", "createdAt": "createdAt", "modifiedAt": "modifiedAt"},
        replace=frozenset({"addonName", "clusterName", "namespaceConfig"}),
        wait=Wait("status", frozenset({"ACTIVE"}), frozenset({"CREATE_FAILED", "DEGRADED"}), "health", gone=True),
        tagging=_TAGS,
        computed=frozenset({"addonVersion", "configurationValues"}),
        json=frozenset({"configurationValues"}),
        unread=frozenset({"resolveConflictsOnCreate", "resolveConflictsOnUpdate"}),
    ),
)
