"""Predicted and provisioned nodes, by one table of prices."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from catalog.ec2_prices import hourly
from local.cluster.instance_types import SPOT_SHARE
from local.providers.kubernetes.translate import declared, simulated
from local.simulate import observed
from local.simulate.bill import Bill, predicted, provisioned
from local.simulate.cost import cost
from local.simulate.deployed_pools import DeployedPool, read
from local.simulate.outcome import Outcome
from scenarios.verdict import Verdict
from tests.local.simulate.objects import machine, node_pool

_ZONES = {"topologySpreadConstraints": [{"topologyKey": "topology.kubernetes.io/zone"}]}


def deployed(*objects: dict[str, Any]) -> DeployedPool:
    """A pool as it is read back after the simulator has had it."""
    return read("p", [declared(simulated(each)) for each in objects])


def spec(**asked: str) -> dict[str, Any]:
    return {"containers": [{"resources": {"requests": asked, "limits": asked}}]}


def test_what_is_predicted_is_what_the_pools_families_and_limits_leave() -> None:
    pool = deployed(node_pool("local-gpu", "gpu", ["g6"], {"nvidia.com/gpu": "8"}))
    asked = spec(**{"cpu": "2", "memory": "8Gi", "nvidia.com/gpu": "1"})
    bill = predicted([(asked, 10)], pool)
    assert (bill.nodes, bill.unplaced) == ({"g6.48xlarge": 1}, 2)
    assert bill.usd == Decimal(str(hourly("g6.48xlarge")))


def test_pods_that_spread_over_zones_are_predicted_so() -> None:
    pool = deployed(node_pool("local-gpu", "gpu", ["g6"], {"nvidia.com/gpu": "64"}))
    asked = spec(**{"cpu": "2", "memory": "8Gi", "nvidia.com/gpu": "1"})
    assert predicted([(asked, 10)], pool).nodes == {"g6.12xlarge": 1, "g6.48xlarge": 1}
    assert predicted([({**asked, **_ZONES}, 10)], pool).nodes == {"g6.12xlarge": 3}


def test_a_pool_of_spot_is_predicted_at_the_simulated_markets_price() -> None:
    pool = deployed(node_pool("local-spot", "spot", ["c7i"], {"cpu": "400"}, capacity=["spot", "on-demand"]))
    bill = predicted([(spec(cpu="1", memory="1Gi"), 1)], pool)
    assert bill.nodes == {"c7i.large": 1}
    assert float(bill.usd) == pytest.approx((hourly("c7i.large") or 0) * SPOT_SHARE)


def test_tiers_are_read_the_heaviest_first() -> None:
    second = node_pool("local-p-2", "p", [], {}, types=["g6.2xlarge"], weight=99)
    first = node_pool("local-p-1", "p", [], {}, types=["g6.xlarge"], weight=100)
    assert [each.name for each in deployed(second, first).tiers] == ["local-p-1", "local-p-2"]
    assert predicted([(spec(cpu="1", memory="1Gi"), 1)], deployed(second, first)).nodes == {"g6.xlarge": 1}


def test_claims_cost_what_the_table_says_and_spot_its_share() -> None:
    claims = [observed.machine(machine("a")), observed.machine(machine("b", capacity="spot"))]
    bill = provisioned(claims)
    assert bill.nodes == {"c7i.4xlarge": 2}
    assert float(bill.usd) == pytest.approx((hourly("c7i.4xlarge") or 0) * (1 + SPOT_SHARE))


def test_a_claim_of_a_type_without_a_price_is_refused() -> None:
    with pytest.raises(ValueError, match=r"a: instance type: got 'z9.huge'; allowed: one with a price"):
        provisioned([observed.machine(machine("a", type_="z9.huge"))])


def outcome(predicted: str, bought: str) -> Outcome:
    one, other = (Bill(nodes={"c7i.large": 1}, usd=Decimal(usd)) for usd in (predicted, bought))
    return Outcome(Verdict("cpu", ""), predicted=one, provisioned=other)


@pytest.mark.parametrize(("bought", "fine"), [("1.00", True), ("1.10", True), ("1.11", False), ("0.89", False)])
def test_a_tenth_more_or_less_than_predicted_is_near_enough(bought: str, fine: bool) -> None:
    total = Outcome(Verdict("cost", ""))
    cost([outcome("1.00", bought), Outcome(Verdict("selector", ""))], total)
    assert total.verdict.fine is fine
    assert total.predicted is not None
    assert total.predicted.usd == 1


def test_without_a_bill_nothing_is_proven() -> None:
    total = Outcome(Verdict("cost", ""))
    cost([Outcome(Verdict("selector", ""))], total)
    assert not total.verdict.fine
