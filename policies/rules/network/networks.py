"""A VPC: its default group is closed, its traffic is logged, its subnets give out no public addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from policies.declared import Declared, Graph, given, known
from policies.links import each, parts
from policies.rule import FSBP, OWN, Broken, ResourceRule, Rule, Settings, StackRule
from policies.sources import hub

VPC: Final = "aws:ec2/vpc:Vpc"
_SUBNETS: Final = ("aws:ec2/subnet:Subnet", "aws:ec2/defaultSubnet:DefaultSubnet")
_DEFAULT_GROUP: Final = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
_FLOW_LOG: Final = "aws:ec2/flowLog:FlowLog"


def _closed(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    def check(vpc: Declared) -> str | None:
        groups = parts(graph, vpc, "vpcId", _DEFAULT_GROUP)
        if not groups:
            return "no DefaultSecurityGroup: AWS's own lets its members talk to each other and out"
        open_ = [path for path in ("ingress", "egress") if given(groups[0].at(path))]
        return f"{' and '.join(open_)} rules" if open_ else None

    return each(graph.of(VPC), check)


def _logged(*types: str) -> Callable[[Graph, Settings], Iterator[Broken]]:
    def found(graph: Graph, _settings: Settings) -> Iterator[Broken]:
        return each(graph.of(VPC), lambda vpc: _flow_log(graph, vpc, types))

    return found


def _flow_log(graph: Graph, vpc: Declared, types: tuple[str, ...]) -> str | None:
    logs = parts(graph, vpc, "vpcId", _FLOW_LOG)
    kept = [log for log in logs if given(log.at("logDestination")) or given(log.at("logGroupName"))]
    if not kept:
        return "no FlowLog" if not logs else "a FlowLog without logDestination"
    traffic = [str(known(log.at("trafficType"), "trafficType")) for log in kept]
    return None if set(types) & set(traffic) else f"trafficType {traffic[0]}"


def _public(resource: Declared, _settings: Settings) -> str | None:
    default = resource.type == _SUBNETS[1]
    value = known(resource.at("mapPublicIpOnLaunch"), "mapPublicIpOnLaunch")
    # AWS's default subnets give out addresses unless told otherwise, and those of your own do not.
    return "mapPublicIpOnLaunch true" if value is True or (default and value is None) else None


RULES: Final[tuple[Rule, ...]] = (
    StackRule(
        control="EC2.2",
        name="ec2-2-default-group-is-closed",
        severity="high",
        frameworks=(FSBP,),
        title="the default security group of a VPC lets nothing through",
        allowed="a DefaultSecurityGroup with no ingress and no egress",
        fix="declare it with ingress=[], egress=[]",
        source=hub("EC2.2"),
        types=(VPC,),
        check=_closed,
    ),
    StackRule(
        control="EC2.6",
        name="ec2-6-flow-logs",
        severity="medium",
        frameworks=(FSBP,),
        title="a VPC logs what it rejects",
        allowed="a FlowLog with trafficType REJECT or ALL and a logDestination",
        fix="declare a FlowLog with the VPC's id",
        source=hub("EC2.6"),
        types=(VPC,),
        check=_logged("REJECT", "ALL"),
    ),
    StackRule(
        control="Takeoff.22",
        name="takeoff-22-flow-logs-are-whole",
        severity="medium",
        frameworks=(OWN,),
        title="a VPC logs what it lets through, too",
        allowed="a FlowLog with trafficType ALL: data that leaves is in the accepted half",
        fix="set trafficType ALL",
        source="https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html",
        types=(VPC,),
        check=_logged("ALL"),
    ),
    ResourceRule(
        control="EC2.15",
        name="ec2-15-no-public-addresses",
        severity="medium",
        frameworks=(FSBP,),
        title="a subnet gives out no public addresses",
        allowed="mapPublicIpOnLaunch: false",
        fix="set it to false; what must be public takes an address by itself",
        source=hub("EC2.15"),
        types=_SUBNETS,
        check=_public,
    ),
)
