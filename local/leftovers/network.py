"""What a stack has in EC2, which gives ids and no names: known by its tags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from local.leftovers.kinds import Kind
from local.leftovers.leftover import Leftover, bind, pages, tagged

_UPON = (
    Kind(
        "aws:ec2/vpcEndpoint:VpcEndpoint", "ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId",
        "delete_vpc_endpoints", "VpcEndpointIds", several=True, tagged=True,
    ),
    Kind(
        "aws:ec2/flowLog:FlowLog", "ec2", "describe_flow_logs", "FlowLogs", "FlowLogId",
        "delete_flow_logs", "FlowLogIds", several=True, tagged=True,
    ),
    Kind(
        "aws:ec2/natGateway:NatGateway", "ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId",
        "delete_nat_gateway", "NatGatewayId", tagged=True,
    ),
    Kind(
        "aws:ec2/eip:Eip", "ec2", "describe_addresses", "Addresses", "AllocationId",
        "release_address", "AllocationId", tagged=True,
    ),
)  # fmt: skip
_BELOW = (
    Kind(
        "aws:ec2/routeTable:RouteTable", "ec2", "describe_route_tables", "RouteTables", "RouteTableId",
        "delete_route_table", "RouteTableId", tagged=True,
    ),
    Kind(
        "aws:ec2/subnet:Subnet", "ec2", "describe_subnets", "Subnets", "SubnetId",
        "delete_subnet", "SubnetId", tagged=True,
    ),
)  # fmt: skip
_VPC = Kind("aws:ec2/vpc:Vpc", "ec2", "describe_vpcs", "Vpcs", "VpcId", "delete_vpc", "VpcId", tagged=True)


def network(ec2: Any, stack: str) -> Iterator[Leftover]:
    """A stack's networks and what is in them, rules apart, in an order in which they can be removed."""
    for kind in _UPON:
        yield from kind.leftovers(ec2, stack)
    yield from _groups(ec2, stack)
    yield from _routes(ec2, stack)
    for kind in _BELOW:
        yield from kind.leftovers(ec2, stack)
    for gateway in _listed(ec2, stack, "describe_internet_gateways", "InternetGateways"):
        remove = bind(_remove_gateway, ec2, gateway)
        yield Leftover("aws:ec2/internetGateway:InternetGateway", gateway["InternetGatewayId"], remove)
    yield from _VPC.leftovers(ec2, stack)


def rules(ec2: Any, stack: str) -> Iterator[Leftover]:
    """What its security groups let through: before a cluster goes, for its own group may be named in one."""
    for rule in _listed(ec2, stack, "describe_security_group_rules", "SecurityGroupRules"):
        id_, way = rule["SecurityGroupRuleId"], "egress" if rule["IsEgress"] else "ingress"
        revoke = getattr(ec2, f"revoke_security_group_{way}")
        name = f"securityGroup{way.title()}Rule"
        remove = bind(revoke, GroupId=rule["GroupId"], SecurityGroupRuleIds=[id_])
        yield Leftover(f"aws:vpc/{name}:{name[0].upper()}{name[1:]}", id_, remove)


def _groups(ec2: Any, stack: str) -> Iterator[Leftover]:
    """A network's default group is tagged, too, and is not ours: it goes with the network."""
    for group in _listed(ec2, stack, "describe_security_groups", "SecurityGroups"):
        if group["GroupName"] != "default":
            remove = bind(ec2.delete_security_group, GroupId=group["GroupId"])
            yield Leftover("aws:ec2/securityGroup:SecurityGroup", group["GroupId"], remove)


def _routes(ec2: Any, stack: str) -> Iterator[Leftover]:
    """The routes that somebody added to a table: its network's is there from the start, an endpoint adds its own."""
    for table in _listed(ec2, stack, "describe_route_tables", "RouteTables"):
        for route in table["Routes"]:
            if route.get("Origin") == "CreateRoute" and (to := route.get("DestinationCidrBlock")):
                where = {"RouteTableId": table["RouteTableId"], "DestinationCidrBlock": to}
                yield Leftover("aws:ec2/route:Route", "_".join(where.values()), bind(ec2.delete_route, **where))


def _listed(ec2: Any, stack: str, operation: str, key: str) -> Iterator[Any]:
    return (item for item in pages(ec2, operation, key) if tagged(item, stack))


def _remove_gateway(ec2: Any, gateway: dict[str, Any]) -> None:
    for network in gateway["Attachments"]:
        ec2.detach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=network["VpcId"])
    ec2.delete_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"])
