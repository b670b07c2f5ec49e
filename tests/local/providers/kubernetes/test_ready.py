"""When an object is ready, what it waits for until then, and when waiting is in vain."""

from __future__ import annotations

from typing import Any

import pytest

from local.providers.kubernetes.ready import FailedError, patience, waits_for, why_pods_wait


class Cluster:
    """An API server that knows a few other objects."""

    def __init__(self, *listed: dict[str, Any], found: dict[str, Any] | None = None) -> None:
        self.listed, self.found, self.asked = list(listed), found, ""

    def find(self, path: str) -> dict[str, Any] | None:
        return self.found

    def list(self, path: str, *, labels: str = "") -> list[dict[str, Any]]:
        self.asked = f"{path}?{labels}"
        return self.listed


def live(version: str, kind: str, spec: dict[str, Any], status: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    place = {"name": "a", "namespace": "n", "generation": 2} | metadata
    return {"apiVersion": version, "kind": kind, "metadata": place, "spec": spec, "status": status}


def condition(type_: str, status: str = "True", **more: str) -> dict[str, str]:
    return {"type": type_, "status": status, **more}


ROLLED = {
    "observedGeneration": 2,
    "replicas": 3,
    "updatedReplicas": 3,
    "availableReplicas": 3,
    "conditions": [condition("Available"), condition("Progressing", reason="NewReplicaSetAvailable")],
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, ""),
        ({"observedGeneration": 1}, "its controller has not seen the change"),
        ({"updatedReplicas": 1}, "3 of 3 replicas are available, 1 updated"),
        ({"replicas": 4}, "3 of 3 replicas are available, 3 updated"),
        ({"availableReplicas": 0}, "0 of 3 replicas are available"),
        ({"conditions": [condition("Available", "False", message="too few")]}, "it is not available: too few"),
        (
            {"availableReplicas": 0, "conditions": [condition("Progressing", "False", message="it took too long")]},
            "it took too long",
        ),
    ],
)
def test_a_deployment_is_ready_when_its_rollout_is_complete(change: dict[str, Any], said: str) -> None:
    waits = waits_for(live("apps/v1", "Deployment", {"replicas": 3}, ROLLED | change), Cluster())
    assert (waits == "") == (said == "")
    assert said in waits


def test_a_deployment_of_no_replicas_is_ready_without_a_node() -> None:
    status = {"observedGeneration": 2, "conditions": [condition("Available")]}
    assert waits_for(live("apps/v1", "Deployment", {"replicas": 0}, status), Cluster()) == ""


def test_a_job_is_ready_when_it_completed() -> None:
    def job(status: dict[str, Any], spec: dict[str, Any] | None = None) -> dict[str, Any]:
        return live("batch/v1", "Job", spec or {}, status)

    assert waits_for(job({"startTime": "t", "conditions": [condition("Complete")]}), Cluster()) == ""
    assert "1 active, 0 succeeded" in waits_for(job({"startTime": "t", "active": 1}), Cluster())
    assert waits_for(job({}, {"suspend": True}), Cluster()) == "it has not started: spec.suspend is true"
    failed = condition("Failed", reason="BackoffLimitExceeded", message="seven times")
    with pytest.raises(FailedError, match=r"\[BackoffLimitExceeded\] seven times"):
        waits_for(job({"startTime": "t", "conditions": [failed]}), Cluster())


def test_a_service_is_ready_when_a_pod_answers_or_none_is_to() -> None:
    service = live("v1", "Service", {"selector": {"app": "a"}, "clusterIP": "10.96.0.9"}, {})
    assert "targets no ready pod" in waits_for(service, Cluster())
    assert "targets no ready pod" in waits_for(service, Cluster({"endpoints": [{"conditions": {"ready": False}}]}))
    answering = Cluster({"endpoints": [{"conditions": {"ready": True}}]})
    assert waits_for(service, answering) == ""
    assert answering.asked.endswith("namespaces/n/endpointslices?kubernetes.io/service-name=a")
    assert waits_for(live("v1", "Service", {"selector": {"app": "a"}, "clusterIP": "None"}, {}), Cluster()) == ""
    assert waits_for(live("v1", "Service", {"clusterIP": "10.96.0.9"}, {}), Cluster()) == ""
    balanced = live("v1", "Service", {"selector": {"app": "a"}, "type": "LoadBalancer"}, {"loadBalancer": {}})
    assert "no load balancer" in waits_for(balanced, answering)


