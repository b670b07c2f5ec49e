"""Models in one cluster are apart: by their network policies, by their roles, and by who may take a role on."""

from __future__ import annotations

import json
from typing import Any

import pulumi_aws as aws
import pytest

from catalog.network_policies import Peer, allowed
from components.bucket import Bucket
from components.key import Key
from components.network_policy import Reach
from components.priorities import Priorities
from components.workload_role import WorkloadRole, WorkloadRoleArgs
from tests.deployment import Deployment, deploy
from tests.unit.components.clustered import REACH, clustered, job, manifests, of, pods, service
from tests.unit.components.hosting import OWNER, SITE


@pytest.fixture(scope="module")
def whole() -> Deployment:
    reach = Reach(dns=REACH.dns, https=REACH.https, balancers=["10.20.14.0/24"])
    return clustered(service("a"), service("b"), jobs=(job("a"), job("b")), reach=reach)


@pytest.fixture(scope="module")
def policies(whole: Deployment) -> list[dict[str, Any]]:
    return [each for each in manifests(whole) if each["kind"] == "NetworkPolicy"]


@pytest.fixture(scope="module")
def peers(whole: Deployment) -> dict[str, Peer]:
    """The pods that are declared, with the labels that they get, and who is around them."""
    found = {
        "gateway": Peer(address="10.20.3.1", namespace="gateway", around={"takeoff/gateway": "true"}),
        "stranger": Peer(address="10.20.3.2", namespace="default"),
        "resolver": Peer(address="10.20.3.3", namespace="kube-system", labels={"k8s-app": "kube-dns"}),
        "balancer": Peer(address="10.20.14.9"),
        "node-resolver": Peer(address="172.20.0.10"),
        "agent": Peer(address="169.254.170.23"),
        "agent-v6": Peer(address="fd00:ec2::23"),
        "instance-metadata": Peer(address="169.254.169.254"),
        "s3": Peer(address="52.216.1.1"),
        "internet": Peer(address="93.184.215.14"),
    }
    for number, template in enumerate(pods(whole)):
        labels = template["metadata"]["labels"]
        model = labels["takeoff/model"]
        around = of(whole, "Namespace", f"test-{model}")["metadata"]["labels"]
        name = f"{labels['app.kubernetes.io/component']} {model}"
        address = f"10.20.1.{number + 1}"
        found[name] = Peer(address=address, namespace=f"test-{model}", labels=labels, around=around)
    assert {"service a", "service b", "job a", "job b"} <= found.keys()
    return found


@pytest.mark.parametrize(
    ("source", "target", "port", "protocol", "answer"),
    [
        ("service a", "resolver", 53, "UDP", True),
        ("service a", "node-resolver", 53, "UDP", True),
        ("job a", "node-resolver", 53, "TCP", True),
        ("service a", "resolver", 9153, "TCP", False),
        ("service a", "agent", 80, "TCP", True),
        ("job b", "agent-v6", 80, "TCP", True),
        ("service a", "instance-metadata", 80, "TCP", False),
        ("service a", "s3", 443, "TCP", True),
        ("service a", "s3", 80, "TCP", False),
        ("service a", "internet", 443, "TCP", False),
        ("gateway", "service a", 8080, "TCP", True),
        ("gateway", "service b", 8080, "TCP", True),
        ("balancer", "service a", 8080, "TCP", True),
        ("gateway", "service a", 7777, "TCP", False),
        ("gateway", "job a", 8080, "TCP", False),
        ("stranger", "service a", 8080, "TCP", False),
        ("internet", "service a", 8080, "TCP", False),
    ],
)
def test_pods_reach_what_they_need_and_nobody_else(
    policies: list[Any], peers: dict[str, Peer], source: str, target: str, port: int, protocol: str, answer: bool
) -> None:
    assert allowed(policies, peers[source], peers[target], port, protocol) is answer


def test_no_pod_of_a_model_reaches_any_of_another_on_any_port(policies: list[Any], peers: dict[str, Peer]) -> None:
    models = {name: peer for name, peer in peers.items() if name.startswith(("service", "job"))}
    for name, source in models.items():
        for other, target in models.items():
            if source.namespace != target.namespace:
                open_ports = [port for port in (53, 80, 443, 8080) if allowed(policies, source, target, port)]
                assert open_ports == [], f"{name} → {other}"


@pytest.mark.parametrize(
    ("without", "source", "target", "port", "protocol"),
    [
        ("takeoff-dns", "service a", "node-resolver", 53, "UDP"),
        ("takeoff-pod-identity", "service a", "agent", 80, "TCP"),
        ("takeoff-https", "service a", "s3", 443, "TCP"),
        ("takeoff-callers", "gateway", "service a", 8080, "TCP"),
    ],
)
def test_each_policy_is_what_lets_its_traffic_through(
    policies: list[Any], peers: dict[str, Peer], without: str, source: str, target: str, port: int, protocol: str
) -> None:
    left = [each for each in policies if each["metadata"]["name"] != without]
    assert len(left) == len(policies) - 2
    assert not allowed(left, peers[source], peers[target], port, protocol)


