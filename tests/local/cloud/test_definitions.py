"""Models and endpoint configs: kept as given, and refused where AWS refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.cloud.emulated import POLICY, Cloud


def test_a_model_is_described_as_it_was_given(cloud: Cloud) -> None:
    given: dict[str, Any] = {
        "ModelName": "as-given",
        "ExecutionRoleArn": cloud.role(),
        "PrimaryContainer": {
            "Image": cloud.image,
            "ModelDataUrl": cloud.artifact("one"),
            "Environment": {"A": "b"},
            "Mode": "SingleModel",
        },
        "EnableNetworkIsolation": True,
        "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
    }
    cloud.sagemaker.create_model(**given, Tags=[{"Key": "k", "Value": "v"}])
    found = cloud.sagemaker.describe_model(ModelName="as-given")
    assert {name: found[name] for name in given} == given
    assert cloud.sagemaker.list_tags(ResourceArn=found["ModelArn"])["Tags"] == [{"Key": "k", "Value": "v"}]
    with pytest.raises(ClientError, match="Cannot create already existing model"):
        cloud.sagemaker.create_model(**given)


def test_an_endpoint_config_is_described_as_it_was_given_on_current_instance_types(cloud: Cloud) -> None:
    given: dict[str, Any] = {
        "EndpointConfigName": "as-given",
        "ProductionVariants": [
            {
                "VariantName": f"v{number}",
                "ModelName": cloud.model("one"),
                "InstanceType": kind,
                "InitialInstanceCount": 1,
                "InitialVariantWeight": 0.0,
                "ContainerStartupHealthCheckTimeoutInSeconds": 120,
            }
            for number, kind in enumerate(("ml.g5.xlarge", "ml.c6i.large", "ml.p5.48xlarge"))
        ],
        "DataCaptureConfig": {
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": "s3://captures/x",
            "CaptureOptions": [{"CaptureMode": "Input"}],
        },
        "KmsKeyId": "alias/key",
    }
    cloud.sagemaker.create_endpoint_config(**given)
    found = cloud.sagemaker.describe_endpoint_config(EndpointConfigName="as-given")
    assert {name: found[name] for name in given} == given
    with pytest.raises(ClientError, match="Cannot create already existing endpoint configuration"):
        cloud.sagemaker.create_endpoint_config(**given)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"InstanceType": "ml.z9.huge"}, "ml.z9.huge.*enum value set.*ml.g5.xlarge"),
        ({"ModelName": "nobody"}, "Could not find model"),
    ],
)
def test_a_config_that_aws_refuses_is_refused(cloud: Cloud, changed: dict[str, str], said: str) -> None:
    variant = {"VariantName": "a", "ModelName": cloud.model("one"), "InstanceType": "ml.m5.large"}
    with pytest.raises(ClientError, match=f"ValidationException.*{said}"):
        cloud.sagemaker.create_endpoint_config(
            EndpointConfigName="refused", ProductionVariants=[variant | {"InitialInstanceCount": 1} | changed]
        )


def test_two_variants_of_one_name_are_refused(cloud: Cloud) -> None:
    model = cloud.model("one")
    with pytest.raises(ClientError, match="Variant names must be unique"):
        cloud.config(("a", model, 1, 1), ("a", model, 1, 1))


@pytest.mark.parametrize(
    ("role", "artifact", "said"),
    [
        ({"trusted": "ec2.amazonaws.com"}, None, "Could not assume role"),
        ({"allows": None}, None, "Could not access model data at s3://models/one/model.tar.gz"),
        ({"allows": "arn:aws:s3:::others/*"}, None, "Could not access model data"),
        ({}, "s3://models/none/model.tar.gz", "Could not access model data at s3://models/none/model.tar.gz"),
        ({}, "s3://nobody/none", "Could not access model data"),
    ],
)
def test_a_model_whose_role_cannot_read_its_artifact_now_is_refused(
    cloud: Cloud, role: dict[str, Any], artifact: str | None, said: str
) -> None:
    with pytest.raises(ClientError, match=f"ValidationException.*{said}"):
        create(cloud, cloud.role(**role), artifact or cloud.artifact("one"))


def test_a_model_whose_role_does_not_exist_is_refused(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="Could not assume role"):
        create(cloud, "arn:aws:iam::123456789012:role/nobody", cloud.artifact("one"))


def test_a_role_is_judged_by_the_policies_that_it_has_at_that_moment(cloud: Cloud) -> None:
    role, artifact = cloud.role(allows=None), cloud.artifact("one")
    with pytest.raises(ClientError, match="Could not access model data"):
        create(cloud, role, artifact)
    allowed = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::models/one/*"}
    document = json.dumps(POLICY | {"Statement": [allowed]})
    cloud.client("iam").put_role_policy(RoleName=role.rpartition("/")[2], PolicyName="p", PolicyDocument=document)
    create(cloud, role, artifact)


def create(cloud: Cloud, role: str, artifact: str) -> None:
    container = {"Image": cloud.image, "ModelDataUrl": artifact}
    cloud.sagemaker.create_model(ModelName=f"m-{next(cloud.names)}", ExecutionRoleArn=role, PrimaryContainer=container)


def test_an_image_that_was_never_built_fails_the_endpoint_and_says_where_images_come_from(cloud: Cloud) -> None:
    model = f"m-{next(cloud.names)}"
    container = {"Image": cloud.image[:-8] + "deadbeef", "ModelDataUrl": cloud.artifact("one")}
    cloud.sagemaker.create_model(ModelName=model, ExecutionRoleArn=cloud.role(), PrimaryContainer=container)
    cloud.sagemaker.create_endpoint(EndpointName="unbuilt", EndpointConfigName=cloud.config(("a", model, 1, 1)))
    found = cloud.settled("unbuilt")
    assert (found["EndpointStatus"], "not in the local store" in found["FailureReason"]) == ("Failed", True)
    with pytest.raises(ClientError, match="it can only be deleted"):
        cloud.reweigh("unbuilt", a={"DesiredWeight": 1})


def test_an_operation_that_nobody_serves_says_so(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match=r"501|NotImplemented.*docs/limits.md"):
        cloud.sagemaker.list_monitoring_schedules()
