"""A network's doors to AWS's services, and the log of what passes (Pulumi's module `ec2`)."""

from collections.abc import Mapping
from typing import Any

from local.providers.aws.row import Call, Read, Row, Wait
from local.providers.aws.table.vpc import tagged

_ARN = "arn:aws:ec2:{region}:{account}:"
_SETS = {"routeTableIds": "RouteTableIds", "securityGroupIds": "SecurityGroupIds", "subnetIds": "SubnetIds"}
_FIXED = frozenset({"serviceName", "vpcEndpointType", "vpcId"})
_CHANGED = frozenset({"policy", "privateDnsEnabled"})


def _add_and_remove(client: Any, olds: Mapping[str, Any], news: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    """AWS changes what an endpoint is part of by what is new and what has to go."""
    changes: dict[str, list[str]] = {}
    for name, member in _SETS.items():
        before, after = set(olds.get(name) or ()), set(news.get(name) or ())
        changes |= {f"Add{member}": sorted(after - before), f"Remove{member}": sorted(before - after)}
    if wanted := {member: ids for member, ids in changes.items() if ids}:
        client.modify_vpc_endpoint(VpcEndpointId=state["id"], **wanted)


ROWS = (
    Row(
        type="aws:ec2/vpcEndpoint:VpcEndpoint",
        served_by="ours",
        service="ec2",
        schema="AWS::EC2::VPCEndpoint",
        autoname=None,
        keys={"VpcEndpointId": "id", "VpcEndpointIds": "id", "Resources": "id"},
        id="{id}",
        create=Call(
            "create_vpc_endpoint",
            renames={"policy": "PolicyDocument"},
            properties=_FIXED | _CHANGED | frozenset(_SETS),
        ),
        update=(Call("modify_vpc_endpoint", renames={"policy": "PolicyDocument"}, properties=_CHANGED),),
        before_update=_add_and_remove,
        read=(
            Read(
                "describe_vpc_endpoints",
                at="VpcEndpoints",
                pick=("VpcEndpointId", "id"),
                renames={"securityGroupIds": "Groups[].GroupId"},
            ),
            Read(
                "describe_prefix_lists",
                at="PrefixLists",
                pick=("PrefixListName", "serviceName"),
                optional=True,
            ),
        ),
        delete=Call("delete_vpc_endpoints"),
        outputs={
            "id": "VpcEndpointId",
            "arn": _ARN + "vpc-endpoint/{id}",
            "networkInterfaceIds": "NetworkInterfaceIds",
            "ownerId": "OwnerId",
            "prefixListId": "PrefixListId",
            "state": "State",
        },
        replace=_FIXED | {"resourceConfigurationArn", "serviceNetworkArn", "serviceRegion"},
        tagging=tagged("vpc-endpoint"),
        computed=frozenset({"policy", "privateDnsEnabled", *_SETS}),
        defaults={"vpcEndpointType": "Gateway"},
        json=frozenset({"policy"}),
        wait=Wait("State", frozenset({"available"}), frozenset({"failed", "rejected"}), gone=True),
        gone_when=("State", frozenset({"deleted"})),
    ),
    Row(
        type="aws:ec2/flowLog:FlowLog",
        served_by="moto",
        service="ec2",
        schema="AWS::EC2::FlowLog",
        schema_names={"iamRoleArn": "DeliverLogsPermissionArn", "vpcId": "ResourceId"},
        autoname=None,
        keys={"FlowLogIds": "id", "Resources": "id"},
        id="{id}",
        create=Call(
            "create_flow_logs",
            renames={"iamRoleArn": "DeliverLogsPermissionArn", "vpcId": "ResourceIds"},
            properties=frozenset(
                {
                    "iamRoleArn",
                    "logDestination",
                    "logDestinationType",
                    "logFormat",
                    "maxAggregationInterval",
                    "trafficType",
                    "vpcId",
                }
            ),
            fixed={"ResourceType": "VPC"},
        ),
        read=(Read("describe_flow_logs", at="FlowLogs", pick=("FlowLogId", "id"), renames={"vpcId": "ResourceId"}),),
        delete=Call("delete_flow_logs"),
        outputs={"id": "FlowLogId", "arn": _ARN + "vpc-flow-log/{id}"},
        answer={"id": "FlowLogIds"},
        replace=frozenset(
            {
                "deliverCrossAccountRole",
                "destinationOptions",
                "eniId",
                "iamRoleArn",
                "logDestination",
                "logDestinationType",
                "logFormat",
                "maxAggregationInterval",
                "regionalNatGatewayId",
                "subnetId",
                "trafficType",
                "transitGatewayAttachmentId",
                "transitGatewayId",
                "vpcId",
            }
        ),
        tagging=tagged("vpc-flow-log"),
        computed=frozenset({"logDestination", "logFormat"}),
        defaults={"logDestinationType": "cloud-watch-logs", "maxAggregationInterval": 600},
    ),
)
