"""The half of the program that declares what is in the cluster."""

from __future__ import annotations

import json
from typing import Any

import pulumi_aws as aws
import pytest

import tests.deployment
from infra.config import ConfigError
from infra.program import deploy as program
from tests.deployment import Deployment
from tests.stacks import podded, shipped
from tests.unit.components.clustered import manifests, of

SERVICES, S3 = "172.20.0.0/16", ["52.216.0.0/15", "3.5.0.0/19"]


@pytest.fixture(scope="module", params=podded.STACKS)
def stack(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def inside(told: dict[str, Any], **more: Any) -> Deployment:
    return podded.applied("dev", told, suffix="-apps", **more)


def blocks(found: Deployment, policy: str) -> list[str]:
    """The addresses that a policy of the model in pods lets it reach, or lets in."""
    spec = of(found, "NetworkPolicy", f"takeoff-{policy}")["spec"]
    rules = [("to", each) for each in spec.get("egress", ())] + [("from", each) for each in spec.get("ingress", ())]
    peers = [peer for key, rule in rules for peer in rule[key]]
    return [each["ipBlock"]["cidr"] for each in peers if "ipBlock" in each]


def test_every_object_is_of_the_stacks_own_cluster_and_says_so(stack: str) -> None:
    found = podded.apps(stack)
    kubernetes = [each for each in found.resources if each.type.startswith("kubernetes:")]
    assert len(kubernetes) > 20
    assert [each.urn for each in kubernetes if "::kubernetes::" not in each.provider] == []
    provider = found.one("pulumi:providers:kubernetes").inputs
    assert f'"--cluster-name", "{shipped.CLUSTER["name"]}"' in provider["kubeconfig"]
    assert provider["enableServerSideApply"] == "true"


def test_it_declares_nothing_of_aws(stack: str) -> None:
    assert [each.urn for each in podded.apps(stack).resources if each.type.startswith("aws:")] == []


def test_each_model_in_pods_has_its_part_and_no_other_has_one(stack: str) -> None:
    told = podded.read(stack)["models"]
    wanted = {f"{stack}-{name}" for name, model in told.items() if "pods" in model or "jobs" in model}
    assert {each["metadata"]["name"] for each in podded.objects(stack) if each["kind"] == "Namespace"} == wanted
    outputs = podded.apps(stack).outputs["workloads"]
    assert {entry["namespace"] for entry in outputs.values()} == wanted
    for name, entry in outputs.items():
        assert entry["address"] == f"http://{name}.{stack}-{name}"
        assert len(entry.get("jobs", [])) == len(told[name].get("jobs", {}))


def test_pools_stand_on_what_the_aws_half_told_of_its_cluster(stack: str) -> None:
    classes = [each["spec"] for each in podded.objects(stack) if each["kind"] == "NodeClass"]
    assert classes
    for spec in classes:
        assert spec["role"] == shipped.CLUSTER["nodeRole"]
        assert [each["id"] for each in spec["subnetSelectorTerms"]] == shipped.CLUSTER["subnets"]
        assert [each["id"] for each in spec["securityGroupSelectorTerms"]] == shipped.CLUSTER["securityGroups"]
        assert spec["ephemeralStorage"]["kmsKeyID"] == shipped.CLUSTER["key"]


def test_what_the_aws_half_tells_is_what_this_half_reads() -> None:
    told = podded.whole("prod").one(aws.ssm.Parameter, "cluster").inputs
    assert told["name"] == "/takeoff/prod/platform/cluster"
    facts = json.loads(told["insecureValue"])
    assert facts.keys() == shipped.CLUSTER.keys()
    known = podded.account("prod", podded.read("prod")) | {told["name"]: told["insecureValue"]}
    found = tests.deployment.deploy(
        program, stack="prod-apps", config=podded.handed(podded.read("prod")), parameters=known
    )
    spec = next(each["spec"] for each in manifests(found) if each.get("kind") == "NodeClass")
    assert spec["role"] == facts["nodeRole"]


def test_the_switch_that_makes_policies_hold_is_on(stack: str) -> None:
    (found,) = [each for each in podded.objects(stack) if each["kind"] == "ConfigMap"]
    assert (found["metadata"]["namespace"], found["metadata"]["name"]) == ("kube-system", "amazon-vpc-cni")
    assert found["data"] == {"enable-network-policy-controller": "true"}


def test_pods_reach_the_resolver_s3_and_the_network_of_the_stack_and_are_reached_from_it() -> None:
    found, own = inside(podded.read("dev")), podded.OVER_DEV["network"]["cidr"]
    assert blocks(found, "dns") == ["172.20.0.10/32"]
    assert blocks(found, "https") == [*sorted(S3), own]
    assert blocks(found, "callers") == [own]


def test_in_an_existing_network_they_reach_each_of_its_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = tests.deployment._Account.call
    named = ["10.50.0.0/16", "100.64.0.0/16"]

    def call(self: Any, args: Any) -> dict[str, Any]:
        if args.token != "aws:ec2/getVpc:getVpc":
            return asked(self, args)
        assert args.args["id"] == "vpc-0a1b"
        return {"id": "vpc-0a1b", "cidrBlockAssociations": [{"cidrBlock": each} for each in named]}

    monkeypatch.setattr(tests.deployment._Account, "call", call)
    told = podded.read("dev")
    told["network"] = {"vpcId": "vpc-0a1b", "subnetIds": ["subnet-a", "subnet-b"]}
    found = inside(told)
    assert blocks(found, "https") == [*sorted(S3), *named]
    assert blocks(found, "callers") == named


def test_a_model_that_the_account_is_not_ready_for_says_what_comes_next_and_the_others_go_on() -> None:
    told = podded.read("local")
    known = {name: value for name, value in podded.account("local", told).items() if "/vision/" not in name}
    found = tests.deployment.deploy(program, stack="local-apps", config=podded.handed(told), parameters=known)
    entries = found.outputs["workloads"]
    assert entries["vision"] == {"next": "takeoff image build vision --stack local"}
    assert entries["vision-gpu"]["namespace"] == "local-vision-gpu"
    spaces = [each["metadata"]["name"] for each in manifests(found) if each.get("kind") == "Namespace"]
    assert spaces == ["local-vision-gpu"]


def test_a_quota_of_the_file_is_the_namespaces() -> None:
    told = podded.read("dev")
    told["models"]["vision"]["quota"] = {"cpu": "12", "memory": "48Gi", "gpu": 2, "pods": 5}
    hard = of(inside(told), "ResourceQuota", "all")["spec"]["hard"]
    assert hard == {
        "requests.cpu": "12000m",
        "requests.memory": str(48 * 2**30),
        "requests.nvidia.com/gpu": "2",
        "pods": "5",
    }


def charts(told: dict[str, Any]) -> Deployment:
    told["cluster"] |= {
        "kedaVersion": "2.21.1",
        "kueueVersion": "0.18.1",
        "kueueChart": "oci://example.com/charts/kueue",
    }
    return inside(told)


def test_charts_that_the_file_names_are_released_whole_in_namespaces_of_their_own() -> None:
    found = {each.name: each.inputs for each in charts(podded.read("dev")).all("kubernetes:helm.sh/v3:Release")}
    assert found.keys() == {"keda", "kueue"}
    assert (found["keda"]["chart"], found["keda"]["version"]) == ("keda", "2.21.1")
    assert found["keda"]["repositoryOpts"] == {"repo": "https://kedacore.github.io/charts"}
    assert (found["kueue"]["chart"], found["kueue"]["version"]) == ("oci://example.com/charts/kueue", "0.18.1")
    assert "repositoryOpts" not in found["kueue"]
    for name, namespace in (("keda", "keda"), ("kueue", "kueue-system")):
        assert (found[name]["namespace"], found[name]["createNamespace"]) == (namespace, True)
        assert found[name]["atomic"] is True


def test_charts_come_after_the_pools_for_their_pods_and_before_whatever_their_webhooks_look_at() -> None:
    found = charts(podded.read("dev"))
    releases = found.all("kubernetes:helm.sh/v3:Release")
    pools = {each.urn for each in found.all("kubernetes:karpenter.sh/v1:NodePool")}
    assert pools
    assert all(pools <= set(each.depends_on) for each in releases)
    space = found.one("kubernetes:core/v1:Namespace", "vision")
    assert {each.urn for each in releases} <= set(space.depends_on)


def test_a_file_that_names_no_chart_releases_none(stack: str) -> None:
    releases = {each.name for each in podded.apps(stack).all("kubernetes:helm.sh/v3:Release")}
    assert not releases & {"keda", "kueue"}


def refused(told: dict[str, Any], **more: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        inside(told, **more)
    line = str(caught.value)
    assert "\n" not in line
    assert "; allowed: " in line
    return line


def test_a_quota_below_one_replica_is_one_line_with_the_models_key() -> None:
    told = podded.read("dev")
    told["models"]["vision"]["quota"] = {"cpu": "2", "memory": "48Gi", "gpu": 2}
    line = refused(told)
    assert line.startswith("takeoff:models.vision: quota: got cpu 2 below 3; allowed: ")
    assert line.endswith("; fix it in stacks/Pulumi.dev.yaml")


def test_a_stack_file_without_a_cluster_has_no_half_inside_one() -> None:
    told = podded.read("dev")
    del told["cluster"], told["nodePools"], told["models"]["vision"]
    line = refused(told)
    assert line.startswith("takeoff:cluster: got nothing; allowed: a block, for the stack dev-apps")
    assert line.endswith("fix it in stacks/Pulumi.dev.yaml")


def test_before_the_aws_half_is_applied_it_says_which_command_applies_it() -> None:
    line = refused(podded.read("dev"), cluster=False)
    assert line == (
        "stack dev-apps: got no cluster in the account; allowed: one that `pulumi up --stack dev` made before"
    )
