"""No model of a shipped stack reaches another's data or namespace: by its role's policy, its trust and the walls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pulumi_aws as aws
import pytest

from catalog.network_policies import Peer, allowed
from tests.deployment import ACCOUNT
from tests.stacks import podded

# What lies in the two buckets of each model, by the prefix that is the model's own.
DATA = {"models": "{model}/1/model.tar.gz", "features": "datasets/{model}/data.csv"}
PORTS = (22, 53, 80, 443, 8080, 9153)


@pytest.fixture(scope="module", params=podded.STACKS)
def stack(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def inside(stack: str) -> list[str]:
    """The models of a stack that run something in its cluster."""
    found = [tie.name for tie in podded.whole(stack).all(aws.eks.PodIdentityAssociation)]
    assert found
    return found


def may(document: Any, action: str, resource: str, **context: str) -> bool:
    """Whether a policy of ours allows a call: it has no denials, and conditions of one kind."""
    for statement in document["Statement"]:
        conditions = statement.get("Condition", {})
        assert statement["Effect"] == "Allow"
        assert conditions.keys() <= {"StringLike"}, conditions
        holds = all(
            any(fnmatchcase(context.get(key.replace(":", "_"), ""), pattern) for pattern in patterns)
            for key, patterns in conditions.get("StringLike", {}).items()
        )
        if holds and action in statement["Action"] and any(fnmatchcase(resource, r) for r in statement["Resource"]):
            return True
    return False


def document(stack: str, model: str) -> Any:
    return json.loads(podded.whole(stack).one(aws.iam.RolePolicy, f"{model}-workload").inputs["policy"])


def buckets(stack: str) -> dict[str, str]:
    """The buckets' ARNs by name, as the mock of the account makes them."""
    names = {each.name: each.inputs["bucket"] for each in podded.whole(stack).all(aws.s3.Bucket)}
    return {name: f"arn:aws:s3:us-east-1:{ACCOUNT}:bucket/{names[name]}" for name in DATA if name in names}


def others(stack: str, model: str) -> Iterator[str]:
    yield from (name for name in podded.read(stack)["models"] if name != model)
    yield f"{model}-2"  # a name that begins with the model's own


def test_a_models_role_reads_its_own_artifacts(stack: str) -> None:
    for model in inside(stack):
        arn, key = buckets(stack)["models"], DATA["models"].format(model=model)
        assert may(document(stack, model), "s3:GetObject", f"{arn}/{key}")
        assert may(document(stack, model), "s3:ListBucket", arn, s3_prefix=f"{model}/1")


def test_a_models_role_reads_lists_and_writes_nothing_of_any_other_model(stack: str) -> None:
    for model in inside(stack):
        for other in others(stack, model):
            for name, arn in buckets(stack).items():
                key = DATA[name].format(model=other)
                for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:GetObjectVersion"):
                    assert not may(document(stack, model), action, f"{arn}/{key}"), f"{model} {action} {key}"
                assert not may(document(stack, model), "s3:ListBucket", arn, s3_prefix=key)
                assert not may(document(stack, model), "s3:ListBucket", arn)


def test_nobody_but_the_pods_of_the_model_take_its_role_on(stack: str) -> None:
    """The agent sets the session's tags from where the pod really runs; another namespace's session does not match."""
    whole = podded.whole(stack)
    spaces = {each["metadata"]["name"] for each in podded.objects(stack) if each["kind"] == "Namespace"}
    for model in inside(stack):
        (statement,) = json.loads(whole.one(aws.iam.Role, f"{model}-workload").inputs["assumeRolePolicy"])["Statement"]
        assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
        wanted = statement["Condition"]["StringEquals"]
        assert wanted["aws:RequestTag/kubernetes-namespace"] == f"{stack}-{model}"
        assert wanted["aws:RequestTag/kubernetes-service-account"] == "model"
        cluster = whole.one(aws.eks.Cluster).inputs["name"]
        assert wanted["aws:RequestTag/eks-cluster-arn"] == f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/{cluster}"
        assert f"{stack}-{model}" in spaces
        tie = whole.one(aws.eks.PodIdentityAssociation, model).inputs
        assert (tie["namespace"], tie["serviceAccount"]) == (f"{stack}-{model}", "model")


def test_no_other_role_of_the_stack_can_be_taken_on_by_a_pod(stack: str) -> None:
    roles = podded.whole(stack).all(aws.iam.Role)
    pods = [role.name for role in roles if "pods.eks" in role.inputs["assumeRolePolicy"]]
    assert sorted(pods) == sorted(f"{model}-workload" for model in inside(stack))


def peers(stack: str) -> dict[str, Peer]:
    """A pod of each workload, with the labels that it gets and those of its namespace."""
    objects = podded.objects(stack)
    around = {each["metadata"]["name"]: each["metadata"]["labels"] for each in objects if each["kind"] == "Namespace"}
    found = {}
    for number, each in enumerate(objects):
        spec = each.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template", {})
        if "containers" in template.get("spec", {}):
            place = each["metadata"]["namespace"]
            labels = template["metadata"]["labels"]
            found[f"{place}/{each['metadata']['name']}"] = Peer(
                address=f"192.0.2.{number % 250 + 1}", namespace=place, labels=labels, around=around[place]
            )
    return found


def test_no_pod_reaches_the_namespace_of_another_model() -> None:
    """local has two models in pods; the others have one, which a stranger's pod stands beside."""
    policies = [each for each in podded.objects("local") if each["kind"] == "NetworkPolicy"]
    found = peers("local")
    assert {each.namespace for each in found.values()} == {"local-vision", "local-vision-gpu"}
    for name, source in found.items():
        for other, target in found.items():
            if source.namespace != target.namespace:
                assert [p for p in PORTS if allowed(policies, source, target, p)] == [], f"{name} → {other}"


def test_a_pod_of_anybody_elses_reaches_no_model_and_no_model_reaches_it(stack: str) -> None:
    policies = [each for each in podded.objects(stack) if each["kind"] == "NetworkPolicy"]
    stranger = Peer(address="192.0.2.254", namespace="default")
    for name, pod in peers(stack).items():
        assert [p for p in PORTS if allowed(policies, stranger, pod, p)] == [], name
        assert [p for p in PORTS if allowed(policies, pod, stranger, p)] == [], name


def test_every_pod_resolves_names_gets_its_credentials_and_fetches_its_model(stack: str) -> None:
    policies = [each for each in podded.objects(stack) if each["kind"] == "NetworkPolicy"]
    resolver, agent, storage = (Peer(address=each) for each in ("172.20.0.10", "169.254.170.23", "52.216.1.1"))
    metadata, internet = Peer(address="169.254.169.254"), Peer(address="93.184.215.14")
    for name, pod in peers(stack).items():
        assert allowed(policies, pod, resolver, 53, "UDP"), name
        assert allowed(policies, pod, agent, 80), name
        assert allowed(policies, pod, storage, 443), name
        assert not any(allowed(policies, pod, each, port) for each in (metadata, internet) for port in (80, 443)), name
