"""A declared node pool: the objects that it becomes, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.node_pool import NodePool, Sharing
from catalog.node_pool_objects import node_pools, schedulable
from catalog.node_pool_rules import refusals, unguarded
from catalog.pools import Mismatch, match, workload
from catalog.requirements import types

GPU = "nvidia.com/gpu"
TYPES = {each.instance_type: each for each in types()}
SLICED = Sharing(kind="time-slicing", replicas=4)
CUT = Sharing(kind="mig", profile="1g.10gb")


def cpu(**other: Any) -> NodePool:
    return NodePool(**{"name": "cpu", "families": ("m7i", "c7i"), "limits": {"cpu": "200"}, **other})


def gpu(**other: Any) -> NodePool:
    given = {"name": "gpu", "accelerator": "nvidia", "types": ("g6.xlarge", "g6.2xlarge"), "limits": {GPU: "16"}}
    return NodePool(**{**given, **other})


def group(**other: Any) -> NodePool:
    return gpu(**{"types": ("g6.xlarge",), "limits": {}, "sharing": SLICED, "least": 1, "most": 2, **other})


def refused(*pools: NodePool, stack: str = "prod", zones: Sequence[str] = ()) -> list[str]:
    return [each.where for each in refusals(pools, stack=stack, region="us-east-1", zones=zones)]


def test_families_are_one_tier_and_types_are_one_each_with_falling_weight() -> None:
    assert list(node_pools(cpu(), "prod")) == ["prod-cpu"]
    assert "weight" not in node_pools(cpu(), "prod")["prod-cpu"]
    made = node_pools(gpu(), "prod")
    assert [(name, spec["weight"]) for name, spec in made.items()] == [("prod-gpu-1", 100), ("prod-gpu-2", 99)]
    wanted = [spec["template"]["spec"]["requirements"][-1] for spec in made.values()]
    assert [each["values"] for each in wanted] == [["g6.xlarge"], ["g6.2xlarge"]]


def test_a_gpu_pool_keeps_others_off_and_moves_no_pod_to_save_money() -> None:
    spec = node_pools(gpu(), "prod")["prod-gpu-1"]
    assert spec["template"]["spec"]["taints"] == [{"key": GPU, "value": "present", "effect": "NoSchedule"}]
    assert spec["disruption"]["consolidationPolicy"] == "WhenEmpty"
    assert not any("Underutilized" in each["reasons"] for each in spec["disruption"]["budgets"])
    assert spec["limits"] == {GPU: "16"}
    assert "taints" not in node_pools(cpu(), "prod")["prod-cpu"]["template"]["spec"]


def test_nodes_say_whose_they_are_and_how_they_may_be_bought() -> None:
    spec = node_pools(cpu(capacity="spot-then-on-demand", zones=("us-east-1a",)), "prod")["prod-cpu"]
    labels = spec["template"]["metadata"]["labels"]
    assert (labels["takeoff/pool"], labels["takeoff/stack"]) == ("cpu", "prod")
    needs = {each["key"]: each["values"] for each in spec["template"]["spec"]["requirements"]}
    assert needs == {
        "kubernetes.io/os": ["linux"],
        "kubernetes.io/arch": ["amd64"],
        "karpenter.sh/capacity-type": ["spot", "on-demand"],
        "eks.amazonaws.com/instance-family": ["m7i", "c7i"],
        "topology.kubernetes.io/zone": ["us-east-1a"],
    }


def test_a_node_group_is_no_karpenter_pool() -> None:
    assert node_pools(group(), "prod") == {}
    (seen,) = schedulable(group(), "prod")
    assert seen.labels["eks.amazonaws.com/nodegroup"] == "prod-gpu"
    karpenter = workload("w", {"nodeSelector": {"karpenter.sh/capacity-type": "on-demand"}})
    assert isinstance(found := match(karpenter, [seen]), Mismatch)
    assert found.reason == "no pool"


def test_tiers_of_one_declared_pool_count_as_one() -> None:
    pools = [each for declared in (cpu(), gpu()) for each in schedulable(declared, "prod")]
    pod = {"nodeSelector": {"takeoff/pool": "gpu"}, "tolerations": [{"key": GPU, "operator": "Exists"}]}
    assert match(workload("w", pod), pools).name == "prod-gpu-1"  # type: ignore[union-attr]
    large = {**pod, "containers": [{"resources": {"requests": {"cpu": "6", GPU: "1"}}}]}
    assert match(workload("w", large), pools).name == "prod-gpu-2"  # type: ignore[union-attr]


def test_a_pod_has_one_share_of_shared_gpus_however_many_there_are() -> None:
    pools = schedulable(group(types=("g6.12xlarge",)), "prod")

    def asks(count: int) -> Any:
        pod = {"tolerations": [{"operator": "Exists"}], "containers": [{"resources": {"limits": {GPU: count}}}]}
        return match(workload("w", pod), pools)

    assert asks(1).name == "prod-gpu"
    assert asks(2).reason == "size"
    assert "one share" in asks(2).text


@pytest.mark.parametrize("declared", [cpu(), gpu(), group(), cpu(families=("m7g",), architecture="arm64")])
def test_what_can_be_is_not_refused(declared: NodePool) -> None:
    assert refused(declared, zones=["us-east-1a"]) == []


@pytest.mark.parametrize(
    ("declared", "where"),
    [
        (cpu(name="Cpu"), "nodePools.Cpu"),
        (cpu(name="cpu-"), "nodePools.cpu-"),
        (cpu(name="a" * 59), f"nodePools.{'a' * 59}"),
        (cpu(families=()), "nodePools.cpu"),
        (cpu(types=("m7i.large",)), "nodePools.cpu"),
        (cpu(families=("m7x",)), "nodePools.cpu.families"),
        (cpu(families=("m7i", "m7i")), "nodePools.cpu.families"),
        (gpu(types=("g6.tiny",)), "nodePools.gpu.types"),
        (cpu(families=("m7i", "g6")), "nodePools.cpu.families"),
        (gpu(types=("g6.xlarge", "m7i.large")), "nodePools.gpu.types"),
        (gpu(types=("inf2.xlarge",)), "nodePools.gpu.types"),
        (cpu(families=("m7g",)), "nodePools.cpu.families"),
        (cpu(families=(), types=("t3.micro",)), "nodePools.cpu.types"),
        (gpu(limits={"cpu": "8"}), "nodePools.gpu.limits.gpu"),
        (cpu(limits={}), "nodePools.cpu.limits"),
        (cpu(limits={"cpu": "8", GPU: "1"}), "nodePools.cpu.limits.gpu"),
        (cpu(limits={"cpu": "1"}), "nodePools.cpu.limits"),
        (gpu(types=("g6.48xlarge",), limits={GPU: "4"}), "nodePools.gpu.limits"),
        (cpu(zones=("eu-west-1a",)), "nodePools.cpu.zones"),
        (cpu(zones=("us-east-1f",)), "nodePools.cpu.zones"),
        (gpu(sharing=SLICED), "nodePools.gpu.sharing"),
        (gpu(reservation="cr-1"), "nodePools.gpu.reservation"),
        (gpu(least=1), "nodePools.gpu.min"),
        (gpu(ami="AL2023_x86_64_NVIDIA"), "nodePools.gpu.ami"),
        (group(sharing=None), "nodePools.gpu.max"),
        (group(least=3), "nodePools.gpu.max"),
        (group(least=0, most=0), "nodePools.gpu.max"),
        (group(limits={GPU: "1"}), "nodePools.gpu.limits"),
        (group(types=(), families=("g6",)), "nodePools.gpu.types"),
        (group(capacity="spot-then-on-demand"), "nodePools.gpu.capacity"),
        (group(reservation="cr-1", types=("g6.xlarge", "g6.2xlarge")), "nodePools.gpu.reservation"),
        (group(reservation="cr-1", capacity="spot"), "nodePools.gpu.reservation"),
        (group(accelerator="none", types=("m7i.large",)), "nodePools.gpu.sharing"),
        (group(sharing=Sharing(kind="time-slicing", replicas=1)), "nodePools.gpu.sharing"),
        (group(sharing=CUT), "nodePools.gpu.sharing"),
        (group(sharing=Sharing(kind="mig", profile="1g.5gb"), types=("p5.48xlarge",)), "nodePools.gpu.sharing"),
        (group(ami="AL2023_x86_64_STANDARD"), "nodePools.gpu.ami"),
        (group(ami="BOTTLEROCKET_x86_64_NVIDIA"), "nodePools.gpu.ami"),
        (group(ami="AL2023_ARM_64_NVIDIA"), "nodePools.gpu.ami"),
        (group(ami="AL2_x86_64_GPU"), "nodePools.gpu.ami"),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(declared: NodePool, where: str) -> None:
    assert refused(declared, zones=["us-east-1a"]) == [where]


def test_an_unknown_type_is_answered_with_the_nearest() -> None:
    (found,) = refusals([gpu(types=("g6.xlarg",))], stack="prod", region="us-east-1")
    assert "g6.xlarge" in found.allowed
    assert found.got == "'g6.xlarg'"


def test_pools_whose_nodepools_would_have_one_name_are_refused() -> None:
    assert refused(gpu(), cpu(name="gpu-2")) == ["nodePools.gpu-2"]
    assert refused(cpu(name="purpose"), stack="general") == ["nodePools.purpose"]


def test_an_image_with_its_own_plugin_serves_gpus_that_are_not_shared() -> None:
    assert refused(group(sharing=None, reservation="cr-1", ami="BOTTLEROCKET_x86_64_NVIDIA")) == []


def test_spot_alone_under_models_that_answer_is_refused_in_production_and_nowhere_else() -> None:
    spot = cpu(capacity="spot")
    assert unguarded(spot, ["risk"], production=True) is not None
    assert unguarded(spot, ["risk"], production=False) is None
    assert unguarded(spot, [], production=True) is None
    assert unguarded(cpu(capacity="spot-then-on-demand"), ["risk"], production=True) is None


@given(
    names=st.lists(st.sampled_from(sorted(TYPES)), min_size=1, max_size=4, unique=True),
    accelerator=st.sampled_from(["none", "nvidia"]),
    architecture=st.sampled_from(["amd64", "arm64"]),
    cores=st.integers(1, 200),
    gpus=st.integers(1, 16),
)
@settings(deadline=None, derandomize=True)
def test_a_pool_that_is_not_refused_can_make_a_node_of_each_tier_and_one_alone_has_gpus(
    names: list[str], accelerator: Any, architecture: Any, cores: int, gpus: int
) -> None:
    limits = {GPU: str(gpus), "cpu": str(cores)} if accelerator == "nvidia" else {"cpu": str(cores)}
    declared = NodePool(name="p", accelerator=accelerator, types=tuple(names), architecture=architecture, limits=limits)
    if refused(declared):
        return
    assert len(node_pools(declared, "prod")) == len(names)
    for name in names:
        assert (TYPES[name].accelerator == "gpu") == (accelerator == "nvidia")
        assert TYPES[name].vcpu <= cores
        assert TYPES[name].accelerator != "gpu" or TYPES[name].count <= gpus
    pod = {"tolerations": [{"operator": "Exists"}]}
    assert not isinstance(match(workload("w", pod), schedulable(declared, "prod")), Mismatch)
