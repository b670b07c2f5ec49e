"""Networks: addresses and ways out (Pulumi's module `ec2`)."""

from collections.abc import Mapping
from typing import Any

from local.providers.aws.row import Call, Read, Row, Tagging, Wait

_ARN = "arn:aws:ec2:{region}:{account}:"
_DNS = {"enableDnsHostnames": "EnableDnsHostnames.Value", "enableDnsSupport": "EnableDnsSupport.Value"}


def tagged(kind: str = "") -> Tagging:
    """How EC2 tags; `kind` is its word for the resource, "" for one that the plugin takes over."""
    return Tagging("create_tags", "delete_tags", kind=kind)


def _attribute(name: str) -> Read:
    """An attribute of a network: AWS tells one at a time."""
    return Read("describe_vpc_attribute", renames={name: _DNS[name]}, arguments=lambda _: {"Attribute": name})


def _detach(client: Any, state: Mapping[str, Any]) -> None:
    """Takes the gateway off its network: AWS refuses to delete one, or to attach one twice."""
    if state.get("vpcId"):
        client.detach_internet_gateway(InternetGatewayId=state["id"], VpcId=state["vpcId"])


def _reattach(client: Any, olds: Mapping[str, Any], news: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    if olds.get("vpcId") != news.get("vpcId"):
        _detach(client, {"id": state["id"], "vpcId": olds.get("vpcId")})


ROWS = (
    Row(
        type="aws:ec2/vpc:Vpc",
        served_by="ours",
        service="ec2",
        schema="AWS::EC2::VPC",
        autoname=None,
        keys={"VpcId": "id", "VpcIds": "id", "Resources": "id"},
        id="{id}",
        create=Call("create_vpc", properties=frozenset({"cidrBlock", "instanceTenancy"})),
        extra=tuple(
            Call("modify_vpc_attribute", renames={name: path}, properties=frozenset({name}))
            for name, path in _DNS.items()
        ),
        read=(
            Read("describe_vpcs", at="Vpcs", pick=("VpcId", "id")),
            *map(_attribute, _DNS),
        ),
        delete=Call("delete_vpc"),
        outputs={"id": "VpcId", "arn": _ARN + "vpc/{id}", "ownerId": "OwnerId", "dhcpOptionsId": "DhcpOptionsId"},
        replace=frozenset({"cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength"}),
        tagging=tagged("vpc"),
        computed=frozenset({"enableDnsHostnames"}),
        defaults={"enableDnsSupport": True, "instanceTenancy": "default"},
    ),
    Row(
        type="aws:ec2/subnet:Subnet",
        served_by="ours",
        service="ec2",
        schema="AWS::EC2::Subnet",
        autoname=None,
        keys={"SubnetId": "id", "SubnetIds": "id", "Resources": "id"},
        id="{id}",
        create=Call("create_subnet", properties=frozenset({"availabilityZone", "cidrBlock", "vpcId"})),
        extra=(
            Call(
                "modify_subnet_attribute",
                renames={"mapPublicIpOnLaunch": "MapPublicIpOnLaunch.Value"},
                properties=frozenset({"mapPublicIpOnLaunch"}),
            ),
        ),
        read=(
            Read(
                "describe_subnets",
                at="Subnets",
                pick=("SubnetId", "id"),
                renames={"mapPublicIpOnLaunch": "MapPublicIpOnLaunch"},
            ),
        ),
        delete=Call("delete_subnet"),
        outputs={
            "id": "SubnetId",
            "arn": "SubnetArn",
            "availabilityZoneId": "AvailabilityZoneId",
            "ownerId": "OwnerId",
        },
        replace=frozenset(
            {
                "availabilityZone",
                "availabilityZoneId",
                "cidrBlock",
                "ipv4IpamPoolId",
                "ipv4NetmaskLength",
                "ipv6IpamPoolId",
                "ipv6Native",
                "ipv6NetmaskLength",
                "outpostArn",
                "vpcId",
            }
        ),
        tagging=tagged("subnet"),
        computed=frozenset({"availabilityZone"}),
        defaults={"mapPublicIpOnLaunch": False},
    ),
    Row(
        type="aws:ec2/internetGateway:InternetGateway",
        served_by="ours",
        service="ec2",
        schema="AWS::EC2::InternetGateway",
        autoname=None,
        keys={"InternetGatewayId": "id", "InternetGatewayIds": "id", "Resources": "id"},
        id="{id}",
        create=Call("create_internet_gateway"),
        extra=(Call("attach_internet_gateway", properties=frozenset({"vpcId"})),),
        read=(
            Read(
                "describe_internet_gateways",
                at="InternetGateways",
                pick=("InternetGatewayId", "id"),
                renames={"vpcId": "Attachments.VpcId"},
            ),
        ),
        delete=Call("delete_internet_gateway"),
        before_update=_reattach,
        before_delete=_detach,
        outputs={"id": "InternetGatewayId", "arn": _ARN + "internet-gateway/{id}", "ownerId": "OwnerId"},
        replace=frozenset(),
        tagging=tagged("internet-gateway"),
    ),
    Row(
        type="aws:ec2/eip:Eip",
        served_by="ours",
        service="ec2",
        schema="AWS::EC2::EIP",
        autoname=None,
        keys={"AllocationId": "id", "AllocationIds": "id", "Resources": "id"},
        id="{id}",
        create=Call("allocate_address", properties=frozenset({"domain"})),
        read=(Read("describe_addresses", at="Addresses", pick=("AllocationId", "id")),),
        delete=Call("release_address"),
        outputs={
            "id": "AllocationId",
            "allocationId": "AllocationId",
            "arn": _ARN + "elastic-ip/{id}",
            "publicIp": "PublicIp",
        },
        computed=frozenset({"domain"}),
        replace=frozenset({"address", "domain", "ipamPoolId", "networkBorderGroup", "publicIpv4Pool"}),
        tagging=tagged("elastic-ip"),
    ),
    Row(
        type="aws:ec2/natGateway:NatGateway",
        served_by="ours",
        service="ec2",
        schema="AWS::EC2::NatGateway",
        autoname=None,
        keys={"NatGatewayId": "id", "NatGatewayIds": "id", "Resources": "id"},
        id="{id}",
        create=Call("create_nat_gateway", properties=frozenset({"allocationId", "connectivityType", "subnetId"})),
        read=(
            Read(
                "describe_nat_gateways",
                at="NatGateways",
                pick=("NatGatewayId", "id"),
                renames={"allocationId": "NatGatewayAddresses.AllocationId"},
            ),
        ),
        delete=Call("delete_nat_gateway"),
        outputs={
            "id": "NatGatewayId",
            "networkInterfaceId": "NatGatewayAddresses.NetworkInterfaceId",
            "publicIp": "NatGatewayAddresses.PublicIp",
        },
        replace=frozenset(
            {"allocationId", "connectivityType", "privateIp", "secondaryPrivateIpAddressCount", "subnetId"}
        ),
        tagging=tagged("natgateway"),
        defaults={"connectivityType": "public"},
        wait=Wait("State", frozenset({"available"}), frozenset({"failed"}), reason="FailureMessage", gone=True),
        gone_when=("State", frozenset({"deleted"})),
    ),
)
