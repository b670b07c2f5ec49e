"""Cases of the rules over networks."""

from __future__ import annotations

from typing import Any

from policies.declared import UNKNOWN, Declared
from tests.unit.policies.case import Case, declared
from tests.unit.policies.cases._policy import ACCOUNT, allow, policy

VPC, SUBNET, DEFAULT_SUBNET = "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet", "aws:ec2/defaultSubnet:DefaultSubnet"
GROUP, DEFAULT = "aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
OLD = "aws:ec2/securityGroupRule:SecurityGroupRule"
FLOW, ENDPOINT = "aws:ec2/flowLog:FlowLog", "aws:ec2/vpcEndpoint:VpcEndpoint"
ROUTE, ASSOCIATION = "aws:ec2/route:Route", "aws:ec2/routeTableAssociation:RouteTableAssociation"
MODEL, IGW = "aws:sagemaker/model:Model", declared("aws:ec2/internetGateway:InternetGateway", "igw")
NET = declared(VPC, "net", enableDnsSupport=True, enableDnsHostnames=True)
IN_NET = {"vpcId": (NET.urn,)}
HELD = {"StringEquals": {"aws:ResourceAccount": ACCOUNT}}
WORLD = {"ipProtocol": "tcp", "cidrIpv4": "0.0.0.0/0"}


def inside(type_: str, name: str = "x", **props: Any) -> Declared:
    """A part of the VPC, whose id nobody knows yet."""
    return declared(type_, name, {"vpcId": UNKNOWN, **props}, refs=IN_NET)


def ports(first: int, last: int, **more: Any) -> dict[str, Any]:
    return {"protocol": "tcp", "fromPort": first, "toPort": last, **more}


def inline(direction: str, first: int, last: int, **more: Any) -> Declared:
    return declared(GROUP, props={direction: [ports(first, last, **more)]})


def rule(type_: str, first: int, last: int, **more: Any) -> Declared:
    return declared(type_, ipProtocol="tcp", fromPort=first, toPort=last, securityGroupId="sg-1", **more)


def old(direction: str, first: int, last: int, **more: Any) -> Declared:
    return declared(OLD, props={"type": direction, "securityGroupId": "sg-1", **ports(first, last, **more)})


