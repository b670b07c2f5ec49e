"""The node pools of a stack as its cluster has them, read back for those who predict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from catalog.ec2_prices import hourly
from catalog.node_offers import Tier, simulated, tiers
from catalog.node_pool import CAPACITY, NodePool
from catalog.node_prices import Purchase
from catalog.pools import POOL_LABEL, Pool, pool
from local.cluster.api import Api
from local.cluster.instance_types import SPOT_SHARE
from local.providers.kubernetes.translate import declared

POOLS = "/apis/karpenter.sh/v1/nodepools"
_FAMILY, _TYPE = "eks.amazonaws.com/instance-family", "node.kubernetes.io/instance-type"
_CAPACITY = "karpenter.sh/capacity-type"


@dataclass(frozen=True, kw_only=True)
class DeployedPool:
    """A pool: what the scheduler sees of it, and what Karpenter may make for it."""

    name: str
    seen: tuple[Pool, ...]
    tiers: tuple[Tier, ...]


def price(instance_type: str, purchase: Purchase) -> Decimal | None:
    """USD an hour by catalog/ec2_prices.json; of spot the share that the simulated market asks.

    A spot price is a market's, and the simulator's is an assumption (local/cluster/instance_types.py).
    """
    usd = hourly(instance_type)
    if usd is None:
        return None
    return Decimal(str(usd)) * (Decimal(str(SPOT_SHARE)) if purchase == "spot" else 1)


def deployed_pools(api: Api, stack: str) -> dict[str, DeployedPool]:
    """Every elastic pool of a stack in the cluster, by its name."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for each in api.list(POOLS, labels=f"takeoff/stack={stack}"):
        found.setdefault(each["metadata"]["labels"][POOL_LABEL], []).append(declared(each))
    return {name: read(name, objects) for name, objects in found.items()}


def read(name: str, objects: Sequence[Mapping[str, Any]]) -> DeployedPool:
    """A pool from its NodePools, one for each tier; the heaviest is tried first."""
    ordered = sorted(objects, key=lambda each: -each["spec"].get("weight", 0))
    seen = tuple(pool(each["metadata"]["name"], each["spec"]) for each in ordered)
    return DeployedPool(name=name, seen=seen, tiers=tuple(_tier(each) for each in seen))


def _tier(seen: Pool) -> Tier:
    values = {each.key: each.values for each in seen.requirements if each.operator == "In"}
    bought = values.get(_CAPACITY, ("on-demand",))
    one = NodePool(
        name=seen.name,
        families=() if _TYPE in values else values.get(_FAMILY, ()),
        types=values.get(_TYPE, ()),
        capacity=next(name for name, each in CAPACITY.items() if set(each) == set(bought)),
        limits={key: str(value) for key, value in seen.limits.items()},
    )
    offers = [offer for each in tiers(one, "", price=price, reserve=simulated) for offer in each.offers]
    # The simulated cloud does not offer what has no price.
    return Tier(name=seen.name, offers=tuple(each for each in offers if each.usd is not None), limits=seen.limits)
