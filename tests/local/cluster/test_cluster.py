"""The real control plane: started, given a deployment, stopped, started again with what it knew."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from catalog.ec2_prices import hourly
from local.cloud.processes import birth
from local.cluster import control
from local.cluster.api import Api, ApiError
from local.cluster.layout import Layout
from local.state import State
from local.toolchain.progress import Progress
from tests.local.programs import require_cluster

# The node pools' types: two CPU sizes, one GPU family in two sizes.
TYPES = ("c7i.large", "c7i.xlarge", "g6.xlarge", "g6.12xlarge")
MEBIBYTES = 1024
PODS = "/api/v1/namespaces/default/pods"
NODE_CLASS = {
    "apiVersion": "karpenter.kwok.sh/v1alpha1", "kind": "KWOKNodeClass", "metadata": {"name": "default"}, "spec": {},
}  # fmt: skip
GPU_TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
pytestmark = pytest.mark.slow


def node_pool(name: str, family: str, taints: list[dict[str, str]], limits: dict[str, str]) -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"takeoff/pool": name}},
        "spec": {
            "nodeClassRef": {"group": "karpenter.kwok.sh", "kind": "KWOKNodeClass", "name": "default"},
            "requirements": [
                {"key": "eks.amazonaws.com/instance-family", "operator": "In", "values": [family]},
                {"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["on-demand"]},
            ],
            "taints": taints,
        },
    }
    disruption = {"consolidationPolicy": "WhenEmpty", "consolidateAfter": "1s", "budgets": [{"nodes": "100%"}]}
    spec = {"limits": limits, "disruption": disruption, "template": template}
    return {"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": {"name": name}, "spec": spec}


def deployment(name: str, pool: str, replicas: int, **resources: str) -> dict[str, Any]:
    pod = {
        "nodeSelector": {"takeoff/pool": pool},
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}] if pool == "gpu" else [],
        "containers": [{"name": "c", "image": "none", "resources": {"requests": resources, "limits": resources}}],
    }
    template = {"metadata": {"labels": {"app": name}}, "spec": pod}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def until(happened: Callable[[], object], what: str, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.2)


def running(api: Api, app: str) -> list[dict[str, Any]]:
    return api.list(PODS, labels=f"app={app}", fields="status.phase=Running")


def nodes(api: Api, pool: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in api.list("/api/v1/nodes", labels=f"takeoff/pool={pool}")}


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    require_cluster()
    made = State(tmp_path_factory.mktemp("cluster") / "state")
    yield made
    control.stop(made)


@pytest.fixture
def started(state: State) -> Api:
    """The running cluster."""
    control.start(state, TYPES, Progress(sys.stderr))
    return Api(Layout.of(state).kubeconfig)


@pytest.mark.usefixtures("started")
def test_a_cluster_that_accepts_pods_takes_less_than_a_gibibyte(state: State) -> None:
    record = control.status(state)
    assert record is not None
    used = control.memory(record)
    assert len(used) == 7
    assert sum(used.values()) < MEBIBYTES


def test_pods_run_on_nodes_of_the_pool_that_they_select_and_the_gpus_are_counted(started: Api) -> None:
    api = started
    for manifest in (
        NODE_CLASS,
        node_pool("cpu", "c7i", [], {"cpu": "64"}),
        node_pool("gpu", "g6", [GPU_TAINT], {"nvidia.com/gpu": "8"}),
        deployment("web", "cpu", 5, cpu="1", memory="1Gi"),
        deployment("train", "gpu", 4, **{"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": "1"}),
    ):
        api.apply(manifest)
    until(lambda: len(running(api, "web")) == 5 and len(running(api, "train")) == 4, "nine pods run")
    for app, pool, family in (("web", "cpu", "c7i"), ("train", "gpu", "g6")):
        here = nodes(api, pool)
        assert {pod["spec"]["nodeName"] for pod in running(api, app)} <= set(here)
        labels = [node["metadata"]["labels"] for node in here.values()]
        assert {each["eks.amazonaws.com/instance-family"] for each in labels} == {family}
        assert all(hourly(each["node.kubernetes.io/instance-type"]) for each in labels)
    gpus = [int(node["status"]["allocatable"]["nvidia.com/gpu"]) for node in nodes(api, "gpu").values()]
    assert sum(gpus) >= 4
    assert "nvidia.com/gpu" not in next(iter(nodes(api, "cpu").values()))["status"]["allocatable"]


def test_a_pod_that_no_pool_wants_stays_pending_with_the_schedulers_reason(started: Api) -> None:
    lost = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "lost", "labels": {"app": "lost"}}}
    lost["spec"] = {"nodeSelector": {"takeoff/pool": "nowhere"}, "containers": [{"name": "c", "image": "none"}]}
    started.create(lost)

    def reason() -> str:
        conditions = started.get(f"{PODS}/lost")["status"].get("conditions", [])
        return next((each["message"] for each in conditions if each["type"] == "PodScheduled"), "")

    until(reason, "the scheduler says why")
    assert "didn't match Pod's node affinity/selector" in reason() or "no nodes available" in reason()
    started.delete(f"{PODS}/lost")


def test_an_unknown_member_and_a_foreign_manager_are_refused_and_a_dry_run_changes_nothing(started: Api) -> None:
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}}
    started.apply(space, dry_run=True)
    assert started.find("/api/v1/namespaces/team") is None
    with pytest.raises(ApiError) as refused:
        started.apply({**space, "spec": {"colour": "blue"}})
    assert refused.value.status == 400
    labelled = {**space, "metadata": {"name": "team", "labels": {"a": "1"}}}
    started.apply(labelled, manager="one")
    other = {**space, "metadata": {"name": "team", "labels": {"a": "2"}}}
    with pytest.raises(ApiError) as taken:
        started.apply(other, manager="two")
    assert (taken.value.status, taken.value.reason) == (409, "Conflict")
    assert started.apply(other, manager="two", force=True)["metadata"]["labels"]["a"] == "2"


def test_a_watch_sees_a_change_that_comes_after_it_began(started: Api) -> None:
    path = "/api/v1/namespaces/default/configmaps"
    made = started.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "seen"}})
    started.patch(f"{path}/seen", {"data": {"a": "b"}})
    changes = started.watch(path, since=made["metadata"]["resourceVersion"], seconds=20)
    change = next(each for each in changes if each.object["metadata"]["name"] == "seen")
    assert (change.type, change.object["data"]) == ("MODIFIED", {"a": "b"})


def test_a_stop_ends_every_process_and_the_next_start_knows_what_was_applied(state: State, started: Api) -> None:
    before = control.status(state)
    assert before is not None
    assert control.stop(state)
    assert [name for name, pid in before.processes.items() if birth(pid)] == []
    with pytest.raises(ApiError, match="cannot be reached"):
        started.get(PODS)
    control.start(state, TYPES, Progress(sys.stderr))
    until(lambda: len(running(started, "web")) == 5, "the deployment is whole again")


def test_pools_return_to_nothing_when_nothing_wants_them(started: Api) -> None:
    for app in ("web", "train"):
        started.patch(f"/apis/apps/v1/namespaces/default/deployments/{app}/scale", {"spec": {"replicas": 0}})
    until(lambda: not nodes(started, "cpu") and not nodes(started, "gpu"), "no node is left")
