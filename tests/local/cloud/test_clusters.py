"""EKS as the emulated account has it: what AWS refuses of a cluster, of who enters it and of what pods become."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.kubernetes_versions import supported
from local.cloud.clusters import SERVICE
from local.cloud.node_groups import SERVICE as NODES_OF
from local.cloud.pod_identity import SERVICE as PODS
from tests.local.cloud.emulated import Cloud, refused
from tests.local.providers.cases_clusters import a_place
from tests.local.providers.cases_nodes import a_group

AUTO: dict[str, Any] = {
    "accessConfig": {"authenticationMode": "API"},
    "bootstrapSelfManagedAddons": False,
    "computeConfig": {"enabled": True, "nodePools": []},
    "kubernetesNetworkConfig": {"elasticLoadBalancing": {"enabled": True}},
    "storageConfig": {"blockStorage": {"enabled": True}},
}
VIEW = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
NODES = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy"


@pytest.fixture
def eks(cloud: Cloud) -> Any:
    return cloud.client("eks")


@pytest.fixture
def place(cloud: Cloud) -> dict[str, Any]:
    return a_place(cloud)


def asked(place: dict[str, Any], **changes: Any) -> dict[str, Any]:
    subnets = {"subnetIds": [place["first"], place["second"]]}
    return {"name": place["name"], "roleArn": place["role"], "resourcesVpcConfig": subnets} | AUTO | changes


@pytest.fixture
def cluster(eks: Any, place: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = eks.create_cluster(**asked(place, version=supported()[-2]))["cluster"]
    return made


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"computeConfig": {"enabled": True, "nodePools": [], "nodeRoleArn": "{role}"}}, "nodePool value(s) must be"),
        ({"computeConfig": {"enabled": True, "nodePools": ["system"]}}, "nodePool list cannot be populated"),
        ({"storageConfig": {"blockStorage": {"enabled": False}}}, "are all set to either true or false"),
        ({"bootstrapSelfManagedAddons": True}, "bootstrapSelfManagedAddons to be false"),
        ({"accessConfig": {"authenticationMode": "CONFIG_MAP"}}, "authentication mode API or"),
        ({"version": "1.9"}, "unsupported Kubernetes version 1.9"),
        ({"roleArn": "arn:aws:iam::123456789012:role/nobody"}, "could not be assumed"),
        ({"resourcesVpcConfig": {"subnetIds": ["subnet-0"]}}, "The subnet ID 'subnet-0' does not exist"),
    ],
)
def test_a_cluster_that_eks_would_refuse_is_refused(
    eks: Any, place: dict[str, Any], changes: dict[str, Any], said: str
) -> None:
    if changes.get("computeConfig", {}).get("nodeRoleArn"):
        changes["computeConfig"]["nodeRoleArn"] = place["role"]
    assert said in refused(eks.create_cluster, **asked(place, **changes))


def test_a_role_needs_awss_policies_before_it_runs_a_cluster(cloud: Cloud, eks: Any, place: dict[str, Any]) -> None:
    bare = cloud.role(trusted=SERVICE)
    said = refused(eks.create_cluster, **asked(place, roleArn=bare))
    assert "doesn't have the Amazon EKS Managed Policies" in said
    assert "AmazonEKSComputePolicy" in said


def test_its_subnets_are_in_two_zones_and_it_makes_a_group_of_its_own(
    cloud: Cloud, eks: Any, place: dict[str, Any]
) -> None:
    one = {"subnetIds": [place["first"]]}
    said = refused(eks.create_cluster, **asked(place, resourcesVpcConfig=one))
    assert "at least two different AZs" in said
    made = eks.create_cluster(**asked(place))["cluster"]["resourcesVpcConfig"]
    ec2 = cloud.client("ec2")
    (group,) = ec2.describe_security_groups(GroupIds=[made["clusterSecurityGroupId"]])["SecurityGroups"]
    assert group["VpcId"] == made["vpcId"]
    eks.delete_cluster(name=place["name"])
    assert "InvalidGroup" in refused(ec2.describe_security_groups, GroupIds=[made["clusterSecurityGroupId"]])


def test_a_protected_cluster_is_deleted_only_once_it_is_not(eks: Any, cluster: dict[str, Any]) -> None:
    eks.update_cluster_config(name=cluster["name"], deletionProtection=True)
    assert "deletion protection" in refused(eks.delete_cluster, name=cluster["name"])
    eks.update_cluster_config(name=cluster["name"], deletionProtection=False)
    eks.delete_cluster(name=cluster["name"])


def test_one_kind_of_change_a_call_and_one_version_at_a_time(eks: Any, cluster: dict[str, Any]) -> None:
    both = {"deletionProtection": True, "upgradePolicy": {"supportType": "STANDARD"}}
    assert "Only one type of update" in refused(eks.update_cluster_config, name=cluster["name"], **both)
    older = supported()[-3]
    assert f"from {supported()[-2]} to {older}" in refused(
        eks.update_cluster_version, name=cluster["name"], version=older
    )
    eks.update_cluster_version(name=cluster["name"], version=supported()[-1])
    assert eks.describe_cluster(name=cluster["name"])["cluster"]["version"] == supported()[-1]


def test_who_does_not_exist_does_not_enter_and_nobody_enters_twice(
    cloud: Cloud, eks: Any, cluster: dict[str, Any]
) -> None:
    name, role = cluster["name"], cloud.role()
    nobody = "arn:aws:iam::123456789012:role/nobody"
    assert "invalid principal" in refused(eks.create_access_entry, clusterName=name, principalArn=nobody)
    eks.create_access_entry(clusterName=name, principalArn=role)
    assert "already in use" in refused(eks.create_access_entry, clusterName=name, principalArn=role)
    groups = {"type": "EC2", "kubernetesGroups": ["x"]}
    other = cloud.role()
    assert "type EC2" in refused(eks.create_access_entry, clusterName=name, principalArn=other, **groups)


def test_a_policy_is_awss_is_for_an_entry_and_fits_its_type(cloud: Cloud, eks: Any, cluster: dict[str, Any]) -> None:
    who = {"clusterName": cluster["name"], "principalArn": cloud.role()}
    scope = {"type": "cluster"}
    assert "principalArn could not be found" in refused(
        eks.associate_access_policy, **who, policyArn=VIEW, accessScope=scope
    )
    eks.create_access_entry(**who)
    assert "policyArn could not" in refused(eks.associate_access_policy, **who, policyArn=f"{VIEW}2", accessScope=scope)
    assert "type STANDARD" in refused(eks.associate_access_policy, **who, policyArn=NODES, accessScope=scope)
    assert "Namespaces are for" in refused(
        eks.associate_access_policy, **who, policyArn=VIEW, accessScope={"type": "namespace"}
    )
    eks.associate_access_policy(**who, policyArn=VIEW, accessScope=scope)
    eks.delete_access_entry(**who)
    eks.create_access_entry(**who)
    assert eks.list_associated_access_policies(**who)["associatedAccessPolicies"] == []


def test_a_pod_has_one_role_and_one_that_trusts_pod_identity(cloud: Cloud, eks: Any, cluster: dict[str, Any]) -> None:
    pod = {"clusterName": cluster["name"], "namespace": "prod-risk", "serviceAccount": "risk"}
    said = refused(eks.create_pod_identity_association, **pod, roleArn=cloud.role())
    assert said.startswith("InvalidParameterException")
    eks.create_pod_identity_association(**pod, roleArn=cloud.role(trusted=PODS))
    again = refused(eks.create_pod_identity_association, **pod, roleArn=cloud.role(trusted=PODS))
    assert "Association already exists: prod-risk/risk" in again
    eks.create_pod_identity_association(**pod | {"namespace": "prod-other"}, roleArn=cloud.role(trusted=PODS))
    assert len(eks.list_pod_identity_associations(clusterName=cluster["name"])["associations"]) == 2


def test_only_a_policy_that_aws_maintains_can_be_attached_by_its_name(cloud: Cloud) -> None:
    iam, role = cloud.client("iam"), cloud.role().rpartition("/")[2]
    iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AmazonEKSComputePolicy")
    (attached,) = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert attached["PolicyName"] == "AmazonEKSComputePolicy"
    said = refused(iam.attach_role_policy, RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AmazonEKSEverything")
    assert said.startswith("NoSuchEntity")


def nodes(made: dict[str, Any], **changes: Any) -> dict[str, Any]:
    sizes = {"minSize": 0, "maxSize": 2, "desiredSize": 0}
    return {
        "clusterName": made["cluster"],
        "nodegroupName": "shared",
        "nodeRole": made["role"],
        "subnets": [made["subnet"]],
        "scalingConfig": sizes,
        "launchTemplate": {"id": made["template"], "version": "1"},
    } | changes


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"nodeRole": "arn:aws:iam::123456789012:role/nobody"}, "is not one that EC2 may assume"),
        ({"subnets": ["subnet-0"]}, "The subnet ID 'subnet-0' does not exist"),
        ({"scalingConfig": {"minSize": 0, "maxSize": 2, "desiredSize": 3}}, "desiredSize 3 is not within"),
        ({"launchTemplate": {"id": "lt-0", "version": "1"}}, "Launch template lt-0 has no version 1"),
    ],
)
def test_a_node_group_that_eks_would_refuse_is_refused(cloud: Cloud, eks: Any, changes: Any, said: str) -> None:
    assert said in refused(eks.create_nodegroup, **nodes(a_group(cloud), **changes))


def test_a_role_without_awss_policy_runs_no_nodes(cloud: Cloud, eks: Any) -> None:
    made = a_group(cloud)
    assert "lacks the policy" in refused(eks.create_nodegroup, **nodes(made, nodeRole=cloud.role(trusted=NODES_OF)))


def test_a_cluster_goes_after_its_node_groups(cloud: Cloud, eks: Any) -> None:
    made = a_group(cloud)
    eks.create_nodegroup(**nodes(made))
    assert "has nodegroups attached: shared" in refused(eks.delete_cluster, name=made["cluster"])
    eks.delete_nodegroup(clusterName=made["cluster"], nodegroupName="shared")
    eks.delete_cluster(name=made["cluster"])


def test_an_add_on_is_one_of_awss_and_there_once(eks: Any, cluster: dict[str, Any]) -> None:
    asked = {"clusterName": cluster["name"], "addonName": "coredns"}
    eks.create_addon(**asked)
    assert "already exists" in refused(eks.create_addon, **asked)
    assert "nobodys specified is not supported" in refused(eks.create_addon, **asked | {"addonName": "nobodys"})
    assert eks.list_addons(clusterName=cluster["name"])["addons"] == ["coredns"]