def test_without_the_policy_that_denies_all_a_job_could_be_called(policies: list[Any], peers: dict[str, Peer]) -> None:
    left = [each for each in policies if each["metadata"]["name"] != "takeoff-deny-all"]
    assert allowed(left, peers["stranger"], peers["job a"], 8080)


def test_the_denial_selects_every_pod_of_the_namespace_both_ways(policies: list[Any]) -> None:
    denials = [each["spec"] for each in policies if each["metadata"]["name"] == "takeoff-deny-all"]
    assert denials == [{"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}] * 2


@pytest.fixture(scope="module")
def roles() -> Deployment:
    def program() -> None:
        key = Key("data", site=SITE, purpose="p")
        models, features = (Bucket(n, site=SITE, key=key, force_destroy=True) for n in ("models", "features"))
        for model in ("a", "b"):
            args = WorkloadRoleArgs(
                model=model, owner=OWNER, cluster="takeoff-test", ready="takeoff-test", models=models, features=features
            )
            WorkloadRole(model, SITE, args)

    return deploy(program)


def document(roles: Deployment, model: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(roles.one(aws.iam.RolePolicy, f"{model}-workload").inputs["policy"])
    return found


def test_a_role_of_one_model_names_nothing_of_anothers(roles: Deployment) -> None:
    for own, other in (("a", "b"), ("b", "a")):
        for statement in document(roles, own)["Statement"]:
            prefixes = statement.get("Condition", {}).get("StringLike", {}).get("s3:prefix", [])
            for place in (*prefixes, *statement["Resource"]):
                assert f"/{other}/" not in f"/{place}"
            if "s3:GetObject" in statement["Action"] or "s3:PutObject" in statement["Action"]:
                assert all(arn.endswith(f"/{own}/*") for arn in statement["Resource"])
            if "s3:ListBucket" in statement["Action"]:
                assert all(f"/{prefix}".endswith(f"/{own}/*") for prefix in prefixes)
                assert prefixes


def test_a_role_may_do_no_more_than_read_artifacts_and_data_and_write_predictions(roles: Deployment) -> None:
    actions = {action for each in document(roles, "a")["Statement"] for action in each["Action"]}
    reads, writes = {"s3:GetObject", "s3:ListBucket", "kms:Decrypt"}, {"s3:PutObject", "s3:AbortMultipartUpload"}
    assert actions == reads | writes | {"kms:GenerateDataKey"}


def test_only_the_models_service_account_in_this_cluster_takes_its_role_on(roles: Deployment) -> None:
    for model in ("a", "b"):
        role = roles.one(aws.iam.Role, f"{model}-workload").inputs
        (statement,) = json.loads(role["assumeRolePolicy"])["Statement"]
        assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
        assert statement["Action"] == ["sts:AssumeRole", "sts:TagSession"]
        assert statement["Condition"] == {
            "StringEquals": {
                "aws:SourceAccount": SITE.account,
                "aws:RequestTag/eks-cluster-arn": f"arn:aws:eks:us-east-1:{SITE.account}:cluster/takeoff-test",
                "aws:RequestTag/kubernetes-namespace": f"test-{model}",
                "aws:RequestTag/kubernetes-service-account": "model",
            }
        }


def test_the_association_names_the_namespace_and_account_that_the_sibling_declares(
    roles: Deployment, whole: Deployment
) -> None:
    for model in ("a", "b"):
        found = roles.one(aws.eks.PodIdentityAssociation, model)
        assert found.inputs["namespace"] == of(whole, "Namespace", f"test-{model}")["metadata"]["name"]
        served = of(whole, "Deployment", model)["spec"]["template"]["spec"]
        assert found.inputs["serviceAccount"] == served["serviceAccountName"]
        assert roles.one(aws.iam.RolePolicy, f"{model}-workload").urn in found.depends_on


def test_a_role_without_a_cluster_is_refused() -> None:
    nothing: Any = None
    with pytest.raises(ValueError, match=r"a: cluster: got no name; allowed: "):
        WorkloadRoleArgs(model="a", owner=OWNER, cluster="", ready="", models=nothing)


def test_answers_take_nodes_from_jobs_and_jobs_from_nobody() -> None:
    def program() -> None:
        Priorities("priorities", SITE)

    found = {each["metadata"]["name"]: each for each in manifests(deploy(program))}
    realtime, batch = found["takeoff-realtime"], found["takeoff-batch"]
    assert (realtime["value"], batch["value"]) == (100_000, 1_000)
    assert (realtime["preemptionPolicy"], batch["preemptionPolicy"]) == ("PreemptLowerPriority", "Never")
    assert not realtime["globalDefault"]
    assert not batch["globalDefault"]
