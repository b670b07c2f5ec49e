"""Route tables, what is in them and where they hold (Pulumi's module `ec2`)."""

from local.providers.aws.row import Call, Read, Row
from local.providers.aws.table.vpc import tagged

_ARN = "arn:aws:ec2:{region}:{account}:"
_ROUTE = frozenset({"routeTableId", "destinationCidrBlock", "gatewayId", "natGatewayId", "vpcEndpointId"})

ROWS = (
    Row(
        type="aws:ec2/routeTable:RouteTable",
        served_by="moto",
        service="ec2",
        schema="AWS::EC2::RouteTable",
        autoname=None,
        keys={"RouteTableId": "id", "RouteTableIds": "id", "Resources": "id"},
        id="{id}",
        create=Call("create_route_table", properties=frozenset({"vpcId"})),
        read=(Read("describe_route_tables", at="RouteTables", pick=("RouteTableId", "id")),),
        delete=Call("delete_route_table"),
        outputs={"id": "RouteTableId", "arn": _ARN + "route-table/{id}", "ownerId": "OwnerId"},
        replace=frozenset({"vpcId"}),
        tagging=tagged("route-table"),
    ),
    Row(
        type="aws:ec2/route:Route",
        served_by="moto",
        service="ec2",
        schema="AWS::EC2::Route",
        autoname=None,
        keys={
            "RouteTableId": "routeTableId",
            "RouteTableIds": "routeTableId",
            "DestinationCidrBlock": "destinationCidrBlock",
        },
        # The official plugin's own id hashes the destination; this is what it imports a route by.
        id="{routeTableId}_{destinationCidrBlock}",
        create=Call("create_route", properties=_ROUTE),
        update=(Call("replace_route", properties=_ROUTE),),
        read=(
            Read(
                "describe_route_tables",
                at="RouteTables.Routes",
                pick=("DestinationCidrBlock", "destinationCidrBlock"),
            ),
        ),
        delete=Call("delete_route"),
        outputs={"origin": "Origin", "state": "State"},
        replace=frozenset(
            {"destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId", "routeTableId"}
        ),
    ),
    Row(
        type="aws:ec2/routeTableAssociation:RouteTableAssociation",
        served_by="moto",
        service="ec2",
        schema="AWS::EC2::SubnetRouteTableAssociation",
        autoname=None,
        keys={"AssociationId": "id"},
        id="{id}",
        imported="{subnetId}/{routeTableId}",
        create=Call("associate_route_table", properties=frozenset({"routeTableId", "subnetId"})),
        update=(Call("replace_route_table_association", properties=frozenset({"routeTableId"})),),
        # By the subnet, which has one at a time: a change of its table gives the association another id.
        read=(
            Read(
                "describe_route_tables",
                at="RouteTables.Associations",
                pick=("SubnetId", "subnetId"),
                arguments=lambda state: {"Filters": [{"Name": "association.subnet-id", "Values": [state["subnetId"]]}]},
            ),
        ),
        delete=Call("disassociate_route_table"),
        outputs={"id": "RouteTableAssociationId"},
        answer={"id": "AssociationId"},
        replace=frozenset({"gatewayId", "subnetId"}),
    ),
)
