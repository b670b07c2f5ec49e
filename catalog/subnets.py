"""How a network's addresses are divided, so that a zone or a tier added later moves nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Literal

Tier = Literal["private", "public"]
# Every zone owns a quarter, whether it is used yet or not; half of it is private, a quarter public, the rest is left.
MOST_ZONES = 3
_ZONE_BITS, _TIER_BITS = 2, {"private": 1, "public": 2}
# A VPC is at most a /16, a subnet at least a /28. https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
_LARGEST, _SMALLEST = 16, 28 - _ZONE_BITS - _TIER_BITS["public"]
# The first four addresses of a subnet and its last are AWS's.
# https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
RESERVED = 5
# Containers on SageMaker's own hosts live here. https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
TAKEN = "172.17.0.0/16"


@dataclass(frozen=True, kw_only=True)
class Subnet:
    """One range of addresses in one zone; `zone` counts from 0."""

    tier: Tier
    zone: int
    cidr: str


def split(cidr: str, zones: int, tiers: Sequence[Tier] = ("private", "public")) -> list[Subnet]:
    """One subnet for each tier and zone, always the same for the same tier and zone. Raises ValueError."""
    network = parse(cidr)
    if not 1 <= zones <= MOST_ZONES:
        raise ValueError(f"network.zones: got {zones}; allowed: 1 to {MOST_ZONES}")
    if not _LARGEST <= network.prefixlen <= _SMALLEST:
        raise ValueError(f"network.cidr: got {cidr}; allowed: a /{_LARGEST} to a /{_SMALLEST}")
    if overlap(cidr, [TAKEN]):
        raise ValueError(f"network.cidr: got {cidr}; allowed: a range outside {TAKEN}, which SageMaker's hosts use")
    quarters = list(network.subnets(prefixlen_diff=_ZONE_BITS))[:zones]
    return [
        Subnet(tier=tier, zone=zone, cidr=str(_part(quarter, tier)))
        for tier in tiers
        for zone, quarter in enumerate(quarters)
    ]


def parse(cidr: str) -> IPv4Network:
    """An IPv4 range whose address is the range's first. Raises ValueError."""
    try:
        return IPv4Network(cidr)
    except ValueError as error:
        raise ValueError(f"network.cidr: got {cidr!r}; allowed: an IPv4 range such as 10.0.0.0/16; {error}") from error


def overlap(cidr: str, others: Sequence[str]) -> list[str]:
    """Which of the others share an address with a range: no two of them can ever be joined. Raises ValueError."""
    network = parse(cidr)
    return [other for other in others if network.overlaps(parse(other))]


def usable(cidr: str) -> int:
    """How many addresses of a subnet are left for its network interfaces."""
    return max(parse(cidr).num_addresses - RESERVED, 0)


def _part(zone: IPv4Network, tier: Tier) -> IPv4Network:
    """Half a zone's range for its private tier, the quarter after it for its public one."""
    first_half, second_half = zone.subnets(prefixlen_diff=1)
    return first_half if tier == "private" else next(second_half.subnets(prefixlen_diff=_TIER_BITS[tier] - 1))
