"""What the nodes cost that pods always stand on."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from catalog.node_prices import node_price
from takeoff.preview.nodes import HOURS, costs, section
from takeoff.preview.previewed import Preview

REGION = "us-east-1"
POOLS: dict[str, Any] = {
    "general": {"families": ["m7i"], "limits": {"cpu": 32}},
    "gpu": {"accelerator": "nvidia", "types": ["g6.xlarge", "g5.xlarge"], "limits": {"gpu": 2}},
    "shared": {"accelerator": "nvidia", "types": ["g6.xlarge"], "min": 0, "max": 2},
}


def preview(pools: Any = POOLS, **models: Any) -> Preview:
    return Preview(stack="prod", config={"takeoff:nodePools": pools, "takeoff:models": models})


def pods(pool: str = "gpu", least: int = 2, **more: Any) -> dict[str, Any]:
    size = {"cpu": "3", "memory": "12Gi", "gpu": 1, **more}
    return {"pods": {"pool": pool, "replicas": {"min": least, "max": 4}, **size}}


def test_the_fewest_pods_of_every_model_stand_on_the_cheapest_type_that_holds_them() -> None:
    (found,) = costs(preview(vision=pods(least=1), other=pods(least=1)), REGION)
    price = node_price("g6.xlarge", "on-demand", REGION)
    assert price
    assert (found.pool, found.pods, found.nodes, found.unplaced) == ("gpu", 2, {"g6.xlarge": 2}, 0)
    assert found.usd == 2 * HOURS * price


def test_what_is_over_the_limit_goes_to_the_next_tier_and_what_none_holds_is_named() -> None:
    (found,) = costs(preview(vision=pods(least=5)), REGION)
    # Limits hold for each tier by itself.
    assert (found.nodes, found.unplaced) == ({"g5.xlarge": 2, "g6.xlarge": 2}, 1)
    assert found.text().endswith("no place for 1")


def test_another_regions_nodes_have_no_price_and_are_named() -> None:
    (found,) = costs(preview(vision=pods(least=1)), "mars-north-1")
    assert (found.usd, found.unpriced) == (Decimal(0), ("g6.xlarge",))
    assert "at least USD 0 a month; without a price: g6.xlarge" in found.text()


def test_pods_that_share_a_node_pay_for_it_once() -> None:
    (found,) = costs(preview(small=pods("general", 4, cpu="500m", memory="1Gi", gpu=0)), REGION)
    assert sum(found.nodes.values()) == 1


def test_a_managed_group_is_the_stacks_own_and_a_stack_without_pods_has_no_section() -> None:
    assert list(costs(preview(vision=pods("shared")), REGION)) == []
    assert section(preview(tabular={"variants": []}), REGION) is None
    assert section(Preview(stack="dev"), REGION) is None


def test_the_section_says_whose_prices_these_are_and_what_they_leave_out() -> None:
    found = section(preview(vision=pods()), REGION)
    assert found
    assert found.summary.endswith("a month at the fewest pods")
    assert "EKS Auto Mode's fee" in found.lines[-1].text
