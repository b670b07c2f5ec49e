"""Names and instance types."""

from __future__ import annotations

import pytest

from catalog.instance_types import accelerator, family, has_local_storage, hosting_types, refusal
from catalog.naming import physical_name


def test_a_name_that_fits_is_left_alone() -> None:
    assert physical_name("takeoff", "local", "breast-cancer") == "takeoff-local-breast-cancer"


def test_long_names_keep_their_head_and_stay_different() -> None:
    one, two = physical_name("a" * 70, "x", limit=40), physical_name("a" * 70, "y", limit=40)
    assert (len(one), len(two), one[:31]) == (40, 40, "a" * 31)
    assert one != two


def test_a_cut_never_leaves_two_hyphens() -> None:
    assert "--" not in physical_name("abc", "-".join(["d"] * 40), limit=20)


@pytest.mark.parametrize("name", ["Ab", "a_b", "-a", "a-", "", "a.b"])
def test_a_name_that_aws_would_refuse_is_refused_here(name: str) -> None:
    with pytest.raises(ValueError, match="allowed: lower-case"):
        physical_name(name)


@pytest.mark.parametrize(
    ("instance_type", "expected"),
    [
        ("ml.c6i.large", "none"),
        ("ml.c6gn.xlarge", "none"),
        ("ml.m5d.xlarge", "none"),
        ("ml.g4dn.xlarge", "gpu"),
        ("ml.g6e.12xlarge", "gpu"),
        ("ml.p5en.48xlarge", "gpu"),
        ("ml.p6-b200.48xlarge", "gpu"),
        ("ml.inf2.xlarge", "neuron"),
        ("ml.trn1n.32xlarge", "neuron"),
    ],
)
def test_an_accelerator_is_read_from_the_familys_name(instance_type: str, expected: str) -> None:
    assert accelerator(instance_type) == expected


@pytest.mark.parametrize(
    ("instance_type", "expected"),
    [("ml.c5.large", False), ("ml.c5d.large", True), ("ml.g5.xlarge", True), ("ml.c6gn.xlarge", False)],
)
def test_local_disks_are_known(instance_type: str, expected: bool) -> None:
    assert has_local_storage(instance_type) is expected


def test_every_listed_type_has_a_family() -> None:
    assert all(family(name) for name in hosting_types("us-east-1"))


def test_a_type_of_the_region_is_not_refused() -> None:
    assert refusal("ml.c6i.large", "us-east-1") is None


def test_an_unknown_type_is_refused_with_near_ones() -> None:
    assert "ml.c6i.large" in str(refusal("ml.c6i.lage", "us-east-1"))


def test_a_region_that_the_catalog_does_not_know_refuses_nothing() -> None:
    assert refusal("ml.c6i.large", "xx-new-1") is None
