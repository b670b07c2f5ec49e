"""A declared node pool as one pure object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from catalog.instance_types import Architecture, InstanceSpec, spec
from catalog.mig import instances
from catalog.node_prices import Purchase
from catalog.pools import POOL_LABEL, STACK_LABEL
from catalog.requirements import GPU, types

Accelerator = Literal["none", "nvidia"]
Capacity = Literal["on-demand", "spot", "spot-then-on-demand"]
GPU_TAINT: Mapping[str, str] = {"key": GPU, "value": "present", "effect": "NoSchedule"}
CAPACITY: Mapping[Capacity, tuple[Purchase, ...]] = {
    "on-demand": ("on-demand",),
    "spot": ("spot",),
    # Karpenter tries what costs least first, and goes on to the other while there is none of it.
    "spot-then-on-demand": ("spot", "on-demand"),
}


@dataclass(frozen=True, kw_only=True)
class Sharing:
    """How pods share a GPU: in turns (`replicas` of each), or cut into instances of a MIG `profile`."""

    kind: Literal["time-slicing", "mig"]
    replicas: int | None = None
    profile: str | None = None


@dataclass(frozen=True, kw_only=True)
class NodePool:
    """A pool as the stack file declares it. Nothing is judged here; catalog/node_pool_rules.py does that.

    `families` are one tier, in which price decides; each of `types` is a tier of its own, the first preferred.
    `limits` are a NodePool's: cores, memory as Kubernetes writes it, GPUs; each tier may grow up to them. A pool with
    `most` is a managed node group of `least` to `most` nodes; any other is elastic, Karpenter's, from none to its
    limits. `idle_seconds` is how long a node stays that has nothing to do.
    """

    name: str
    accelerator: Accelerator = "none"
    families: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    capacity: Capacity = "on-demand"
    limits: Mapping[str, str] = field(default_factory=dict)
    disk_gib: int = 80
    zones: tuple[str, ...] = ()
    architecture: Architecture = "amd64"
    idle_seconds: int = 60
    sharing: Sharing | None = None
    reservation: str | None = None
    ami: str | None = None
    least: int | None = None
    most: int | None = None

    @property
    def managed(self) -> bool:
        """Whether it is a managed node group, not Karpenter's."""
        return self.most is not None

    @property
    def tiers(self) -> tuple[tuple[str, ...], ...]:
        """The families, or the types one by one, in the order in which they are tried."""
        if self.managed:
            return (self.types,)
        return tuple((each,) for each in self.types) or (self.families,)

    @property
    def taints(self) -> tuple[Mapping[str, str], ...]:
        """What keeps others off its nodes: nobody needs a GPU by accident."""
        return (GPU_TAINT,) if self.accelerator == "nvidia" else ()

    @property
    def shares(self) -> int:
        """How many pods have a share of one GPU."""
        if self.sharing is None:
            return 1
        if self.sharing.kind == "time-slicing":
            return self.sharing.replicas or 1
        return min((instances(each, self.sharing.profile or "") for each in self.types), default=0) or 1

    def labels(self, stack: str) -> dict[str, str]:
        """The labels of its nodes."""
        return {POOL_LABEL: self.name, STACK_LABEL: stack, "takeoff/accelerator": self.accelerator}

    def names(self, stack: str) -> tuple[str, ...]:
        """What its NodePools, or its node group, are called: one name a tier."""
        whole = f"{stack}-{self.name}"
        tiers = len(self.tiers)
        return (whole,) if tiers == 1 else tuple(f"{whole}-{number}" for number in range(1, tiers + 1))

    def specs(self) -> tuple[InstanceSpec, ...]:
        """The instance types that it may have, in order of its tiers; those that the catalog does not know are none."""
        if self.types:
            return tuple(found for each in self.types if (found := spec(each)))
        return tuple(
            each
            for family in self.families
            for each in types()
            if each.instance_type.startswith(f"{family}.") and elastic(each)
        )


def elastic(found: InstanceSpec) -> bool:
    """Whether EKS Auto Mode makes nodes of a type: of two vCPUs or more, and neither nano, micro nor small.

    https://docs.aws.amazon.com/eks/latest/userguide/automode-learn-instances.html
    """
    return found.vcpu > 1 and found.instance_type.partition(".")[2] not in {"nano", "micro", "small"}
