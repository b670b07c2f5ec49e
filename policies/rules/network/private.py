"""Workloads stay away from the internet gateway: nobody comes in where they run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.declared import Declared, Graph, Unknown, UnknownError, given, known
from policies.links import each
from policies.rule import OWN, Broken, Rule, Settings, StackRule

_GATEWAY: Final = "aws:ec2/internetGateway:InternetGateway"
_ROUTE: Final = "aws:ec2/route:Route"
_TABLES: Final = ("aws:ec2/routeTable:RouteTable", "aws:ec2/defaultRouteTable:DefaultRouteTable")
_SUBNET_TYPES: Final = ("aws:ec2/subnet:Subnet", "aws:ec2/defaultSubnet:DefaultSubnet")
# Where a resource says in which subnets it runs.
_SUBNETS: Final = ("vpcConfig.subnets", "vpcConfig.subnetIds", "subnetIds")


def _private(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    outside = set(_public_subnets(graph))

    def check(resource: Declared) -> str | None:
        found = next((shown for path in _SUBNETS if (shown := _inside(resource, path, outside))), None)
        return f"{', '.join(found)} with a route to an internet gateway" if found else None

    return each((resource for resource in graph.resources if outside), check)


def _inside(resource: Declared, path: str, subnets: set[str]) -> list[str]:
    """Which of some subnets a resource runs in: by reference, else by id. Raises UnknownError."""
    value = resource.at(path)
    if not given(value):
        return []
    urns = [urn for urn in resource.refs.get(path.partition(".")[0], ()) if urn in subnets]
    if urns:
        return [urn.rpartition("::")[2] for urn in urns]
    return [subnet for subnet in (known(one, path) for one in known(value, path)) if subnet in subnets]


def _public_subnets(graph: Graph) -> Iterator[str]:
    """The subnets with a way to an internet gateway: ids, and the URNs of what an id was made from."""
    routes = [route for route in graph.of(_ROUTE) if _to_internet(graph, route)]
    tables = {table for route in routes for table in _marks(graph, route, "routeTableId", _TABLES)}
    for association in graph.of("aws:ec2/routeTableAssociation:RouteTableAssociation"):
        if given(association.at("subnetId")) and _marks(graph, association, "routeTableId", _TABLES) & tables:
            yield from _marks(graph, association, "subnetId", _SUBNET_TYPES)


def _to_internet(graph: Graph, route: Declared) -> bool:
    """Whether a route leads to an internet gateway: one of this stack, or one of that id."""
    made = [graph.get(urn) for urn in route.refs.get("gatewayId", ())]
    if any(gateway is not None and gateway.type == _GATEWAY for gateway in made):
        return True
    return str(known(route.at("gatewayId"), "gatewayId") or "").startswith("igw-")


def _marks(graph: Graph, resource: Declared, path: str, types: tuple[str, ...]) -> set[str]:
    """By what a property names another resource: the URNs of these types that it was made from, and a known value.

    A value may wait for resources of other types too. Raises UnknownError where there is neither.
    """
    value = resource.at(path)
    made = (graph.get(urn) for urn in resource.refs.get(path, ()))
    urns = {each.urn for each in made if each is not None and each.type in types}
    if isinstance(value, Unknown) and not urns:
        raise UnknownError(path)
    return urns | ({value} if isinstance(value, str) else set())


RULES: Final[tuple[Rule, ...]] = (
    StackRule(
        control="Takeoff.48",
        name="takeoff-48-workloads-are-private",
        severity="high",
        frameworks=(OWN,),
        title="what runs in a VPC has no route to an internet gateway",
        allowed="subnets whose route tables lead to a NAT gateway or nowhere",
        fix="run it in the private subnets, or take the route out of their table",
        source="https://docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html#subnet-types",
        types=(_ROUTE,),
        check=_private,
    ),
)
