"""The local stack through the real engine, as the README's commands run it."""

from __future__ import annotations

import json
import os
import re
import signal

import pytest
from botocore.exceptions import ClientError

from tests.local.cloud.emulated import until
from tests.local.stack.machine import CANARY_ACCURACY, ENDPOINT, Machine, changes, end, held_out, predictions

pytestmark = pytest.mark.engine


def test_up_ends_with_predictions_and_three_next_commands(shared: Machine) -> None:
    output = shared.up()
    for variant in ("main", "candidate"):
        _, asked, observed, accuracy, _ = predictions(output)[ENDPOINT, variant]
        assert abs(float(asked.split()[0]) - float(observed.split()[0])) <= 2
        assert float(accuracy) > {"main": 0.92, "candidate": CANARY_ACCURACY}[variant]
    assert re.findall(r"^  make (\w+)", output, re.M) == ["predict", "up", "down"]


def test_the_two_variants_serve_two_versions_trained_by_two_algorithms(shared: Machine) -> None:
    ssm = shared.client("ssm")
    records = [
        json.loads(ssm.get_parameter(Name=f"/takeoff/local/breast-cancer/{slot}")["Parameter"]["Value"])
        for slot in ("approved", "candidate")
    ]
    assert len({record["version"] for record in records}) == 2
    assert {record["algorithm"] for record in records} == {"logistic-regression", "gradient-boosting"}
    client = shared.client("sagemaker-runtime")
    body = json.dumps({"instances": held_out()[0][:1]})
    for variant, record in zip(("main", "candidate"), records, strict=True):
        answer = client.invoke_endpoint(
            EndpointName=ENDPOINT, ContentType="application/json", Body=body, TargetVariant=variant
        )
        assert answer["CustomAttributes"] == f"version={record['version']}"


def test_a_second_up_changes_nothing_and_restarts_nothing(shared: Machine) -> None:
    before = shared.pids()
    counted = changes(shared.up())
    assert set(counted) == {"unchanged"}
    assert counted["unchanged"] > 20
    assert shared.pids() == before


def test_a_preview_after_a_rollout_shows_no_change(shared: Machine) -> None:
    for refresh in ([], ["--refresh"]):
        done = shared.pulumi("preview", "--expect-no-changes", *refresh)
        assert done.returncode == 0, end(done)


def test_a_change_of_traffic_moves_requests_without_a_new_process_or_a_failed_request(shared: Machine) -> None:
    before, config = shared.pids(), shared.endpoint()["EndpointConfigName"]
    shared.edit(lambda model: model.update(traffic={"main": 40, "candidate": 60}))
    with shared.load() as seen:
        output = shared.up()
    assert seen.errors == []
    assert sum(seen.answered.values()) > 100
    assert changes(output) | {"unchanged": 0} == {"updated": 1, "unchanged": 0}
    assert shared.weights() == {"main": 40, "candidate": 60}
    assert (shared.pids(), shared.endpoint()["EndpointConfigName"]) == (before, config)
    shared.edit(lambda model: model.update(traffic={"main": 90, "candidate": 10}))
    shared.up()


def test_a_wish_alone_moves_the_endpoint_and_leaves_its_verdict(fresh: Machine) -> None:
    """Event, rule, target, state machine and function by themselves: `takeoff rollout wait` would start a lost one."""
    fresh.deploy()
    until(lambda: fresh.settled() and fresh.weights() == {"main": 90, "candidate": 10}, 20)
    fresh.edit(lambda model: model.update(traffic={"main": 40, "candidate": 60}))
    done = fresh.pulumi("up", "--yes", "--skip-preview")
    assert done.returncode == 0, end(done)
    until(lambda: fresh.settled() and fresh.weights() == {"main": 40, "candidate": 60}, 15)


