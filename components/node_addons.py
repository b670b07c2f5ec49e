"""What nodes outside Auto Mode need to run pods: on Auto Mode's own, AWS runs it unseen."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

# Each keeps off the nodes of Auto Mode by itself.
# https://docs.aws.amazon.com/eks/latest/userguide/eks-add-ons.html#addon-consider-auto
_BEFORE = ("vpc-cni", "kube-proxy", "eks-pod-identity-agent")
_AFTER = ("coredns",)
_SETTINGS = {"vpc-cni": {"enableNetworkPolicy": "true"}}


def declare_addons(
    name: str, cluster: pulumi.Input[str], opts: pulumi.ResourceOptions, *, late: bool = False
) -> list[aws.eks.Addon]:
    """Addresses, services, pods' roles and network policies before the first node; names (`late`) once there is one."""
    return [
        aws.eks.Addon(
            f"{name}-{addon}",
            cluster_name=cluster,
            addon_name=addon,
            configuration_values=json.dumps(_SETTINGS[addon]) if addon in _SETTINGS else None,
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="OVERWRITE",
            opts=opts,
        )
        for addon in (_AFTER if late else _BEFORE)
    ]
