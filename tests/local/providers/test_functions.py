"""The data sources that the half inside the cluster reads, against the emulated account."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from catalog.kubernetes_versions import supported
from local.providers.aws.client import Account
from local.providers.aws.functions import invoke
from tests.local.cloud.emulated import Cloud
from tests.local.cloud.test_clusters import asked
from tests.local.providers.cases_clusters import a_place

CLUSTER, PREFIXES, VPC = "aws:eks/getCluster:getCluster", "aws:ec2/getPrefixList:getPrefixList", "aws:ec2/getVpc:getVpc"


@pytest.fixture
def place(cloud: Cloud) -> dict[str, Any]:
    return a_place(cloud)


def test_a_cluster_is_told_as_the_account_has_it(account: Account, cloud: Cloud, place: dict[str, Any]) -> None:
    made = cloud.client("eks").create_cluster(**asked(place, version=supported()[-1]))["cluster"]
    found, secret = invoke(account, CLUSTER, {"name": place["name"]})
    assert (found["name"], found["id"], found["arn"]) == (place["name"], place["name"], made["arn"])
    assert found["version"] == supported()[-1]
    assert found["endpoint"].startswith("https://")
    assert found["computeConfigs"] == [{"enabled": True}]
    assert found["accessConfigs"] == [{"authenticationMode": "API"}]
    (authority,) = found["certificateAuthorities"]
    described = cloud.client("eks").describe_cluster(name=place["name"])["cluster"]
    assert authority["data"] == described["certificateAuthority"]["data"]
    (network,) = found["kubernetesNetworkConfigs"]
    assert network["serviceIpv4Cidr"] == described["kubernetesNetworkConfig"]["serviceIpv4Cidr"]
    assert "/" in network["serviceIpv4Cidr"]
    assert found["vpcConfig"]["clusterSecurityGroupId"].startswith("sg-")
    assert secret == frozenset()


def test_a_cluster_that_is_not_there_is_the_accounts_to_say(account: Account) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        invoke(account, CLUSTER, {"name": "nobodys"})


def test_s3s_addresses_are_those_of_its_prefix_list(account: Account) -> None:
    found, _ = invoke(account, PREFIXES, {"name": f"com.amazonaws.{account.region}.s3"})
    assert found["id"].startswith("pl-")
    assert found["name"] == f"com.amazonaws.{account.region}.s3"
    assert found["cidrBlocks"]
    assert all("/" in each for each in found["cidrBlocks"])


def test_a_prefix_list_that_is_not_there_is_refused_with_what_is_allowed(account: Account) -> None:
    with pytest.raises(LookupError, match=r"got 0 lists named 'com\.amazonaws\.nowhere\.s3'; allowed: one"):
        invoke(account, PREFIXES, {"name": "com.amazonaws.nowhere.s3"})


def test_a_network_is_told_with_all_of_its_blocks(account: Account, cloud: Cloud) -> None:
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.90.0.0/16")["Vpc"]["VpcId"]
    ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.91.0.0/16")
    found, _ = invoke(account, VPC, {"id": vpc})
    assert (found["id"], found["cidrBlock"]) == (vpc, "10.90.0.0/16")
    assert sorted(each["cidrBlock"] for each in found["cidrBlockAssociations"]) == ["10.90.0.0/16", "10.91.0.0/16"]


def test_a_network_that_is_not_there_is_the_accounts_to_say(account: Account) -> None:
    with pytest.raises(ClientError, match=r"InvalidVpcID\.NotFound"):
        invoke(account, VPC, {"id": "vpc-0123456789abcdef0"})


def test_a_data_source_that_nobody_serves_is_named_with_those_that_are() -> None:
    nothing: Any = None
    with pytest.raises(LookupError, match=r"no data source aws:ec2/getAmi:getAmi; it has .*getCluster") as refused:
        invoke(nothing, "aws:ec2/getAmi:getAmi", {})
    assert VPC in str(refused.value)
