"""The requests of a model with candidates, held against AWS's own service models, and what comes of the answers."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from benchmarks.rollout_account import ANALYSIS, BEGAN, NEW, OLD, record, wish
from catalog.analysis import OnlineMetric
from model_code.rollout import candidates_account, shadow
from model_code.rollout.evidence import Counts, Evidence, Missing, harm, lacking, missing, sample
from model_code.rollout.records import Decision, Order, State
from model_code.rollout.seen import temporary
from model_code.rollout.steps import CreateCanary
from model_code.rollout.sums import sums

ARN = "arn:aws:sagemaker:us-east-1:123456789012:endpoint-config/m-b"
WHOLE = replace(ANALYSIS, latency_ms=200, metric=OnlineMetric(margin=0.05, least=100))


def stubbed(service: str) -> tuple[Any, Stubber]:
    client = boto3.client(service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    return client, Stubber(client)


def config(name: str) -> dict[str, Any]:
    variant = {"VariantName": "main", "ModelName": name, "InstanceType": "ml.m7i.large", "InitialInstanceCount": 1}
    capture = {
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": "s3://c/m",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    return {
        "EndpointConfigName": name,
        "EndpointConfigArn": ARN,
        "CreationTime": BEGAN,
        "ProductionVariants": [variant],
        "KmsKeyId": "k",
        "DataCaptureConfig": capture,
    }


@pytest.mark.parametrize("phase", ["canary", "shadow"])
def test_a_temporary_config_is_a_request_that_sagemakers_model_knows(phase: Any) -> None:
    client, stub = stubbed("sagemaker")
    stub.add_response("describe_endpoint_config", config("m-a"))
    stub.add_response("describe_endpoint_config", config("m-b"))
    tags = [{"Key": "owner", "Value": "me"}, {"Key": "aws:cloudformation:stack-name", "Value": "no"}]
    stub.add_response("list_tags", {"Tags": tags}, {"ResourceArn": ARN})
    wanted: dict[str, Any] = {
        "EndpointConfigName": "t",
        "ProductionVariants": ANY,
        "Tags": tags[:1],
        "KmsKeyId": "k",
        "DataCaptureConfig": ANY,
    }
    stub.add_response(
        "create_endpoint_config",
        {"EndpointConfigArn": ARN},
        wanted | ({"ShadowProductionVariants": ANY} if phase == "shadow" else {}),
    )
    moved = {
        "EndpointName": "m",
        "EndpointConfigName": "t",
        "RetainAllVariantProperties": True,
        "ExcludeRetainedVariantProperties": [
            {"VariantPropertyType": "DataCaptureConfig"},
            {"VariantPropertyType": "DesiredWeight"},
        ],
    }
    stub.add_response("update_endpoint", {"EndpointArn": ARN.replace("endpoint-config/m-b", "endpoint/m")}, moved)
    stub.add_client_error("delete_endpoint_config", "ValidationException", 'Could not find endpoint configuration "t".')
    with stub:
        asked = CreateCanary("t", phase, "m-a", "m-b", 3)
        candidates_account.create_canary(client, asked, "main", 40)
        candidates_account.move_to_canary(client, "m", "t")
        candidates_account.delete_config(client, "t")
    stub.assert_no_pending_responses()


def test_a_config_that_is_there_already_is_the_same() -> None:
    client, stub = stubbed("sagemaker")
    stub.add_response("describe_endpoint_config", config("m-a"))
    stub.add_response("describe_endpoint_config", config("m-b"))
    stub.add_response("list_tags", {"Tags": []})
    stub.add_client_error(
        "create_endpoint_config", "ValidationException", "Cannot create already existing endpoint configuration"
    )
    with stub:
        candidates_account.create_canary(client, CreateCanary("t", "canary", "m-a", "m-b", 1), "main", 0)
    stub.assert_no_pending_responses()


def test_everything_beside_a_wish_is_one_request() -> None:
    client, stub = stubbed("ssm")
    names = {
        "/takeoff/s/freeze": '{"who": "bob", "why": "holidays"}',
        "/takeoff/s/m/approved": json.dumps(record(OLD)),
        f"/takeoff/s/m/decisions/{NEW}": Decision(
            version=NEW, verdict="rejected", reason="r", live=OLD, at="now"
        ).to_json(),
        "/takeoff/s/m/override": '{"action": "pause", "who": "ann", "unknown": 1}',
    }
    found = [{"Name": name, "Value": value} for name, value in names.items()]
    stub.add_response("get_parameters", {"Parameters": found}, {"Names": ANY})
    with stub:
        kept = candidates_account.read(client, "/takeoff/s/m", wish(OLD, NEW))
    assert kept.approved == record(OLD)
    assert (kept.candidate, kept.state, kept.versions) == (None, State(), {})
    assert kept.order == Order(action="pause", who="ann")
    assert kept.frozen == "bob: holidays"
    assert kept.decisions[NEW].verdict == "rejected"


def test_a_parameter_that_holds_something_else_is_named() -> None:
    with pytest.raises(ValueError, match="State: got 'nonsense'"):
        State.from_json("nonsense")


def metric_data(values: dict[str, list[float]], **more: Any) -> dict[str, Any]:
    moments = [datetime(2026, 1, 2, 3, minute, tzinfo=UTC) for minute in range(60)]
    results = [
        {"Id": name, "Timestamps": moments[: len(each)], "Values": each, "StatusCode": "Complete"}
        for name, each in values.items()
    ]
    return {"MetricDataResults": results, **more}


def test_sums_of_two_variants_are_one_query_and_errors_and_slow_answers_are_not_counted_twice() -> None:
    client, stub = stubbed("cloudwatch")
    first = {
        "v1_requests": [100.0, 50.0],
        "v1_errors": [5.0, 0.0],
        "v1_answers": [100.0, 50.0],
        "v1_rank": [97.0, 90.0],
        "v1_outcomes": [30.0],
        "v1_wrong": [3.0],
        "v1_latency": [100_000.0, 50_000.0],
    }
    requests, outcomes = ({f"v{number}_{kind}" for number in range(2)} for kind in ("requests", "outcomes"))
    asked: dict[str, set[str]] = {}

    def remember(params: dict[str, Any], **_: Any) -> None:
        for each in params["MetricDataQueries"]:
            asked[each["Id"]] = {one["Name"] for one in each["MetricStat"]["Metric"]["Dimensions"]}

    client.meta.events.register("provide-client-params.cloudwatch.GetMetricData", remember)
    wanted = {"MetricDataQueries": ANY, "StartTime": ANY, "EndTime": ANY}
    stub.add_response("get_metric_data", metric_data(first, NextToken="n"), wanted)
    stub.add_response("get_metric_data", metric_data({"v0_requests": [900.0]}), {**wanted, "NextToken": "n"})
    with stub:
        found = sums(client, WHOLE, "m", "t", ("main", "candidate"), BEGAN.isoformat(), BEGAN)
    candidate = Counts(requests=150, bad=5 + 5, errors=5, slow=3 + 5, latency_us=150_000.0, outcomes=30, wrong=3)
    assert found == Evidence(live=Counts(requests=900), candidate=candidate)
    fleet = {"EndpointName", "VariantName", "EndpointConfigName"}
    assert all(asked[name] == fleet for name in requests), "nothing of an earlier candidate is counted"
    assert all(asked[name] == fleet - {"EndpointConfigName"} for name in outcomes), "outcomes name no config"


def test_a_query_that_fails_is_missing_data_with_the_reason() -> None:
    client, stub = stubbed("cloudwatch")
    stub.add_client_error("get_metric_data", "InternalServiceFault", "come back later")
    failed = metric_data({"v0_requests": []})
    failed["MetricDataResults"][0]["StatusCode"] = "InternalError"
    stub.add_response("get_metric_data", failed)
    with stub:
        for reason in ("come back later", "v0_requests: InternalError"):
            found = sums(client, WHOLE, "m", "t", ("main", "candidate"), BEGAN.isoformat(), BEGAN)
            assert isinstance(found, Missing)
            assert reason in found.reason


# -- evidence


def counts(requests: int, outcomes: int = 0, wrong: int = 0, bad: int = 0) -> Counts:
    return Counts(requests=requests, outcomes=outcomes, wrong=wrong, bad=bad)


@pytest.mark.parametrize(
    ("live", "candidate", "percent", "reason"),
    [
        (90, 10, 10, ""),
        (9, 0, 10, ""),
        (0, 0, 10, "no requests since the last look"),
        (90, 0, 10, "no requests of the candidate"),
        (0, 90, 90, "no requests of the live version"),
        (5, 0, 100, "no requests since the last look"),
        (0, 5, 100, ""),
    ],
)
def test_missing_data_is_what_should_have_come_and_did_not(
    live: int, candidate: int, percent: int, reason: str
) -> None:
    found = Evidence(live=counts(1_000 + live), candidate=counts(500 + candidate))
    before = State(seen_live=1_000, seen_candidate=500)
    told = missing(ANALYSIS, before, found, percent)
    assert told.startswith(reason)
    assert bool(told) == bool(reason)


def test_outcomes_of_one_side_alone_are_missing_data() -> None:
    found = Evidence(live=counts(900, outcomes=200), candidate=counts(100))
    assert missing(WHOLE, State(), found, 10).startswith("no Outcomes of the candidate")
    assert missing(WHOLE, State(), replace(found, live=counts(900, outcomes=20)), 10) == ""


def test_what_came_before_a_change_of_shares_counts_at_its_own_share() -> None:
    """40 errors of 100 are too many at a share of 10 %, and just right at 40 %."""
    loose = replace(ANALYSIS, tolerated=0.5, detect=0.3)
    found = Evidence(live=counts(600, bad=60), candidate=counts(400, bad=40))
    assert harm(loose, State(percent=10), found)
    assert harm(loose, State(percent=40), found) == ""
    assert harm(loose, State(percent=10, base_candidate=40, base_live=60), found) == ""
    assert harm(loose, State(percent=10, base_candidate=40, base_live=60, earlier=12.0), found)


def test_the_sample_follows_from_what_has_to_be_detected() -> None:
    found = Evidence(live=counts(0), candidate=counts(100, outcomes=30))
    assert sample(replace(ANALYSIS, detect=0.05)) == 345
    assert lacking(replace(ANALYSIS, detect=0.05), found) == (245, 0)
    assert lacking(WHOLE, found)[1] == 70


def test_a_temporary_name_fits_and_tells_releases_apart() -> None:
    names = {temporary("m" * 63, "canary", "a", other) for other in "bcd"}
    assert len(names) == 3
    assert all(len(name) <= 63 for name in names)


# -- shadow


class Bucket:
    """S3 with captures, and an endpoint that says where they are."""

    def __init__(self, lines: dict[str, list[dict[str, Any]]]) -> None:
        self.objects = {
            f"m/m/{variant}/2026/01/02/03/1.jsonl": "\n".join(map(json.dumps, each)) + "\nnonsense\n"
            for variant, each in lines.items()
        }

    def describe_endpoint(self, **_: Any) -> dict[str, Any]:
        return {"DataCaptureConfig": {"DestinationS3Uri": "s3://c/m/"}}

    def get_paginator(self, _: str) -> Bucket:
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        assert Bucket == "c"
        yield {"Contents": [{"Key": key, "LastModified": "1"} for key in self.objects if key.startswith(Prefix)]}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        assert Bucket == "c"
        return {"Body": io.BytesIO(self.objects[Key].encode())}


def capture(inference: str, data: str, encoding: str = "JSON") -> dict[str, Any]:
    output = {"data": data, "encoding": encoding}
    return {"captureData": {"endpointOutput": output}, "eventMetadata": {"inferenceId": inference}}


def test_answers_to_the_same_requests_are_compared_by_class() -> None:
    said = '{"predictions": ["x", "y"], "probabilities": [[1, 0], [0, 1]]}'
    other = '{"predictions": ["x", "x"], "probabilities": [[1, 0], [1, 0]]}'
    encoded = "eCwxLDAKeSwwLDEK"  # x,1,0 and y,0,1 as CSV in base64
    store = Bucket(
        {
            "main": [capture("1", said), capture("2", said), capture("3", said), capture("4", said)],
            "candidate": [capture("1", said), capture("2", other), capture("3", encoded, "BASE64")],
        }
    )
    assert shadow.answers(store, store, "m", "main", BEGAN) == {"pairs": 3, "equal": 0.6667}


def test_captures_without_inference_ids_are_told() -> None:
    store = Bucket({"main": [], "candidate": []})
    assert shadow.answers(store, store, "m", "main", BEGAN)["note"] == "no inference id is in the captures of both"
