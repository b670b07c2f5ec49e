"""How many nodes of which type a batch of pods gets, and what they cost: worked out as Karpenter works it out.

Pods by CPU and then memory, the largest first; each goes to the node that has the fewest pods and still has room for it
under some of its types, else to a new node; a node gets the type that costs least of those that hold all its pods. New
nodes come from the first tier that can hold the pod and is within its limits. While a round is being worked out, a new
node counts against the limits as the largest type that it may still become; what is left over is tried again when
the nodes are there. https://karpenter.sh/docs/concepts/scheduling/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from catalog.node_offers import Amounts, Offer, Tier, added

_ZERO = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Node:
    """A node, and which pods of the batch are on it (by their place in the batch)."""

    tier: str
    offer: Offer
    pods: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Packing:
    """The nodes of a batch, and the pods for which there was no place."""

    nodes: tuple[Node, ...]
    unplaced: tuple[int, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        """Instance type → nodes."""
        return dict(sorted(Counter(each.offer.instance_type for each in self.nodes).items()))

    @property
    def unpriced(self) -> tuple[str, ...]:
        """The types of its nodes that have no price; then `usd` is what the others cost."""
        return tuple(sorted({each.offer.instance_type for each in self.nodes if each.offer.usd is None}))

    @property
    def usd(self) -> Decimal:
        """US dollars an hour, of the nodes whose price is known."""
        return sum((each.offer.usd or _ZERO for each in self.nodes), _ZERO)


def pack(pods: Sequence[Amounts], tiers: Sequence[Tier], *, zones: int = 1) -> Packing:
    """Nodes for a batch of pods, all asked for at once on a pool without nodes: each pod on one node, or left over.

    Over so many `zones` the pods are spread evenly, as far as there is room: a topology spread by zone with maxSkew 1
    and ScheduleAnyway. A node is in one zone. https://karpenter.sh/docs/concepts/scheduling/#topology-spread
    """
    nodes: list[Node] = []
    spread = [0] * zones
    waiting = sorted(range(len(pods)), key=lambda place: (-pods[place].get("cpu", _ZERO), -_memory(pods[place])))
    while waiting:
        waiting, made = _round(pods, waiting, tiers, nodes, spread)
        if not made:
            break
        nodes += made
    return Packing(nodes=tuple(nodes), unplaced=tuple(sorted(waiting)))


class _Claim:
    """A node that is being filled: the offers that can still hold what is on it."""

    def __init__(self, tier: Tier, zone: int, offers: Iterable[Offer]) -> None:
        self.tier, self.zone, self.offers = tier, zone, tuple(offers)
        self.pods, self.used = list[int](), dict[str, Decimal]()

    def take(self, place: int, asked: Amounts) -> bool:
        """Put a pod on it, if some offer has room."""
        used = added(self.used, asked)
        left = tuple(each for each in self.offers if _fits(used, each.room))
        if left:
            self.offers, self.used = left, used
            self.pods.append(place)
        return bool(left)

    def node(self) -> Node:
        """The node that it becomes: what costs least; of types without a price the smallest, and those last."""
        best = min(self.offers, key=lambda each: (each.usd is None, each.usd or _ZERO, each.whole["cpu"]))
        return Node(tier=self.tier.name, offer=best, pods=tuple(self.pods))


def _round(
    pods: Sequence[Amounts], waiting: Sequence[int], tiers: Sequence[Tier], nodes: Sequence[Node], spread: list[int]
) -> tuple[list[int], list[Node]]:
    """One decision of Karpenter's. Nodes that are there are full for whoever still waits: each was tried on them."""
    left = {each.name: _left(each, nodes) for each in tiers}
    claims: list[_Claim] = []
    unplaced = []
    for place in waiting:
        asked = {**pods[place], "pods": Decimal(1)}
        claims.sort(key=lambda each: len(each.pods))
        even = [zone for zone, count in enumerate(spread) if count == min(spread)]
        found = (
            _take(place, asked, claims, even)
            or _claim(place, asked, tiers, left, even[0])
            # Where the zones in turn have no room, any zone is better than none.
            or _take(place, asked, claims, range(len(spread)))
        )
        if found is None:
            unplaced.append(place)
            continue
        if found not in claims:
            claims.append(found)
        spread[found.zone] += 1
    return unplaced, [each.node() for each in claims]


def _take(place: int, asked: Amounts, claims: Sequence[_Claim], zones: Collection[int]) -> _Claim | None:
    return next((each for each in claims if each.zone in zones and each.take(place, asked)), None)


def _claim(place: int, asked: Amounts, tiers: Sequence[Tier], left: dict[str, Amounts], zone: int) -> _Claim | None:
    for tier in tiers:
        within = [each for each in tier.offers if _fits(each.whole, left[tier.name])]
        claim = _Claim(tier, zone, within)
        if claim.take(place, asked):
            most = {name: max(each.whole.get(name, _ZERO) for each in claim.offers) for name in left[tier.name]}
            left[tier.name] = {name: value - most[name] for name, value in left[tier.name].items()}
            return claim
    return None


def _left(tier: Tier, nodes: Sequence[Node]) -> Amounts:
    """What of a tier's limits its nodes leave."""
    own = [each.offer.whole for each in nodes if each.tier == tier.name]
    return {name: value - sum((each.get(name, _ZERO) for each in own), _ZERO) for name, value in tier.limits.items()}


def _fits(asked: Amounts, room: Amounts) -> bool:
    """Whether what is asked for is there; of what is not counted there, there is enough."""
    return all(value <= room.get(name, value) for name, value in asked.items())


def _memory(asked: Amounts) -> Decimal:
    return asked.get("memory", _ZERO)
