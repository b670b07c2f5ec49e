"""Which pool a workload lands on, and why it lands on none or on two."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from catalog.pod_requests import quantity, requests
from catalog.pools import Mismatch, Pool, match, pool, workload

TAINT = {"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}
TOLERATION = {"key": "nvidia.com/gpu", "operator": "Exists"}
FAMILY = "karpenter.k8s.aws/instance-family"


def made(name: str, *needs: tuple[str, str, list[str]], labels: Any = None, taints: Any = ()) -> Pool:
    requirements = [{"key": key, "operator": operator, "values": values} for key, operator, values in needs]
    spec = {"requirements": requirements, "taints": list(taints)}
    return pool(name, {"template": {"metadata": {"labels": labels or {}}, "spec": spec}})


CPU = made("cpu", (FAMILY, "In", ["m5", "c5"]), labels={"takeoff/pool": "cpu"})
GPU = made("gpu", (FAMILY, "In", ["g5"]), labels={"takeoff/pool": "gpu"}, taints=[TAINT])


def found(pools: list[Pool], asked: dict[str, Any] | None = None, **pod: Any) -> str:
    """The pool's name, or the reason."""
    containers = [{"resources": {"requests": asked or {}}}]
    answer = match(workload("w", {"containers": containers, **pod}), pools)
    return answer.reason if isinstance(answer, Mismatch) else answer.name


def affinity(*terms: list[dict[str, Any]]) -> dict[str, Any]:
    required = {"nodeSelectorTerms": [{"matchExpressions": term} for term in terms]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}


def test_a_workload_that_asks_for_nothing_lands_on_the_pool_without_taints() -> None:
    assert found([CPU, GPU]) == "cpu"


def test_a_gpu_alone_decides_for_the_pool_that_has_some() -> None:
    assert found([CPU, GPU], {"nvidia.com/gpu": 1}, tolerations=[TOLERATION]) == "gpu"


def test_a_taint_that_is_not_tolerated_is_the_reason() -> None:
    assert found([CPU, GPU], nodeSelector={"takeoff/pool": "gpu"}) == "toleration"


@pytest.mark.parametrize(
    ("toleration", "answer"),
    [
        ({"key": "nvidia.com/gpu", "value": "true"}, "gpu"),
        ({"key": "nvidia.com/gpu", "value": "false"}, "toleration"),
        ({"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoExecute"}, "toleration"),
        ({"operator": "Exists"}, "gpu"),
        ({"key": "other", "operator": "Exists"}, "toleration"),
    ],
)
def test_a_toleration_matches_as_kubernetes_says(toleration: dict[str, str], answer: str) -> None:
    assert found([GPU], tolerations=[toleration]) == answer


def test_a_preference_of_a_pool_keeps_nobody_off() -> None:
    assert found([made("soft", taints=[{**TAINT, "effect": "PreferNoSchedule"}])]) == "soft"


def test_two_pools_that_match_are_a_mistake_and_both_are_named() -> None:
    other = made("other", (FAMILY, "In", ["m5"]))
    answer = match(workload("w", {}), [CPU, other])
    assert isinstance(answer, Mismatch)
    assert (answer.reason, answer.pools) == ("two pools", ("cpu", "other"))


def test_a_label_that_no_pool_has_is_the_reason() -> None:
    assert found([CPU, GPU], nodeSelector={"takeoff/pool": "arm"}) == "no pool"
    assert found([CPU, GPU], nodeSelector={"team": "ml"}) == "no pool"


def test_without_pools_there_is_no_pool() -> None:
    assert found([]) == "no pool"


def test_a_request_above_the_largest_type_is_the_reason() -> None:
    chosen: dict[str, Any] = {"nodeSelector": {"takeoff/pool": "gpu"}, "tolerations": [TOLERATION]}
    assert found([CPU, GPU], {"nvidia.com/gpu": 8}, **chosen) == "gpu"
    assert found([CPU, GPU], {"nvidia.com/gpu": 9}, **chosen) == "size"
    assert found([CPU], {"cpu": "97"}) == "size"
    assert found([CPU], {"memory": "385Gi"}) == "size"


def test_a_type_that_only_one_pool_has_decides() -> None:
    chosen: dict[str, Any] = {
        "nodeSelector": {"node.kubernetes.io/instance-type": "g5.xlarge"},
        "tolerations": [TOLERATION],
    }
    assert found([CPU, GPU], **chosen) == "gpu"
    assert found([CPU], **chosen) == "size"


def test_a_pool_may_say_its_size_by_category_count_or_absence_of_gpus() -> None:
    many = made("many", ("eks.amazonaws.com/instance-gpu-count", "Gt", ["3"]))
    none = made("none", ("karpenter.k8s.aws/instance-gpu-count", "DoesNotExist", []))
    small = made("small", ("eks.amazonaws.com/instance-category", "In", ["m"]), ("x/instance-size", "In", ["large"]))
    assert found([many, none], {"nvidia.com/gpu": 4}) == "many"
    assert found([none], {"nvidia.com/gpu": 1}) == "size"
    assert found([small], {"nvidia.com/gpu": 1}) == "size"


def test_a_pool_of_types_that_the_catalog_does_not_know_is_large_enough() -> None:
    assert found([made("new", (FAMILY, "In", ["z99"]))], {"cpu": "500"}) == "new"