NODES = ("ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "logs", "sts")
CLUSTER = declared("aws:eks/cluster:Cluster", "c")


def endpoint(service: str, **more: Any) -> Declared:
    props = {"serviceName": f"com.amazonaws.us-east-1.{service}", "vpcEndpointType": "Interface"}
    return inside(ENDPOINT, service, **{**props, "privateDnsEnabled": True, **more})


def interface(service: str) -> Case:
    return Case(
        compliant=[NET, endpoint(service)],
        violating=[NET, endpoint("logs"), endpoint(service, privateDnsEnabled=False)],
        unknown=[NET, endpoint(service, serviceName=UNKNOWN)],
    )


def gateway(*statements: dict[str, Any]) -> Declared:
    return endpoint("s3", vpcEndpointType="Gateway", policy=policy(*statements) if statements else None)


ALL = {"cidrBlocks": ["0.0.0.0/0"]}
CLOSED = [declared(DEFAULT, ingress=[], egress=[])]
SERVICES = ("s3", "ecr.api", "ecr.dkr", "logs", "sts")
PUBLIC = [
    declared(ROUTE, routeTableId="rtb-1", gatewayId="igw-1", destinationCidrBlock="0.0.0.0/0"),
    declared(ROUTE, "private", routeTableId="rtb-2", natGatewayId="nat-1", destinationCidrBlock="0.0.0.0/0"),
    declared(ASSOCIATION, "a", routeTableId="rtb-1", subnetId="subnet-public"),
    declared(ASSOCIATION, "b", routeTableId="rtb-2", subnetId="subnet-private"),
]

# The same before anything is there: who leads where is known by reference alone.
TABLE, OUTSIDE = declared("aws:ec2/routeTable:RouteTable"), declared(SUBNET, "public", mapPublicIpOnLaunch=False)
OF_TABLE = {"routeTableId": (TABLE.urn, IGW.urn)}
PLANNED = [
    TABLE,
    OUTSIDE,
    IGW,
    declared(ROUTE, routeTableId=UNKNOWN, gatewayId=UNKNOWN, refs={**OF_TABLE, "gatewayId": (IGW.urn,)}),
    declared(ASSOCIATION, "p", routeTableId=UNKNOWN, subnetId=UNKNOWN, refs={**OF_TABLE, "subnetId": (OUTSIDE.urn,)}),
]
PLACED = declared(MODEL, "planned", vpcConfig={"subnets": UNKNOWN}, refs={"vpcConfig": (OUTSIDE.urn, "urn:group")})

CASES: dict[str, Case] = {
    "ec2-2-default-group-is-closed": Case(
        compliant=[NET, inside(DEFAULT, ingress=[], egress=[])],
        violating=[NET, inside(DEFAULT, ingress=[], egress=[ports(0, 0, **ALL)]), declared(VPC, "bare")],
        unknown=[NET, inside(DEFAULT)],
        unknown_is="fine",
    ),
    "ec2-6-flow-logs": Case(
        compliant=[NET, inside(FLOW, trafficType="REJECT", logDestination="arn:aws:logs:us-east-1:1:log-group:f")],
        violating=[NET, inside(FLOW, trafficType="ACCEPT", logDestination=UNKNOWN), declared(VPC, "bare")],
        unknown=[NET, inside(FLOW, trafficType=UNKNOWN, logDestination=UNKNOWN)],
    ),
    "takeoff-22-flow-logs-are-whole": Case(
        compliant=[NET, inside(FLOW, trafficType="ALL", logDestination=UNKNOWN)],
        violating=[NET, inside(FLOW, trafficType="REJECT", logDestination=UNKNOWN), declared(VPC, "bare")],
        unknown=[NET, inside(FLOW, trafficType=UNKNOWN, logDestination=UNKNOWN)],
    ),
    "ec2-15-no-public-addresses": Case(
        compliant=[declared(SUBNET, mapPublicIpOnLaunch=False), declared(DEFAULT_SUBNET, mapPublicIpOnLaunch=False)],
        violating=[declared(SUBNET, mapPublicIpOnLaunch=True), declared(DEFAULT_SUBNET)],
        unknown=[declared(SUBNET, mapPublicIpOnLaunch=UNKNOWN)],
    ),
    "ec2-18-open-ports-are-authorised": Case(
        compliant=[
            rule(INGRESS, 443, 443, cidrIpv4="0.0.0.0/0"),
            rule(INGRESS, 0, 65535, referencedSecurityGroupId="sg-2"),
            inline("ingress", 80, 80, **ALL),
            *CLOSED,
            old("egress", 0, 65535, **ALL),
        ],
        violating=[
            rule(INGRESS, 0, 443, cidrIpv4="0.0.0.0/0"),
            declared(INGRESS, ipProtocol="-1", cidrIpv6="::/0"),
            inline("ingress", 8000, 8000, cidrBlocks=["10.0.0.0/8", "0.0.0.0/1"]),
            declared(DEFAULT, ingress=[{"protocol": "-1", "fromPort": 0, "toPort": 0, **ALL}]),
            old("ingress", 53, 53, ipv6CidrBlocks=["::/0"]),
        ],
        unknown=[rule(INGRESS, 443, 443, cidrIpv4=UNKNOWN)],
    ),
    "ec2-19-no-risky-open-ports": Case(
        compliant=[rule(INGRESS, 443, 443, cidrIpv4="0.0.0.0/0"), inline("ingress", 22, 22, cidrBlocks=["10.0.0.0/8"])],
        violating=[
            rule(INGRESS, 20, 30, cidrIpv4="0.0.0.0/0"),
            inline("ingress", 22, 22, **ALL),
            declared(DEFAULT, ingress=[ports(3389, 3389, **ALL)]),
            old("ingress", 5432, 5432, **ALL),
        ],
        unknown=[rule(INGRESS, 22, 22, cidrIpv4=UNKNOWN)],
    ),
    "takeoff-49-nothing-comes-in-from-outside": Case(
        compliant=[
            rule(INGRESS, 443, 443, referencedSecurityGroupId="sg-2"),
            declared(INGRESS, ipProtocol="-1", securityGroupId="sg-1", referencedSecurityGroupId="sg-1"),
            inline("ingress", 0, 65535, self=True),
            old("ingress", 443, 443, cidrBlocks=["10.0.0.0/8"]),
        ],
        violating=[
            rule(INGRESS, 443, 443, cidrIpv4="0.0.0.0/0"),
            declared(INGRESS, ipProtocol="-1", securityGroupId="sg-1", referencedSecurityGroupId="sg-2"),
            inline("ingress", 443, 443, **ALL),
            declared(DEFAULT, ingress=[ports(0, 65535, securityGroups=["sg-2"])]),
            old("ingress", 0, 65535, sourceSecurityGroupId="sg-2"),
        ],
        unknown=[rule(INGRESS, UNKNOWN, 443, cidrIpv4="10.0.0.0/8")],  # type: ignore[arg-type]
    ),
    "takeoff-26-egress-is-named": Case(
        compliant=[
            rule(EGRESS, 443, 443, cidrIpv4="0.0.0.0/0"),
            rule(EGRESS, 443, 443, prefixListId="pl-1"),
            declared(EGRESS, ipProtocol="-1", securityGroupId=UNKNOWN, referencedSecurityGroupId=UNKNOWN),
            inline("egress", 443, 443, **ALL),
            *CLOSED,
            old("ingress", 0, 65535, **ALL),
        ],
        violating=[
            rule(EGRESS, 80, 443, cidrIpv4="0.0.0.0/0"),
            declared(EGRESS, ipProtocol="-1", prefixListId="pl-1"),
            rule(EGRESS, 0, 443, referencedSecurityGroupId="sg-2"),
            inline("egress", 0, 65535, **ALL),
            declared(DEFAULT, egress=[{"protocol": "-1", "fromPort": 0, "toPort": 0, **ALL}]),
            old("egress", 22, 22, **ALL),
        ],
        unknown=[rule(EGRESS, 443, 443, cidrIpv4=UNKNOWN)],
    ),
    "ec2-10-endpoint-ec2": interface("ec2"),
    "ec2-55-endpoint-ecr-api": interface("ecr.api"),
    "ec2-56-endpoint-ecr-dkr": interface("ecr.dkr"),
    "ec2-57-endpoint-ssm": interface("ssm"),
    "ec2-58-endpoint-ssm-contacts": interface("ssm-contacts"),
    "ec2-60-endpoint-ssm-incidents": interface("ssm-incidents"),
    "takeoff-47-calls-stay-inside": Case(
        compliant=[NET, *(endpoint(service) for service in SERVICES)],
        violating=[NET, *(endpoint(service) for service in SERVICES[1:])],
        unknown=[NET, endpoint("s3", serviceName=UNKNOWN)],
    ),
    "takeoff-47-nodes-calls-stay-inside": Case(
        compliant=[NET, CLUSTER, *(endpoint(service) for service in NODES)],
        violating=[NET, CLUSTER, *(endpoint(service) for service in NODES if service != "eks-auth")],
        unknown=[NET, CLUSTER, endpoint("ec2", serviceName=UNKNOWN)],
    ),
    "takeoff-47-endpoints-have-a-group": Case(
        compliant=[endpoint("logs", securityGroupIds=["sg-1"]), gateway()],
        violating=[endpoint("logs"), endpoint("logs", securityGroupIds=[])],
        unknown=[endpoint("logs", securityGroupIds=UNKNOWN)],
        unknown_is="fine",
    ),
    "takeoff-19-endpoint-policies": Case(
        compliant=[
            gateway(allow("s3:*", "*", "*", HELD), allow("s3:GetObject", "arn:aws:s3:::layers/*", "*")),
            endpoint("logs"),
        ],
        violating=[
            gateway(),
            gateway(allow("s3:*", "*", "*")),
            gateway(allow("*", "*", "*", HELD)),
            gateway(allow("s3:GetObject", "*", "*")),
            endpoint("logs", policy=policy(allow("logs:*", "*", "*"))),
        ],
        unknown=[endpoint("s3", vpcEndpointType="Gateway", policy=UNKNOWN)],
    ),
    "takeoff-48-workloads-are-private": Case(
        compliant=[*PUBLIC, declared(MODEL, vpcConfig={"subnets": ["subnet-private"]})],
        violating=[
            *PUBLIC,
            *PLANNED,
            declared(MODEL, vpcConfig={"subnets": ["subnet-private", "subnet-public"]}),
            PLACED,
        ],
        unknown=[*PUBLIC, declared(MODEL, vpcConfig={"subnets": UNKNOWN})],
    ),
}
