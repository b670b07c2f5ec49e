"""What AWS refuses to delete while something depends on it, and what goes with what."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.local.cloud.emulated import POLICY, Cloud, refused

MANIFEST = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "layers": []}


@pytest.fixture
def ec2(cloud: Cloud) -> Any:
    return cloud.client("ec2")


@pytest.fixture
def network(ec2: Any) -> dict[str, str]:
    """A network with one subnet, one group and a gateway."""
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="workloads", Description="x", VpcId=vpc)["GroupId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    return {"vpc": vpc, "subnet": subnet, "group": group, "gateway": gateway}


def test_a_network_goes_last(ec2: Any, network: dict[str, str]) -> None:
    ec2.attach_internet_gateway(InternetGatewayId=network["gateway"], VpcId=network["vpc"])
    said = refused(ec2.delete_vpc, VpcId=network["vpc"])
    assert said.startswith("DependencyViolation")
    assert network["group"] in said
    assert network["gateway"] in said
    ec2.detach_internet_gateway(InternetGatewayId=network["gateway"], VpcId=network["vpc"])
    ec2.delete_security_group(GroupId=network["group"])
    assert refused(ec2.delete_vpc, VpcId=network["vpc"]).startswith("DependencyViolation")
    ec2.delete_subnet(SubnetId=network["subnet"])
    ec2.delete_vpc(VpcId=network["vpc"])


def test_a_subnet_and_a_group_are_kept_by_an_endpoint_in_them(ec2: Any, network: dict[str, str]) -> None:
    endpoint = ec2.create_vpc_endpoint(
        VpcId=network["vpc"],
        ServiceName="com.amazonaws.us-east-1.logs",
        VpcEndpointType="Interface",
        SubnetIds=[network["subnet"]],
        SecurityGroupIds=[network["group"]],
    )["VpcEndpoint"]["VpcEndpointId"]
    assert "eni-" in refused(ec2.delete_subnet, SubnetId=network["subnet"])
    assert endpoint in refused(ec2.delete_security_group, GroupId=network["group"])
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    ec2.delete_security_group(GroupId=network["group"])
    ec2.delete_subnet(SubnetId=network["subnet"])


def test_a_subnet_and_a_group_are_kept_by_a_model_that_an_endpoint_runs_in_them(
    cloud: Cloud, ec2: Any, network: dict[str, str]
) -> None:
    place = {"Subnets": [network["subnet"]], "SecurityGroupIds": [network["group"]]}
    name = f"placed-{next(cloud.names)}"
    container = {"Image": cloud.image, "ModelDataUrl": cloud.artifact("1")}
    cloud.sagemaker.create_model(
        ModelName=name, ExecutionRoleArn=cloud.role(), PrimaryContainer=container, VpcConfig=place
    )
    endpoint = cloud.deploy(("main", name, 1, 1))
    assert f"network interfaces of endpoint {endpoint}" in refused(ec2.delete_subnet, SubnetId=network["subnet"])
    assert endpoint in refused(ec2.delete_security_group, GroupId=network["group"])
    cloud.sagemaker.delete_endpoint(EndpointName=endpoint)
    cloud.sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=endpoint, WaiterConfig={"Delay": 0.1})
    ec2.delete_security_group(GroupId=network["group"])


def test_a_group_is_kept_by_a_rule_of_another_group(ec2: Any, network: dict[str, str]) -> None:
    other = ec2.create_security_group(GroupName="other", Description="x", VpcId=network["vpc"])["GroupId"]
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [{"GroupId": other}]}
    ec2.authorize_security_group_ingress(GroupId=network["group"], IpPermissions=[permission])
    assert refused(ec2.delete_security_group, GroupId=other).startswith("DependencyViolation")
    ec2.delete_security_group(GroupId=network["group"])
    ec2.delete_security_group(GroupId=other)


def test_a_nat_gateway_needs_a_way_out_and_keeps_its_address_and_subnet(ec2: Any, network: dict[str, str]) -> None:
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    wanted = {"SubnetId": network["subnet"], "AllocationId": address}
    assert refused(ec2.create_nat_gateway, **wanted).startswith("Gateway.NotAttached")
    ec2.attach_internet_gateway(InternetGatewayId=network["gateway"], VpcId=network["vpc"])
    nat = ec2.create_nat_gateway(**wanted)["NatGateway"]["NatGatewayId"]
    attachment = {"InternetGatewayId": network["gateway"], "VpcId": network["vpc"]}
    assert refused(ec2.detach_internet_gateway, **attachment).startswith("DependencyViolation")
    assert refused(ec2.release_address, AllocationId=address).startswith("InvalidIPAddress.InUse")
    assert refused(ec2.delete_subnet, SubnetId=network["subnet"]).startswith("DependencyViolation")
    ec2.delete_nat_gateway(NatGatewayId=nat)
    ec2.release_address(AllocationId=address)
    ec2.detach_internet_gateway(**attachment)
    ec2.delete_subnet(SubnetId=network["subnet"])


def test_a_package_group_with_a_version_stays(cloud: Cloud) -> None:
    sagemaker, name = cloud.client("sagemaker"), f"group-{next(cloud.names)}"
    sagemaker.create_model_package_group(ModelPackageGroupName=name)
    assert "already exists" in refused(sagemaker.create_model_package_group, ModelPackageGroupName=name)
    sagemaker.create_model_package(ModelPackageGroupName=name, ModelPackageDescription="one")
    said = refused(sagemaker.delete_model_package_group, ModelPackageGroupName=name)
    assert said.startswith("ConflictException")
    assert "holds 1 model package" in said


def test_a_repository_with_an_image_goes_only_by_force(cloud: Cloud) -> None:
    ecr, name = cloud.client("ecr"), f"repository-{next(cloud.names)}"
    ecr.create_repository(repositoryName=name)
    ecr.put_image(repositoryName=name, imageTag="one", imageManifest=json.dumps(MANIFEST))
    assert refused(ecr.delete_repository, repositoryName=name).startswith("RepositoryNotEmptyException")
    ecr.delete_repository(repositoryName=name, force=True)


def test_a_bucket_with_an_object_and_an_object_under_a_lock_stay(cloud: Cloud) -> None:
    s3, name = cloud.client("s3"), f"audit-{next(cloud.names)}"
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    retention = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
    s3.put_object_lock_configuration(
        Bucket=name, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": retention}
    )
    version = s3.put_object(Bucket=name, Key="trail", Body=b"x")["VersionId"]
    assert refused(s3.delete_bucket, Bucket=name).startswith("BucketNotEmpty")
    assert refused(s3.delete_object, Bucket=name, Key="trail", VersionId=version).startswith("AccessDenied")
    doomed = {"Objects": [{"Key": "trail", "VersionId": version}]}
    assert s3.delete_objects(Bucket=name, Delete=doomed)["Errors"][0]["Code"] == "AccessDenied"
    assert refused(s3.delete_bucket, Bucket=name).startswith("BucketNotEmpty")


def test_a_role_with_a_policy_stays(cloud: Cloud) -> None:
    iam, role = cloud.client("iam"), cloud.role().rpartition("/")[2]
    assert refused(iam.delete_role, RoleName=role).startswith("DeleteConflict")
    iam.delete_role_policy(RoleName=role, PolicyName="read")
    document = json.dumps(POLICY | {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]})
    arn = iam.create_policy(PolicyName=f"policy-{next(cloud.names)}", PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    assert refused(iam.delete_role, RoleName=role).startswith("DeleteConflict")
    assert refused(iam.delete_policy, PolicyArn=arn).startswith("DeleteConflict")
    iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    iam.delete_role(RoleName=role)


def test_a_scaling_target_takes_its_policies_and_actions_along(cloud: Cloud) -> None:
    scaling = cloud.client("application-autoscaling")
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/endpoint-{next(cloud.names)}/variant/main",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    steps = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": [{"ScalingAdjustment": 1}]}
    policy = {"PolicyName": "steps", "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": steps}
    action = {"ScheduledActionName": "night", "Schedule": "cron(0 1 * * ? *)"}
    assert refused(scaling.put_scaling_policy, **target, **policy).startswith("ObjectNotFoundException")
    assert refused(scaling.put_scheduled_action, **target, **action).startswith("ObjectNotFoundException")
    said = refused(scaling.register_scalable_target, **target, MinCapacity=3, MaxCapacity=2)
    assert said.startswith("ValidationException")
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)
    scaling.put_scaling_policy(**target, **policy)
    scaling.put_scheduled_action(**target, **action, ScalableTargetAction={"MinCapacity": 0, "MaxCapacity": 1})
    scaling.deregister_scalable_target(**target)
    assert refused(scaling.deregister_scalable_target, **target).startswith("ObjectNotFoundException")
    assert (
        scaling.describe_scaling_policies(ServiceNamespace="sagemaker", ResourceId=target["ResourceId"])[
            "ScalingPolicies"
        ]
        == []
    )
    assert (
        scaling.describe_scheduled_actions(ServiceNamespace="sagemaker", ResourceId=target["ResourceId"])[
            "ScheduledActions"
        ]
        == []
    )


def test_a_key_is_kept_for_a_week_at_least(cloud: Cloud) -> None:
    kms = cloud.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    assert refused(kms.schedule_key_deletion, KeyId=key, PendingWindowInDays=3).startswith("ValidationException")
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_a_second_grant_can_be_revoked(cloud: Cloud) -> None:
    lake = cloud.client("lakeformation")
    name = f"lake_{next(cloud.names)}"
    grant = {
        "Principal": {"DataLakePrincipalIdentifier": cloud.role()},
        "Resource": {"Database": {"Name": name}},
    }
    for permission in ("DESCRIBE", "CREATE_TABLE"):
        lake.grant_permissions(**grant, Permissions=[permission])
    lake.revoke_permissions(**grant, Permissions=["DESCRIBE", "CREATE_TABLE"])
    assert lake.list_permissions(**grant)["PrincipalResourcePermissions"] == []
