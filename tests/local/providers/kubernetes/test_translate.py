"""What EKS calls otherwise than the simulator, and back."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from local.providers.kubernetes.translate import declared, simulated

CLASS: dict[str, Any] = {
    "apiVersion": "eks.amazonaws.com/v1",
    "kind": "NodeClass",
    "metadata": {"name": "gpu", "labels": {"takeoff/stack": "local"}},
    "spec": {"role": "node", "subnetSelectorTerms": [{"id": "subnet-1"}], "ephemeralStorage": {"size": "80Gi"}},
}
POOL: dict[str, Any] = {
    "apiVersion": "karpenter.sh/v1",
    "kind": "NodePool",
    "metadata": {"name": "gpu"},
    "spec": {
        "limits": {"nvidia.com/gpu": "16"},
        "template": {
            "metadata": {"labels": {"takeoff/pool": "gpu"}},
            "spec": {
                "nodeClassRef": {"group": "eks.amazonaws.com", "kind": "NodeClass", "name": "gpu"},
                "requirements": [
                    {"key": "eks.amazonaws.com/instance-family", "operator": "In", "values": ["g6"]},
                    {"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["spot"]},
                ],
            },
        },
    },
}


def test_a_node_class_becomes_the_simulators_and_keeps_its_own_words() -> None:
    made = simulated(CLASS)
    assert (made["apiVersion"], made["kind"]) == ("karpenter.kwok.sh/v1alpha1", "KWOKNodeClass")
    assert made["spec"] == {"nodeRegistrationDelay": "2s"}
    assert made["metadata"]["labels"] == CLASS["metadata"]["labels"]
    assert json.loads(made["metadata"]["annotations"]["local.takeoff/node-class-spec"]) == CLASS["spec"]


def test_a_pool_names_the_simulators_class_and_families_and_nothing_else_changes() -> None:
    made = simulated(POOL)
    inner = made["spec"]["template"]["spec"]
    assert inner["nodeClassRef"] == {"group": "karpenter.kwok.sh", "kind": "KWOKNodeClass", "name": "gpu"}
    assert [each["key"] for each in inner["requirements"]] == [
        "karpenter.kwok.sh/instance-family",
        "karpenter.sh/capacity-type",
    ]
    inner["nodeClassRef"] = POOL["spec"]["template"]["spec"]["nodeClassRef"]
    inner["requirements"][0]["key"] = "eks.amazonaws.com/instance-family"
    assert made == POOL


@pytest.mark.parametrize("manifest", [CLASS, POOL], ids=["class", "pool"])
def test_what_was_translated_reads_back_as_declared(manifest: dict[str, Any]) -> None:
    before = copy.deepcopy(manifest)
    assert declared(simulated(manifest)) == manifest
    assert manifest == before, "the argument stays as it is"


def test_the_annotations_of_a_class_come_back_without_the_one_that_carried_its_spec() -> None:
    own = CLASS | {"metadata": {"name": "gpu", "annotations": {"team": "a"}}}
    assert declared(simulated(own)) == own


def test_a_change_of_the_aws_half_changes_the_simulated_object() -> None:
    other = copy.deepcopy(CLASS)
    other["spec"]["ephemeralStorage"]["size"] = "100Gi"
    assert simulated(other) != simulated(CLASS)


@pytest.mark.parametrize(
    "manifest",
    [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "a"},
            "data": {"NodeClass": "eks.amazonaws.com"},
        },
        {"apiVersion": "karpenter.kwok.sh/v1alpha1", "kind": "KWOKNodeClass", "metadata": {"name": "somebody's"}},
        {"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": {"name": "bare"}},
    ],
    ids=["another kind", "a class that others made", "a pool without a template"],
)
def test_everything_else_stays_as_it_is(manifest: dict[str, Any]) -> None:
    assert simulated(manifest) == manifest
    assert declared(manifest) == manifest


def test_a_key_of_auto_mode_that_the_simulated_machines_lack_is_refused() -> None:
    other = copy.deepcopy(POOL)
    other["spec"]["template"]["spec"]["requirements"][0]["key"] = "eks.amazonaws.com/instance-gpu-name"
    with pytest.raises(ValueError, match=r"instance-gpu-name'.*allowed.*eks\.amazonaws\.com/instance-family"):
        simulated(other)
