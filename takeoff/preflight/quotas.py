"""Quotas: endpoint instances twice over, vCPUs of nodes, addresses and networks."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from catalog.node_pool import NodePool
from catalog.pod_requests import quantity
from takeoff.preflight.finding import Finding, Unknown, unknown
from takeoff.preflight.planned import Planned, of

NODES = "aws:eks/nodeGroup:NodeGroup"
Answer = float | Unknown
Models = Mapping[str, Any]

# Planned type → (service, quota code, quota's name): so many more of it than there are now must fit.
# https://docs.aws.amazon.com/general/latest/gr/vpc-service.html and .../ec2-service.html
COUNTED: Mapping[str, tuple[str, str, str]] = {
    "aws:ec2/eip:Eip": ("ec2", "L-0263D0A3", "EC2-VPC Elastic IPs"),
    "aws:ec2/vpc:Vpc": ("vpc", "L-F678F1CE", "VPCs per Region"),
    "aws:ec2/natGateway:NatGateway": ("vpc", "L-FE5A380F", "NAT gateways per Availability Zone"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ("vpc", "L-29B6F2EB", "Interface VPC endpoints per VPC"),
    # https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html
    "aws:eks/cluster:Cluster": ("eks", "L-1194D53C", "Clusters"),
    NODES: ("eks", "L-6D54EA21", "Managed node groups per cluster"),
}
# Family letters of an EC2 type → (quota code, name), in vCPUs of running On-Demand instances.
# https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
VCPUS: Mapping[str, tuple[str, str]] = {
    "g": ("L-DB2E81BA", "Running On-Demand G and VT instances"),
    "vt": ("L-DB2E81BA", "Running On-Demand G and VT instances"),
    "p": ("L-417A185B", "Running On-Demand P instances"),
    "inf": ("L-1945791B", "Running On-Demand Inf instances"),
    "trn": ("L-2C3B7624", "Running On-Demand Trn instances"),
    "": ("L-1216C47A", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances"),
}


def endpoint_instances(models: Models) -> Counter[str]:
    """Instances by type while every endpoint is at its widest and shifts: the old fleet and the new one, both.

    A guardrail builds the whole new fleet before the old one goes; autoscaling may have taken a variant to its most.
    https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green.html
    """
    found: Counter[str] = Counter()
    for model in models.values():
        # A model in pods has no variants: its nodes have a quota of their own.
        for variant in [*model.get("variants", ()), *([model["shadow"]] if model.get("shadow") else [])]:
            found[variant["instanceType"]] += 2 * _widest(variant)
    return found


def _widest(variant: Mapping[str, Any]) -> int:
    """The most instances that a variant may have: by itself, by autoscaling or by its schedule."""
    scaling = variant.get("scaling") or {}
    counts = [
        variant.get("instances"),
        scaling.get("maximum"),
        *(s.get("maximum") for s in scaling.get("schedule") or []),
    ]
    return max(count or 1 for count in counts)


def transform_instances(models: Models) -> Counter[str]:
    """Instances by type while every model's batch runs."""
    batches = [model["batch"] for model in models.values() if model.get("batch")]
    found: Counter[str] = Counter()
    for batch in batches:
        found[batch["instanceType"]] += batch.get("instances") or 1
    return found


def judge_instances(
    needed: Mapping[str, int], use: str, what: str, quotas: Mapping[str, float] | Unknown
) -> list[Finding]:
    """Each instance type's need against SageMaker's quota `<type> for <use> usage`; `quotas` by that name."""
    found = []
    for type_, count in sorted(needed.items()):
        name = f"{type_} for {use} usage"
        answer: Answer = quotas if isinstance(quotas, Unknown) else quotas.get(name, Unknown("no such quota is listed"))
        found.append(_judge("quota", name, count, answer, what, "sagemaker", name))
    return found


def judge_counted(
    planned: Sequence[Planned], there: Mapping[str, Answer], quotas: Mapping[str, Answer]
) -> list[Finding]:
    """Each counted type's new resources, beside those there are, against its quota."""
    found = []
    for type_, (service, code, name) in COUNTED.items():
        new = len([p for p in of(planned, type_, new=True) if p.inputs.get("vpcEndpointType") != "Gateway"])
        have = there.get(type_, 0.0)
        if not new:
            continue
        if isinstance(have, Unknown):
            found.append(unknown("quota", name, have))
            continue
        what = f"{new} more than the {have:g} there are"
        found.append(_judge("quota", name, new + int(have), quotas[code], what, service, code))
    return found


def node_vcpus(planned: Sequence[Planned], vcpus: Mapping[str, int]) -> Counter[str]:
    """vCPUs by quota code when every node group is at its most; `vcpus` says how many each EC2 type has."""
    found: Counter[str] = Counter()
    for group in of(planned, NODES):
        types = group.inputs.get("instanceTypes") or []
        most = int((group.inputs.get("scalingConfig") or {}).get("maxSize") or 0)
        # A group with several types may be filled with its largest.
        largest = max(types, key=lambda each: vcpus.get(each, 0), default=None)
        if largest:
            found[family_quota(largest)[0]] += most * vcpus.get(largest, 0)
    return found


def pool_vcpus(pools: Mapping[str, Any]) -> Counter[str]:
    """vCPUs by quota code when every elastic pool is at its limits, in each tier of it; spot has quotas of its own."""
    found: Counter[str] = Counter()
    for name, block in pools.items():
        limits = block.get("limits") or {}
        types, families = tuple(block.get("types") or ()), tuple(block.get("families") or ())
        pool = NodePool(name=name, types=types, families=families)
        for tier in pool.tiers if block.get("max") is None and block.get("capacity") != "spot" else ():
            specs = [s for s in pool.specs() if s.instance_type in tier or s.instance_type.split(".")[0] in tier]
            most = [int(limits.get("gpu", 0)) // each.count * each.vcpu for each in specs if each.count]
            found[family_quota(tier[0])[0]] += (
                math.ceil(quantity(limits["cpu"])) if "cpu" in limits else max(most, default=0)
            )
    return found


def family_quota(instance_type: str) -> tuple[str, str]:
    """The vCPU quota under which an EC2 type runs."""
    letters = re.match("[a-z]*", instance_type)[0]  # type: ignore[index]  # `*` always matches
    return VCPUS.get(letters, VCPUS[""])


def judge_vcpus(needed: Mapping[str, int], quotas: Mapping[str, Answer]) -> list[Finding]:
    """Node vCPUs against the quota of their family."""
    names = dict(VCPUS.values())
    return [
        _judge("quota", names[code], count, quotas[code], "vCPUs at most", "ec2", code)
        for code, count in sorted(needed.items())
    ]


def _judge(check: str, subject: str, needed: int, quota: Answer, what: str, service: str, code: str) -> Finding:
    if isinstance(quota, Unknown):
        return unknown(check, subject, quota)
    detail = f"needs {needed} ({what}), allowed {quota:g}"
    if needed <= quota:
        return Finding(check=check, subject=subject, status="ok", detail=detail)
    fix = f"ask for {math.ceil(needed)}: Service Quotas, {service}, {code}"
    return Finding(check=check, subject=subject, status="fail", detail=detail, fix=fix)
