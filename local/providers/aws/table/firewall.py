"""Security groups and their rules (Pulumi's modules `ec2` and `vpc`)."""

from collections.abc import Mapping
from typing import Any

from local.providers.aws.row import Autoname, Call, Read, Row
from local.providers.aws.table.vpc import tagged

_ARN = "arn:aws:ec2:{region}:{account}:"
_GROUP = {"GroupId": "id", "GroupIds": "id", "Resources": "id"}
_READ = Read("describe_security_groups", at="SecurityGroups", pick=("GroupId", "id"))
# Where each place that a rule can name lies in a permission, and in a rule that is changed or read.
_PLACES = {
    "cidrIpv4": ("IpRanges", "CidrIp", "CidrIpv4"),
    "cidrIpv6": ("Ipv6Ranges", "CidrIpv6", "CidrIpv6"),
    "prefixListId": ("PrefixListIds", "PrefixListId", "PrefixListId"),
    "referencedSecurityGroupId": ("UserIdGroupPairs", "GroupId", "ReferencedGroupId"),
}
_PORTS = {"ipProtocol": "IpProtocol", "fromPort": "FromPort", "toPort": "ToPort"}
_RULE = frozenset({*_PLACES, *_PORTS, "description"})


def _revoke(client: Any, state: Mapping[str, Any]) -> None:
    """Takes every rule away: AWS lets a new group call everything, and the official plugin does not."""
    (group,) = client.describe_security_groups(GroupIds=[state["id"]])["SecurityGroups"]
    if group["IpPermissions"]:
        client.revoke_security_group_ingress(GroupId=state["id"], IpPermissions=group["IpPermissions"])
    if group["IpPermissionsEgress"]:
        client.revoke_security_group_egress(GroupId=state["id"], IpPermissions=group["IpPermissionsEgress"])


def _revoke_again(client: Any, olds: Mapping[str, Any], news: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    if any(olds.get(name) != news.get(name) for name in ("ingress", "egress")):
        _revoke(client, state)


def _no_rules(inputs: Mapping[str, Any]) -> dict[str, Any]:
    if inputs.get("ingress") or inputs.get("egress"):
        raise ValueError("ingress, egress: the local aws provider takes empty lists only")
    vpc = {"Name": "vpc-id", "Values": [inputs["vpcId"]]}
    return {"Filters": [vpc, {"Name": "group-name", "Values": ["default"]}]}


def _permission(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """A rule as it is added to a group."""
    permission = {member: inputs[name] for name, member in _PORTS.items() if inputs.get(name) is not None}
    for name, (member, key, _) in _PLACES.items():
        if inputs.get(name) is not None:
            said = {"Description": inputs["description"]} if inputs.get("description") else {}
            permission[member] = [{key: inputs[name], **said}]
    return {"IpPermissions": [permission]}


def _change(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """A rule as it is changed."""
    members = _PORTS | {name: member for name, (_, _, member) in _PLACES.items()} | {"description": "Description"}
    rule = {member: inputs[name] for name, member in members.items() if inputs.get(name) is not None}
    return {"SecurityGroupRules": [{"SecurityGroupRuleId": inputs.get("id"), "SecurityGroupRule": rule}]}


def _rule(direction: str) -> Row:
    name = f"securityGroup{direction.title()}Rule"
    return Row(
        type=f"aws:vpc/{name}:{name[0].upper()}{name[1:]}",
        served_by="ours",
        service="ec2",
        schema=f"AWS::EC2::SecurityGroup{direction.title()}",
        schema_names={
            "cidrIpv4": "CidrIp",
            "securityGroupId": "GroupId",
            "prefixListId": "SourcePrefixListId" if direction == "ingress" else "DestinationPrefixListId",
            "referencedSecurityGroupId": f"{'Source' if direction == 'ingress' else 'Destination'}SecurityGroupId",
        },
        autoname=None,
        keys={
            "GroupId": "securityGroupId",
            "SecurityGroupRuleIds": "id",
            "Resources": "id",
        },
        id="{id}",
        create=Call(
            f"authorize_security_group_{direction}",
            renames=dict.fromkeys(_RULE, ""),
            properties=_RULE | {"securityGroupId"},
            arguments=_permission,
        ),
        update=(
            Call(
                "modify_security_group_rules",
                renames=dict.fromkeys(_RULE, ""),
                properties=_RULE,
                arguments=_change,
            ),
        ),
        read=(
            Read(
                "describe_security_group_rules",
                at="SecurityGroupRules",
                pick=("SecurityGroupRuleId", "id"),
                renames={
                    **_PORTS,
                    "cidrIpv4": "CidrIpv4",
                    "cidrIpv6": "CidrIpv6",
                    "description": "Description",
                    "prefixListId": "PrefixListId",
                    "referencedSecurityGroupId": "ReferencedGroupInfo.GroupId",
                },
            ),
        ),
        delete=Call(f"revoke_security_group_{direction}"),
        outputs={
            "id": "SecurityGroupRuleId",
            "securityGroupRuleId": "SecurityGroupRuleId",
            "arn": _ARN + "security-group-rule/{id}",
        },
        replace=frozenset({"securityGroupId"}),
        replace_if_new=frozenset(_PLACES),
        tagging=tagged("security-group-rule"),
    )


ROWS = (
    Row(
        type="aws:ec2/securityGroup:SecurityGroup",
        served_by="ours",
        service="ec2",
        schema="AWS::EC2::SecurityGroup",
        schema_names={"description": "GroupDescription"},
        autoname=Autoname(),
        keys=_GROUP,
        id="{id}",
        create=Call(
            "create_security_group",
            renames={"name": "GroupName"},
            properties=frozenset({"description", "name", "vpcId"}),
        ),
        after_create=_revoke,
        read=(_READ,),
        delete=Call("delete_security_group"),
        outputs={"id": "GroupId", "arn": _ARN + "security-group/{id}", "ownerId": "OwnerId"},
        replace=frozenset({"description", "name", "vpcId"}),
        tagging=tagged("security-group"),
        defaults={"description": "Managed by Pulumi", "revokeRulesOnDelete": False},
    ),
    Row(
        type="aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        served_by="moto",
        service="ec2",
        autoname=None,
        keys=_GROUP,
        id="{id}",
        # AWS makes it with the network: the official plugin takes it over, and only forgets it in the end.
        create=Call(
            "describe_security_groups",
            renames=dict.fromkeys(("egress", "ingress", "vpcId"), ""),
            properties=frozenset({"egress", "ingress", "vpcId"}),
            arguments=_no_rules,
        ),
        after_create=_revoke,
        before_update=_revoke_again,
        read=(
            Read(
                "describe_security_groups",
                at="SecurityGroups",
                pick=("GroupId", "id"),
                renames={"egress": "IpPermissionsEgress", "ingress": "IpPermissions", "vpcId": "VpcId"},
            ),
        ),
        delete=None,
        outputs={
            "id": "GroupId",
            "arn": _ARN + "security-group/{id}",
            "description": "Description",
            "name": "GroupName",
            "ownerId": "OwnerId",
        },
        replace=frozenset({"vpcId"}),
        tagging=tagged(),
        defaults={"egress": [], "ingress": [], "revokeRulesOnDelete": False},
    ),
    _rule("ingress"),
    _rule("egress"),
)