def test_a_change_of_config_replaces_the_fleet_without_a_failed_request_and_keeps_the_split(shared: Machine) -> None:
    before, config, generation = shared.pids(), shared.endpoint()["EndpointConfigName"], shared.wish().generation
    shared.edit(lambda model: model["variants"][1].update(instanceType="ml.c7i.large"))
    with shared.load() as seen:
        output = shared.up()
    assert seen.errors == []
    assert sum(seen.answered.values()) > 100
    assert "created" in changes(output)
    after = shared.endpoint()
    assert after["EndpointConfigName"] != config
    assert after["EndpointConfigName"].startswith(f"{ENDPOINT}-{generation + 1:04d}-")
    assert shared.weights() == {"main": 90, "candidate": 10}
    assert not set(shared.pids()) & set(before)
    assert f"config {config}" in shared.resources(), "the old config is kept for the way back"


def test_going_back_is_a_release_of_its_own(shared: Machine) -> None:
    generation = shared.wish().generation
    shared.edit(lambda model: model["variants"][1].update(instanceType="ml.c6i.large"))
    shared.up()
    assert shared.wish().generation == generation + 1
    assert shared.endpoint()["EndpointConfigName"] == shared.wish().config


def test_a_process_that_dies_is_started_again_and_counted(shared: Machine) -> None:
    victim = shared.pids()[0]
    os.kill(victim, signal.SIGKILL)
    client = shared.client("sagemaker-runtime")
    body = json.dumps({"instances": held_out()[0][:1]})
    answered, tries = 0, 0
    while answered < 20 and tries < 5000:
        tries += 1
        try:
            client.invoke_endpoint(EndpointName=ENDPOINT, ContentType="application/json", Body=body)
            answered += 1
        except ClientError:
            answered = 0
    assert answered == 20
    assert len(shared.pids()) == 2
    assert victim not in shared.pids()
    status = json.loads(shared.run("status", "--json").stdout)
    variants = status["endpoints"][ENDPOINT]["variants"].values()
    assert sum(variant["restarts"] for variant in variants) >= 1


@pytest.mark.parametrize(
    ("body", "content_type", "said"),
    [
        ("{", "application/json", "JSON"),
        (json.dumps({"instances": [[1.0] * 29]}), "application/json", "30"),
        ('{"instances": [[NaN' + ", 1" * 29 + "]]}", "application/json", ""),
        (b"\x00", "application/octet-stream", "application/json"),
    ],
)
def test_a_bad_request_is_answered_with_the_reason_and_hurts_nobody(
    shared: Machine, body: str | bytes, content_type: str, said: str
) -> None:
    before = shared.pids()
    with pytest.raises(ClientError) as caught:
        shared.client("sagemaker-runtime").invoke_endpoint(EndpointName=ENDPOINT, ContentType=content_type, Body=body)
    error = caught.value.response
    assert error["Error"]["Code"] == "ModelError"
    assert 400 <= error["OriginalStatusCode"] < 500
    assert said in error["OriginalMessage"]
    assert shared.pids() == before


def test_a_body_over_six_megabytes_is_refused_before_the_model_sees_it(shared: Machine) -> None:
    with pytest.raises(ClientError) as caught:
        shared.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=ENDPOINT, ContentType="text/csv", Body=b"1," * (3 * 1024 * 1024 + 1)
        )
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


def test_metrics_reach_cloudwatch_by_variant_and_by_variant_and_config(shared: Machine) -> None:
    shared.run("predict", "--requests", "50")
    config = shared.endpoint()["EndpointConfigName"]
    names = {"EndpointName": ENDPOINT, "VariantName": "main"}
    metrics = shared.client("cloudwatch").list_metrics(Namespace="AWS/SageMaker", MetricName="Invocations")["Metrics"]
    dimensions = [{d["Name"]: d["Value"] for d in metric["Dimensions"]} for metric in metrics]
    assert names in dimensions
    assert {**names, "EndpointConfigName": config} in dimensions


def test_status_and_logs_show_what_runs(shared: Machine) -> None:
    status = json.loads(shared.run("status", "--json").stdout)
    assert status["endpoints"][ENDPOINT]["status"] == "InService"
    assert ENDPOINT in shared.run("status").stdout
    assert "daemon.log" in shared.run("logs").stdout
