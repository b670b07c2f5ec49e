"""Which address ranges may reach an API from the internet."""

from __future__ import annotations

from ipaddress import IPv4Network

WIDEST = 16
"""Prefix of the widest range: an office's or a VPN's addresses, not a country's."""
# No caller comes from these; EKS refuses them, since they reach the private endpoint or nothing.
# https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html
_NOT_PUBLIC = tuple(
    IPv4Network(each)
    for each in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.168.0.0/16", "224.0.0.0/3",
    )
)  # fmt: skip


def refusal(cidr: str) -> str | None:
    """What would be allowed in place of a range that may not; None for one that may."""
    try:
        network = IPv4Network(cidr)
    except ValueError as error:
        return f"an IPv4 range such as 203.0.113.0/24 ({error})"
    if network.prefixlen < WIDEST:
        return f"a range of /{WIDEST} or narrower; 0.0.0.0/0 would let everybody in"
    if any(network.overlaps(each) for each in _NOT_PUBLIC):
        return "public addresses, as callers from outside have; private ones reach the private endpoint"
    return None


def overlapping(cidrs: tuple[str, ...]) -> tuple[str, str] | None:
    """The first two ranges that share an address; None where none do. Raises ValueError for what is no range."""
    networks = [(cidr, IPv4Network(cidr)) for cidr in cidrs]
    for index, (first, network) in enumerate(networks):
        for second, other in networks[index + 1 :]:
            if network.overlaps(other):
                return first, second
    return None
