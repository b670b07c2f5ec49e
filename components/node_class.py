"""The NodeClass of a pool: where EKS Auto Mode puts its nodes, as whom, and with which disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from catalog.node_pool import NodePool
from catalog.node_pool_objects import NODE_CLASS


@dataclass(frozen=True, kw_only=True)
class NodeGround:
    """What the nodes of a cluster stand on: the name of their role, their subnets and groups, and the disks' key.

    https://docs.aws.amazon.com/eks/latest/userguide/create-node-class.html
    """

    role: pulumi.Input[str]
    subnets: Sequence[pulumi.Input[str]]
    security_groups: Sequence[pulumi.Input[str]]
    key: pulumi.Input[str]


def declare_node_class(
    pool: NodePool, name: str, ground: NodeGround, labels: dict[str, str], opts: pulumi.ResourceOptions
) -> k8s.apiextensions.CustomResource:
    """A NodeClass of the pool's own, so that another disk replaces its nodes and no others."""
    group, kind = NODE_CLASS
    spec: dict[str, Any] = {
        "role": ground.role,
        "subnetSelectorTerms": [{"id": each} for each in ground.subnets],
        "securityGroupSelectorTerms": [{"id": each} for each in ground.security_groups],
        "ephemeralStorage": {"size": f"{pool.disk_gib}Gi", "kmsKeyID": ground.key},
        # Policies decide; a node that denies first would cut off pods until their policy is there.
        "networkPolicy": "DefaultAllow",
    }
    return k8s.apiextensions.CustomResource(
        name,
        api_version=f"{group}/v1",
        kind=kind,
        metadata={"name": name, "labels": labels},
        spec=spec,
        opts=opts,
    )
