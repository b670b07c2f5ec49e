"""The block `nodePools` of a stack file."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from catalog.node_pool import Sharing
from infra.config.base import MistakeError
from infra.config.node_pool import NodePool, require_possible


def block(**keys: Any) -> NodePool:
    return NodePool.model_validate(keys)


GPU: dict[str, Any] = {"accelerator": "nvidia", "types": ["g6.xlarge", "g6.2xlarge"], "limits": {"gpu": 16}}


def test_a_block_becomes_the_pool_that_everything_else_knows() -> None:
    found = block(**GPU, diskGib=200, zones=["us-east-1a"], capacity="spot", idleSeconds=300).declared("gpu")
    assert (found.name, found.accelerator, found.types) == ("gpu", "nvidia", ("g6.xlarge", "g6.2xlarge"))
    assert (found.limits, found.disk_gib, found.zones) == ({"nvidia.com/gpu": "16"}, 200, ("us-east-1a",))
    assert (found.capacity, found.idle_seconds, found.managed) == ("spot", 300, False)


def test_limits_are_written_as_kubernetes_reads_them() -> None:
    assert block(families=["m7i"], limits={"cpu": 200, "memory": "800Gi"}).declared("p").limits == {
        "cpu": "200",
        "memory": "800Gi",
    }


def test_a_block_with_max_is_a_node_group() -> None:
    keys = {**GPU, "types": ["g6.xlarge"], "limits": {}, "sharing": {"kind": "time-slicing", "replicas": 4}}
    found = block(**keys, min=1, max=2).declared("gpu")
    assert (found.managed, found.least, found.most) == (True, 1, 2)
    assert found.sharing == Sharing(kind="time-slicing", replicas=4)


@pytest.mark.parametrize(
    "wrong",
    [
        {"accelerator": "amd"},
        {"limits": {"cpu": 0}},
        {"limits": {"memory": "much"}},
        {"limits": {"gpu": 1.5}},
        {"diskGib": 10},
        {"reservation": "r-1"},
        {"architecture": "x86"},
        {"sharing": {"kind": "mps"}},
        {"min": -1},
        {"size": 3},
    ],
)
def test_a_value_that_is_none_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        block(families=["m7i"], **wrong)


def check(pools: dict[str, NodePool], **other: Any) -> None:
    given = {"stack": "prod", "region": "us-east-1", "realtime": {}, "production": True, **other}
    require_possible(pools, **given)


def test_the_first_mistake_is_said_with_its_place() -> None:
    with pytest.raises(MistakeError) as refused:
        check({"gpu": block(**{**GPU, "limits": {}})})
    assert refused.value.where == "nodePools.gpu.limits.gpu"


def test_spot_under_a_model_that_answers_needs_a_fallback_in_production() -> None:
    pools = {"cpu": block(families=["m7i"], limits={"cpu": 8}, capacity="spot")}
    check(pools)
    with pytest.raises(MistakeError) as refused:
        check(pools, realtime={"cpu": ["risk"]})
    assert "risk" in refused.value.got
    check(pools, realtime={"cpu": ["risk"]}, production=False)
