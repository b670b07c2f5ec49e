"""Addresses: whether subnets hold an interface for every instance of both fleets and every VPC endpoint."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from takeoff.preflight.finding import Finding, Unknown, unknown
from takeoff.preflight.planned import Planned, of
from takeoff.preflight.quotas import Models, endpoint_instances
from takeoff.preflight.zones import ENDPOINT, SUBNET

MODEL = "aws:sagemaker/model:Model"
# The first four addresses of a subnet and the last are AWS's own.
# https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
RESERVED = 5


@dataclass(frozen=True, kw_only=True)
class Need:
    """Addresses that the plan takes, and the existing subnets (by id) it names."""

    interfaces: int
    existing: tuple[str, ...]


def need(planned: Sequence[Planned], models: Models) -> Need | None:
    """What models inside a VPC need; None when none is inside one."""
    inside = [p.inputs["vpcConfig"] for p in of(planned, MODEL) if p.inputs.get("vpcConfig")]
    if not inside and not of(planned, SUBNET):
        return None
    ids = {subnet for config in inside for subnet in config.get("subnets") or [] if subnet}
    endpoints = [p for p in of(planned, ENDPOINT) if p.inputs.get("vpcEndpointType") == "Interface"]
    in_each = sum(len(p.inputs.get("subnetIds") or []) for p in endpoints)
    return Need(interfaces=endpoint_instances(models).total() + in_each, existing=tuple(sorted(ids)))


def size(cidr: str) -> int:
    """The addresses of a subnet that can be used."""
    return int(ipaddress.ip_network(cidr).num_addresses) - RESERVED


def judge(planned: Sequence[Planned], models: Models, free: Mapping[str, int] | Unknown) -> list[Finding]:
    """Free addresses of the subnets in use, existing (`free`, by id) or planned, against those that will be taken."""
    wanted = need(planned, models)
    if wanted is None:
        return []
    if wanted.existing and isinstance(free, Unknown):
        return [unknown("addresses", ", ".join(wanted.existing), free)]
    there = [free[each] for each in wanted.existing] if isinstance(free, Mapping) else []
    private = [s for s in of(planned, SUBNET) if not s.inputs.get("mapPublicIpOnLaunch") and s.inputs.get("cidrBlock")]
    have = sum(there) if wanted.existing else sum(size(str(s.inputs["cidrBlock"])) for s in private)
    detail = f"needs {wanted.interfaces} (both fleets and VPC endpoints), {have} are free"
    if wanted.interfaces <= have:
        return [Finding(check="addresses", subject="subnets", status="ok", detail=detail)]
    fix = "name larger subnets, or give network.cidr a shorter prefix"
    return [Finding(check="addresses", subject="subnets", status="fail", detail=detail, fix=fix)]
