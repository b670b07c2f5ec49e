"""UpdateEndpoint: no request lost, nothing kept that AWS resets, and back to the old fleet when the new one fails."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import daemon
from tests.local.cloud.emulated import Cloud, gone, until


def update(cloud: Cloud, endpoint: str, config: str, **more: Any) -> dict[str, Any]:
    cloud.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=config, **more)
    return cloud.settled(endpoint)


@contextmanager
def load(cloud: Cloud, endpoint: str) -> Iterator[list[dict[str, Any]]]:
    """Four callers, each nearly always in a request, and what they were answered; their first error is raised."""
    answers: list[dict[str, Any]] = []
    done = threading.Event()

    def call() -> None:
        while not done.is_set():
            answers.append(cloud.ask(endpoint, "sleep 0.05"))

    with ThreadPoolExecutor(4) as pool:
        callers = [pool.submit(call) for _ in range(4)]
        until(lambda: len(answers) > 20)
        try:
            yield answers
            seen = len(answers)
            until(lambda: len(answers) > seen + 20)
        finally:
            done.set()
    for caller in callers:
        caller.result()


def test_an_update_under_load_loses_no_request_and_ends_the_old_processes(cloud: Cloud) -> None:
    endpoint = cloud.deploy(("main", cloud.model("one"), 1, 2))
    old = cloud.pids(endpoint)
    config = cloud.config(("main", cloud.model("two"), 1, 2))
    with load(cloud, endpoint) as answers:
        assert update(cloud, endpoint, config)["EndpointConfigName"] == config
        assert all(gone(pid) for pid in old)
    assert {answer["version"] for answer in answers} == {"one", "two"}
    assert {answer["version"] for answer in answers[-20:]} == {"two"}


def test_new_weights_and_counts_under_load_lose_no_request(cloud: Cloud) -> None:
    endpoint = cloud.deploy(("main", cloud.model("one"), 1, 2), ("candidate", cloud.model("two"), 0, 1))
    with load(cloud, endpoint) as answers:
        cloud.reweigh(endpoint, main={"DesiredWeight": 0, "DesiredInstanceCount": 1}, candidate={"DesiredWeight": 1})
        assert cloud.settled(endpoint)["EndpointStatus"] == "InService"
    assert {answer["variant"] for answer in answers[-20:]} == {"candidate"}


def test_an_update_resets_weights_and_counts_to_the_config(cloud: Cloud) -> None:
    endpoint, config = reweighed(cloud)
    (found,) = update(cloud, endpoint, config)["ProductionVariants"]
    assert (found["CurrentWeight"], found["CurrentInstanceCount"]) == (1, 1)


@pytest.mark.parametrize(
    ("excluded", "kept"), [([], (5, 2)), (["DesiredWeight"], (1, 2)), (["DesiredInstanceCount"], (5, 1))]
)
def test_an_update_retains_what_it_is_told_to_retain(cloud: Cloud, excluded: list[str], kept: tuple[int, int]) -> None:
    endpoint, config = reweighed(cloud)
    properties = [{"VariantPropertyType": each} for each in excluded]
    found = update(
        cloud, endpoint, config, RetainAllVariantProperties=True, ExcludeRetainedVariantProperties=properties
    )["ProductionVariants"][0]
    assert (found["CurrentWeight"], found["CurrentInstanceCount"]) == kept
    assert len(cloud.pids(endpoint)) == kept[1]


def reweighed(cloud: Cloud) -> tuple[str, str]:
    model = cloud.model("one")
    endpoint = cloud.deploy(("main", model, 1, 1))
    cloud.reweigh(endpoint, main={"DesiredWeight": 5, "DesiredInstanceCount": 2})
    cloud.settled(endpoint)
    return endpoint, cloud.config(("main", model, 1, 1))


def test_a_new_version_that_is_not_healthy_is_rolled_back_with_the_tail_of_its_log(slow: Cloud) -> None:
    endpoint = slow.deploy(("main", slow.model("one"), 1, 1))
    before, pids = slow.describe(endpoint)["EndpointConfigName"], slow.pids(endpoint)
    config = slow.config(("main", slow.model("two", BROKEN="bad weights"), 1, 1))
    slow.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=config)
    assert slow.describe(endpoint)["PendingDeploymentSummary"]["EndpointConfigName"] == config
    until(lambda: slow.describe(endpoint)["EndpointStatus"] == "RollingBack")
    found = slow.settled(endpoint)
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", before)
    assert "cannot load the model: bad weights" in found["FailureReason"]
    assert slow.pids(endpoint) == pids
    assert slow.ask(endpoint)["version"] == "one"


def test_a_rollback_to_a_fleet_that_is_gone_fails_and_a_later_update_mends_it(slow: Cloud) -> None:
    endpoint = slow.deploy(("main", slow.model("one"), 1, 1))
    # The new version never answers, and meanwhile whatever serves the old one is killed as soon as it starts.
    config = slow.config(("main", slow.model("two", NO_PING="1"), 1, 1))
    slow.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=config)
    stopped = threading.Event()

    def keep_killing() -> None:
        while not stopped.wait(0.01):
            for pid in slow.pids(endpoint):
                os.kill(pid, signal.SIGKILL) if not gone(pid) else None

    killer = threading.Thread(target=keep_killing)
    killer.start()
    found = slow.settled(endpoint)
    stopped.set()
    killer.join()
    assert found["EndpointStatus"] == "UpdateRollbackFailed"
    mended = update(slow, endpoint, slow.config(("main", slow.model("three"), 1, 1)))
    assert (mended["EndpointStatus"], slow.ask(endpoint)["version"]) == ("InService", "three")


def test_in_realistic_mode_every_change_takes_its_time_and_refuses_another(slow: Cloud) -> None:
    model = slow.model("one")
    config, name = slow.config(("main", model, 1, 1)), f"endpoint-{next(slow.names)}"
    slow.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    refused(slow, name, config, "Creating")
    slow.settled(name)
    slow.reweigh(name, main={"DesiredWeight": 2})
    assert slow.describe(name)["ProductionVariants"][0]["CurrentWeight"] == 1
    refused(slow, name, config, "Updating")
    assert slow.settled(name)["ProductionVariants"][0]["CurrentWeight"] == 2
    slow.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config)
    refused(slow, name, config, "Updating")
    slow.settled(name)
    slow.sagemaker.delete_endpoint(EndpointName=name)
    refused(slow, name, config, "Deleting")


def refused(cloud: Cloud, name: str, config: str, status: str) -> None:
    assert cloud.describe(name)["EndpointStatus"] == status
    for change in (
        lambda: cloud.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config),
        lambda: cloud.reweigh(name, main={"DesiredWeight": 3}),
        lambda: cloud.sagemaker.delete_endpoint(EndpointName=name),
    ):
        with pytest.raises(ClientError, match=r"ValidationException.*Cannot update in-progress endpoint"):
            change()
    assert cloud.describe(name)["EndpointStatus"] == status


def test_updates_that_aws_refuses_are_refused_and_change_nothing(cloud: Cloud) -> None:
    model = cloud.model("one")
    endpoint, renamed = cloud.deploy(("main", model, 1, 1)), cloud.config(("other", model, 1, 1))
    guarded = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]}}
    before, pids = cloud.describe(endpoint), cloud.pids(endpoint)
    for change, said in (
        ({"EndpointConfigName": "nobody"}, "Could not find endpoint configuration"),
        ({"EndpointConfigName": renamed, "DeploymentConfig": guarded}, "same variant names"),
    ):
        with pytest.raises(ClientError, match=f"ValidationException.*{said}"):
            cloud.sagemaker.update_endpoint(EndpointName=endpoint, **change)
    with pytest.raises(ClientError, match="not present within endpoint configuration"):
        cloud.reweigh(endpoint, nobody={"DesiredWeight": 1})
    with pytest.raises(ClientError, match="Could not find endpoint "):
        cloud.sagemaker.update_endpoint(EndpointName="nobody", EndpointConfigName=renamed)
    after = cloud.describe(endpoint)
    assert {**before, "ResponseMetadata": 0} == {**after, "ResponseMetadata": 0}
    assert cloud.pids(endpoint) == pids


def test_a_config_in_use_can_be_deleted_and_then_the_endpoint_serves_but_cannot_be_updated(cloud: Cloud) -> None:
    model = cloud.model("one")
    endpoint, later = cloud.deploy(("main", model, 1, 1)), cloud.config(("main", model, 1, 1))
    cloud.sagemaker.delete_endpoint_config(EndpointConfigName=cloud.describe(endpoint)["EndpointConfigName"])
    cloud.sagemaker.delete_model(ModelName=model)
    assert cloud.ask(endpoint)["version"] == "one"
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        cloud.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=later)
    assert daemon.status(cloud.state)
