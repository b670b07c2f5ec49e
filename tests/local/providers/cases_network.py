"""Lives of what a network is made of."""

from __future__ import annotations

from typing import Any

from local.providers.values import Properties
from tests.local.cloud.emulated import Cloud
from tests.local.providers.case import Api, Case, document, entry

TAGGED = {"tags": {"team": "a"}}


def retag_ec2(ec2: Any, state: Properties) -> None:
    ec2.create_tags(Resources=[state["id"]], Tags=[{"Key": "team", "Value": "theirs"}])


def a_vpc(cloud: Cloud) -> dict[str, Any]:
    ec2, number = cloud.client("ec2"), next(cloud.names) % 200
    vpc, vpc2 = (ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")["Vpc"]["VpcId"] for _ in range(2))
    return {"vpc": vpc, "vpc2": vpc2, "cidr": f"10.{number}.1.0/24", "cidr2": f"10.{number}.2.0/24"}


def two_subnets(cloud: Cloud) -> dict[str, Any]:
    made, ec2 = a_vpc(cloud), cloud.client("ec2")
    for name, cidr in (("subnet", "cidr"), ("subnet2", "cidr2")):
        made[name] = ec2.create_subnet(VpcId=made["vpc"], CidrBlock=made[cidr])["Subnet"]["SubnetId"]
    return made


def a_way_out(cloud: Cloud) -> dict[str, Any]:
    made, ec2 = two_subnets(cloud), cloud.client("ec2")
    for name in ("gateway", "gateway2"):
        made[name] = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=made["gateway"], VpcId=made["vpc"])
    for name in ("table", "table2"):
        made[name] = ec2.create_route_table(VpcId=made["vpc"])["RouteTable"]["RouteTableId"]
    for name in ("address", "address2"):
        made[name] = ec2.allocate_address(Domain="vpc")["AllocationId"]
    return made


def a_nat(cloud: Cloud) -> dict[str, Any]:
    made, ec2 = a_way_out(cloud), cloud.client("ec2")
    made["nat"] = ec2.create_nat_gateway(SubnetId=made["subnet"], AllocationId=made["address"])["NatGateway"][
        "NatGatewayId"
    ]
    return made


def two_groups(cloud: Cloud) -> dict[str, Any]:
    made, ec2 = a_way_out(cloud), cloud.client("ec2")
    for name in ("group", "group2"):
        title = f"group-{next(cloud.names)}"
        made[name] = ec2.create_security_group(GroupName=title, Description="x", VpcId=made["vpc"])["GroupId"]
        ec2.revoke_security_group_egress(
            GroupId=made[name], IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        )
    return made


def a_log(cloud: Cloud) -> dict[str, Any]:
    name = f"flows-{next(cloud.names)}"
    cloud.client("logs").create_log_group(logGroupName=name)
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{name}"
    return {**a_vpc(cloud), "log": arn, "role": cloud.role(trusted="vpc-flow-logs.amazonaws.com")}


def _attribute(name: str) -> Any:
    member = name[0].upper() + name[1:]
    return lambda ec2, s: ec2.describe_vpc_attribute(VpcId=s["id"], Attribute=name)[member]["Value"]


def _route(ec2: Any, state: Properties) -> Any:
    (table,) = ec2.describe_route_tables(RouteTableIds=[state["routeTableId"]])["RouteTables"]
    return next(r for r in table["Routes"] if r.get("DestinationCidrBlock") == state["destinationCidrBlock"])


def _associated(ec2: Any, state: Properties) -> Any:
    where = [{"Name": "association.subnet-id", "Values": [state["subnetId"]]}]
    (table,) = ec2.describe_route_tables(Filters=where)["RouteTables"]
    return table["RouteTableId"]


def _reassociate(ec2: Any, state: Properties) -> None:
    table = ec2.create_route_table(VpcId=_vpc_of(ec2, state["subnetId"]))["RouteTable"]["RouteTableId"]
    where = [{"Name": "association.subnet-id", "Values": [state["subnetId"]]}]
    (old,) = ec2.describe_route_tables(Filters=where)["RouteTables"]
    association = next(a for a in old["Associations"] if a.get("SubnetId") == state["subnetId"])
    ec2.replace_route_table_association(AssociationId=association["RouteTableAssociationId"], RouteTableId=table)


