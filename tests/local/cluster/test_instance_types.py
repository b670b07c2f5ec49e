from __future__ import annotations

from typing import Any

import pytest

from catalog.ec2_prices import hourly
from catalog.pools import Workload, match, pool
from catalog.requirements import Requirement, allows, types
from local.cluster.instance_types import SPOT_SHARE, ZONES, UnknownTypeError, architecture, document, named


def entry(name: str) -> dict[str, Any]:
    (found,) = document([name])
    return found


def labels(offering: dict[str, Any]) -> dict[str, str]:
    return {each["key"]: each["values"][0] for each in offering["Requirements"]}


def test_a_cpu_type_has_its_cores_and_memory_and_no_gpu() -> None:
    assert entry("c7i.large") == {
        "name": "c7i.large",
        "architecture": "amd64",
        "operatingSystems": ["linux"],
        "resources": {"cpu": "2", "memory": "4096Mi", "pods": "110", "ephemeral-storage": "80Gi"},
        "offerings": entry("c7i.large")["offerings"],
    }


def test_a_gpu_type_has_its_gpus_as_a_resource_and_their_product_as_a_label() -> None:
    found = entry("g6.12xlarge")
    assert found["resources"]["nvidia.com/gpu"] == "4"
    assert (
        labels(found["offerings"][0]).items()
        >= {
            "eks.amazonaws.com/instance-gpu-name": "l4",
            "eks.amazonaws.com/instance-gpu-count": "4",
            "eks.amazonaws.com/instance-family": "g6",
        }.items()
    )


def test_every_zone_offers_a_type_on_demand_at_its_price_and_on_spot_below() -> None:
    price = hourly("m7i.xlarge")
    assert price is not None
    offered = {
        (labels(each)["topology.kubernetes.io/zone"], labels(each)["karpenter.sh/capacity-type"]): each["Price"]
        for each in entry("m7i.xlarge")["offerings"]
    }
    assert offered == {
        (zone, capacity): round(price * share, 5)
        for zone in ZONES
        for capacity, share in (("on-demand", 1), ("spot", SPOT_SHARE))
    }


def test_a_market_without_spot_has_the_same_types_on_demand_alone() -> None:
    (found,) = document(["m7i.xlarge"], spot=False)
    assert {labels(each)["karpenter.sh/capacity-type"] for each in found["offerings"]} == {"on-demand"}
    assert len(found["offerings"]) == len(entry("m7i.xlarge")["offerings"]) / 2


def test_the_labels_of_every_type_are_those_by_which_preview_judges_it() -> None:
    priced = [each for each in types() if hourly(each.instance_type)]
    made = document(each.instance_type for each in priced)
    assert len(made) == len(priced) > 200
    for found, each in zip(made, priced, strict=True):
        given = labels(found["offerings"][0])
        asked = [Requirement(key, "In", (value,)) for key, value in given.items() if key.startswith("eks.")]
        assert allows(asked, each), f"{each.instance_type}: {given}"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("m7g.large", "arm64"), ("c6gn.large", "arm64"), ("c7gd.large", "arm64"), ("g6.xlarge", "amd64"),
     ("g5.xlarge", "amd64"), ("c7i.large", "amd64"), ("p6-b200.48xlarge", "amd64"), ("m6gd.large", "arm64")],
)  # fmt: skip
def test_graviton_is_told_from_gpu_families_by_where_the_g_stands(name: str, expected: str) -> None:
    assert architecture(name) == expected


def test_a_pool_names_types_or_whole_families_and_each_counts_once() -> None:
    pools = {
        "cpu": {"families": ["c7i"]},
        "gpu": {"types": ["g6.xlarge", "g6.2xlarge"]},
        "more": {"types": ["g6.xlarge"]},
    }
    found = named(pools)
    assert {"g6.xlarge", "g6.2xlarge", "c7i.large", "c7i.48xlarge"} <= set(found)
    assert {each.partition(".")[0] for each in found} == {"c7i", "g6"}
    assert list(found) == sorted(set(found))


def test_without_pools_every_known_type_is_there() -> None:
    assert len(named({})) == len(types())


@pytest.mark.parametrize(
    ("block", "message"),
    [({"types": ["c7i.huge"]}, r"nodePools\.cpu\.types: got 'c7i\.huge'"),
     ({"families": ["c99"]}, r"nodePools\.cpu\.families: got 'c99'; allowed: .*c7i")],
)  # fmt: skip
def test_a_type_or_family_that_nobody_knows_is_refused_where_it_stands(block: dict[str, Any], message: str) -> None:
    with pytest.raises(UnknownTypeError, match=message):
        named({"cpu": block})


def test_a_type_without_a_price_is_left_out_and_none_at_all_is_refused() -> None:
    unpriced = next(each.instance_type for each in types() if hourly(each.instance_type) is None)
    assert [each["name"] for each in document(["c7i.large", unpriced])] == ["c7i.large"]
    with pytest.raises(UnknownTypeError, match=unpriced.replace(".", r"\.")):
        document([unpriced])
    with pytest.raises(UnknownTypeError, match="got 'nothing'"):
        document(["nothing"])


def test_what_preview_matches_to_a_pool_the_simulated_types_can_give() -> None:
    """The pool's requirement by Auto Mode's own label is one that the simulator's nodes carry."""
    required = {"key": "eks.amazonaws.com/instance-family", "operator": "In", "values": ["g6"]}
    declared = pool("gpu", {"template": {"spec": {"requirements": [required]}}})
    found = match(Workload(name="x", selector={"eks.amazonaws.com/instance-family": "g6"}), [declared])
    assert found == declared
    assert labels(entry("g6.xlarge")["offerings"][0])["eks.amazonaws.com/instance-family"] == "g6"
