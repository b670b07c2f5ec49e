"""What recovery finds in an account and can remove, of what no `up` may make twice."""

from __future__ import annotations

import pytest

from local.leftovers import Account as Listed
from local.providers.aws.client import Account
from local.providers.aws.table import TABLE
from local.state import ACCOUNT
from tests.local.cloud.emulated import Cloud
from tests.local.providers.cases_clusters import PODS
from tests.local.providers.cases_nodes import a_group
from tests.local.providers.life import Life
from tests.local.providers.plugin import Plugin

# EC2 takes their tags when it makes them, so that nothing can die in between.
TAGGED = sorted(token for token, row in TABLE.items() if row.tagging and row.tagging.kind)


@pytest.mark.parametrize("token", TAGGED)
def test_what_ec2_made_is_known_by_its_tags_and_removed(token: str, cloud: Cloud, account: Account) -> None:
    stack = f"n{next(cloud.names)}"
    life = Life(token, cloud, Plugin(account, {"takeoff:stack": stack}))
    resource, listed = life.create(), Listed(cloud.endpoint, stack)
    found = listed.everything()
    assert (token, resource.id) in {(each.type, each.id) for each in found}
    assert Listed(cloud.endpoint, f"{stack}-other").everything() == []
    for each in found:
        each.remove()
    assert listed.everything() == []
    assert life.plugin.read(token, resource.id, resource) is None


def test_a_networks_default_group_is_not_ours(cloud: Cloud, account: Account) -> None:
    """It is there from the start, tagged or not, and AWS refuses to delete it."""
    stack = f"n{next(cloud.names)}"
    token = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
    group = Life(token, cloud, Plugin(account, {"takeoff:stack": stack})).create()
    assert group.state["tagsAll"]["takeoff:stack"] == stack
    assert Listed(cloud.endpoint, stack).everything() == []


def test_a_protected_cluster_goes_with_all_that_is_in_it(cloud: Cloud) -> None:
    """Node groups and add-ons first, as AWS asks."""
    stack = f"n{next(cloud.names)}"
    made, name, eks = a_group(cloud), f"takeoff-{stack}-cluster", cloud.client("eks")
    place = {"subnetIds": made["subnets"]}
    access = {"authenticationMode": "API"}
    eks.create_cluster(name=name, roleArn=made["control"], resourcesVpcConfig=place, accessConfig=access)
    eks.update_cluster_config(name=name, deletionProtection=True)
    eks.create_nodegroup(clusterName=name, nodegroupName="shared", nodeRole=made["role"], subnets=made["subnets"][:1])
    eks.create_addon(clusterName=name, addonName="vpc-cni")
    eks.create_access_entry(clusterName=name, principalArn=cloud.role())
    eks.create_pod_identity_association(
        clusterName=name, namespace="n", serviceAccount="s", roleArn=cloud.role(trusted=PODS)
    )
    listed = Listed(cloud.endpoint, stack)
    kinds = ["NodeGroup", "Addon", "PodIdentityAssociation", "AccessEntry", "Cluster"]
    assert [each.type.rpartition(":")[2] for each in listed.everything()] == kinds
    for each in listed.everything():
        each.remove()
    assert listed.everything() == []
    assert made["cluster"] in eks.list_clusters()["clusters"], "another's stays"


def test_what_has_a_name_of_ours_and_an_id_of_awss_is_removed_by_its_id(cloud: Cloud) -> None:
    stack = f"n{next(cloud.names)}"
    ec2, budgets = cloud.client("ec2"), cloud.client("budgets")
    template = ec2.create_launch_template(LaunchTemplateName=f"takeoff-{stack}-nodes", LaunchTemplateData={})
    spark = cloud.client("emr-serverless").create_application(
        name=f"takeoff-{stack}-spark", releaseLabel="emr-7.1.0", type="SPARK"
    )
    limit = {"Amount": "1", "Unit": "USD"}
    budgets.create_budget(
        AccountId=ACCOUNT,
        Budget={
            "BudgetName": f"takeoff-{stack}-budget",
            "BudgetLimit": limit,
            "TimeUnit": "MONTHLY",
            "BudgetType": "COST",
        },
    )
    listed = Listed(cloud.endpoint, stack)
    ids = {template["LaunchTemplate"]["LaunchTemplateId"], spark["applicationId"], f"{ACCOUNT}:takeoff-{stack}-budget"}
    assert {each.id for each in listed.everything()} == ids
    for each in listed.everything():
        each.remove()
    assert listed.everything() == []
