"""What the nodes cost that a stack's pods take at their fewest: worked out from the stack file, as Karpenter would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from catalog.ec2_prices import table
from catalog.node_offers import Amounts, Tier, amazon_linux, tiers
from catalog.node_pool import NodePool, Sharing
from catalog.node_prices import Purchase, node_price
from catalog.packing import pack
from catalog.pod_requests import quantity
from catalog.requirements import GPU
from takeoff.preview.document import Line, Section
from takeoff.preview.previewed import Preview

HOURS = 730
_ONE = Decimal(1)


@dataclass(frozen=True, kw_only=True)
class PoolCost:
    """One pool at the fewest pods of every model: its nodes by type, and USD a month of those that have a price."""

    pool: str
    pods: int
    nodes: Mapping[str, int]
    usd: Decimal
    unpriced: tuple[str, ...]
    unplaced: int

    def text(self) -> str:
        """A line: what runs, on what, for how much."""
        held = ", ".join(f"{count} {name}" for name, count in self.nodes.items()) or "no node"
        least = "at least " if self.unpriced or self.unplaced else ""
        left = f"; no place for {self.unplaced}" if self.unplaced else ""
        bare = f"; without a price: {', '.join(self.unpriced)}" if self.unpriced else ""
        return f"{self.pool}: {self.pods} pods on {held}: {least}USD {self.usd:,.0f} a month{bare}{left}"


def section(preview: Preview, region: str) -> Section | None:
    """The pools that pods always stand on; None for a stack without any. Jobs and what scales beyond are not in it."""
    found = list(costs(preview, region))
    if not found:
        return None
    total = sum((each.usd for each in found), Decimal(0))
    told = f"on-demand list prices of {table().region} as of {table().dated}; EKS Auto Mode's fee per node has no price"
    lines = [Line(text=each.text(), mark="!" if each.unplaced else "·") for each in found]
    note = Line(text=f"{told} here, spot costs less, and neither is in the sum of this stack", mark="·")
    return Section(title="Nodes for pods", summary=f"USD {total:,.0f} a month at the fewest pods", lines=(*lines, note))


def costs(preview: Preview, region: str) -> Iterator[PoolCost]:
    """Each elastic pool with pods, by name; nodes of a managed group are the stack's resources, and counted there."""
    declared = preview.config.get("takeoff:nodePools")
    pools = declared if isinstance(declared, Mapping) else {}
    for name in sorted(pools):
        pods = [size for model in preview.models.values() for size in _pods(model, name)]
        if pods and pools[name].get("max") is None:
            yield _cost(name, pods, _tiers(name, pools[name], preview.stack, region))


def _cost(name: str, pods: list[Amounts], offered: list[Tier]) -> PoolCost:
    found = pack(pods, offered)
    return PoolCost(
        pool=name,
        pods=len(pods),
        nodes=found.counts,
        usd=found.usd * HOURS,
        unpriced=found.unpriced,
        unplaced=len(found.unplaced),
    )


def _pods(model: Mapping[str, Any], pool: str) -> list[Amounts]:
    """A model's pods on a pool when nobody asks anything of it."""
    block = model.get("pods") or {}
    if block.get("pool") != pool:
        return []
    size = {"cpu": quantity(block["cpu"]), "memory": quantity(block["memory"]), GPU: Decimal(block.get("gpu", 0))}
    return [{**size, "pods": _ONE}] * int(block["replicas"]["min"])


def _tiers(name: str, block: Mapping[str, Any], stack: str, region: str) -> list[Tier]:
    """What a pool may be made of, bought on demand: a spot price is a market's."""
    limits = {GPU if key == "gpu" else key: str(value) for key, value in block.get("limits", {}).items()}
    declared = NodePool(
        name=name,
        accelerator=block.get("accelerator", "none"),
        families=tuple(block.get("families", ())),
        types=tuple(block.get("types", ())),
        limits=limits,
        sharing=Sharing(**block["sharing"]) if block.get("sharing") else None,
    )
    return tiers(declared, stack, price=partial(_price, region), reserve=amazon_linux)


def _price(region: str, instance_type: str, purchase: Purchase) -> Decimal | None:
    return node_price(instance_type, purchase, region)
