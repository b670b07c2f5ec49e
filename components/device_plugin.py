"""NVIDIA's device plugin on the nodes of one pool, by its official chart."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from catalog.node_pool import GPU_TAINT, NodePool
from catalog.pools import POOL_LABEL, STACK_LABEL
from catalog.requirements import GPU

CHART, VERSION = "nvidia-device-plugin", "0.18.2"
REPOSITORY = "https://nvidia.github.io/k8s-device-plugin"
_NAMESPACE = "kube-system"  # it opens the kubelet's socket, which no namespace of a model may


def declare_device_plugin(pool: NodePool, stack: str, opts: pulumi.ResourceOptions) -> k8s.helm.v3.Release:
    """The plugin for a node group on Amazon Linux; on Auto Mode's nodes and on Bottlerocket it is there already.

    https://docs.aws.amazon.com/eks/latest/userguide/device-management-nvidia.html
    """
    (name,) = pool.names(stack)
    return k8s.helm.v3.Release(
        f"{name}-gpu",
        name=f"{name}-gpu",
        chart=CHART,
        version=VERSION,
        repository_opts={"repo": REPOSITORY},
        namespace=_NAMESPACE,
        atomic=True,
        values={
            "config": {"map": {"default": json.dumps(plugin_config(pool), sort_keys=True)}, "default": "default"},
            # In place of the chart's own, which asks for labels that nobody here gives.
            "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": _nodes(pool, stack)}},
            "tolerations": [{"key": GPU_TAINT["key"], "operator": "Exists", "effect": GPU_TAINT["effect"]}],
        },
        opts=opts,
    )


def plugin_config(pool: NodePool) -> dict[str, Any]:
    """How the plugin offers the GPUs: as they are, so many times each, or as the instances that they are cut into.

    A shared or cut GPU stays `nvidia.com/gpu`, and asking for two shares of one is refused: they would be no more than
    one. https://github.com/NVIDIA/k8s-device-plugin#configuring-the-nvidia-device-plugin-binary
    """
    sharing = pool.sharing
    config: dict[str, Any] = {"version": "v1", "flags": {"migStrategy": "none"}}
    if sharing and sharing.kind == "mig":
        config["flags"]["migStrategy"] = "single"
    elif sharing:
        resources = [{"name": GPU, "replicas": sharing.replicas}]
        config["sharing"] = {"timeSlicing": {"failRequestsGreaterThanOne": True, "resources": resources}}
    return config


def _nodes(pool: NodePool, stack: str) -> dict[str, Any]:
    wanted = {POOL_LABEL: pool.name, STACK_LABEL: stack}
    expressions = [{"key": key, "operator": "In", "values": [value]} for key, value in wanted.items()]
    return {"nodeSelectorTerms": [{"matchExpressions": expressions}]}
