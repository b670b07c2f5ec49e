"""Subnet arithmetic."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.subnets import MOST_ZONES, TAKEN, overlap, split, usable

BLOCKS = st.builds(
    lambda second, third, prefix: str(IPv4Network(f"10.{second}.{third}.0/{prefix}", strict=False)),
    st.integers(0, 255),
    st.integers(0, 255),
    st.integers(16, 24),
)


@given(BLOCKS, st.integers(1, MOST_ZONES))
def test_subnets_lie_in_the_block_and_share_no_address(cidr: str, zones: int) -> None:
    subnets = [IPv4Network(each.cidr) for each in split(cidr, zones)]
    assert len(subnets) == 2 * zones
    assert all(subnet.subnet_of(IPv4Network(cidr)) and subnet.prefixlen <= 28 for subnet in subnets)
    assert not any(a.overlaps(b) for n, a in enumerate(subnets) for b in subnets[n + 1 :])


@given(BLOCKS)
def test_a_zone_or_a_tier_that_comes_later_moves_nobody(cidr: str) -> None:
    few = split(cidr, 2, ("private",))
    assert set(few) < set(split(cidr, 3, ("private",)))
    assert set(few) < set(split(cidr, 2))


@given(BLOCKS)
def test_room_is_left_for_a_zone_and_a_tier_more(cidr: str) -> None:
    taken = sum(IPv4Network(each.cidr).num_addresses for each in split(cidr, MOST_ZONES))
    assert taken <= IPv4Network(cidr).num_addresses * 9 / 16


def test_the_split_of_a_block_is_this_one() -> None:
    assert [(each.tier, each.zone, each.cidr) for each in split("10.0.0.0/16", 2)] == [
        ("private", 0, "10.0.0.0/19"),
        ("private", 1, "10.0.64.0/19"),
        ("public", 0, "10.0.32.0/20"),
        ("public", 1, "10.0.96.0/20"),
    ]


@pytest.mark.parametrize(
    ("cidr", "zones", "said"),
    [
        ("10.0.0.0/25", 2, "a /16 to a /24"),
        ("10.0.0.0/15", 2, "a /16 to a /24"),
        ("10.0.0.1/16", 2, "has host bits set"),
        ("ten", 2, "an IPv4 range"),
        ("10.0.0.0/16", 4, "1 to 3"),
        ("10.0.0.0/16", 0, "1 to 3"),
        (TAKEN, 2, "SageMaker's hosts use"),
    ],
)
def test_a_block_that_cannot_be_split_is_refused_with_what_is_allowed(cidr: str, zones: int, said: str) -> None:
    with pytest.raises(ValueError, match="allowed:") as caught:
        split(cidr, zones)
    assert said in str(caught.value)


def test_networks_that_share_an_address_are_found() -> None:
    others = ["10.0.128.0/17", "10.1.0.0/16", "10.0.0.0/8"]
    assert overlap("10.0.0.0/16", others) == ["10.0.128.0/17", "10.0.0.0/8"]


@pytest.mark.parametrize(("cidr", "left"), [("10.0.0.0/28", 11), ("10.0.0.0/19", 8187), ("10.0.0.0/31", 0)])
def test_aws_keeps_five_addresses_of_every_subnet(cidr: str, left: int) -> None:
    assert usable(cidr) == left
