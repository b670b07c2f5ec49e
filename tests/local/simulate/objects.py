"""Objects as an API server tells of them, as small as they can be."""

from __future__ import annotations

from typing import Any


def pod(name: str, pool: str = "general", node: str = "", *, space: str = "a", **more: Any) -> dict[str, Any]:
    """A pod; `ready`, `leaving` and `preempted` are what they say, `phase` is Running on a node and else Pending."""
    conditions = [{"type": "Ready", "status": "True"}] if more.get("ready", bool(node)) else []
    if more.get("preempted"):
        conditions.append({"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler"})
    metadata: dict[str, Any] = {"name": name, "namespace": space, "uid": f"{space}/{name}", "labels": {}}
    if more.get("leaving"):
        metadata["deletionTimestamp"] = "2026-11-23T12:00:00Z"
    spec: dict[str, Any] = {"nodeSelector": {"takeoff/pool": pool}} if pool else {}
    phase = more.get("phase", "Running" if node else "Pending")
    return {
        "metadata": metadata,
        "spec": spec | ({"nodeName": node} if node else {}),
        "status": {"phase": phase, "conditions": conditions},
    }


def machine(
    name: str, pool: str = "general", type_: str = "c7i.4xlarge", capacity: str = "on-demand"
) -> dict[str, Any]:
    """A node or a claim."""
    labels = {
        "takeoff/pool": pool,
        "node.kubernetes.io/instance-type": type_,
        "karpenter.sh/capacity-type": capacity,
    }
    # What a simulated node says of itself is what was asked of it.
    return {"metadata": {"name": name, "uid": name, "labels": labels}, "status": {"capacity": {"cpu": "1"}}}


def node_pool(name: str, pool: str, families: list[str], limits: dict[str, str], **more: Any) -> dict[str, Any]:
    """A NodePool as the program declares it."""
    requirements = [
        {"key": "karpenter.sh/capacity-type", "operator": "In", "values": more.get("capacity", ["on-demand"])},
        {"key": "eks.amazonaws.com/instance-family", "operator": "In", "values": families},
    ]
    if types := more.get("types"):
        requirements[1] = {"key": "node.kubernetes.io/instance-type", "operator": "In", "values": types}
    template = {
        "metadata": {"labels": {"takeoff/pool": pool, "takeoff/stack": "local"}},
        "spec": {"requirements": requirements},
    }
    spec: dict[str, Any] = {"limits": limits, "template": template}
    if "weight" in more:
        spec["weight"] = more["weight"]
    labels = {"takeoff/pool": pool, "takeoff/stack": "local"}
    return {
        "kind": "NodePool",
        "apiVersion": "karpenter.sh/v1",
        "metadata": {"name": name, "labels": labels},
        "spec": spec,
    }