def _vpc_of(ec2: Any, subnet: str) -> str:
    return str(ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"])


def _rule(ec2: Any, state: Properties) -> Any:
    return ec2.describe_security_group_rules(SecurityGroupRuleIds=[state["id"]])["SecurityGroupRules"][0]


def _rule_case(direction: str) -> Case:
    def revoke(ec2: Any, state: Properties) -> None:
        call = getattr(ec2, f"revoke_security_group_{direction}")
        call(GroupId=state["securityGroupId"], SecurityGroupRuleIds=[state["id"]])

    def theirs(ec2: Any, state: Properties) -> None:
        rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 81, "ReferencedGroupId": _place(ec2, state)}
        ec2.modify_security_group_rules(
            GroupId=state["securityGroupId"],
            SecurityGroupRules=[{"SecurityGroupRuleId": state["id"], "SecurityGroupRule": rule}],
        )

    def _place(ec2: Any, state: Properties) -> Any:
        return _rule(ec2, state)["ReferencedGroupInfo"]["GroupId"]

    return Case(
        service="ec2",
        needs=two_groups,
        inputs={
            "securityGroupId": "{group}",
            "referencedSecurityGroupId": "{group2}",
            "ipProtocol": "tcp",
            "fromPort": 443,
            "toPort": 443,
            "description": "first",
        },
        changed={"toPort": 444, "description": "second", "referencedSecurityGroupId": "{group}"},
        replaced={"cidrIpv4": "10.0.0.0/8"},
        seen={
            "toPort": lambda ec2, s: _rule(ec2, s)["ToPort"],
            "description": lambda ec2, s: _rule(ec2, s)["Description"],
            "referencedSecurityGroupId": _place,
        },
        elsewhere=theirs,
        drifts="toPort",
        deleted=revoke,
    )


def _subnet(member: str) -> Api:
    return lambda ec2, s: entry(ec2.describe_subnets(SubnetIds=[s["id"]])["Subnets"])[member]


def _log(member: str) -> Api:
    return lambda ec2, s: entry(ec2.describe_flow_logs(FlowLogIds=[s["id"]])["FlowLogs"])[member]


def _endpoint(ec2: Any, state: Properties) -> Any:
    return entry(ec2.describe_vpc_endpoints(VpcEndpointIds=[state["id"]])["VpcEndpoints"])


