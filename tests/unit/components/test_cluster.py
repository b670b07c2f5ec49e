"""A cluster: what EKS is asked for, who may enter, what its roles may do, and what comes before what."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

import tests.deployment
from catalog.kubernetes_versions import supported
from components.cluster import LOGS, Cluster
from components.cluster_args import ClusterArgs
from components.cluster_roles import AUTO_MODE
from components.key import Key
from components.placement import Placement
from components.site import Site
from tests.deployment import Deployment, Registered, deploy

SITE = Site(stack="prod", account="123456789012", region="us-east-1", partition="aws")
PLACE = Placement(vpc_id="vpc-1", subnet_ids=["subnet-1", "subnet-2"], security_group_ids=["sg-workloads"])
ROLES = "arn:aws:iam::123456789012:role/"
ACCESS = {"admin": [f"{ROLES}takeoff-deployer"], "edit": [f"{ROLES}team/engineers"], "view": [f"{ROLES}auditors"]}
OWNER, NEWEST = "a@example.com", supported()[-1]
IMAGE = f"210987654321.dkr.ecr.eu-west-1.amazonaws.com/shared/model@sha256:{'a' * 64}"
ENTRY, POLICY = aws.eks.AccessEntry, aws.eks.AccessPolicyAssociation


def declared(**changes: Any) -> Deployment:
    def program() -> None:
        given: dict[str, Any] = {"placement": PLACE, "owner": OWNER, "version": NEWEST, "access": ACCESS} | changes
        key = Key("data", site=SITE, purpose="p")
        cluster = Cluster("cluster", SITE, ClusterArgs(key=key, **given))
        pulumi.export("endpoint", cluster.endpoint)

    return deploy(program)


@pytest.fixture(scope="module")
def whole() -> Deployment:
    return declared()


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """An existing cluster, as pulumi-aws's data source tells of it; a test may change what it says."""
    found: dict[str, Any] = {
        "name": "shared",
        "endpoint": "https://shared.example",
        "accessConfigs": [{"authenticationMode": "API_AND_CONFIG_MAP"}],
        "certificateAuthorities": [{"data": "Y2E="}],
        "computeConfigs": [{"enabled": True, "nodePools": [], "nodeRoleArn": ""}],
        "vpcConfig": {"clusterSecurityGroupId": "sg-shared"},
    }
    asked = tests.deployment._Account.call

    def call(self: Any, args: Any) -> dict[str, Any]:
        return found if args.token == "aws:eks/getCluster:getCluster" else asked(self, args)

    monkeypatch.setattr(tests.deployment._Account, "call", call)
    return found


def told(deployment: Deployment) -> dict[str, Any]:
    """What is left in the account for the sibling stack."""
    found: dict[str, Any] = json.loads(deployment.one(aws.ssm.Parameter, "cluster").inputs["insecureValue"])
    return found


def granted(deployment: Deployment, role: str) -> dict[str, dict[str, Any]]:
    """Each action that a role's own policy allows → its statement."""
    (policy,) = [p for p in deployment.all(aws.iam.RolePolicy) if p.name == role]
    return {action: s for s in json.loads(policy.inputs["policy"])["Statement"] for action in s["Action"]}


def before(deployment: Deployment, resource: Registered) -> set[str]:
    """Types and names of everything that exists before a resource is asked for, parents left out."""
    by_urn, found, waiting = {r.urn: r for r in deployment.resources}, set(), [resource]
    while waiting:
        for urn in waiting.pop().depends_on:
            each = by_urn.get(urn)
            if each and f"{each.type} {each.name}" not in found:
                found.add(f"{each.type} {each.name}")
                waiting.append(each)
    return found


def test_aws_runs_the_nodes_the_balancers_and_the_volumes_of_declared_pools_only(whole: Deployment) -> None:
    made = whole.one(aws.eks.Cluster).inputs
    assert (made["name"], made["version"]) == ("takeoff-prod-cluster", NEWEST)
    # EKS refuses a role for nodes beside an empty list of pools.
    assert made["computeConfig"] == {"enabled": True, "nodePools": []}
    assert made["kubernetesNetworkConfig"] == {"elasticLoadBalancing": {"enabled": True}}
    assert made["storageConfig"] == {"blockStorage": {"enabled": True}}
    assert made["bootstrapSelfManagedAddons"] is False


def test_only_access_entries_let_anybody_in_and_the_creator_is_nobody(whole: Deployment) -> None:
    access = whole.one(aws.eks.Cluster).inputs["accessConfig"]
    assert access == {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False}


def test_the_api_is_private_and_opens_to_named_ranges_alone(whole: Deployment) -> None:
    private = whole.one(aws.eks.Cluster).inputs["vpcConfig"]
    assert private["endpointPrivateAccess"] is True
    assert private["endpointPublicAccess"] is False
    assert "publicAccessCidrs" not in private
    opened = declared(access_cidrs=["203.0.113.0/24"]).one(aws.eks.Cluster).inputs["vpcConfig"]
    assert opened["endpointPrivateAccess"] is True
    assert (opened["endpointPublicAccess"], opened["publicAccessCidrs"]) == (True, ["203.0.113.0/24"])