def test_terms_of_an_affinity_are_alternatives_and_expressions_of_one_go_together() -> None:
    pools = [CPU, GPU]
    arm = {"key": "takeoff/pool", "operator": "In", "values": ["arm"]}
    cpu = {"key": "takeoff/pool", "operator": "NotIn", "values": ["gpu"]}
    assert found(pools, affinity=affinity([arm], [cpu])) == "cpu"
    assert found(pools, affinity=affinity([arm, cpu])) == "no pool"


@pytest.mark.parametrize(
    ("operator", "values", "answer"),
    [
        ("In", ["us-east-1a"], "zoned"),
        ("In", ["us-east-1c"], "no pool"),
        ("NotIn", ["us-east-1a"], "zoned"),
        ("NotIn", ["us-east-1a", "us-east-1b"], "no pool"),
        ("Exists", [], "zoned"),
        ("DoesNotExist", [], "no pool"),
    ],
)
def test_a_requirement_is_met_by_some_value_of_the_pool(operator: str, values: list[str], answer: str) -> None:
    zone = "topology.kubernetes.io/zone"
    zoned = made("zoned", (zone, "In", ["us-east-1a", "us-east-1b"]))
    assert found([zoned], affinity=affinity([{"key": zone, "operator": operator, "values": values}])) == answer


def test_a_label_that_karpenter_sets_itself_may_have_any_value() -> None:
    arch = {"kubernetes.io/arch": "amd64"}
    assert found([CPU], nodeSelector=arch) == "cpu"
    assert found([made("arm", ("kubernetes.io/arch", "NotIn", ["amd64"]))], nodeSelector=arch) == "no pool"


def test_a_pool_can_be_chosen_by_its_name() -> None:
    assert found([CPU, made("other")], nodeSelector={"karpenter.sh/nodepool": "other"}) == "other"


@pytest.mark.parametrize(
    ("text", "value"), [("500m", "0.5"), ("4Gi", "4294967296"), ("2", "2"), (3, "3"), ("1.5k", "1500"), ("1e3", "1000")]
)
def test_a_quantity_is_read_as_kubernetes_reads_it(text: Any, value: str) -> None:
    assert quantity(text) == Decimal(value)


def test_a_quantity_that_is_none_is_refused_with_what_is_allowed() -> None:
    with pytest.raises(ValueError, match=r"quantity: got 'much'; allowed: "):
        quantity("much")


def test_requests_are_those_of_all_containers_or_of_the_largest_init_container() -> None:
    def asking(cpu: str) -> dict[str, Any]:
        return {"resources": {"requests": {"cpu": cpu}}}

    pod = {"containers": [asking("1"), asking("500m")], "initContainers": [asking("1"), asking("2")]}
    assert requests(pod) == {"cpu": Decimal(2)}
    assert requests({**pod, "initContainers": []}) == {"cpu": Decimal("1.5")}


def test_a_limit_without_a_request_is_one() -> None:
    limited = {"resources": {"limits": {"nvidia.com/gpu": 2, "cpu": 4}, "requests": {"cpu": 1}}}
    assert requests({"containers": [limited]}) == {"nvidia.com/gpu": 2, "cpu": 1}


def limited(**limits: str) -> Pool:
    requirements = [{"key": FAMILY, "operator": "In", "values": ["g5"]}]
    return pool("gpu", {"limits": limits, "template": {"spec": {"requirements": requirements}}})


def test_a_pool_whose_limits_hold_no_node_for_one_replica_is_the_reason() -> None:
    asked = {"nvidia.com/gpu": 4}
    assert found([limited(**{"nvidia.com/gpu": "4"})], asked) == "gpu"
    assert found([limited(**{"nvidia.com/gpu": "3"})], asked) == "limit"
    # The smallest node with four GPUs has 48 cores, whatever the pod asks of them.
    assert found([limited(cpu="47")], asked) == "limit"
    assert found([limited(cpu="48")], asked) == "gpu"


@pytest.mark.parametrize(
    ("hard", "answer"),
    [
        ({"requests.cpu": "2"}, "cpu"),
        ({"requests.cpu": "1900m"}, "quota"),
        ({"cpu": "1"}, "quota"),
        ({"requests.memory": "1Gi"}, "quota"),
        ({"limits.memory": "1Gi"}, "cpu"),  # no limit is asked for
        ({"requests.nvidia.com/gpu": "0"}, "cpu"),
        ({"pods": "0"}, "quota"),
        ({"services": "0"}, "cpu"),
    ],
)
def test_a_quota_below_one_replica_is_the_reason(hard: dict[str, str], answer: str) -> None:
    pod = {"containers": [{"resources": {"requests": {"cpu": "2", "memory": "2Gi"}}}]}
    answered = match(workload("w", pod, hard), [CPU])
    assert (answered.reason if isinstance(answered, Mismatch) else answered.name) == answer


def test_a_quota_is_no_reason_where_there_is_no_pool() -> None:
    answered = match(workload("w", {"nodeSelector": {"takeoff/pool": "x"}}, {"pods": "0"}), [CPU])
    assert isinstance(answered, Mismatch)
    assert answered.reason == "no pool"