CASES: dict[str, Case] = {
    "aws:ec2/vpc:Vpc": Case(
        service="ec2",
        inputs={"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": True, "enableDnsSupport": True, **TAGGED},
        changed={"enableDnsSupport": False},
        replaced={"cidrBlock": "10.1.0.0/16"},
        seen={
            "cidrBlock": lambda ec2, s: entry(ec2.describe_vpcs(VpcIds=[s["id"]])["Vpcs"])["CidrBlock"],
            "enableDnsHostnames": _attribute("enableDnsHostnames"),
            "enableDnsSupport": _attribute("enableDnsSupport"),
        },
        elsewhere=lambda ec2, s: ec2.modify_vpc_attribute(VpcId=s["id"], EnableDnsHostnames={"Value": False}),
        drifts="enableDnsHostnames",
        deleted=lambda ec2, s: ec2.delete_vpc(VpcId=s["id"]),
    ),
    "aws:ec2/subnet:Subnet": Case(
        service="ec2",
        needs=a_vpc,
        inputs={"vpcId": "{vpc}", "cidrBlock": "{cidr}", "availabilityZone": "us-east-1b", **TAGGED},
        changed={"mapPublicIpOnLaunch": True},
        replaced={"availabilityZone": "us-east-1c"},
        seen={
            name: _subnet(name[0].upper() + name[1:])
            for name in ("availabilityZone", "cidrBlock", "mapPublicIpOnLaunch")
        },
        elsewhere=lambda ec2, s: ec2.modify_subnet_attribute(SubnetId=s["id"], MapPublicIpOnLaunch={"Value": False}),
        drifts="mapPublicIpOnLaunch",
        deleted=lambda ec2, s: ec2.delete_subnet(SubnetId=s["id"]),
    ),
    "aws:ec2/internetGateway:InternetGateway": Case(
        service="ec2",
        needs=a_vpc,
        inputs={"vpcId": "{vpc}", **TAGGED},
        changed={"vpcId": "{vpc2}"},
        replaced={},
        seen={
            "vpcId": lambda ec2, s: entry(
                ec2.describe_internet_gateways(InternetGatewayIds=[s["id"]])["InternetGateways"]
            )["Attachments"][0]["VpcId"]
        },
        elsewhere=lambda ec2, s: ec2.detach_internet_gateway(InternetGatewayId=s["id"], VpcId=s["vpcId"]),
        drifts="vpcId",
        deleted=lambda ec2, s: (
            ec2.detach_internet_gateway(InternetGatewayId=s["id"], VpcId=s["vpcId"]),
            ec2.delete_internet_gateway(InternetGatewayId=s["id"]),
        ),
    ),
    "aws:ec2/eip:Eip": Case(
        service="ec2",
        inputs={"domain": "vpc", **TAGGED},
        replaced={"domain": "standard"},
        seen={"domain": lambda ec2, s: entry(ec2.describe_addresses(AllocationIds=[s["id"]])["Addresses"])["Domain"]},
        elsewhere=retag_ec2,
        drifts="tags",
        deleted=lambda ec2, s: ec2.release_address(AllocationId=s["id"]),
    ),
    "aws:ec2/natGateway:NatGateway": Case(
        service="ec2",
        needs=a_way_out,
        inputs={"subnetId": "{subnet}", "allocationId": "{address}", **TAGGED},
        replaced={"allocationId": "{address2}"},
        seen={
            "allocationId": lambda ec2, s: entry(ec2.describe_nat_gateways(NatGatewayIds=[s["id"]])["NatGateways"])[
                "NatGatewayAddresses"
            ][0]["AllocationId"]
        },
        elsewhere=retag_ec2,
        drifts="tags",
        deleted=lambda ec2, s: ec2.delete_nat_gateway(NatGatewayId=s["id"]),
    ),
    "aws:ec2/routeTable:RouteTable": Case(
        service="ec2",
        needs=a_vpc,
        inputs={"vpcId": "{vpc}", **TAGGED},
        replaced={"vpcId": "{vpc2}"},
        seen={
            "vpcId": lambda ec2, s: entry(ec2.describe_route_tables(RouteTableIds=[s["id"]])["RouteTables"])["VpcId"]
        },
        elsewhere=retag_ec2,
        drifts="tags",
        deleted=lambda ec2, s: ec2.delete_route_table(RouteTableId=s["id"]),
    ),
    "aws:ec2/route:Route": Case(
        service="ec2",
        needs=a_nat,
        inputs={"routeTableId": "{table}", "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "{nat}"},
        changed={"natGatewayId": None, "gatewayId": "{gateway}"},
        replaced={"routeTableId": "{table2}"},
        seen={
            "natGatewayId": lambda ec2, s: _route(ec2, s).get("NatGatewayId"),
            "gatewayId": lambda ec2, s: _route(ec2, s).get("GatewayId"),
        },
        elsewhere=lambda ec2, s: ec2.replace_route(
            RouteTableId=s["routeTableId"],
            DestinationCidrBlock=s["destinationCidrBlock"],
            GatewayId=ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"],
        ),
        drifts="gatewayId",
        deleted=lambda ec2, s: ec2.delete_route(
            RouteTableId=s["routeTableId"], DestinationCidrBlock=s["destinationCidrBlock"]
        ),
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Case(
        service="ec2",
        needs=a_way_out,
        inputs={"subnetId": "{subnet}", "routeTableId": "{table}"},
        changed={"routeTableId": "{table2}"},
        replaced={"subnetId": "{subnet2}"},
        seen={"routeTableId": _associated},
        elsewhere=_reassociate,
        drifts="routeTableId",
        deleted=lambda ec2, s: ec2.disassociate_route_table(AssociationId=s["id"]),
    ),
    "aws:ec2/securityGroup:SecurityGroup": Case(
        service="ec2",
        needs=a_vpc,
        inputs={"vpcId": "{vpc}", "description": "first", **TAGGED},
        replaced={"description": "second"},
        seen={
            "description": lambda ec2, s: entry(ec2.describe_security_groups(GroupIds=[s["id"]])["SecurityGroups"])[
                "Description"
            ]
        },
        elsewhere=retag_ec2,
        drifts="tags",
        deleted=lambda ec2, s: ec2.delete_security_group(GroupId=s["id"]),
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": Case(
        service="ec2",
        needs=a_vpc,
        inputs={"vpcId": "{vpc}", "ingress": [], "egress": [], **TAGGED},
        replaced={"vpcId": "{vpc2}"},
        seen={
            "ingress": lambda ec2, s: entry(ec2.describe_security_groups(GroupIds=[s["id"]])["SecurityGroups"])[
                "IpPermissions"
            ],
            "egress": lambda ec2, s: entry(ec2.describe_security_groups(GroupIds=[s["id"]])["SecurityGroups"])[
                "IpPermissionsEgress"
            ],
        },
        elsewhere=lambda ec2, s: ec2.authorize_security_group_egress(
            GroupId=s["id"], IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        ),
        drifts="egress",
        deleted=lambda ec2, s: ec2.delete_vpc(VpcId=s["vpcId"]),
        stays=True,
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _rule_case("ingress"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _rule_case("egress"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Case(
        service="ec2",
        needs=two_groups,
        inputs={
            "vpcId": "{vpc}",
            "serviceName": "com.amazonaws.us-east-1.logs",
            "vpcEndpointType": "Interface",
            "privateDnsEnabled": True,
            "subnetIds": ["{subnet}"],
            "securityGroupIds": ["{group}"],
            "policy": document("logs:PutLogEvents"),
            **TAGGED,
        },
        changed={
            "subnetIds": ["{subnet}", "{subnet2}"],
            "securityGroupIds": ["{group2}"],
            "policy": document("logs:*"),
            "privateDnsEnabled": False,
        },
        replaced={"serviceName": "com.amazonaws.us-east-1.ecr.api"},
        seen={
            "subnetIds": lambda ec2, s: _endpoint(ec2, s)["SubnetIds"],
            "securityGroupIds": lambda ec2, s: [group["GroupId"] for group in _endpoint(ec2, s)["Groups"]],
            "policy": lambda ec2, s: _endpoint(ec2, s)["PolicyDocument"],
            "privateDnsEnabled": lambda ec2, s: _endpoint(ec2, s)["PrivateDnsEnabled"],
        },
        elsewhere=lambda ec2, s: ec2.modify_vpc_endpoint(VpcEndpointId=s["id"], RemoveSubnetIds=s["subnetIds"][1:]),
        drifts="subnetIds",
        deleted=lambda ec2, s: ec2.delete_vpc_endpoints(VpcEndpointIds=[s["id"]]),
    ),
    "aws:ec2/flowLog:FlowLog": Case(
        service="ec2",
        needs=a_log,
        inputs={
            "vpcId": "{vpc}",
            "trafficType": "ALL",
            "logDestinationType": "cloud-watch-logs",
            "logDestination": "{log}",
            "iamRoleArn": "{role}",
            "maxAggregationInterval": 60,
            **TAGGED,
        },
        replaced={"trafficType": "REJECT"},
        seen={
            name: _log(member)
            for name, member in (
                ("vpcId", "ResourceId"),
                ("iamRoleArn", "DeliverLogsPermissionArn"),
                ("maxAggregationInterval", "MaxAggregationInterval"),
            )
        },
        elsewhere=retag_ec2,
        drifts="tags",
        deleted=lambda ec2, s: ec2.delete_flow_logs(FlowLogIds=[s["id"]]),
    ),
}