def test_secrets_and_all_five_logs_are_under_the_stacks_key(whole: Deployment) -> None:
    made = whole.one(aws.eks.Cluster).inputs
    log = whole.one(aws.cloudwatch.LogGroup).inputs
    key = made["encryptionConfig"]["provider"]["keyArn"]
    assert made["encryptionConfig"]["resources"] == ["secrets"]
    assert sorted(made["enabledClusterLogTypes"]) == sorted(LOGS)
    assert len(LOGS) == 5
    assert (log["name"], log["kmsKeyId"]) == ("/aws/eks/takeoff-prod-cluster/cluster", key)


def test_it_is_protected_from_deletion_where_it_is_asked_for(whole: Deployment) -> None:
    assert whole.one(aws.eks.Cluster).inputs["deletionProtection"] is False
    assert declared(deletion_protection=True).one(aws.eks.Cluster).inputs["deletionProtection"] is True


def test_each_persona_has_awss_policy_for_it_and_nodes_have_theirs(whole: Deployment) -> None:
    policies = {
        each.inputs["principalArn"].rpartition("/")[2]: each.inputs["policyArn"].rpartition("/")[2]
        for each in whole.all(POLICY)
    }
    assert policies == {
        "takeoff-deployer": "AmazonEKSClusterAdminPolicy",
        "engineers": "AmazonEKSEditPolicy",
        "auditors": "AmazonEKSViewPolicy",
        "takeoff-prod-cluster-node": "AmazonEKSAutoNodePolicy",
    }
    kinds = {each.inputs["principalArn"].rpartition("/")[2]: each.inputs["type"] for each in whole.all(ENTRY)}
    assert kinds.pop("takeoff-prod-cluster-node") == "EC2"
    assert set(kinds.values()) == {"STANDARD"}
    assert {each.inputs["accessScope"]["type"] for each in whole.all(POLICY)} == {"cluster"}


