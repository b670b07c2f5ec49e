"""The rules on GPUs, regions, scaling and pools over small stacks."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from policies.configuration import configuration
from policies.declared import UNKNOWN, Declared, Graph
from policies.judge import judged
from policies.rules import capacity, pods
from tests.unit.policies.case import declared
from tests.unit.policies.cases import capacity as sound
from tests.unit.policies.cases import pods as workloads

BY_NAME = {rule.name: rule for rule in (*capacity.RULES, *pods.RULES)}
CAP, REGION = "takeoff-9-gpu-cap", "takeoff-10-instance-type-exists-in-the-region"
FLOOR, POOL = "takeoff-35-scaling-keeps-two-instances", "takeoff-11-workload-matches-one-pool"


def got(name: str, *stack: Declared, **settings: Any) -> list[str]:
    """What a rule finds; `?` for what it does not know."""
    rule = BY_NAME[name]
    found = judged(Graph(stack), configuration({name: settings}, {name: rule.settings}), date(2026, 11, 1), [rule])
    return [
        f"{each.resource}: {each.message.partition(': got ')[2].partition('; allowed')[0]}"
        if each.kind == "violation"
        else "?"
        for each in found
    ]


def selecting(terms: list[Any]) -> dict[str, Any]:
    """Node affinity that requires one of some terms."""
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}


@pytest.mark.parametrize(
    ("resource", "gpus"),
    [
        (sound.config("ml.g5.12xlarge", 3), 12),
        (sound.config("ml.c6i.large", 300), 0),
        (declared("aws:sagemaker/notebookInstance:NotebookInstance", instanceType="ml.g5.12xlarge"), 4),
        (declared("aws:sagemaker/trainingJob:TrainingJob", resourceConfig={"instanceType": "ml.g5.12xlarge"}), 0),
        (
            declared(
                "aws:sagemaker/trainingJob:TrainingJob",
                resourceConfig={"instanceGroups": [{"instanceType": "ml.g5.xlarge", "instanceCount": 9}]},
            ),
            9,
        ),
        (
            declared("aws:eks/nodeGroup:NodeGroup", instanceTypes=["g5.xlarge"], scalingConfig={"maxSize": 3}),
            3,
        ),
        (sound.pool(**{"nvidia.com/gpu": "16"}), 16),
    ],
)
def test_gpus_are_counted_wherever_they_are_asked_for(resource: Declared, gpus: int) -> None:
    assert got(CAP, resource, most=gpus) == []
    if gpus:
        assert len(got(CAP, resource, most=gpus - 1)) == 1


def test_a_pool_of_gpus_without_a_limit_is_above_any_cap() -> None:
    assert got(CAP, sound.pool(cpu=100), most=10_000)[0].startswith("gpu: inf GPUs")


def test_the_finding_names_the_largest_part_and_all_of_them() -> None:
    notebook = declared("aws:sagemaker/notebookInstance:NotebookInstance", "lab", {"instanceType": "ml.g5.12xlarge"})
    assert got(CAP, notebook, sound.config(count=5)) == ["c: 9 GPUs (c 5, lab 4) where the cap is 8"]


def test_scaling_of_another_variant_counts_nothing() -> None:
    other = sound.target(2, 100, resourceId="endpoint/e/variant/other")
    assert got(CAP, sound.endpoint(), sound.config(count=8), other) == []


def test_the_cap_holds_before_the_first_deployment_too() -> None:
    wish = replace(
        declared("aws:ssm/parameter:Parameter", insecureValue=UNKNOWN), refs={"insecureValue": (sound.endpoint().urn,)}
    )
    assert len(got(CAP, sound.endpoint(), sound.config(count=2), sound.target(2, 9), wish)) == 1


def test_a_config_that_rollout_moves_to_is_scaled_like_the_one_before() -> None:
    text = json.dumps({"endpoint": "e", "config": "c"})
    moving = sound.endpoint(endpointConfigName="old")
    stack = [moving, sound.config(count=2), sound.target(2, 9)]
    assert got(CAP, *stack) == []
    assert len(got(CAP, *stack, declared("aws:ssm/parameter:Parameter", insecureValue=text))) == 1


def test_a_shadow_counts_too() -> None:
    shadow = [{"variantName": "shadow", "instanceType": "ml.g5.xlarge", "initialInstanceCount": 1}]
    assert len(got(CAP, sound.config(count=8, shadowProductionVariants=shadow))) == 1


def test_the_region_of_a_resource_goes_before_that_of_its_provider() -> None:
    stack = [sound.provider("us-east-1"), sound.config("ml.g6.xlarge", region="af-south-1")]
    assert got(REGION, *stack)[0].startswith("c: ml.g6.xlarge for main, not among ")
    assert got(REGION, sound.provider("af-south-1"), sound.config("ml.g6.xlarge", region="us-east-1")) == []


def test_of_several_regions_one_that_has_the_type_is_enough() -> None:
    assert got(REGION, sound.provider("us-east-1"), sound.provider("af-south-1"), sound.config("ml.g6.xlarge")) == []


def test_a_region_that_the_catalog_does_not_know_has_no_type() -> None:
    finding = "not among the hosting types of mars-north-1, of which the catalog knows none"
    assert got(REGION, sound.provider("mars-north-1"), sound.config()) == [f"c: ml.g5.xlarge for main, {finding}"]


def test_without_a_region_nothing_is_known() -> None:
    assert got(REGION, sound.config()) == ["?"]


def test_an_asynchronous_endpoint_may_fall_to_zero() -> None:
    later = sound.config(asyncInferenceConfig={"outputConfig": {}})
    assert got(FLOOR, sound.endpoint(), later, sound.target(0), sound.hour(0)) == []
    assert len(got(FLOOR, sound.endpoint(), sound.config(), sound.target(0), sound.hour(0))) == 2


def test_bounds_the_wrong_way_round_and_no_lower_bound_are_found() -> None:
    assert got(FLOOR, sound.target(4, 3)) == ["main: maxCapacity 3 below minCapacity 4"]
    assert got(FLOOR, sound.target(None)) == ["main: minCapacity None"]
    assert got(FLOOR, sound.hour(None)) == []


def test_scaling_of_anything_else_is_not_asked() -> None:
    assert got(FLOOR, sound.target(0, scalableDimension="dynamodb:table:ReadCapacityUnits")) == []


def test_a_workload_that_lands_nowhere_or_on_two_pools_is_found_with_the_reason() -> None:
    pod = workloads.pod(**workloads.SOUND)
    assert got(POOL, workloads.deployment(pod)) == ["serve: no pool: no pool at all"]
    twins = [workloads.pool("gpu", "g5", taints=[workloads.TAINT]) for _ in range(2)]
    # Tiers of one declared pool are one pool: another stack's is another.
    twins[1].props["spec"]["template"]["metadata"]["labels"]["takeoff/stack"] = "other"
    assert got(POOL, *twins, workloads.deployment(pod)) == ["serve: two pools: both gpu and gpu match"]
    found = got(POOL, *workloads.POOLS, workloads.cron(workloads.pod(tolerations=[workloads.TOLERATION])))
    assert found == []


def test_what_does_not_decide_may_be_unknown() -> None:
    pod = {**workloads.pod(**workloads.SOUND), "serviceAccountName": UNKNOWN, "volumes": UNKNOWN}
    assert got(POOL, *workloads.POOLS, workloads.deployment(pod)) == []
    assert got(POOL, *workloads.POOLS, workloads.deployment(UNKNOWN)) == ["?"]


@pytest.mark.parametrize(
    ("pod", "finding"),
    [
        (None, "spec.template.spec.containers: got none"),
        ({"containers": []}, "spec.template.spec.containers: got none"),
        ({"containers": {"name": "x"}}, "containers: got {'name': 'x'}"),
        ({"containers": [None]}, "containers: got [None]"),
        (workloads.pod(initContainers=["x"]), "initContainers: got ['x']"),
        ({"containers": [{"resources": [1]}]}, "resources: got [1]"),
        ({"containers": [{"resources": {"requests": "1"}}]}, "requests: got '1'"),
        ({"containers": [{"resources": {"limits": {"cpu": None}}}]}, "quantity: got 'None'"),
        (workloads.pod(nodeSelector=["gpu"]), "nodeSelector: got ['gpu']"),
        (workloads.pod(tolerations=[None]), "tolerations: got [None]"),
        (workloads.pod(affinity={"nodeAffinity": ["x"]}), "nodeAffinity: got ['x']"),
        (workloads.pod(affinity=selecting([None])), "nodeSelectorTerms: got [None]"),
        (workloads.pod(affinity=selecting([{"matchExpressions": [None]}])), "requirements: got [None]"),
        (
            workloads.pod(affinity=selecting([{"matchExpressions": [{"operator": "In"}]}])),
            "requirement: got {'operator'",
        ),
        (
            workloads.pod(affinity=selecting([{"matchExpressions": [{"key": "zone", "operator": "Gt"}]}])),
            "requirement zone Gt: got values []",
        ),
    ],
)
def test_a_pod_that_kubernetes_refuses_is_found_with_what_was_got(pod: Any, finding: str) -> None:
    (found,) = got(POOL, *workloads.POOLS, workloads.deployment(pod))
    assert found.startswith(f"serve: a spec that Kubernetes refuses: {finding}")


@pytest.mark.parametrize(
    ("spec", "finding"),
    [
        ({"template": ["x"]}, "template: got ['x']"),
        ({"template": {"spec": {"taints": [None]}}}, "taints: got [None]"),
        ({"template": {"spec": {"requirements": [{"key": None}]}}}, "requirement: got {'key': None}"),
        ({"template": {"metadata": {"labels": "x"}}}, "labels: got 'x'"),
    ],
)
def test_a_pool_that_karpenter_refuses_is_found_and_the_others_are_judged(spec: Any, finding: str) -> None:
    refused = declared("kubernetes:karpenter.sh/v1:NodePool", "bad", spec=spec)
    sound_pod = workloads.deployment(workloads.pod(**workloads.SOUND))
    (found,) = got(POOL, refused, *workloads.POOLS, sound_pod)
    assert found.startswith(f"bad: a spec that Karpenter refuses: {finding}")


@pytest.mark.parametrize("key", ["nodeSelector", "tolerations", "affinity", "initContainers"])
def test_null_in_a_pod_is_as_if_it_were_left_out(key: str) -> None:
    assert got(POOL, workloads.pool("cpu", "m5"), workloads.deployment({"containers": [{}], key: None})) == []


def test_a_pool_whose_limits_hold_no_replica_is_no_place() -> None:
    full = workloads.pool("gpu", "g5", taints=[workloads.TAINT])
    full.props["spec"]["limits"] = {"nvidia.com/gpu": "0"}
    (found,) = got(POOL, full, workloads.deployment(workloads.pod(**workloads.SOUND)))
    assert found.startswith("serve: limit: gpu: ")


def test_a_pool_that_is_a_node_group_of_another_stack_is_named_by_the_setting() -> None:
    shared = workloads.deployment(workloads.pod(nodeSelector={"takeoff/pool": "shared"}))
    assert got(POOL, *workloads.POOLS, shared, groups=["shared"]) == []
    assert len(got(POOL, *workloads.POOLS, shared)) == 1


def test_a_pool_by_instance_types_counts_its_gpus_as_one_by_labels_does() -> None:
    """No word `gpu` stands in the name of a type."""
    named = workloads.grows({"cpu": "32"}, key="node.kubernetes.io/instance-type", values=["g6.xlarge"])
    assert got(CAP, named, most=10_000)[0].startswith("pool: inf GPUs")