def test_a_stateful_set_is_ready_when_every_replica_has_the_new_revision() -> None:
    status = {"observedGeneration": 2, "replicas": 2, "readyReplicas": 2, "currentRevision": "b", "updateRevision": "b"}

    def waits(spec: dict[str, Any], **change: Any) -> str:
        return waits_for(live("apps/v1", "StatefulSet", {"replicas": 2} | spec, status | change), Cluster())

    assert waits({}) == ""
    assert waits({}, readyReplicas=1) == "1 of 2 replicas are ready"
    assert "revision b is not everywhere" in waits({}, currentRevision="a")
    assert waits({"updateStrategy": {"type": "OnDelete"}}, currentRevision="a") == ""


def test_a_daemon_set_a_pod_a_volume_and_a_quota_wait_for_what_is_theirs() -> None:
    status = {"observedGeneration": 2, "desiredNumberScheduled": 2, "numberReady": 2, "updatedNumberScheduled": 2}
    assert waits_for(live("apps/v1", "DaemonSet", {}, status), Cluster()) == ""
    assert "1 of 2 pods" in waits_for(live("apps/v1", "DaemonSet", {}, status | {"numberReady": 1}), Cluster())
    refused = condition("PodScheduled", "False", message="0/1 nodes are available")
    assert waits_for(live("v1", "Pod", {}, {"phase": "Pending", "conditions": [refused]}), Cluster()).endswith(
        "it is Pending: 0/1 nodes are available"
    )
    assert waits_for(live("v1", "Pod", {}, {"phase": "Running", "conditions": [condition("Ready")]}), Cluster()) == ""
    assert waits_for(live("v1", "Pod", {}, {"phase": "Succeeded"}), Cluster()) == ""
    assert waits_for(live("v1", "PersistentVolume", {}, {"phase": "Available"}), Cluster()) == ""
    hard = {"hard": {"cpu": "1"}}
    assert waits_for(live("v1", "ResourceQuota", hard, {}), Cluster()) != ""
    assert waits_for(live("v1", "ResourceQuota", hard, hard), Cluster()) == ""


def test_a_claim_is_ready_when_bound_or_when_it_waits_for_its_first_pod() -> None:
    claim = live("v1", "PersistentVolumeClaim", {"storageClassName": "ebs"}, {"phase": "Pending"})
    assert "not bound" in waits_for(claim, Cluster())
    assert waits_for(claim, Cluster(found={"volumeBindingMode": "WaitForFirstConsumer"})) == ""
    assert waits_for(claim | {"status": {"phase": "Bound"}}, Cluster()) == ""


def test_an_annotation_ends_the_waiting_or_says_what_to_wait_for() -> None:
    broken = live("apps/v1", "Deployment", {}, {}, annotations={"pulumi.com/skipAwait": "true"})
    assert waits_for(broken, Cluster()) == ""
    pool = {"annotations": {"pulumi.com/waitFor": "condition=Ready"}}
    status = {"conditions": [condition("Ready", "False")]}
    assert (
        waits_for(live("karpenter.sh/v1", "NodePool", {}, status, **pool), Cluster()) == "its condition Ready is False"
    )
    assert (
        waits_for(live("karpenter.sh/v1", "NodePool", {}, {"conditions": [condition("Ready")]}, **pool), Cluster())
        == ""
    )
    odd = {"annotations": {"pulumi.com/waitFor": "jsonpath={.status.phase}=Running"}}
    with pytest.raises(FailedError, match="allowed on the local stack"):
        waits_for(live("v1", "ConfigMap", {}, {}, **odd), Cluster())


def test_a_kind_that_nobody_waits_for_is_ready_at_once() -> None:
    assert waits_for(live("karpenter.sh/v1", "NodePool", {}, {}), Cluster()) == ""
    assert patience(live("apps/v1", "Deployment", {}, {})) == 600
    assert patience(live("v1", "ResourceQuota", {}, {})) == 60


def test_the_schedulers_reason_is_told_once_for_all_pods_of_a_workload() -> None:
    pods = [{"status": {"conditions": [condition("PodScheduled", "False", message="no room")]}}] * 2
    cluster = Cluster(*pods, {"status": {"conditions": [condition("PodScheduled")]}})
    deployment = live("apps/v1", "Deployment", {"selector": {"matchLabels": {"b": "2", "a": "1"}}}, {})
    assert why_pods_wait(deployment, cluster) == ["no room"]
    assert cluster.asked == "/api/v1/namespaces/n/pods?a=1,b=2"
    assert why_pods_wait(live("v1", "ConfigMap", {}, {}), cluster) == []
