"""Shadows see copies of requests and nobody waits for them; data capture writes SageMaker's own lines to S3."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import daemon
from tests.local.cloud.emulated import Cloud, until


@pytest.fixture(scope="module")
def fast(new_cloud: Callable[..., Cloud]) -> Cloud:
    """An account that writes what it captured every tenth of a second."""
    cloud = new_cloud(TAKEOFF_CLOCK_SPEED="100")
    for bucket in ("captures", "closed"):
        cloud.client("s3").create_bucket(Bucket=bucket)
    return cloud


def invocations(cloud: Cloud, endpoint: str, variant: str) -> int:
    status = daemon.status(cloud.state)
    assert status
    return int(status["endpoints"][endpoint]["variants"][variant]["invocations"])


def test_a_shadow_gets_its_share_of_copies_and_its_answers_go_nowhere(fast: Cloud) -> None:
    main, shadow = fast.model("one"), fast.model("two")
    endpoint = fast.deploy(("main", main, 100, 1), ("shadow", shadow, 25, 1), shadows=1)
    assert {fast.ask(endpoint)["version"] for _ in range(40)} == {"one"}
    until(lambda: invocations(fast, endpoint, "shadow") == 10)
    found = fast.describe(endpoint)
    assert [each["VariantName"] for each in found["ProductionVariants"]] == ["main"]
    (shown,) = found["ShadowProductionVariants"]
    assert (shown["VariantName"], shown["CurrentWeight"], shown["CurrentInstanceCount"]) == ("shadow", 25, 1)
    metrics = fast.client("cloudwatch").list_metrics(Namespace="AWS/SageMaker", MetricName="Invocations")["Metrics"]
    dimensions = [{each["Name"]: each["Value"] for each in metric["Dimensions"]} for metric in metrics]
    assert {"EndpointName": endpoint, "VariantName": "shadow"} in dimensions
    with pytest.raises(ClientError, match="Variant shadow not found"):
        fast.ask(endpoint, TargetVariant="shadow")


def test_a_shadow_that_is_slow_fails_or_dies_is_not_felt(fast: Cloud) -> None:
    endpoint = fast.deploy(("main", fast.model("one"), 1, 1), ("shadow", fast.model("two", SLOW="1"), 1, 1), shadows=1)
    began = time.monotonic()
    assert {fast.ask(endpoint)["version"] for _ in range(10)} == {"one"}
    assert time.monotonic() - began < 5
    failing = fast.deploy(("main", fast.model("one"), 1, 1), ("shadow", fast.model("two", FAILS="1"), 1, 1), shadows=1)
    assert {fast.ask(failing)["version"] for _ in range(10)} == {"one"}
    until(lambda: invocations(fast, failing, "shadow") == 10)


def test_the_share_of_a_shadow_can_be_changed_while_it_runs(fast: Cloud) -> None:
    model = fast.model("one")
    endpoint = fast.deploy(("main", model, 100, 1), ("shadow", model, 0, 1), shadows=1)
    fast.ask(endpoint)
    fast.reweigh(endpoint, shadow={"DesiredWeight": 100})
    assert fast.settled(endpoint)["ShadowProductionVariants"][0]["CurrentWeight"] == 100
    for _ in range(3):
        fast.ask(endpoint)
    until(lambda: invocations(fast, endpoint, "shadow") == 3)


@pytest.mark.parametrize("shadows", [1, 2])
def test_more_than_one_variant_beside_a_shadow_or_two_shadows_are_refused(fast: Cloud, shadows: int) -> None:
    model = fast.model("one")
    with pytest.raises(ClientError, match="you can only specify one variant for ProductionVariants"):
        fast.config(("a", model, 1, 1), ("b", model, 1, 1), ("c", model, 1, 1), shadows=shadows)


def capture(bucket: str, percent: int, *modes: str) -> dict[str, Any]:
    return {
        "DataCaptureConfig": {
            "InitialSamplingPercentage": percent,
            "DestinationS3Uri": f"s3://{bucket}/some/where/",
            "CaptureOptions": [{"CaptureMode": mode} for mode in modes],
            "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]},
        }
    }


def lines(cloud: Cloud, endpoint: str, variant: str, count: int) -> list[dict[str, Any]]:
    s3, prefix = cloud.client("s3"), f"some/where/{endpoint}/{variant}/"

    def found() -> list[dict[str, Any]] | None:
        objects = s3.list_objects_v2(Bucket="captures", Prefix=prefix).get("Contents", [])
        for each in objects:
            assert re.fullmatch(
                r"\d{4}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{3}-[0-9a-f-]{36}\.jsonl", each["Key"][len(prefix) :]
            )
        bodies = [s3.get_object(Bucket="captures", Key=each["Key"])["Body"].read().decode() for each in objects]
        read = [json.loads(line) for body in bodies for line in body.splitlines()]
        return read if len(read) >= count else None

    return list(until(found))


def test_captured_lines_are_in_sagemaker_s_format_with_the_encoding_of_their_content_type(fast: Cloud) -> None:
    model = fast.model("one", role=fast.role(writes="captures"))
    endpoint = fast.deploy(("main", model, 1, 1), **capture("captures", 100, "Input", "Output"))
    for content_type in ("text/csv; header=absent", "application/x-npy"):
        fast.ask(endpoint, "1,2", ContentType=content_type, InferenceId=content_type)
    read = {line["eventMetadata"]["inferenceId"]: line for line in lines(fast, endpoint, "main", 2)}
    csv, other = read["text/csv; header=absent"], read["application/x-npy"]
    assert csv["captureData"]["endpointInput"] == {
        "observedContentType": "text/csv; header=absent",
        "mode": "INPUT",
        "data": "1,2",
        "encoding": "CSV",
    }
    output = csv["captureData"]["endpointOutput"]
    assert (output["mode"], output["encoding"], json.loads(output["data"])["version"]) == ("OUTPUT", "JSON", "one")
    assert other["captureData"]["endpointInput"]["encoding"] == "BASE64"
    assert base64.b64decode(other["captureData"]["endpointInput"]["data"]) == b"1,2"
    assert csv["eventVersion"] == "0"
    assert set(csv["eventMetadata"]) == {"eventId", "inferenceId", "inferenceTime"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", csv["eventMetadata"]["inferenceTime"])


def test_a_sample_is_every_so_manieth_good_request_and_only_the_side_that_was_asked_for(fast: Cloud) -> None:
    model = fast.model("one", role=fast.role(writes="captures"))
    endpoint = fast.deploy(("main", model, 1, 1), **capture("captures", 25, "Input"))
    for number in range(8):
        fast.ask(endpoint, str(number), ContentType="text/csv")
        with pytest.raises(ClientError):
            fast.ask(endpoint, "status 500", ContentType="text/csv")
    read = lines(fast, endpoint, "main", 2)
    assert [line["captureData"]["endpointInput"]["data"] for line in read] == ["3", "7"]
    assert all("endpointOutput" not in line["captureData"] for line in read)


def test_a_shadow_is_captured_under_its_own_name(fast: Cloud) -> None:
    main, shadow = (fast.model(version, role=fast.role(writes="captures")) for version in ("one", "two"))
    config = capture("captures", 100, "Output")
    endpoint = fast.deploy(("main", main, 1, 1), ("shadow", shadow, 1, 1), shadows=1, **config)
    fast.ask(endpoint)
    for variant, version in (("main", "one"), ("shadow", "two")):
        (line,) = lines(fast, endpoint, variant, 1)
        assert json.loads(line["captureData"]["endpointOutput"]["data"])["version"] == version


def test_what_the_model_s_role_may_not_write_is_lost_and_serving_goes_on(fast: Cloud) -> None:
    endpoint = fast.deploy(
        ("main", fast.model("one", role=fast.role(writes="captures")), 1, 1), **capture("closed", 100, "Input")
    )
    assert fast.ask(endpoint)["version"] == "one"
    log = daemon.log_file(fast.state)
    until(lambda: f"some/where/{endpoint}/main" in log.read_text())
    assert "may not s3:PutObject" in log.read_text()
    assert not fast.client("s3").list_objects_v2(Bucket="closed").get("Contents")
    assert fast.describe(endpoint)["DataCaptureConfig"]["CaptureStatus"] == "Started"
