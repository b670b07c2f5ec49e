"""How many nodes a batch of pods gets, and what they cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.instance_types import spec
from catalog.node_offers import Tier, amazon_linux, simulated, tiers
from catalog.node_pool import NodePool, Sharing
from catalog.node_prices import node_price
from catalog.packing import Packing, pack
from catalog.requirements import capacity

GPU, GIB = "nvidia.com/gpu", 2**30


def price(instance_type: str, purchase: Any) -> Decimal | None:
    return node_price(instance_type, purchase, "us-east-1")


def offered(**declared: Any) -> list[Tier]:
    return tiers(NodePool(**{"name": "p", **declared}), "s", price=price, reserve=simulated)


def pod(cpu: str, gib: str = "0", gpu: int = 0) -> dict[str, Decimal]:
    return {"cpu": Decimal(cpu), "memory": Decimal(gib) * GIB, GPU: Decimal(gpu)}


CPU: dict[str, Any] = {"families": ("m7i",), "limits": {"cpu": "1000"}}
GPUS: dict[str, Any] = {"accelerator": "nvidia", "families": ("g6",), "limits": {GPU: "64"}}


def test_one_pod_gets_the_type_that_costs_least_of_those_it_fits() -> None:
    packed = pack([pod("1", "1")], offered(**CPU))
    assert packed.counts == {"m7i.large": 1}
    assert packed.usd == Decimal("0.1008")
    # A node keeps a tenth of a core for itself, so two whole cores need the next type.
    assert pack([pod("2", "1")], offered(**CPU)).counts == {"m7i.xlarge": 1}


def test_pods_of_one_batch_share_the_largest_node_before_there_is_a_second() -> None:
    packed = pack([pod("1", "1")] * 50, offered(**CPU))
    assert packed.counts == {"m7i.16xlarge": 1}
    assert len(pack([pod("1", "1")] * 300, offered(**CPU)).nodes) == 3  # 110 pods a node


def test_gpus_are_packed_without_waste() -> None:
    packed = pack(
        [pod("2", "8", 8), pod("2", "8", 4), pod("2", "8", 2), pod("2", "8", 1), pod("2", "8", 1)], offered(**GPUS)
    )
    assert packed.unplaced == ()
    assert packed.counts == {"g6.48xlarge": 2}


def test_pods_that_are_spread_over_zones_share_no_node_with_those_of_another() -> None:
    """As Karpenter v1.14 decided on the simulator for ten and fifty pods of one GPU."""
    ten = pack([pod("2", "8", 1)] * 10, offered(**GPUS), zones=3)
    assert ten.counts == {"g6.12xlarge": 3}
    assert sorted(len(each.pods) for each in ten.nodes) == [3, 3, 4]
    assert pack([pod("2", "8", 1)] * 50, offered(**GPUS), zones=3).counts == {"g6.48xlarge": 6, "g6.xlarge": 2}


def test_a_zone_without_room_leaves_its_pods_to_the_others() -> None:
    """Two nodes of 192 vCPUs leave 16 of the limit for a third zone, which holds seven of its seventeen pods."""
    both: dict[str, Any] = {"families": ("m7i", "c7i"), "limits": {"cpu": "400"}}
    packed = pack([pod("2", "4")] * 50, offered(**both), zones=3)
    assert packed.unplaced == ()
    assert packed.counts == {"c7i.12xlarge": 2, "c7i.4xlarge": 1}
    assert sorted(len(each.pods) for each in packed.nodes) == [7, 21, 22]


def test_a_limit_is_held_and_what_is_above_it_waits() -> None:
    packed = pack([pod("1", "1", 1)] * 80, offered(accelerator="nvidia", types=("g6.xlarge",), limits={GPU: "64"}))
    assert (packed.counts, len(packed.unplaced)) == ({"g6.xlarge": 64}, 16)


def test_a_second_round_uses_what_the_first_left_of_the_limits() -> None:
    # A node that may still become the largest type counts as that until it is there.
    packed = pack([pod("1", "1")] * 4, offered(families=("m7i",), limits={"cpu": "6"}))
    assert packed.unplaced == ()
    assert sum(each.offer.whole["cpu"] for each in packed.nodes) <= 6


def test_the_next_type_is_tried_only_when_the_first_cannot_hold_the_pod() -> None:
    chain = offered(accelerator="nvidia", types=("g6.xlarge", "g6.12xlarge"), limits={GPU: "8"})
    assert pack([pod("1", "1", 1)], chain).counts == {"g6.xlarge": 1}
    assert pack([pod("1", "1", 2)], chain).counts == {"g6.12xlarge": 1}
    assert pack([pod("1", "1", 1)] * 12, chain).counts == {"g6.12xlarge": 1, "g6.xlarge": 8}


def test_spot_is_bought_where_its_price_is_known_and_lower() -> None:
    packed = pack([pod("1", "1")], offered(types=("m7i.large",), limits={"cpu": "8"}, capacity="spot-then-on-demand"))
    assert [(each.offer.purchase, packed.usd) for each in packed.nodes] == [("spot", Decimal("0.0328"))]


def test_a_type_without_a_price_is_named_and_adds_nothing() -> None:
    unknown = tiers(
        NodePool(name="p", types=("m7i.large",), limits={"cpu": "8"}),
        "s",
        price=lambda _type, _purchase: None,
        reserve=simulated,
    )
    packed = pack([pod("1", "1")], unknown)
    assert (packed.unpriced, packed.usd) == (("m7i.large",), Decimal(0))


def test_a_node_group_is_its_most_nodes_and_shares_its_gpus() -> None:
    sharing = Sharing(kind="time-slicing", replicas=4)
    made = offered(accelerator="nvidia", types=("g6.xlarge",), sharing=sharing, least=1, most=2)
    packed = pack([pod("0.5", "1", 1)] * 9, made)
    assert (packed.counts, len(packed.unplaced)) == ({"g6.xlarge": 2}, 1)


def test_what_daemons_ask_of_every_node_is_not_for_pods() -> None:
    declared = NodePool(name="p", **CPU)
    daemons = {"cpu": Decimal("0.5"), "pods": Decimal(2)}
    full = tiers(declared, "s", price=price, reserve=simulated, daemons=daemons)
    assert pack([pod("1.5", "1")], offered(**CPU)).counts == {"m7i.large": 1}
    assert pack([pod("1.5", "1")], full).counts == {"m7i.xlarge": 1}


def test_what_amazon_linux_keeps_grows_with_cores_and_memory() -> None:
    large = spec("m7i.large")
    assert large is not None
    kept = amazon_linux(large)
    assert kept["cpu"] == Decimal("0.07")
    assert kept["memory"] == (255 + 11 * 110 + 100) * 2**20 + Decimal("0.075") * 8 * GIB


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_a_price_of_another_region_is_not_guessed(region: str) -> None:
    assert (node_price("m7i.large", "on-demand", region) is None) == (region != "us-east-1")
    assert (node_price("m7i.large", "spot", region) is None) == (region != "us-east-1")


PODS = st.lists(
    st.builds(
        lambda cpu, gib, gpu: pod(str(Decimal(cpu) / 4), str(gib), gpu),
        st.integers(1, 64),
        st.integers(1, 64),
        st.sampled_from([0, 0, 1, 2, 4, 8]),
    ),
    max_size=40,
)


def check(pods: list[dict[str, Decimal]], made: list[Tier]) -> Packing:
    packed = pack(pods, made)
    placed = [place for node in packed.nodes for place in node.pods]
    assert sorted([*placed, *packed.unplaced]) == list(range(len(pods)))
    for node in packed.nodes:
        assert node.pods
        for name in ("cpu", "memory", GPU):
            assert sum(pods[place][name] for place in node.pods) <= node.offer.room[name]
        assert len(node.pods) <= node.offer.room["pods"]
    for tier in made:
        own = [node.offer.whole for node in packed.nodes if node.tier == tier.name]
        for name, limit in tier.limits.items():
            assert sum(each[name] for each in own) <= limit
    return packed


@given(pods=PODS, cores=st.integers(2, 400), gpus=st.integers(1, 32))
@settings(deadline=None, derandomize=True, max_examples=60)
def test_every_pod_is_placed_once_or_waits_and_no_node_or_limit_is_exceeded(
    pods: list[dict[str, Decimal]], cores: int, gpus: int
) -> None:
    limits = {"cpu": str(cores), GPU: str(gpus)}
    check(pods, offered(accelerator="nvidia", types=("g6.xlarge", "g6.12xlarge", "g6.48xlarge"), limits=limits))


@given(pods=PODS)
@settings(deadline=None, derandomize=True, max_examples=60)
def test_without_limits_to_speak_of_all_are_placed_on_no_fewer_nodes_than_they_need(
    pods: list[dict[str, Decimal]],
) -> None:
    made = offered(accelerator="nvidia", families=("g6",), limits={GPU: "100000"})
    packed = check(pods, made)
    assert packed.unplaced == ()
    offers = made[0].offers
    for name in ("cpu", "memory", GPU):
        asked = sum((each[name] for each in pods), Decimal(0))
        assert len(packed.nodes) >= asked / max(each.room[name] for each in offers)
        assert packed.usd >= asked * min(each.usd / each.room[name] for each in offers if each.usd)


def test_a_bin_holds_what_its_type_has() -> None:
    found = spec("g6.48xlarge")
    assert found is not None
    assert capacity(found) == {"cpu": 192, "memory": 768 * GIB, GPU: 8}