def test_the_control_plane_has_the_policies_that_eks_asks_for_and_the_key_of_the_nodes_disks(whole: Deployment) -> None:
    attached = {each.inputs["policyArn"] for each in whole.all(aws.iam.RolePolicyAttachment)}
    assert attached == {f"arn:aws:iam::aws:policy/{name}" for name in AUTO_MODE}
    rights = granted(whole, "cluster-control")
    assert {action.split(":")[0] for action in rights} == {"kms"}
    assert rights["kms:CreateGrant"]["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def test_a_node_hands_pods_their_roles_and_pulls_images_and_reads_nothing_of_a_model() -> None:
    rights = granted(declared(images=[IMAGE]), "cluster-node")
    assert set(rights) == {
        "eks-auth:AssumeRoleForPodIdentity",
        "ecr:GetAuthorizationToken",
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
    }
    cluster = "arn:aws:eks:us-east-1:123456789012:cluster/takeoff-prod-cluster"
    assert rights["eks-auth:AssumeRoleForPodIdentity"]["Resource"] == [cluster]
    assert rights["ecr:BatchGetImage"]["Resource"] == [
        "arn:aws:ecr:us-east-1:123456789012:repository/takeoff-prod-*",
        "arn:aws:ecr:eu-west-1:210987654321:repository/shared/model",
    ]


def test_who_takes_the_roles_is_eks_for_this_account_and_instances(whole: Deployment) -> None:
    trusts = {
        role.name: json.loads(role.inputs["assumeRolePolicy"])["Statement"][0] for role in whole.all(aws.iam.Role)
    }
    assert trusts["cluster-control"] == {
        "Effect": "Allow",
        "Principal": {"Service": "eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
    }
    # EC2 names no account.
    assert trusts["cluster-node"] == {
        "Effect": "Allow",
        "Principal": {"Service": "ec2.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }


def test_what_the_stack_runs_reaches_the_api_and_nothing_else_of_the_cluster(whole: Deployment) -> None:
    (into,), (out,) = whole.all(aws.vpc.SecurityGroupIngressRule), whole.all(aws.vpc.SecurityGroupEgressRule)
    assert into.inputs["referencedSecurityGroupId"] == out.inputs["securityGroupId"] == "sg-workloads"
    assert into.inputs["securityGroupId"] == out.inputs["referencedSecurityGroupId"] == "sg-cluster"
    for rule in (into, out):
        assert (rule.inputs["ipProtocol"], rule.inputs["fromPort"], rule.inputs["toPort"]) == ("tcp", 443, 443)


def test_private_nodes_reach_every_service_that_they_and_their_pods_call() -> None:
    needed = {"ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "sts", "logs"}
    assert needed == Cluster.CALLS


def test_the_roles_policies_and_the_log_come_before_the_cluster(whole: Deployment) -> None:
    earlier = before(whole, whole.one(aws.eks.Cluster))
    assert "aws:cloudwatch/logGroup:LogGroup cluster" in earlier
    assert "aws:iam/rolePolicy:RolePolicy cluster-control" in earlier
    for name in AUTO_MODE:
        assert f"aws:iam/rolePolicyAttachment:RolePolicyAttachment cluster-control-{name}" in earlier


def test_the_cluster_comes_before_entries_entries_before_their_policies_and_all_before_its_name_is_told(
    whole: Deployment,
) -> None:
    for entry in whole.all(ENTRY):
        assert "aws:eks/cluster:Cluster cluster" in before(whole, entry)
    for policy in whole.all(POLICY):
        assert f"aws:eks/accessEntry:AccessEntry {policy.name}" in before(whole, policy)
    nodes = whole.one(ENTRY, "cluster-nodes")
    assert "aws:iam/rolePolicy:RolePolicy cluster-node" in before(whole, nodes)

    def program() -> None:
        given: dict[str, Any] = {"placement": PLACE, "owner": OWNER, "version": NEWEST, "access": ACCESS}
        cluster = Cluster("cluster", SITE, ClusterArgs(key=Key("data", site=SITE, purpose="p"), **given))
        aws.ssm.Parameter("takes-the-name", type="String", insecure_value=cluster.name)

    later = deploy(program)
    for taker in ("takes-the-name", "cluster"):
        earlier = before(later, later.one(aws.ssm.Parameter, taker))
        for policy in later.all(POLICY):
            assert f"aws:eks/accessPolicyAssociation:AccessPolicyAssociation {policy.name}" in earlier


def test_the_sibling_stack_is_told_what_pools_are_made_of(whole: Deployment) -> None:
    facts = told(whole)
    assert whole.one(aws.ssm.Parameter).inputs["name"] == "/takeoff/prod/platform/cluster"
    assert facts.keys() == {"name", "nodeRole", "subnets", "securityGroups", "key"}
    assert facts["name"] == "takeoff-prod-cluster"
    assert facts["nodeRole"] == "takeoff-prod-cluster-node"
    assert facts["subnets"] == ["subnet-1", "subnet-2"]
    assert facts["securityGroups"][1:] == ["sg-workloads"]


def test_an_existing_cluster_gains_our_nodes_and_roles_and_is_not_made(there: dict[str, Any]) -> None:
    deployment = declared(version="", existing="shared")
    assert deployment.all(aws.eks.Cluster) == []
    assert deployment.all(aws.cloudwatch.LogGroup) == []
    assert [role.name for role in deployment.all(aws.iam.Role)] == ["cluster-node"]
    assert {each.inputs["clusterName"] for each in deployment.all(ENTRY)} == {there["name"]}
    assert len(deployment.all(POLICY)) == 4
    assert deployment.outputs["endpoint"] == "https://shared.example"
    assert told(deployment)["securityGroups"] == ["sg-shared", "sg-workloads"]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("computeConfigs", [{"enabled": False}], "shared, without Auto Mode; allowed: "),
        ("computeConfigs", [], "shared, without Auto Mode; allowed: "),
        ("accessConfigs", [{"authenticationMode": "CONFIG_MAP"}], "mode CONFIG_MAP; allowed: API or "),
    ],
)
def test_an_existing_cluster_that_cannot_take_our_pools_is_refused(
    there: dict[str, Any], key: str, value: Any, said: str
) -> None:
    there[key] = value
    with pytest.raises(ValueError, match=said):
        declared(version="", existing="shared")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version": ""}, "cluster: got neither; allowed: "),
        ({"existing": "shared"}, "cluster: got version .* and the existing shared; allowed: "),
        ({"version": "1.9"}, "cluster.version: got 1.9; allowed: one of .*, in standard support as of 20"),
        ({"version": "1.33"}, "cluster.version: got 1.33; allowed: "),
        ({"access_cidrs": ["0.0.0.0/0"]}, "cluster.accessCidrs: got 0.0.0.0/0; allowed: a range of /16 or narrower"),
        ({"access_cidrs": ["0.0.0.0/1", "128.0.0.0/1"]}, "cluster.accessCidrs: got 0.0.0.0/1; allowed: "),
        ({"access_cidrs": ["10.1.0.0/16"]}, "cluster.accessCidrs: got 10.1.0.0/16; allowed: public addresses"),
        ({"access_cidrs": [f"203.0.113.{n}/32" for n in range(41)]}, "got 41 ranges; allowed: at most 40"),
        ({"access": {"root": []}}, "cluster.access: got root; allowed: admin, edit, view"),
        ({"access": {"admin": ["arn:a"], "view": ["arn:a"]}}, "cluster.access: got arn:a twice; allowed: "),
        ({"version": "", "existing": "s", "access_cidrs": ["203.0.113.0/24"]}, "cluster: got accessCidrs"),
        ({"images": ["registry.example.com/python:3"]}, "image: got .*; allowed: an image in ECR"),
    ],
)
def test_what_eks_would_refuse_or_would_open_the_api_is_refused(changes: dict[str, Any], said: str) -> None:
    given: dict[str, Any] = {"placement": PLACE, "key": None, "owner": OWNER, "version": NEWEST} | changes
    with pytest.raises(ValueError, match=said):
        ClusterArgs(**given)
