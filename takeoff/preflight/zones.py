"""Availability zones: whether subnets' zones exist, and offer what is to run there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from takeoff.preflight.finding import Finding, Unknown, unknown
from takeoff.preflight.planned import Planned, of
from takeoff.preflight.quotas import NODES, Models, endpoint_instances

SUBNET = "aws:ec2/subnet:Subnet"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"


def planned_zones(planned: Sequence[Planned]) -> list[str]:
    """The zones of the plan's subnets."""
    return sorted({zone for subnet in of(planned, SUBNET) if (zone := subnet.inputs.get("availabilityZone"))})


def instance_types(planned: Sequence[Planned], models: Models) -> set[str]:
    """The EC2 types behind everything planned: SageMaker's ml.g5.xlarge runs on EC2's g5.xlarge."""
    nodes = {each for group in of(planned, NODES) for each in group.inputs.get("instanceTypes") or []}
    return nodes | {each.removeprefix("ml.") for each in endpoint_instances(models)}


def services(planned: Sequence[Planned]) -> set[str]:
    """The services that the plan reaches through interface endpoints."""
    interfaces = [p for p in of(planned, ENDPOINT) if p.inputs.get("vpcEndpointType") == "Interface"]
    return {str(p.inputs["serviceName"]) for p in interfaces if p.inputs.get("serviceName")}


def judge_zones(wanted: Sequence[str], available: Collection[str] | Unknown) -> list[Finding]:
    """Every zone of a planned subnet is one of the region's that this account may use."""
    if isinstance(available, Unknown):
        return [unknown("zone", zone, available) for zone in wanted]
    found = []
    for zone in wanted:
        if zone in available:
            found.append(Finding(check="zone", subject=zone, status="ok", detail="available"))
        else:
            fix = f"choose network.zones among {', '.join(sorted(available))}"
            found.append(Finding(check="zone", subject=zone, status="fail", detail="not available here", fix=fix))
    return found


def judge_offerings(
    what: str, wanted: Sequence[str], offered: Mapping[str, Collection[str] | Unknown]
) -> list[Finding]:
    """What each instance type or service is offered in, against the planned zones: none fails, not all warns."""
    found = []
    for subject, zones in sorted(offered.items()):
        if isinstance(zones, Unknown):
            found.append(unknown(what, subject, zones))
            continue
        have = sorted(set(wanted) & set(zones))
        missing = sorted(set(wanted) - set(zones))
        if not missing:
            found.append(Finding(check=what, subject=subject, status="ok", detail=f"in {', '.join(have)}"))
            continue
        fix = f"choose network.zones among {', '.join(sorted(zones)) or 'those of another region'}"
        detail = f"not in {', '.join(missing)}"
        found.append(Finding(check=what, subject=subject, status="warn" if have else "fail", detail=detail, fix=fix))
    return found
