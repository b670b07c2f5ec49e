"""What an endpoint does once it is there: answer, split, count, grow, shrink, fail and recover."""

from __future__ import annotations

import os
import re
import signal
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local.cloud import daemon
from tests.local.cloud.emulated import Cloud, gone, until


@pytest.fixture(scope="module")
def pair(cloud: Cloud) -> str:
    """An endpoint with two versions at 90 and 10 percent."""
    return cloud.deploy(("main", cloud.model("one"), 90, 1), ("candidate", cloud.model("two"), 10, 1))


def test_an_endpoint_answers_with_the_artifact_that_its_model_names(cloud: Cloud, pair: str) -> None:
    assert cloud.ask(pair, TargetVariant="main")["version"] == "one"
    assert cloud.ask(pair, TargetVariant="candidate")["version"] == "two"


def test_traffic_is_split_exactly_by_the_weights(cloud: Cloud, pair: str) -> None:
    assert Counter(cloud.ask(pair)["variant"] for _ in range(200)) == {"main": 180, "candidate": 20}


def test_content_type_accept_and_custom_attributes_reach_the_container_and_come_back(cloud: Cloud, pair: str) -> None:
    answer = cloud.runtime.invoke_endpoint(
        EndpointName=pair,
        Body=b"a",
        ContentType="text/csv",
        Accept="text/x",
        CustomAttributes="c=1",
        TargetVariant="main",
    )
    assert answer["CustomAttributes"] == "version=one"
    assert answer["ContentType"] == "application/json"
    seen = cloud.ask(pair, ContentType="text/csv", Accept="text/x", CustomAttributes="c=1")["headers"]
    assert (seen["content-type"], seen["accept"]) == ("text/csv", "text/x")
    assert seen["x-amzn-sagemaker-custom-attributes"] == "c=1"


def test_a_container_sees_the_image_s_and_the_model_s_environment_and_nothing_of_ours(cloud: Cloud) -> None:
    endpoint = cloud.deploy(("main", cloud.model("one", COLOUR="blue"), 1, 1))
    answer = cloud.ask(endpoint)
    environment = answer["env"]
    assert not answer["leaks"]
    assert (environment["COLOUR"], environment["GREETING"]) == ("blue", "hello there")
    assert Path(environment["HERE"]).is_dir()
    assert not [name for name in environment if name.startswith(("AWS", "PYTEST", "TAKEOFF_S", "TAKEOFF_P"))]


@pytest.mark.parametrize("status", [400, 500])
def test_a_container_s_error_becomes_a_model_error(cloud: Cloud, pair: str, status: int) -> None:
    with pytest.raises(cloud.runtime.exceptions.ModelError) as caught:
        cloud.ask(pair, f"status {status}")
    assert caught.value.response["OriginalStatusCode"] == status
    assert caught.value.response["OriginalMessage"] == "asked to fail"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 424


def test_an_unknown_endpoint_or_variant_is_a_validation_error(cloud: Cloud, pair: str) -> None:
    for wrong in ({"EndpointName": "nobody"}, {"EndpointName": pair, "TargetVariant": "nobody"}):
        with pytest.raises(ClientError, match=r"ValidationError.*nobody.*not found"):
            cloud.runtime.invoke_endpoint(Body=b"", **wrong)


def test_a_body_of_six_megabytes_passes_and_one_byte_more_does_not(cloud: Cloud, pair: str) -> None:
    limit = 6 * 1024 * 1024
    assert (
        cloud.runtime.invoke_endpoint(EndpointName=pair, Body=b"x" * limit)["ResponseMetadata"]["HTTPStatusCode"] == 200
    )
    with pytest.raises(ClientError, match="HTTP content length exceeded 6291456 bytes") as caught:
        cloud.runtime.invoke_endpoint(EndpointName=pair, Body=b"x" * (limit + 1))
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


def test_metrics_appear_under_both_dimension_sets(cloud: Cloud) -> None:
    endpoint = cloud.deploy(("main", cloud.model("one"), 1, 1))
    for body in ("hi", "hi", "status 400", "status 503"):
        try:
            cloud.ask(endpoint, body)
        except ClientError:
            continue
    variant = [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": "main"}]
    config = {"Name": "EndpointConfigName", "Value": cloud.describe(endpoint)["EndpointConfigName"]}
    for dimensions in (variant, [*variant, config]):
        assert total(cloud, "Invocations", dimensions) == 4
        assert total(cloud, "Invocation4XXErrors", dimensions) == 1
        assert total(cloud, "Invocation5XXErrors", dimensions) == 1
        assert 4 * 100 < total(cloud, "ModelLatency", dimensions) < 4 * 5e6
        assert 0 < total(cloud, "OverheadLatency", dimensions) < 4 * 1e6


def total(cloud: Cloud, metric: str, dimensions: list[dict[str, str]]) -> float:
    now = datetime.now(UTC)
    found = cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName=metric,
        Dimensions=dimensions,
        StartTime=now - timedelta(minutes=10),
        EndTime=now + timedelta(minutes=2),
        Period=3600,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in found["Datapoints"]))


