"""How many nodes of which type, and what they cost an hour: predicted, and as Karpenter bought them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from catalog.node_offers import Amounts
from catalog.packing import pack
from catalog.pod_requests import requests
from local.cluster.instance_types import ZONES
from local.simulate.deployed_pools import DeployedPool, price
from local.simulate.observed import Machine

_ZONE = "topology.kubernetes.io/zone"


@dataclass(frozen=True, kw_only=True)
class Bill:
    """Instance type → nodes, USD an hour of all of them, and the pods for which there is no place."""

    nodes: Mapping[str, int]
    usd: Decimal
    unplaced: int = 0

    @property
    def count(self) -> int:
        """Nodes of all types."""
        return sum(self.nodes.values())

    def __str__(self) -> str:
        types = ", ".join(f"{count} {name}" for name, count in sorted(self.nodes.items()))
        return f"{types or 'no node'} at {self.usd:.2f} USD/h"

    def document(self) -> dict[str, Any]:
        """The bill as JSON."""
        return {"nodes": dict(self.nodes), "usd_per_hour": float(self.usd), "unplaced": self.unplaced}


def predicted(batch: Sequence[tuple[Mapping[str, Any], int]], pool: DeployedPool) -> Bill:
    """What pods that are asked for at once get on a pool without nodes: their specs, and how many of each."""
    asked: list[Amounts] = [requests(spec) for spec, count in batch for _ in range(count)]
    zones = len(ZONES) if all(_spreads(spec) for spec, _ in batch) else 1
    packing = pack(asked, pool.tiers, zones=zones)
    return Bill(nodes=packing.counts, usd=packing.usd, unplaced=len(packing.unplaced))


def provisioned(claims: Iterable[Machine]) -> Bill:
    """What Karpenter's claims cost, by the table of the prediction. Raises ValueError for a type without a price."""
    nodes, usd = Counter[str](), Decimal(0)
    for each in claims:
        cost = price(each.type, "spot" if each.capacity == "spot" else "on-demand")
        if cost is None:
            raise ValueError(f"{each.name}: instance type: got {each.type!r}; allowed: one with a price in ec2_prices")
        nodes[each.type] += 1
        usd += cost
    return Bill(nodes=dict(sorted(nodes.items())), usd=usd)


def _spreads(spec: Mapping[str, Any]) -> bool:
    return any(each["topologyKey"] == _ZONE for each in spec.get("topologySpreadConstraints") or ())
