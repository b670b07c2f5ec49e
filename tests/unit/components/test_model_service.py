"""What a model on Kubernetes declares, and what is refused before anything is sent."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from components.labels import COMPONENT
from components.network_policy import Reach
from components.pod_scaling import PodMetric, PodScaling
from components.quota import Quota
from tests.deployment import Deployment
from tests.unit.components.clustered import IMAGE, clustered, job, manifests, of, pods, service, size, workload


@pytest.fixture(scope="module")
def whole() -> Deployment:
    return clustered(service(), jobs=(job(),))


def labels(whole: Deployment, component: str) -> dict[str, str]:
    """The labels of the pods that are this part of the model."""
    (found,) = [
        each["metadata"]["labels"] for each in pods(whole) if each["metadata"]["labels"][COMPONENT] == component
    ]
    return dict(found)


def test_every_object_says_whose_it_is_and_stands_in_its_models_namespace(whole: Deployment) -> None:
    found = manifests(whole)
    assert {each["kind"] for each in found} >= {"Deployment", "Service", "CronJob", "NetworkPolicy", "LimitRange"}
    for each in found:
        labels = each["metadata"]["labels"]
        assert (labels["takeoff/stack"], labels["takeoff/model"]) == ("test", "m")
        assert each["metadata"].get("namespace", each["metadata"]["name"]) == "test-m"


def test_no_object_gives_a_right_in_the_cluster_and_no_pod_has_a_token_for_it(whole: Deployment) -> None:
    assert not {each["kind"] for each in manifests(whole)} & {
        "Role",
        "RoleBinding",
        "ClusterRole",
        "ClusterRoleBinding",
    }
    assert of(whole, "ServiceAccount")["automountServiceAccountToken"] is False
    assert all(each["spec"]["automountServiceAccountToken"] is False for each in pods(whole))


def test_whatever_runs_waits_for_the_walls_around_it(whole: Deployment) -> None:
    walls = {r.urn for r in whole.resources if r.type.endswith((":NetworkPolicy", ":ResourceQuota", ":LimitRange"))}
    runners = [r for r in whole.resources if r.type.endswith((":Deployment", ":CronJob"))]
    assert len(walls) == 9
    assert [r.name for r in runners if not walls <= set(r.depends_on)] == []


def test_the_autoscaler_owns_the_count_and_a_fixed_one_has_none(whole: Deployment) -> None:
    assert "replicas" not in of(whole, "Deployment")["spec"]
    spec = of(whole, "HorizontalPodAutoscaler")["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 10)
    assert spec["metrics"][0]["resource"]["name"] == "cpu"
    fixed = clustered(service(minimum=3, maximum=3))
    assert of(fixed, "Deployment")["spec"]["replicas"] == 3
    assert "HorizontalPodAutoscaler" not in {each["kind"] for each in manifests(fixed)}


def test_pods_can_be_counted_by_a_metric_of_their_own() -> None:
    spec = PodScaling(minimum=1, maximum=4, metric=PodMetric(name="in_flight", target="8")).spec("m")
    target = {"type": "AverageValue", "averageValue": "8"}
    assert spec["metrics"] == [{"type": "Pods", "pods": {"metric": {"name": "in_flight"}, "target": target}}]


def test_the_service_and_the_budget_speak_of_the_services_pods_and_of_no_jobs(whole: Deployment) -> None:
    selectors = [of(whole, "Service")["spec"]["selector"]]
    selectors += [of(whole, kind)["spec"]["selector"]["matchLabels"] for kind in ("PodDisruptionBudget", "Deployment")]
    served, scored = (labels(whole, kind) for kind in ("service", "job"))
    assert of(whole, "PodDisruptionBudget")["spec"]["maxUnavailable"] == 1
    for selector in selectors:
        assert selector.items() <= served.items()
        assert not selector.items() <= scored.items()


def test_probes_ask_what_sagemaker_asks(whole: Deployment) -> None:
    container = of(whole, "Deployment")["spec"]["template"]["spec"]["containers"][0]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"] == {"path": "/ping", "port": 8080}
    ports = of(whole, "Service")["spec"]["ports"]
    assert [each["targetPort"] for each in ports] == [container["ports"][0]["containerPort"]] == [8080]


def test_pods_spread_over_zones_and_fill_nodes() -> None:
    spec = of(clustered(service(minimum=2, maximum=50)), "Deployment")["spec"]["template"]["spec"]
    skews = {each["topologyKey"]: each["maxSkew"] for each in spec["topologySpreadConstraints"]}
    assert skews == {"topology.kubernetes.io/zone": 1, "kubernetes.io/hostname": 25}


def test_answers_go_before_jobs(whole: Deployment) -> None:
    classes = {each["metadata"]["labels"][COMPONENT]: each["spec"]["priorityClassName"] for each in pods(whole)}
    assert classes == {"service": "takeoff-realtime", "job": "takeoff-batch"}


def test_the_quota_is_what_is_declared_and_jobs_leave_room_for_answers(whole: Deployment) -> None:
    hard = of(whole, "ResourceQuota", "all")["spec"]["hard"]
    # Ten pods and one more in the middle of a change, and one of the job.
    assert hard == {
        "requests.cpu": "6000m",
        "requests.memory": str(12 * 2**30),
        "requests.nvidia.com/gpu": "0",
        "pods": "12",
    }
    batch = of(whole, "ResourceQuota", "batch")["spec"]
    # No GPUs: the API server refuses them in a quota of one priority.
    assert batch["hard"] == {"requests.cpu": "500m", "requests.memory": str(2**30), "pods": "1"}
    assert batch["scopeSelector"]["matchExpressions"][0]["values"] == ["takeoff-batch"]


def test_pods_of_no_priority_of_ours_have_no_quota(whole: Deployment) -> None:
    others = of(whole, "ResourceQuota", "others")["spec"]
    (scope,) = others["scopeSelector"]["matchExpressions"]
    assert (others["hard"], scope["operator"]) == ({"pods": "0"}, "NotIn")
    assert scope["values"] == ["takeoff-batch", "takeoff-realtime"]


def test_a_quota_below_one_replica_is_refused_with_the_workloads_name() -> None:
    with pytest.raises(ValueError, match=r"m: quota: got cpu 0.2 below 0.5; allowed: .* one replica of m"):
        clustered(service(), quota=Quota.of(size(cpu="200m"), 1))
    held = clustered(service(), quota=Quota.of(size(), 1))
    assert of(held, "ResourceQuota", "all")["spec"]["hard"]["pods"] == "1"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pool": "arm"}, "pool: got 'arm': no pool: "),
        ({"pool": "gpu"}, "pool: got 'gpu': toleration: gpu: taint nvidia.com/gpu=present:NoSchedule"),
        ({"size": size(gpu=1)}, "pool: got 'cpu': size: "),
        ({"pool": "gpu", "size": size(gpu=8, cpu="999")}, "pool: got 'gpu': size: "),
        ({"pools": ()}, "pool: got 'cpu': no pool: no pool at all"),
        ({"image": IMAGE.partition("@")[0] + ":latest"}, "an image URI that names its digest"),
        ({"image": f"python@sha256:{'a' * 64}"}, "an image in ECR"),
        ({"environment": {"TAKEOFF_MODEL_VERSION": "1"}}, "any other name"),
    ],
)
def test_a_workload_that_could_not_run_is_refused_at_construction(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)) as caught:
        workload(**change)
    assert "allowed: " in str(caught.value)


def test_a_pool_of_another_stack_with_the_same_label_is_refused_and_both_are_named() -> None:
    pools = workload().pools
    other = replace(pools[0], name="spare", labels={**pools[0].labels, "takeoff/stack": "other"})
    with pytest.raises(ValueError, match="two pools: both cpu and spare match"):
        workload(pools=[*pools, other])


def test_gpus_are_never_counted_by_cpu() -> None:
    with pytest.raises(ValueError, match=r"scaleOn: got 'cpu with GPUs'; allowed: a metric"):
        service(size=size(gpu=1), pool="gpu")
    service(minimum=2, maximum=2, size=size(gpu=1), pool="gpu")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: PodScaling(minimum=0, maximum=1), "replicas.min: got 0; allowed: 1 or more"),
        (lambda: PodScaling(minimum=3, maximum=2), "replicas.max: got 2; allowed: 3 or more"),
        (lambda: PodScaling(minimum=1, maximum=2, cpu_percent=5), "cpu percent: got 5; allowed: 10 to 95"),
        (lambda: PodMetric(name="a b", target="1"), "metric: got name 'a b'"),
        (lambda: PodMetric(name="a", target="0"), "metric: got target '0'"),
        (lambda: size(cpu="1m"), "cpu: got '1m'"),
        (lambda: size(cpu="lots"), "quantity: got 'lots'"),
        (lambda: size(memory="1Mi"), "memory: got '1Mi'"),
        (lambda: size(gpu=9), "gpu: got 9; allowed: 0 to 8"),
        (lambda: Quota(gpu=-1), "allowed: none or more"),
        (lambda: Reach(dns="kube-dns", https=["10.0.0.0/16"]), "dns: got 'kube-dns'"),
        (lambda: Reach(dns="10.0.0.10", https=[]), "https: got no block"),
        (lambda: Reach(dns="10.0.0.10", https=["0.0.0.0/0"]), "https: got '0.0.0.0/0'"),
        (lambda: Reach(dns="10.0.0.10", https=["52.0.0.0/7"]), "https: got '52.0.0.0/7'"),
        (lambda: Reach(dns="10.0.0.10", https=["169.254.169.254/32"]), "https: got '169.254.169.254/32'"),
        (lambda: Reach(dns="10.0.0.10", https=["10.0.0.0/16"], balancers=["10.0.0.1/16"]), "balancers: got"),
    ],
)
def test_nonsense_is_refused_with_what_is_allowed(make: Any, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)) as caught:
        make()
    assert "allowed: " in str(caught.value)
