"""A VPC whose workloads reach AWS and nothing else, unless it is given a way out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import pulumi
import pulumi_aws as aws

from catalog.subnets import MOST_ZONES, Subnet, split
from components.flow_log import declare_flow_log
from components.key import Key
from components.placement import ANYWHERE, Placement, after, egress_rule, workload_group
from components.service_endpoints import ServiceEndpoints
from components.site import Site

Nat = Literal["none", "single", "per-zone"]


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """The addresses, the zones, the way out, and the AWS services that are called from inside.

    `cidr` is a /16 to a /24. `zones` are two or three, and their order gives each its addresses: append, never reorder.
    `nat`: none (AWS services only), single (one zone's loss cuts all off) or per-zone. `services` are PrivateLink
    suffixes such as sagemaker.runtime; s3 is always there. `key` encrypts the flow log. Raises ValueError.
    """

    cidr: str
    zones: Sequence[str]
    nat: Nat
    services: frozenset[str]
    key: Key

    def __post_init__(self) -> None:
        if not 2 <= len(set(self.zones)) == len(self.zones) <= MOST_ZONES:
            raise ValueError(f"network.zones: got {list(self.zones)}; allowed: 2 to {MOST_ZONES} different zones")
        if self.nat not in get_args(Nat):
            raise ValueError(f"network.nat: got {self.nat!r}; allowed: {', '.join(get_args(Nat))}")
        if wrong := sorted(s for s in self.services if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", s)):
            raise ValueError(f"network.services: got {wrong}; allowed: suffixes such as sagemaker.runtime")
        self.subnets()

    def subnets(self) -> list[Subnet]:
        """The subnets: private ones always, public ones only where something needs a way out."""
        return split(self.cidr, len(self.zones), ("private",) if self.nat == "none" else ("private", "public"))


class Network(pulumi.ComponentResource):
    """Private subnets with endpoints to AWS, flow logs, and a default security group that lets nothing through."""

    def __init__(self, name: str, site: Site, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("takeoff:network:Network", name, None, opts)
        self._name, self._site, self._args = name, site, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._ready: list[pulumi.Resource] = []
        if elsewhere := [zone for zone in args.zones if not zone.startswith(site.region)]:
            raise ValueError(f"network.zones: got {elsewhere}; allowed: zones of {site.region}")
        self._vpc = self._closed_vpc()
        declare_flow_log(f"{name}-flows", site, self._vpc.id, args.key, self._child)
        subnets = {(each.tier, each.zone): self._subnet(each) for each in args.subnets()}
        private = [subnets["private", zone] for zone in range(len(args.zones))]
        tables = [self._table("private", zone, subnet) for zone, subnet in enumerate(private)]
        if args.nat != "none":
            self._way_out([subnets["public", zone] for zone in range(len(args.zones))], tables)
        group, endpoints_group = self._workloads(private, tables)
        self.placement = Placement(
            vpc_id=self._vpc.id,
            subnet_ids=[after(subnet.id, self._ready) for subnet in private],
            security_group_ids=[group.id],
            endpoints_group=endpoints_group,
        )
        self.register_outputs({"vpc_id": self._vpc.id})

    def _named(self, *parts: str) -> dict[str, str]:
        return {"Name": self._site.name(self._name, *parts)}

    def _zone(self, number: int) -> str:
        """What a zone's resources end with: a, b or c."""
        return self._args.zones[number].removeprefix(self._site.region).strip("-")

    def _closed_vpc(self) -> aws.ec2.Vpc:
        """The VPC. Its default group gets no rules: what is put there by mistake can talk to nobody."""
        vpc = aws.ec2.Vpc(
            self._name,
            cidr_block=self._args.cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=self._named(),
            opts=self._child,
        )
        aws.ec2.DefaultSecurityGroup(self._name, vpc_id=vpc.id, ingress=[], egress=[], opts=self._child)
        return vpc

    def _workloads(
        self, subnets: Sequence[aws.ec2.Subnet], tables: Sequence[aws.ec2.RouteTable]
    ) -> tuple[aws.ec2.SecurityGroup, pulumi.Output[str] | None]:
        """The group of everything that runs here; the endpoints it may call, and the id of their group."""
        name, site, child = self._name, self._site, self._child
        group = workload_group(name, site, self._vpc.id, child)
        if self._args.nat != "none":
            self._ready.append(egress_rule(f"{name}-https", group, child, cidr_ipv4=ANYWHERE))
        endpoints = ServiceEndpoints(
            name, site, self._vpc.id, subnets=subnets, tables=tables, workloads=group, opts=child
        )
        self._ready += endpoints.declare(self._args.services)
        return group, endpoints.group_id

    def _subnet(self, subnet: Subnet) -> aws.ec2.Subnet:
        parts = (subnet.tier, self._zone(subnet.zone))
        return aws.ec2.Subnet(
            "-".join((self._name, *parts)),
            vpc_id=self._vpc.id,
            cidr_block=subnet.cidr,
            availability_zone=self._args.zones[subnet.zone],
            map_public_ip_on_launch=False,
            tags=self._named(*parts),
            opts=self._child,
        )

    def _table(self, tier: str, zone: int, subnet: aws.ec2.Subnet) -> aws.ec2.RouteTable:
        """A route table for each subnet, so that another NAT plan changes routes and moves no subnet."""
        parts = (tier, self._zone(zone))
        logical = "-".join((self._name, *parts))
        table = aws.ec2.RouteTable(logical, vpc_id=self._vpc.id, tags=self._named(*parts), opts=self._child)
        self._ready.append(
            aws.ec2.RouteTableAssociation(logical, subnet_id=subnet.id, route_table_id=table.id, opts=self._child)
        )
        return table

    def _way_out(self, public: Sequence[aws.ec2.Subnet], private: Sequence[aws.ec2.RouteTable]) -> None:
        """An internet gateway, NAT gateways behind it, and the routes to both."""
        gateway = aws.ec2.InternetGateway(self._name, vpc_id=self._vpc.id, tags=self._named(), opts=self._child)
        for zone, subnet in enumerate(public):
            self._default_route("public", zone, self._table("public", zone, subnet), gateway_id=gateway.id)
        doors = public if self._args.nat == "per-zone" else public[:1]
        gateways = [self._nat(zone, subnet, gateway) for zone, subnet in enumerate(doors)]
        for zone, table in enumerate(private):
            self._default_route("private", zone, table, nat_gateway_id=gateways[min(zone, len(gateways) - 1)].id)

    def _nat(self, zone: int, subnet: aws.ec2.Subnet, gateway: aws.ec2.InternetGateway) -> aws.ec2.NatGateway:
        logical, tags = f"{self._name}-{self._zone(zone)}", self._named(self._zone(zone))
        # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNatGateway.html: refused without a gateway.
        attached = pulumi.ResourceOptions(parent=self, depends_on=[gateway])
        address = aws.ec2.Eip(logical, domain="vpc", tags=tags, opts=attached)
        return aws.ec2.NatGateway(logical, subnet_id=subnet.id, allocation_id=address.id, tags=tags, opts=attached)

    def _default_route(self, tier: str, zone: int, table: aws.ec2.RouteTable, **to: pulumi.Input[str]) -> None:
        logical = f"{self._name}-{tier}-{self._zone(zone)}"
        route = aws.ec2.Route(logical, route_table_id=table.id, destination_cidr_block=ANYWHERE, opts=self._child, **to)
        self._ready.append(route)
