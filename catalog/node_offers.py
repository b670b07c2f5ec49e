"""What a declared pool can be made of: its types with what they have for pods, what they cost, and its limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from catalog.instance_types import InstanceSpec
from catalog.node_pool import CAPACITY, NodePool
from catalog.node_prices import Purchase
from catalog.pod_requests import quantity
from catalog.requirements import GPU, capacity

Amounts = Mapping[str, Decimal]
Reserve = Callable[[InstanceSpec], Amounts]
Priced = Callable[[str, Purchase], Decimal | None]
_ZERO, _MIB = Decimal(0), Decimal(2**20)
_PODS = Decimal(110)  # of a node: kubelet's default, and the simulator's


def simulated(_: InstanceSpec) -> Amounts:
    """What a simulated node keeps for itself: Karpenter's kwok provider, v1.14.1, kwok/cloudprovider/helpers.go."""
    return {"cpu": Decimal("0.1"), "memory": 10 * _MIB}


def amazon_linux(found: InstanceSpec) -> Amounts:
    """What a node of EKS's Amazon Linux image keeps for itself, with 110 pods at most. Auto Mode's is not published.

    CPU: 6 % of the first core, 1 % of the second, 0.5 % of the next two and 0.25 % of the others. Memory: 255 MiB, 11
    MiB for each pod, and the 100 MiB below which kubelet evicts; before all that, the 7.5 % that Karpenter takes for
    what a virtual machine never shows. https://github.com/awslabs/amazon-eks-ami (nodeadm, kubelet/config.go) and
    https://karpenter.sh/docs/reference/settings/ (VM_MEMORY_OVERHEAD_PERCENT)
    """
    cores = [Decimal("0.06"), Decimal("0.01"), Decimal("0.005"), Decimal("0.005")]
    cpu = sum(cores[: found.vcpu], _ZERO) + max(found.vcpu - 4, 0) * Decimal("0.0025")
    memory = (255 + 11 * _PODS + 100) * _MIB + capacity(found)["memory"] * Decimal("0.075")
    return {"cpu": cpu, "memory": memory}


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A type that a tier can be given: what it has, what of that is for pods, and USD an hour where that is known."""

    instance_type: str
    purchase: Purchase
    whole: Amounts
    room: Amounts
    usd: Decimal | None


@dataclass(frozen=True, kw_only=True)
class Tier:
    """What one NodePool may be made of, and its limits."""

    name: str
    offers: tuple[Offer, ...]
    limits: Amounts


def tiers(
    declared: NodePool, stack: str, *, price: Priced, reserve: Reserve, daemons: Amounts | None = None
) -> list[Tier]:
    """The tiers of a declared pool. `reserve` is what a node keeps for itself, `daemons` what DaemonSets ask of each.

    `price` tells USD an hour of a type, such as catalog.node_prices.node_price for a region. Limits hold for each tier
    by itself, as they do in Karpenter; those of a node group are its `most` nodes.
    """
    limits: dict[str, Decimal] = {name: quantity(value) for name, value in declared.limits.items()}
    if declared.most is not None:
        limits["nodes"] = Decimal(declared.most)
    return [
        Tier(
            name=name,
            offers=tuple(
                _offer(each, purchase, declared.shares, price, added(reserve(each), daemons or {}))
                for each in declared.specs()
                if each.instance_type in names or each.instance_type.partition(".")[0] in names
                for purchase in CAPACITY[declared.capacity]
            ),
            limits=limits,
        )
        for name, names in zip(declared.names(stack), declared.tiers, strict=True)
    ]


def added(some: Amounts, more: Amounts) -> dict[str, Decimal]:
    """Two amounts of the same and of different resources together."""
    return {name: some.get(name, _ZERO) + more.get(name, _ZERO) for name in {**some, **more}}


def _offer(found: InstanceSpec, purchase: Purchase, shares: int, price: Priced, kept: Amounts) -> Offer:
    size = capacity(found)
    room = {name: value - kept.get(name, _ZERO) for name, value in size.items()}
    return Offer(
        instance_type=found.instance_type,
        purchase=purchase,
        whole={**size, "nodes": Decimal(1)},
        room={**room, GPU: room[GPU] * shares, "pods": _PODS - kept.get("pods", _ZERO)},
        usd=price(found.instance_type, purchase),
    )
