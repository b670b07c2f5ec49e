"""The `cluster` block: one of two clusters, few who may knock, and a place to stand in."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from catalog.kubernetes_versions import supported
from infra.config.base import MistakeError
from infra.config.cluster import Cluster, require_place
from infra.config.platform import Network

NEWEST = supported()[-1]
NEW: dict[str, Any] = {"version": NEWEST, "access": {"admin": ["engineers"]}}
NETWORK = Network.model_validate({"cidr": "10.20.0.0/20"})


def mistake(raw: dict[str, Any]) -> MistakeError:
    """The rule that a block breaks."""
    with pytest.raises(ValidationError) as refused:
        Cluster.model_validate(raw)
    (error,) = refused.value.errors()
    found = error["ctx"]["error"]
    assert isinstance(found, MistakeError)
    return found


def test_a_version_is_enough_and_everything_else_has_a_safe_default() -> None:
    cluster = Cluster.model_validate({"version": NEWEST})
    assert (cluster.access_cidrs, cluster.access, cluster.keda_version, cluster.kueue_version) == ((), {}, None, None)


def test_an_existing_cluster_is_named_in_place_of_a_version() -> None:
    assert Cluster.model_validate({"name": "shared"}).version is None


@pytest.mark.parametrize(
    ("raw", "where", "got", "allowed"),
    [
        ({}, "", "neither version nor name", "version for a new cluster"),
        ({"version": NEWEST, "name": "shared"}, "", "both version and name", "or name of an existing one"),
        ({"version": "1.33"}, "version", "'1.33'", f"{NEWEST}, in standard support as of "),
        ({"version": "1.99"}, "version", "'1.99'", "catalog/kubernetes_versions.json"),
        ({"name": "s", "accessCidrs": ["203.0.113.0/24"]}, "accessCidrs", "ranges for an existing cluster", "none"),
        (NEW | {"accessCidrs": ["0.0.0.0/0"]}, "accessCidrs[0]", "'0.0.0.0/0'", "/16 or narrower"),
        (NEW | {"accessCidrs": ["203.0.113.0/24", "10.0.0.0/16"]}, "accessCidrs[1]", "'10.0.0.0/16'", "public addr"),
        (NEW | {"accessCidrs": ["203.0.113.1/24"]}, "accessCidrs[0]", "'203.0.113.1/24'", "has host bits set"),
        (
            NEW | {"accessCidrs": ["203.0.113.0/24", "203.0.113.128/25"]},
            "accessCidrs", "203.0.113.0/24 and 203.0.113.128/25, which overlap", "share no address",
        ),
        (NEW | {"kueueVersion": "0.18.1"}, "kueueChart", "kueueVersion without it", "both, or neither"),
        (NEW | {"kueueChart": "oci://example.com/kueue"}, "kueueChart", "it without kueueVersion", "both, or neither"),
        (
            {"version": NEWEST, "access": {"admin": ["ops"], "view": ["ops"]}},
            "access.view", "ops as admin and as view", "each role once",
        ),
    ],
)  # fmt: skip
def test_a_block_that_cannot_be_is_refused_with_what_got_and_allowed(
    raw: dict[str, Any], where: str, got: str, allowed: str
) -> None:
    found = mistake(raw)
    assert (found.where, found.got) == (where, got)
    assert allowed in found.allowed


@pytest.mark.parametrize(
    "raw",
    [
        NEW | {"access": {"root": ["ops"]}},
        NEW | {"access": {"admin": ["arn:aws:iam::123456789012:role/ops"]}},
        NEW | {"kedaVersion": "latest"},
        NEW | {"kueueVersion": "0.18.1", "kueueChart": "https://example.com/kueue"},
        NEW | {"versions": "1.35"},
        NEW | {"version": 1.35},
        NEW | {"accessCidrs": [f"203.0.{n}.0/24" for n in range(41)]},
    ],
)
def test_a_key_or_value_that_no_rule_knows_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Cluster.model_validate(raw)


def place(raw: dict[str, Any], network: Network | None = NETWORK, **more: bool) -> None:
    require_place(Cluster.model_validate(raw), network, **{"protect": False, "deployer": False} | more)


def test_a_cluster_stands_in_the_stacks_network_and_somebody_may_enter() -> None:
    place(NEW)
    place({"version": NEWEST}, deployer=True)
    place(NEW | {"accessCidrs": ["203.0.113.0/24"]})


@pytest.mark.parametrize(
    ("raw", "network", "more", "where", "allowed"),
    [
        (NEW, None, {}, "cluster", "a `network` block"),
        ({"version": NEWEST}, NETWORK, {}, "cluster.access", "a `deployer` block, or roles of `admin`"),
        ({"version": NEWEST, "access": {"view": ["ops"]}}, NETWORK, {}, "cluster.access", "roles of `admin`"),
        (NEW | {"accessCidrs": ["203.0.113.0/24"]}, NETWORK, {"protect": True}, "cluster.accessCidrs", "`protect`"),
        (
            NEW | {"accessCidrs": ["203.0.113.0/24"]},
            Network.model_validate({"cidr": "10.20.0.0/20", "reserved": ["203.0.112.0/22"]}),
            {}, "cluster.accessCidrs[0]", "outside network.reserved[0], 203.0.112.0/22",
        ),
    ],
)  # fmt: skip
def test_a_cluster_without_its_place_is_refused(
    raw: dict[str, Any], network: Network | None, more: dict[str, bool], where: str, allowed: str
) -> None:
    with pytest.raises(MistakeError) as refused:
        place(raw, network, **more)
    assert refused.value.where == where
    assert allowed in refused.value.allowed
