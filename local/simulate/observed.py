"""Pods, nodes and claims as the API server tells of them, as far as the scenarios look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog.instance_types import spec
from catalog.pools import POOL_LABEL

TYPE_LABEL, CAPACITY_LABEL = "node.kubernetes.io/instance-type", "karpenter.sh/capacity-type"
_PREEMPTED = "PreemptionByScheduler"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pod:
    """A pod: `pool` is what its selector names, `node` where it is, empty while it is nowhere."""

    namespace: str
    name: str
    uid: str
    component: str
    pool: str
    node: str
    phase: str
    ready: bool
    leaving: bool
    preempted: bool

    @property
    def running(self) -> bool:
        """Whether it runs, is ready, and is to stay."""
        return self.phase == "Running" and self.ready and not self.leaving


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """A node, or Karpenter's claim of one: its pool, its type, how it is bought and what such a type has.

    A simulated node calls what was asked of it its capacity, so that its own word is not taken.
    """

    name: str
    pool: str
    type: str
    capacity: str
    cpu: int
    gpus: int
    leaving: bool


def pod(found: Mapping[str, Any]) -> Pod:
    """A pod from its object."""
    metadata, asked, status = found["metadata"], found["spec"], found.get("status") or {}
    conditions = {each["type"]: each for each in status.get("conditions") or ()}
    return Pod(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        component=(metadata.get("labels") or {}).get("app.kubernetes.io/component", ""),
        pool=(asked.get("nodeSelector") or {}).get(POOL_LABEL, ""),
        node=asked.get("nodeName") or "",
        phase=status.get("phase", "Pending"),
        ready=conditions.get("Ready", {}).get("status") == "True",
        leaving="deletionTimestamp" in metadata,
        preempted=conditions.get("DisruptionTarget", {}).get("reason") == _PREEMPTED,
    )


def machine(found: Mapping[str, Any]) -> Machine:
    """A node or a claim from its object; what Karpenter has not decided yet is empty."""
    metadata = found["metadata"]
    labels = metadata.get("labels") or {}
    has = spec(labels.get(TYPE_LABEL, ""))
    return Machine(
        name=metadata["name"],
        pool=labels.get(POOL_LABEL, ""),
        type=labels.get(TYPE_LABEL, ""),
        capacity=labels.get(CAPACITY_LABEL, ""),
        cpu=has.vcpu if has else 0,
        gpus=has.count if has else 0,
        leaving="deletionTimestamp" in metadata,
    )
