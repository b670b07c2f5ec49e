"""A pool of nodes in the cluster: what Karpenter may make of it, or what a node group's nodes still need."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from catalog import node_pool, node_pool_rules
from catalog.ami import default_ami, needs_plugin
from catalog.node_pool_objects import node_pools
from catalog.pools import POOL_LABEL
from components.device_plugin import declare_device_plugin
from components.labels import labels
from components.node_class import NodeGround, declare_node_class
from components.site import Site

GROUP, VERSION, KIND = "karpenter.sh", "v1", "NodePool"


@dataclass(frozen=True, kw_only=True)
class NodePoolArgs:
    """The pool as it is declared, and what its nodes stand on."""

    pool: node_pool.NodePool
    ground: NodeGround


class NodePool(pulumi.ComponentResource):
    """One NodeClass and a NodePool for each tier of an elastic pool; of a node group, the plugin for its GPUs.

    The node group itself is AWS's, in the stack of the cluster (components/node_group.py). Raises ValueError for a pool
    that cannot be.
    """

    def __init__(self, name: str, site: Site, args: NodePoolArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("takeoff:compute:NodePool", name, None, opts)
        require_possible([args.pool], site)
        child = pulumi.ResourceOptions(parent=self)
        pool, own = args.pool, {**labels(site, args.pool.name), POOL_LABEL: args.pool.name}
        self.names: tuple[str, ...] = pool.names(site.stack)
        if pool.managed:
            if pool.accelerator == "nvidia" and needs_plugin(image(pool)):
                declare_device_plugin(pool, site.stack, child)
        else:
            found = declare_node_class(pool, f"{site.stack}-{pool.name}", args.ground, own, child)
            # Karpenter would report the pool as not ready until its class is there.
            after = pulumi.ResourceOptions(parent=self, depends_on=[found])
            for each, spec in node_pools(pool, site.stack).items():
                k8s.apiextensions.CustomResource(
                    each,
                    api_version=f"{GROUP}/{VERSION}",
                    kind=KIND,
                    metadata={"name": each, "labels": own},
                    spec=spec,
                    opts=after,
                )
        self.register_outputs({"names": list(self.names)})


def image(pool: node_pool.NodePool) -> str:
    """The machine image of a node group's nodes, as EKS calls it."""
    return pool.ami or default_ami(pool.architecture, gpu=pool.accelerator == "nvidia")


def require_possible(pools: list[node_pool.NodePool], site: Site) -> None:
    """Raise ValueError for the first thing that is wrong with pools of a stack, together: what, got, allowed."""
    for each in node_pool_rules.refusals(pools, stack=site.stack, region=site.region):
        raise ValueError(f"{each.where}: got {each.got}; allowed: {each.allowed}")
