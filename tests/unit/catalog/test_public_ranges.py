"""Ranges that may reach an API from the internet."""

from __future__ import annotations

import pytest

from catalog.public_ranges import overlapping, refusal


@pytest.mark.parametrize("cidr", ["203.0.113.0/24", "8.8.8.8/32", "198.18.0.0/16"])
def test_public_ranges_of_an_office_may(cidr: str) -> None:
    assert refusal(cidr) is None


@pytest.mark.parametrize("cidr", ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "8.0.0.0/15"])
def test_a_range_wider_than_an_office_may_not(cidr: str) -> None:
    assert "a range of /16 or narrower" in (refusal(cidr) or "")


@pytest.mark.parametrize("cidr", ["10.0.0.0/16", "172.31.0.0/16", "192.168.1.0/24", "100.64.0.0/16", "240.0.0.0/16"])
def test_a_range_from_which_nobody_outside_comes_may_not(cidr: str) -> None:
    assert "public addresses" in (refusal(cidr) or "")


@pytest.mark.parametrize("cidr", ["203.0.113.1/24", "::/0", "office", "1.2.3.4/33"])
def test_what_is_no_range_may_not(cidr: str) -> None:
    assert "an IPv4 range such as" in (refusal(cidr) or "")


def test_two_ranges_that_share_an_address_are_found() -> None:
    assert overlapping(("8.8.8.0/24", "8.8.9.0/24", "8.8.8.128/25")) == ("8.8.8.0/24", "8.8.8.128/25")
    assert overlapping(("8.8.8.0/24", "8.8.9.0/24")) is None
