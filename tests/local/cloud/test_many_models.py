"""Multi-model endpoints by SageMaker's container contract, and asynchronous ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.cloud.emulated import Cloud, until


@pytest.fixture(scope="module")
def many(cloud: Cloud) -> str:
    """An endpoint whose one container has room for two of the models below s3://models/."""
    for version in ("red", "green", "blue"):
        cloud.artifact(version)
    name = f"model-{next(cloud.names)}"
    container = {"Image": cloud.image, "ModelDataUrl": "s3://models/", "Mode": "MultiModel"}
    cloud.sagemaker.create_model(ModelName=name, ExecutionRoleArn=cloud.role(), PrimaryContainer=container)
    return cloud.deploy(("main", name, 1, 1))


def ask(cloud: Cloud, endpoint: str, version: str, body: str = "hi") -> dict[str, Any]:
    return cloud.ask(endpoint, body, TargetModel=f"{version}/model.tar.gz")


def test_each_request_is_answered_by_the_model_that_it_names(cloud: Cloud, many: str) -> None:
    assert [ask(cloud, many, version)["version"] for version in ("red", "green", "red")] == ["red", "green", "red"]
    assert ask(cloud, many, "red")["headers"]["x-amzn-sagemaker-target-model"] == "red/model.tar.gz"


def test_a_container_that_is_full_gives_up_the_model_that_was_used_longest_ago(cloud: Cloud, many: str) -> None:
    for version in ("red", "green", "blue", "green", "red", "blue"):
        answer = ask(cloud, many, version)
        assert answer["version"] == version
        assert answer["models"] <= 2


def test_a_container_that_forgot_a_model_is_given_it_again(cloud: Cloud, many: str) -> None:
    assert ask(cloud, many, "red", "forget")["models"] == 0
    again = ask(cloud, many, "red")
    assert (again["version"], again["models"]) == ("red", 1)


def test_a_model_that_is_not_there_is_named(cloud: Cloud, many: str) -> None:
    with pytest.raises(ClientError, match=r"Failed to download model data\(bucket: models, key: grey/model.tar.gz\)"):
        ask(cloud, many, "grey")


def test_a_target_model_is_required_there_and_refused_elsewhere(cloud: Cloud, many: str) -> None:
    with pytest.raises(ClientError, match="TargetModel is required"):
        cloud.ask(many)
    with pytest.raises(ClientError, match="TargetModel is not allowed"):
        ask(cloud, cloud.deploy(("main", cloud.model("one"), 1, 1)), "red")


@pytest.fixture(scope="module")
def later(cloud: Cloud) -> str:
    cloud.client("s3").create_bucket(Bucket="answers")
    topics = {name: cloud.client("sns").create_topic(Name=name)["TopicArn"] for name in ("good", "bad")}
    output = {
        "S3OutputPath": "s3://answers/good",
        "S3FailurePath": "s3://answers/bad",
        "NotificationConfig": {"SuccessTopic": topics["good"], "ErrorTopic": topics["bad"]},
    }
    model = cloud.model("one", role=cloud.role(writes="answers"))
    return cloud.deploy(("main", model, 1, 1), AsyncInferenceConfig={"OutputConfig": output})


@pytest.mark.parametrize(("body", "location"), [("hi", "OutputLocation"), ("status 500", "FailureLocation")])
def test_an_asynchronous_answer_is_an_object_where_it_was_said_to_be(
    cloud: Cloud, later: str, body: str, location: str
) -> None:
    s3 = cloud.client("s3")
    cloud.artifact("one")
    s3.put_object(Bucket="models", Key="asked", Body=body.encode())
    taken = cloud.runtime.invoke_endpoint_async(EndpointName=later, InputLocation="s3://models/asked", InferenceId="me")
    assert (taken["ResponseMetadata"]["HTTPStatusCode"], taken["InferenceId"]) == (202, "me")
    bucket, _, key = taken[location].removeprefix("s3://").partition("/")
    until(lambda: s3.list_objects_v2(Bucket=bucket, Prefix=key).get("Contents"))
    answer = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    assert answer.get("version") == "one" if body == "hi" else answer["OriginalStatusCode"] == 500


def test_each_kind_of_endpoint_refuses_the_other_kind_of_call(cloud: Cloud, later: str) -> None:
    with pytest.raises(ClientError, match="call InvokeEndpointAsync"):
        cloud.ask(later)
    plain = cloud.deploy(("main", cloud.model("one"), 1, 1))
    with pytest.raises(ClientError, match="not an asynchronous endpoint"):
        cloud.runtime.invoke_endpoint_async(EndpointName=plain, InputLocation="s3://models/asked")
