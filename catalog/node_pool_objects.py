"""What a declared node pool becomes in Kubernetes, and what the scheduler sees of it."""

from __future__ import annotations

from typing import Any

from catalog.node_pool import CAPACITY, NodePool
from catalog.pools import Pool, pool
from catalog.requirements import Requirement

NODE_CLASS = ("eks.amazonaws.com", "NodeClass")
# Two weeks; Auto Mode ends every node after 21 days at the latest.
# https://docs.aws.amazon.com/eks/latest/userguide/automode-learn-instances.html
_EXPIRES = "336h"
_HEAVIEST = 100  # of a NodePool's weight; https://karpenter.sh/docs/concepts/nodepools/#specweight


def node_pools(declared: NodePool, stack: str) -> dict[str, dict[str, Any]]:
    """The `spec` of each NodePool of an elastic pool, by name, the preferred tier first; none of a managed one.

    Their NodeClass is called `<stack>-<pool>`. https://docs.aws.amazon.com/eks/latest/userguide/create-node-pool.html
    """
    if declared.managed:
        return {}
    tiers = zip(declared.names(stack), declared.tiers, strict=True)
    ordered = len(declared.tiers) > 1
    return {
        name: {
            **({"weight": _HEAVIEST - number} if ordered else {}),
            "limits": dict(declared.limits),
            "disruption": _disruption(declared),
            "template": _template(declared, stack, tier),
        }
        for number, (name, tier) in enumerate(tiers)
    }


def _disruption(declared: NodePool) -> dict[str, Any]:
    """Empty nodes go all at once; of those with pods on them a tenth, and of GPU nodes none to save money.

    To move a model to another GPU costs minutes of loading it. https://karpenter.sh/docs/concepts/disruption/
    """
    gpu = declared.accelerator == "nvidia"
    return {
        "consolidationPolicy": "WhenEmpty" if gpu else "WhenEmptyOrUnderutilized",
        "consolidateAfter": f"{declared.idle_seconds}s",
        "budgets": [
            {"nodes": "100%", "reasons": ["Empty"]},
            {"nodes": "10%", "reasons": ["Drifted"] if gpu else ["Underutilized", "Drifted"]},
        ],
    }


def _template(declared: NodePool, stack: str, tier: tuple[str, ...]) -> dict[str, Any]:
    group, kind = NODE_CLASS
    needs = [each for each in _requirements(declared, tier) if each.values]
    return {
        "metadata": {"labels": declared.labels(stack)},
        "spec": {
            "nodeClassRef": {"group": group, "kind": kind, "name": f"{stack}-{declared.name}"},
            "requirements": [
                {"key": each.key, "operator": each.operator, "values": list(each.values)} for each in needs
            ],
            **({"taints": [dict(each) for each in declared.taints]} if declared.taints else {}),
            "expireAfter": _EXPIRES,
        },
    }


def _requirements(declared: NodePool, tier: tuple[str, ...]) -> tuple[Requirement, ...]:
    which = "node.kubernetes.io/instance-type" if declared.types else "eks.amazonaws.com/instance-family"
    return (
        Requirement("kubernetes.io/os", "In", ("linux",)),
        Requirement("kubernetes.io/arch", "In", (declared.architecture,)),
        Requirement("karpenter.sh/capacity-type", "In", CAPACITY[declared.capacity]),
        Requirement(which, "In", tier),
        Requirement("topology.kubernetes.io/zone", "In", declared.zones),
    )


def schedulable(declared: NodePool, stack: str) -> list[Pool]:
    """What the scheduler sees of a declared pool, one for each tier: for catalog.pools.match.

    The nodes of a node group have the label eks.amazonaws.com/nodegroup, and none of Karpenter's.
    https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html
    """
    if not declared.managed:
        return [pool(name, spec) for name, spec in node_pools(declared, stack).items()]
    (name,) = declared.names(stack)
    own = [each for each in _requirements(declared, declared.types) if each.values]
    return [
        Pool(
            name=name,
            labels={**declared.labels(stack), "eks.amazonaws.com/nodegroup": name},
            taints=declared.taints,
            requirements=tuple(
                Requirement(each.key, "DoesNotExist") if each.key.startswith("karpenter.sh/") else each for each in own
            ),
            shared=declared.shares > 1,
        )
    ]