def test_new_weights_change_the_split_without_a_new_process(cloud: Cloud) -> None:
    endpoint = cloud.deploy(("main", cloud.model("one"), 1, 1), ("candidate", cloud.model("two"), 0, 1))
    before = cloud.pids(endpoint)
    assert {cloud.ask(endpoint)["variant"] for _ in range(10)} == {"main"}
    cloud.reweigh(endpoint, main={"DesiredWeight": 3}, candidate={"DesiredWeight": 1})
    assert [each["CurrentWeight"] for each in cloud.settled(endpoint)["ProductionVariants"]] == [3, 1]
    assert Counter(cloud.ask(endpoint)["variant"] for _ in range(40)) == {"main": 30, "candidate": 10}
    assert cloud.pids(endpoint) == before


def test_counts_add_and_remove_processes_up_to_the_local_cap(cloud: Cloud) -> None:
    endpoint = cloud.deploy(("main", cloud.model("one"), 1, 1))
    first = cloud.pids(endpoint)
    for count, processes in ((5, 2), (1, 1)):
        wanted = [{"VariantName": "main", "DesiredInstanceCount": count}]
        cloud.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=endpoint, DesiredWeightsAndCapacities=wanted
        )
        assert cloud.settled(endpoint)["ProductionVariants"][0]["CurrentInstanceCount"] == count
        assert len(cloud.pids(endpoint)) == processes
        if processes == 2:
            assert {cloud.ask(endpoint)["pid"] for _ in range(6)} == set(cloud.pids(endpoint)) > set(first)


def test_a_model_process_that_dies_is_started_again_and_counted(cloud: Cloud) -> None:
    endpoint = cloud.deploy(("main", cloud.model("one"), 1, 1))
    (killed,) = cloud.pids(endpoint)
    os.kill(killed, signal.SIGKILL)
    variant = until(lambda: (found := variant_status(cloud, endpoint))["restarts"] == 1 and found)
    assert variant["restarts"] == 1
    assert until(lambda: answers(cloud, endpoint)) != killed


def variant_status(cloud: Cloud, endpoint: str) -> dict[str, int]:
    status = daemon.status(cloud.state)
    assert status
    return dict(status["endpoints"][endpoint]["variants"]["main"])


def answers(cloud: Cloud, endpoint: str) -> int:
    try:
        return int(cloud.ask(endpoint)["pid"])
    except ClientError:
        return 0


def test_a_process_that_dies_in_a_request_fails_that_request_only(cloud: Cloud) -> None:
    endpoint = cloud.deploy(("main", cloud.model("one"), 1, 2))
    with pytest.raises(cloud.runtime.exceptions.ModelError, match="closed the connection"):
        cloud.ask(endpoint, "exit")
    assert all(cloud.ask(endpoint)["version"] == "one" for _ in range(10))


def test_a_deleted_endpoint_is_gone_with_its_processes(cloud: Cloud) -> None:
    endpoint = cloud.deploy(("main", cloud.model("one"), 1, 1))
    pids = cloud.pids(endpoint)
    cloud.sagemaker.delete_endpoint(EndpointName=endpoint)
    until(lambda: endpoint not in (daemon.status(cloud.state) or {})["endpoints"])
    assert all(gone(pid) for pid in pids)
    with pytest.raises(ClientError, match="not found"):
        cloud.ask(endpoint)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"BROKEN": "no such layer"}, "exited with status 1.*cannot load the model: no such layer"),
        ({"NO_PING": "1"}, "200 within 2 s"),
    ],
)
def test_a_container_that_never_becomes_healthy_fails_the_endpoint_with_its_log(
    slow: Cloud, environment: dict[str, str], said: str
) -> None:
    slow.sagemaker.create_endpoint(
        EndpointName=(name := f"bad-{next(slow.names)}"),
        EndpointConfigName=slow.config(("main", slow.model("one", **environment), 1, 1)),
    )
    found = slow.settled(name)
    assert found["EndpointStatus"] == "Failed"
    assert re.search(said, found["FailureReason"], re.DOTALL)
    slow.sagemaker.delete_endpoint(EndpointName=name)
