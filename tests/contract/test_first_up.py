"""A first `up` of either half makes everything in an order in which nothing fails or stands open meanwhile."""

from __future__ import annotations

from functools import cache

import pulumi_aws as aws
import pytest

from tests.deployment import Deployment, Registered
from tests.stacks import podded

INSIDE = "kubernetes:"
RUNS = ("apps/v1:Deployment", "batch/v1:Job", "batch/v1:CronJob")
WALLS = ("NetworkPolicy", "ResourceQuota", "LimitRange", "ServiceAccount")


@pytest.fixture(params=podded.STACKS)
def stack(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@cache
def graph(stack: str, half: str) -> dict[str, frozenset[str]]:
    """Each resource of a half → every resource that exists before the engine asks for it, parents left out."""
    deployment = podded.whole(stack) if half == "aws" else podded.apps(stack)
    direct = {each.urn: frozenset(each.depends_on) for each in deployment.resources}
    known: dict[str, frozenset[str]] = {}

    def before(urn: str) -> frozenset[str]:
        if urn not in known:
            known[urn] = frozenset().union(*({each} | before(each) for each in direct.get(urn, ())))
        return known[urn]

    return {urn: before(urn) for urn in direct}


def urns(found: list[Registered]) -> set[str]:
    assert found, "nothing of the kind is declared"
    return {each.urn for each in found}


def inside(deployment: Deployment, *kinds: str) -> list[Registered]:
    """Kubernetes objects of these kinds, by the ends of their type tokens."""
    return [each for each in deployment.resources if each.type.startswith(INSIDE) and each.type.endswith(kinds)]


def named(deployment: Deployment, kind: type, prefix: str) -> list[Registered]:
    return [each for each in deployment.all(kind) if each.name.startswith(prefix)]


# The half in AWS.


def test_the_clusters_log_and_the_policies_of_its_role_come_before_the_cluster(stack: str) -> None:
    whole = podded.whole(stack)
    earlier = graph(stack, "aws")[whole.one(aws.eks.Cluster).urn]
    assert urns([whole.one(aws.cloudwatch.LogGroup, "cluster")]) <= earlier
    assert urns(named(whole, aws.iam.RolePolicy, "cluster-control")) <= earlier
    assert urns(named(whole, aws.iam.RolePolicyAttachment, "cluster-control")) <= earlier


def test_the_network_has_its_ways_out_before_the_cluster_stands_in_it(stack: str) -> None:
    whole = podded.whole(stack)
    endpoints = [each for each in whole.all(aws.ec2.VpcEndpoint) if "network" in each.name]
    assert urns(endpoints) <= graph(stack, "aws")[whole.one(aws.eks.Cluster).urn]


def test_the_cluster_comes_before_its_entries_and_each_entry_before_its_policy(stack: str) -> None:
    whole, order = podded.whole(stack), graph(stack, "aws")
    cluster = whole.one(aws.eks.Cluster).urn
    entries = {each.name: each.urn for each in whole.all(aws.eks.AccessEntry)}
    assert all(cluster in order[urn] for urn in entries.values())
    policies = {each.name: each.urn for each in whole.all(aws.eks.AccessPolicyAssociation)}
    assert policies.keys() == entries.keys() >= {"cluster-nodes"}
    assert [name for name, urn in policies.items() if entries[name] not in order[urn]] == []


def test_nodes_may_do_what_they_do_before_they_may_enter(stack: str) -> None:
    whole = podded.whole(stack)
    entry = whole.one(aws.eks.AccessEntry, "cluster-nodes").urn
    assert urns(named(whole, aws.iam.RolePolicy, "cluster-node")) <= graph(stack, "aws")[entry]


def test_everybody_may_enter_before_anything_else_takes_the_clusters_name(stack: str) -> None:
    """Whoever holds the name may call the API: it is handed on once all policies of entries are there."""
    whole, order = podded.whole(stack), graph(stack, "aws")
    policies = urns(whole.all(aws.eks.AccessPolicyAssociation))
    entries = policies | urns(whole.all(aws.eks.AccessEntry))
    takers = {each.urn for each in whole.resources if "clusterName" in each.inputs} - entries
    assert {each.urn for each in whole.all(aws.eks.PodIdentityAssociation)} <= takers
    assert [urn for urn in sorted(takers) if not policies <= order[urn]] == []


def test_the_sibling_is_told_of_the_cluster_when_everybody_may_enter_it(stack: str) -> None:
    whole = podded.whole(stack)
    told = graph(stack, "aws")[whole.one(aws.ssm.Parameter, "cluster").urn]
    assert urns(whole.all(aws.eks.AccessPolicyAssociation)) <= told


def test_a_models_role_may_do_what_its_pods_do_before_it_is_tied_to_them(stack: str) -> None:
    whole = podded.whole(stack)
    for tie in whole.all(aws.eks.PodIdentityAssociation):
        policy = whole.one(aws.iam.RolePolicy, f"{tie.name}-workload")
        assert policy.urn in graph(stack, "aws")[tie.urn]


# The half in the cluster.


def test_priorities_pools_and_the_switch_for_policies_come_before_every_namespace(stack: str) -> None:
    apps = podded.apps(stack)
    first = urns(inside(apps, ":PriorityClass")) | urns(inside(apps, "karpenter.sh/v1:NodePool"))
    first |= urns([each for each in apps.resources if each.type.endswith(":ConfigMap")])
    spaces = inside(apps, "core/v1:Namespace")
    assert spaces
    assert {each.name: sorted(first - graph(stack, "apps")[each.urn]) for each in spaces} == {
        each.name: [] for each in spaces
    }


def test_a_pools_class_comes_before_the_pool(stack: str) -> None:
    apps = podded.apps(stack)
    classes = {each.inputs["metadata"]["name"]: each.urn for each in inside(apps, ":NodeClass")}
    for pool in inside(apps, "karpenter.sh/v1:NodePool"):
        wanted = pool.inputs["spec"]["template"]["spec"]["nodeClassRef"]["name"]
        assert classes[wanted] in graph(stack, "apps")[pool.urn]


def test_walls_quotas_and_account_of_a_namespace_come_before_any_pod_in_it(stack: str) -> None:
    apps = podded.apps(stack)
    running = inside(apps, *RUNS)
    assert running
    for each in running:
        place = each.inputs["metadata"]["namespace"]
        around = {wall.urn for wall in inside(apps, *WALLS) if wall.inputs["metadata"]["namespace"] == place}
        assert len(around) == 5 + 3 + 1 + 1, "five policies, three quotas, a range of limits and an account"
        assert around <= graph(stack, "apps")[each.urn]


def test_everything_in_a_namespace_comes_after_it(stack: str) -> None:
    apps = podded.apps(stack)
    spaces = {each.inputs["metadata"]["name"]: each.urn for each in inside(apps, "core/v1:Namespace")}
    placed = [each for each in inside(apps, "") if each.inputs.get("metadata", {}).get("namespace") in spaces]
    assert len(placed) > 12
    late = [p.urn for p in placed if spaces[p.inputs["metadata"]["namespace"]] not in graph(stack, "apps")[p.urn]]
    assert late == []
