"""A network and what runs in it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from catalog.subnets import overlap
from components.key import Key
from components.network import Network, NetworkArgs
from components.placement import Placement, after, existing
from components.site import Site
from tests.deployment import Deployment, Registered, deploy

SITE = Site(stack="test", account="123456789012", region="us-east-1", partition="aws")
ZONES = ("us-east-1a", "us-east-1b")


def args(**other: Any) -> NetworkArgs:
    given: dict[str, Any] = {
        "cidr": "10.0.0.0/16",
        "zones": ZONES,
        "nat": "none",
        "services": frozenset({"sagemaker.runtime", "logs"}),
        "key": None,
    }
    return NetworkArgs(**{**given, **other})


def network(**other: Any) -> Deployment:
    def program() -> None:
        key = Key("data", site=SITE, purpose="p")
        placement = Network("network", SITE, args(key=key, **other)).placement
        consumer(placement)

    return deploy(program)


def consumer(placement: Placement) -> None:
    vpc = {"subnets": placement.subnet_ids, "security_group_ids": placement.security_group_ids}
    aws.sagemaker.Model("consumer", execution_role_arn="arn:role", vpc_config=vpc)


def named(deployment: Deployment, kind: Any) -> dict[str, Registered]:
    return {resource.name: resource for resource in deployment.all(kind)}


def test_a_network_without_a_way_out_has_private_subnets_and_no_gateway() -> None:
    deployment = network()
    assert set(named(deployment, aws.ec2.Subnet)) == {"network-private-a", "network-private-b"}
    for kind in (aws.ec2.InternetGateway, aws.ec2.NatGateway, aws.ec2.Eip, aws.ec2.Route):
        assert deployment.all(kind) == []


@pytest.mark.parametrize("nat", ["none", "single", "per-zone"])
def test_no_two_subnets_share_addresses_and_none_gives_public_ones(nat: str) -> None:
    subnets = network(nat=nat).all(aws.ec2.Subnet)
    blocks = [subnet.inputs["cidrBlock"] for subnet in subnets]
    assert all(overlap(block, blocks) == [block] for block in blocks)
    assert {subnet.inputs["mapPublicIpOnLaunch"] for subnet in subnets} == {False}
    assert {subnet.inputs["availabilityZone"] for subnet in subnets} == set(ZONES)


@pytest.mark.parametrize(("nat", "doors"), [("single", ["a", "a"]), ("per-zone", ["a", "b"])])
def test_private_subnets_leave_by_a_nat_gateway_and_public_ones_by_the_internet_gateway(
    nat: str, doors: list[str]
) -> None:
    deployment = network(nat=nat)
    routes = {name: route.inputs for name, route in named(deployment, aws.ec2.Route).items()}
    assert set(routes) == {f"network-{tier}-{zone}" for tier in ("private", "public") for zone in "ab"}
    assert {route["destinationCidrBlock"] for route in routes.values()} == {"0.0.0.0/0"}
    assert [routes[f"network-private-{zone}"]["natGatewayId"] for zone in "ab"] == [f"network-{door}" for door in doors]
    assert [routes[f"network-public-{zone}"]["gatewayId"] for zone in "ab"] == ["network", "network"]
    gateways = deployment.all(aws.ec2.NatGateway)
    assert sorted(g.inputs["subnetId"] for g in gateways) == [f"network-public-{d}" for d in sorted(set(doors))]
    assert sorted(g.inputs["allocationId"] for g in gateways) == [f"network-{door}" for door in sorted(set(doors))]
    internet = deployment.one(aws.ec2.InternetGateway).urn
    addresses = deployment.all(aws.ec2.Eip)
    assert len(addresses) == len(gateways)
    assert all(internet in each.depends_on for each in [*gateways, *addresses])


def test_a_route_table_is_the_networks_and_is_named_like_its_subnet() -> None:
    deployment = network()
    vpc = deployment.one(aws.ec2.Vpc)
    for table in deployment.all(aws.ec2.RouteTable):
        assert table.inputs["vpcId"] == vpc.name
        assert table.inputs["tags"]["Name"].endswith(table.name)


@pytest.mark.parametrize("nat", ["none", "single", "per-zone"])
def test_every_subnet_has_a_route_table_of_its_own(nat: str) -> None:
    deployment = network(nat=nat)
    subnets = set(named(deployment, aws.ec2.Subnet))
    joined = {a.inputs["subnetId"]: a.inputs["routeTableId"] for a in deployment.all(aws.ec2.RouteTableAssociation)}
    assert joined == {subnet: subnet for subnet in subnets}
    assert set(named(deployment, aws.ec2.RouteTable)) == subnets


def test_another_way_out_moves_no_private_subnet_and_no_table() -> None:
    def kept(nat: str) -> list[tuple[str, Any]]:
        deployment = network(nat=nat)
        kinds = (aws.ec2.Vpc, aws.ec2.Subnet, aws.ec2.RouteTable, aws.ec2.RouteTableAssociation)
        found = [(r.urn, dict(r.inputs)) for kind in kinds for r in deployment.all(kind) if "public" not in r.name]
        return sorted(found, key=lambda each: each[0])

    assert kept("none") == kept("single") == kept("per-zone")


def test_the_default_group_lets_nothing_through() -> None:
    closed = network().one(aws.ec2.DefaultSecurityGroup).inputs
    assert closed["vpcId"] == "network"
    assert (closed["ingress"], closed["egress"]) == ([], [])


def test_names_resolve_inside_or_no_endpoint_would_be_found() -> None:
    vpc = network().one(aws.ec2.Vpc).inputs
    assert (vpc["enableDnsSupport"], vpc["enableDnsHostnames"]) == (True, True)
    assert vpc["cidrBlock"] == "10.0.0.0/16"


def test_s3_is_a_route_and_every_service_that_is_called_has_an_endpoint_in_every_zone() -> None:
    endpoints = named(network(), aws.ec2.VpcEndpoint)
    assert set(endpoints) == {"network-s3", "network-sagemaker-runtime", "network-logs"}
    s3 = endpoints["network-s3"].inputs
    assert (s3["serviceName"], s3["vpcEndpointType"]) == ("com.amazonaws.us-east-1.s3", "Gateway")
    assert s3["routeTableIds"] == ["network-private-a", "network-private-b"]
    runtime = endpoints["network-sagemaker-runtime"].inputs
    assert runtime["serviceName"] == "com.amazonaws.us-east-1.sagemaker.runtime"
    assert (runtime["vpcEndpointType"], runtime["privateDnsEnabled"]) == ("Interface", True)
    assert runtime["subnetIds"] == ["network-private-a", "network-private-b"]
    assert runtime["securityGroupIds"] == ["takeoff-test-network-endpoints"]


def test_dynamodb_is_a_route_too_and_without_other_calls_there_is_no_group_for_endpoints() -> None:
    deployment = network(services=frozenset({"dynamodb", "s3"}))
    endpoints = named(deployment, aws.ec2.VpcEndpoint)
    assert {name: e.inputs["vpcEndpointType"] for name, e in endpoints.items()} == {
        "network-s3": "Gateway",
        "network-dynamodb": "Gateway",
    }
    assert set(named(deployment, aws.ec2.SecurityGroup)) == {"network"}


def test_no_data_leaves_for_buckets_of_other_accounts() -> None:
    policy = json.loads(named(network(), aws.ec2.VpcEndpoint)["network-s3"].inputs["policy"])
    own, layers = policy["Statement"]
    assert own["Condition"] == {"StringEquals": {"aws:ResourceAccount": "123456789012"}}
    assert layers["Resource"] == "arn:aws:s3:::prod-us-east-1-starport-layer-bucket/*"
    assert layers["Action"] == "s3:GetObject"


def test_workloads_reach_each_other_the_endpoints_and_nothing_else_without_a_way_out() -> None:
    deployment = network()
    inward = named(deployment, aws.vpc.SecurityGroupIngressRule)
    workloads, endpoints = "takeoff-test-network-workloads", "takeoff-test-network-endpoints"
    assert {n: (r.inputs["securityGroupId"], r.inputs["referencedSecurityGroupId"]) for n, r in inward.items()} == {
        "network-members": (workloads, workloads),
        "network-endpoints": (endpoints, workloads),
    }
    outward = {name: rule.inputs for name, rule in named(deployment, aws.vpc.SecurityGroupEgressRule).items()}
    assert set(outward) == {"network-members", "network-s3", "network-endpoints"}
    assert {rule["securityGroupId"] for rule in outward.values()} == {workloads}
    assert outward["network-endpoints"]["referencedSecurityGroupId"] == endpoints
    assert not any("cidrIpv4" in rule for rule in outward.values())
    https = [r for n, r in outward.items() if n != "network-members"] + [inward["network-endpoints"].inputs]
    assert {(r["ipProtocol"], r["fromPort"], r["toPort"]) for r in https} == {("tcp", 443, 443)}


def test_with_a_way_out_workloads_call_anybody_by_https_and_nobody_calls_them() -> None:
    deployment = network(nat="single")
    outward = named(deployment, aws.vpc.SecurityGroupEgressRule)["network-https"].inputs
    assert (outward["cidrIpv4"], outward["fromPort"], outward["toPort"]) == ("0.0.0.0/0", 443, 443)
    assert not any("cidrIpv4" in rule.inputs for rule in deployment.all(aws.vpc.SecurityGroupIngressRule))


def test_every_connection_is_logged_for_ninety_days_under_the_key_by_a_role_that_can_do_no_more() -> None:
    deployment = network()
    log = deployment.one(aws.cloudwatch.LogGroup)
    assert log.inputs["retentionInDays"] == 90
    assert log.inputs["kmsKeyId"] == "arn:aws:kms:us-east-1:123456789012:key/data"
    flows = deployment.one(aws.ec2.FlowLog).inputs
    assert (flows["vpcId"], flows["trafficType"], flows["logDestinationType"]) == ("network", "ALL", "cloud-watch-logs")
    assert flows["logDestination"].endswith(log.inputs["name"])
    statements = json.loads(deployment.one(aws.iam.RolePolicy).inputs["policy"])["Statement"]
    assert {action: s["Resource"] for s in statements for action in s["Action"]} == {
        "logs:CreateLogStream": [f"{flows['logDestination']}:*"],
        "logs:PutLogEvents": [f"{flows['logDestination']}:*"],
        "logs:DescribeLogStreams": [f"{flows['logDestination']}:*"],
        "logs:DescribeLogGroups": ["arn:aws:logs:us-east-1:123456789012:log-group:*"],
    }
    trust = json.loads(deployment.one(aws.iam.Role).inputs["assumeRolePolicy"])["Statement"][0]
    assert trust["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}


@pytest.mark.parametrize("nat", ["none", "per-zone"])
def test_whoever_is_placed_waits_until_its_calls_can_succeed(nat: str) -> None:
    deployment = network(nat=nat)
    placed = deployment.one(aws.sagemaker.Model)
    assert placed.inputs["vpcConfig"] == {
        "subnets": ["network-private-a", "network-private-b"],
        "securityGroupIds": ["takeoff-test-network-workloads"],
    }
    needed = [aws.ec2.VpcEndpoint, aws.ec2.RouteTableAssociation, aws.ec2.Route]
    missing = {r.urn for kind in needed for r in deployment.all(kind)} - set(placed.depends_on)
    assert missing == set()
    outward = [r for r in deployment.all(aws.vpc.SecurityGroupEgressRule) if r.name != "network-members"]
    assert outward
    assert {r.urn for r in outward} <= set(placed.depends_on)


def test_waiting_for_something_unknown_does_not_make_a_value_unknown() -> None:
    """Or a preview that adds an endpoint would replace every model in the network."""

    async def look() -> tuple[Any, bool, set[pulumi.Resource]]:
        waited = after(pulumi.Output.from_input("subnet-1"), [resource])
        return await waited.future(), await waited.is_known(), await waited.resources()

    class Unmade(pulumi.Resource):
        def __init__(self) -> None:
            """Not registered: it has no URN yet, and its id is not known."""

    resource = Unmade()
    assert asyncio.run(look()) == ("subnet-1", True, {resource})


def test_an_existing_network_gains_a_group_and_nothing_else() -> None:
    def program() -> None:
        consumer(existing(SITE, "vpc-1", ["subnet-1", "subnet-2"]))

    deployment = deploy(program)
    placed = deployment.one(aws.sagemaker.Model)
    assert placed.inputs["vpcConfig"] == {
        "subnets": ["subnet-1", "subnet-2"],
        "securityGroupIds": ["takeoff-test-network-workloads"],
    }
    assert deployment.one(aws.ec2.SecurityGroup).inputs["vpcId"] == "vpc-1"
    way_out = named(deployment, aws.vpc.SecurityGroupEgressRule)["network-https"]
    assert (way_out.inputs["cidrIpv4"], way_out.inputs["toPort"]) == ("0.0.0.0/0", 443)
    assert way_out.urn in placed.depends_on
    kinds = {r.type for r in deployment.resources if r.type.startswith("aws:")}
    assert not any("ec2/" in kind for kind in kinds - {"aws:ec2/securityGroup:SecurityGroup"})


def test_an_existing_network_of_one_subnet_is_refused() -> None:
    def program() -> None:
        with pytest.raises(ValueError, match="two zones or more"):
            existing(SITE, "vpc-1", ["subnet-1"])

    deploy(program)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"zones": ("us-east-1a",)}, "2 to 3 different zones"),
        ({"zones": ("us-east-1a", "us-east-1a")}, "2 to 3 different zones"),
        ({"zones": tuple(f"us-east-1{letter}" for letter in "abcd")}, "2 to 3 different zones"),
        ({"nat": "double"}, "none, single, per-zone"),
        ({"services": frozenset({"Logs!"})}, "suffixes such as"),
        ({"cidr": "10.0.0.0/28"}, "a /16 to a /24"),
    ],
)
def test_a_network_that_cannot_be_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        args(**wrong)


def test_zones_of_another_region_are_refused() -> None:
    with pytest.raises(ValueError, match="zones of us-east-1"):
        network(zones=("eu-west-1a", "eu-west-1b"))
