"""Pools of nodes: Karpenter's, and managed node groups."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s
import pytest

from catalog.node_pool import NodePool as Declared
from catalog.node_pool import Sharing
from components.node_class import NodeGround
from components.node_group import POLICIES, NodeGroups, NodeGroupsArgs
from components.node_pool import NodePool, NodePoolArgs
from components.site import Site
from tests.deployment import Deployment, deploy

SITE = Site(stack="test", account="123456789012", region="us-east-1", partition="aws")
NODEPOOL, NODECLASS = "kubernetes:karpenter.sh/v1:NodePool", "kubernetes:eks.amazonaws.com/v1:NodeClass"
CPU: dict[str, Any] = {"name": "cpu", "families": ("m7i",), "limits": {"cpu": "200"}, "disk_gib": 120}
GPU: dict[str, Any] = {
    "name": "gpu",
    "accelerator": "nvidia",
    "types": ("g6.xlarge", "g6.2xlarge"),
    "limits": {"nvidia.com/gpu": "8"},
}
GROUP: dict[str, Any] = {**GPU, "types": ("p5.48xlarge",), "limits": {}, "least": 1, "most": 3}
CUT = Sharing(kind="mig", profile="1g.10gb")


def made(program: Callable[[], object]) -> Deployment:
    def run() -> None:
        program()

    return deploy(run)


def pool(**declared: Any) -> Deployment:
    ground = NodeGround(role="nodes", subnets=["subnet-a"], security_groups=["sg-1", "sg-2"], key="arn:key")
    return made(lambda: NodePool("pool", SITE, NodePoolArgs(pool=Declared(**declared), ground=ground)))


def groups(*declared: dict[str, Any], **other: Any) -> Deployment:
    def program() -> None:
        args = NodeGroupsArgs(
            pools=[Declared(**each) for each in declared],
            cluster=pulumi.Output.from_input("takeoff-test"),
            subnets=["subnet-a", "subnet-b"],
            security_groups=["sg-1"],
            **{"zones": ["us-east-1a", "us-east-1b"], **other},
        )
        NodeGroups("groups", SITE, args)

    return deploy(program)


def test_an_elastic_pool_is_a_class_and_a_pool_that_names_it() -> None:
    found = pool(**CPU)
    class_, karpenter = found.one(NODECLASS), found.one(NODEPOOL)
    assert class_.inputs["spec"] == {
        "role": "nodes",
        "subnetSelectorTerms": [{"id": "subnet-a"}],
        "securityGroupSelectorTerms": [{"id": "sg-1"}, {"id": "sg-2"}],
        "ephemeralStorage": {"size": "120Gi", "kmsKeyID": "arn:key"},
        "networkPolicy": "DefaultAllow",
    }
    reference = karpenter.inputs["spec"]["template"]["spec"]["nodeClassRef"]
    assert reference == {"group": "eks.amazonaws.com", "kind": "NodeClass", "name": class_.inputs["metadata"]["name"]}
    assert class_.urn in karpenter.depends_on
    assert karpenter.inputs["apiVersion"] == "karpenter.sh/v1"


def test_every_object_says_whose_it_is() -> None:
    found = pool(**GPU)
    for each in [*found.all(NODECLASS), *found.all(NODEPOOL)]:
        labels = each.inputs["metadata"]["labels"]
        assert (labels["takeoff/stack"], labels["takeoff/pool"]) == ("test", "gpu")
        assert labels["app.kubernetes.io/managed-by"] == "pulumi"


def test_each_type_in_order_is_a_pool_of_its_own_with_one_class() -> None:
    found = pool(**GPU)
    weights = {each.inputs["metadata"]["name"]: each.inputs["spec"]["weight"] for each in found.all(NODEPOOL)}
    assert weights == {"test-gpu-1": 100, "test-gpu-2": 99}
    assert len(found.all(NODECLASS)) == 1


def test_a_pool_grows_no_further_than_its_limits_and_others_stay_off_its_gpus() -> None:
    specs = [each.inputs["spec"] for each in pool(**GPU).all(NODEPOOL)]
    assert [each["limits"] for each in specs] == [{"nvidia.com/gpu": "8"}] * 2
    taint = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
    assert [each["template"]["spec"]["taints"] for each in specs] == [[taint]] * 2
    assert pool(**CPU).one(NODEPOOL).inputs["spec"]["limits"] == {"cpu": "200"}
    assert "taints" not in pool(**CPU).one(NODEPOOL).inputs["spec"]["template"]["spec"]


def test_a_pool_that_cannot_be_is_refused_with_what_is_allowed() -> None:
    with pytest.raises(ValueError, match=r"nodePools\.gpu\.limits\.gpu: got none; allowed: how many GPUs"):
        pool(**{**GPU, "limits": {}})


def test_the_plugin_of_a_node_group_shares_its_gpus_on_its_nodes_alone() -> None:
    found = pool(**GROUP, sharing=Sharing(kind="time-slicing", replicas=4))
    values = found.one(k8s.helm.v3.Release).inputs["values"]
    config = json.loads(values["config"]["map"][values["config"]["default"]])
    shared = {"name": "nvidia.com/gpu", "replicas": 4}
    assert config["sharing"]["timeSlicing"] == {"failRequestsGreaterThanOne": True, "resources": [shared]}
    required = values["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    (term,) = required["nodeSelectorTerms"]
    assert {each["key"]: each["values"] for each in term["matchExpressions"]} == {
        "takeoff/pool": ["gpu"],
        "takeoff/stack": ["test"],
    }
    assert not found.all(NODEPOOL)
    assert not found.all(NODECLASS)


def test_a_cut_gpu_is_offered_by_its_instances() -> None:
    values = pool(**GROUP, sharing=CUT).one(k8s.helm.v3.Release).inputs["values"]
    assert json.loads(values["config"]["map"]["default"])["flags"] == {"migStrategy": "single"}


def test_an_image_with_a_plugin_of_its_own_gets_no_second_one() -> None:
    found = pool(**GROUP, reservation="cr-1", ami="BOTTLEROCKET_x86_64_NVIDIA")
    assert not found.all(k8s.helm.v3.Release)


def test_a_node_group_has_the_pools_labels_taints_types_and_sizes() -> None:
    group = groups({**GROUP, "sharing": CUT}).one(aws.eks.NodeGroup)
    assert group.inputs["amiType"] == "AL2023_x86_64_NVIDIA"
    assert group.inputs["labels"]["takeoff/pool"] == "gpu"
    assert group.inputs["taints"] == [{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}]
    assert group.inputs["instanceTypes"] == ["p5.48xlarge"]
    assert group.inputs["scalingConfig"] == {"minSize": 1, "maxSize": 3, "desiredSize": 1}
    assert group.ignore_changes == ("scalingConfig.desiredSize",)
    assert group.inputs["subnetIds"] == ["subnet-a", "subnet-b"]


def test_a_node_starts_by_cutting_its_gpus_and_only_where_they_are_cut() -> None:
    data = groups({**GROUP, "sharing": CUT}).one(aws.ec2.LaunchTemplate).inputs["userData"]
    assert f"nvidia-smi mig -cgi {','.join(['1g.10gb'] * 7)} -C" in base64.b64decode(data).decode()
    whole = groups({**GROUP, "reservation": "cr-1"}).one(aws.ec2.LaunchTemplate)
    assert "userData" not in whole.inputs


def test_a_reserved_pool_starts_in_its_reservation_and_its_zones() -> None:
    found = groups({**GROUP, "reservation": "cr-1", "zones": ("us-east-1b",)})
    wanted = {"capacityReservationTarget": {"capacityReservationId": "cr-1"}}
    assert found.one(aws.ec2.LaunchTemplate).inputs["capacityReservationSpecification"] == wanted
    assert found.one(aws.eks.NodeGroup).inputs["subnetIds"] == ["subnet-b"]


def test_a_node_gives_its_pods_no_credentials_and_its_disk_is_encrypted() -> None:
    template = groups({**GROUP, "sharing": CUT}).one(aws.ec2.LaunchTemplate).inputs
    assert template["metadataOptions"]["httpTokens"] == "required"
    assert template["metadataOptions"]["httpPutResponseHopLimit"] == 1
    assert template["blockDeviceMappings"][0]["ebs"]["encrypted"] == "true"


def test_nodes_come_after_what_gives_them_addresses_and_names_come_after_nodes() -> None:
    found = groups({**GROUP, "sharing": CUT})
    addons = {each.inputs["addonName"]: each for each in found.all(aws.eks.Addon)}
    group = found.one(aws.eks.NodeGroup)
    assert {addons[name].urn for name in ("vpc-cni", "kube-proxy", "eks-pod-identity-agent")} <= set(group.depends_on)
    assert group.urn in addons["coredns"].depends_on
    assert json.loads(addons["vpc-cni"].inputs["configurationValues"]) == {"enableNetworkPolicy": "true"}


def test_all_groups_have_one_role_with_what_eks_asks_of_it() -> None:
    found = groups({**GROUP, "sharing": CUT}, {**GROUP, "name": "other", "reservation": "cr-1"})
    assert len(found.all(aws.eks.NodeGroup)) == 2
    assert len(found.all(aws.iam.Role)) == 1
    attached = [each.inputs["policyArn"].rpartition("/")[2] for each in found.all(aws.iam.RolePolicyAttachment)]
    assert sorted(attached) == sorted(POLICIES)


@pytest.mark.parametrize(
    ("declared", "other", "said"),
    [
        (GPU, {}, "pools with min and max"),
        ({**GROUP, "sharing": CUT, "zones": ("us-east-1c",)}, {}, "us-east-1a"),
        ({**GROUP, "sharing": CUT, "zones": ("us-east-1a",)}, {"zones": []}, "not known"),
        ({**GROUP, "sharing": CUT}, {"zones": ["us-east-1a"]}, "one for each of 2 subnets"),
        ({**GROUP, "sharing": CUT, "ami": "AL2023_x86_64_STANDARD"}, {}, "AL2023_x86_64_NVIDIA"),
    ],
)
def test_groups_that_would_not_start_are_refused(declared: dict[str, Any], other: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        groups(declared, **other)
