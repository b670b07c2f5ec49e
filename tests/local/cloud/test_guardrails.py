"""UpdateEndpoint with guardrails: traffic moves in steps, and goes back when an alarm, the fleet or time says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import daemon
from tests.local.cloud.emulated import Cloud, gone, until
from tests.local.cloud.test_daemon import kill, written
from tests.local.cloud.test_updating import load


@pytest.fixture(scope="module")
def fast(new_cloud: Callable[..., Cloud]) -> Cloud:
    """An account whose minutes are a fifth of a second long."""
    return new_cloud(TAKEOFF_CLOCK_SPEED="300")


def plan(kind: str, percent: int = 50, *alarms: str, wait: int = 0, bake: int = 0, timeout: int = 28_800) -> Any:
    size = {"Type": "CAPACITY_PERCENT", "Value": percent}
    if kind == "ROLLING":
        rolling = {"MaximumBatchSize": size, "WaitIntervalInSeconds": wait}
        config: dict[str, Any] = {"RollingUpdatePolicy": rolling | {"MaximumExecutionTimeoutInSeconds": timeout}}
    else:
        routing: dict[str, Any] = {"Type": kind, "WaitIntervalInSeconds": wait}
        name = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}.get(kind)
        policy = {"TerminationWaitInSeconds": bake, "MaximumExecutionTimeoutInSeconds": timeout}
        config = {
            "BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": routing | ({name: size} if name else {}),
                **policy,
            }
        }
    if alarms:
        config["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": each} for each in alarms]}
    return config


def update(cloud: Cloud, endpoint: str, config: str, deployment: Any, **more: Any) -> None:
    cloud.sagemaker.update_endpoint(
        EndpointName=endpoint, EndpointConfigName=config, DeploymentConfig=deployment, **more
    )


def share(cloud: Cloud, endpoint: str) -> float | None:
    """The part of the traffic that the new fleet gets; None when nothing shifts."""
    found = (daemon.status(cloud.state) or {})["endpoints"][endpoint].get("shift")
    return float(found["share"]) if found else None


def errors(cloud: Cloud, endpoint: str, config: str, **more: Any) -> str:
    """An alarm over the errors of one config's fleet alone."""
    name = f"errors-{next(cloud.names)}"
    values = {"EndpointName": endpoint, "VariantName": "main", "EndpointConfigName": config}
    cloud.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Dimensions=[{"Name": key, "Value": value} for key, value in values.items()],
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0.1,
        ComparisonOperator="GreaterThanThreshold",
        **({"TreatMissingData": "notBreaching"} | more),
    )
    return name


def quiet_ask(cloud: Cloud, endpoint: str) -> str:
    try:
        return str(cloud.ask(endpoint)["version"])
    except ClientError:
        return "failed"


@pytest.mark.parametrize("kind", ["ALL_AT_ONCE", "CANARY", "LINEAR", "ROLLING"])
def test_a_good_version_arrives_under_load_without_a_failed_request(fast: Cloud, kind: str) -> None:
    endpoint = fast.deploy(("main", fast.model("one"), 1, 2))
    old, config = fast.pids(endpoint), fast.config(("main", fast.model("two"), 1, 2))
    alarm = errors(fast, endpoint, config)
    with load(fast, endpoint) as answers:
        update(fast, endpoint, config, plan(kind, 50, alarm, wait=60, bake=60))
        found = fast.settled(endpoint)
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", config)
    assert "PendingDeploymentSummary" not in found
    assert found["LastDeploymentConfig"]["AutoRollbackConfiguration"] == {"Alarms": [{"AlarmName": alarm}]}
    assert {answer["version"] for answer in answers[-20:]} == {"two"}
    assert all(gone(pid) for pid in old)


def test_a_linear_shift_moves_the_traffic_step_by_step_and_describe_shows_what_comes(fast: Cloud) -> None:
    endpoint = fast.deploy(("main", fast.model("one"), 1, 2))
    before, config = fast.describe(endpoint)["EndpointConfigName"], fast.config(("main", fast.model("two"), 1, 2))
    update(fast, endpoint, config, plan("LINEAR", 20, wait=600))
    seen = []
    for step in (0.2, 0.4, 0.6, 0.8):
        until(lambda step=step: share(fast, endpoint) == pytest.approx(step))
        seen.append(Counter(fast.ask(endpoint)["version"] for _ in range(10))["two"])
    shown = fast.describe(endpoint)
    assert (shown["EndpointStatus"], shown["EndpointConfigName"]) == ("Updating", before)
    assert shown["PendingDeploymentSummary"]["EndpointConfigName"] == config
    assert shown["PendingDeploymentSummary"]["StartTime"]
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        update(fast, endpoint, config, plan("ALL_AT_ONCE"))
    assert fast.settled(endpoint)["EndpointConfigName"] == config
    assert seen == [2, 4, 6, 8]


@pytest.mark.parametrize("kind", ["CANARY", "ROLLING", "ALL_AT_ONCE"])
def test_a_failing_version_is_returned_from_and_the_reason_names_the_alarm(fast: Cloud, kind: str) -> None:
    endpoint = fast.deploy(("main", fast.model("one"), 1, 2))
    before, pids = fast.describe(endpoint)["EndpointConfigName"], fast.pids(endpoint)
    config = fast.config(("main", fast.model("two", FAILS="1"), 1, 2))
    alarm = errors(fast, endpoint, config)
    update(fast, endpoint, config, plan(kind, 10, alarm, wait=2400, bake=2400))
    seen = Counter[str]()

    def settled() -> bool:
        seen[quiet_ask(fast, endpoint)] += 1
        return str(fast.describe(endpoint)["EndpointStatus"]) == "InService"

    until(settled)
    found = fast.describe(endpoint)
    assert found["EndpointConfigName"] == before
    assert f"went into ALARM state: {alarm}" in found["FailureReason"]
    assert seen["failed"] > 0
    assert sorted(fast.pids(endpoint)) == sorted(pids)
    assert {quiet_ask(fast, endpoint) for _ in range(20)} == {"one"}


def test_an_alarm_that_rings_before_anything_moved_keeps_everything_where_it_is(fast: Cloud) -> None:
    endpoint, config = fast.deploy(("main", fast.model("one"), 1, 2)), fast.config(("main", fast.model("two"), 1, 2))
    alarm = errors(fast, endpoint, config, TreatMissingData="ignore")
    fast.client("cloudwatch").set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="it rings")
    update(fast, endpoint, config, plan("CANARY", 10, alarm))
    assert alarm in fast.settled(endpoint)["FailureReason"]
    assert {fast.ask(endpoint)["version"] for _ in range(10)} == {"one"}


def test_an_alarm_without_data_is_no_alarm(fast: Cloud) -> None:
    endpoint, config = fast.deploy(("main", fast.model("one"), 1, 2)), fast.config(("main", fast.model("two"), 1, 2))
    alarm = errors(fast, endpoint, config, TreatMissingData="missing")
    update(fast, endpoint, config, plan("CANARY", 10, alarm, wait=300, bake=300))
    assert fast.settled(endpoint)["EndpointConfigName"] == config
    found = fast.client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]
    assert found["StateValue"] == "INSUFFICIENT_DATA"


def test_a_new_fleet_that_stops_answering_while_it_bakes_is_returned_from(fast: Cloud) -> None:
    endpoint = fast.deploy(("main", fast.model("one"), 1, 2))
    config = fast.config(("main", fast.model("two"), 1, 2))
    update(fast, endpoint, config, plan("ALL_AT_ONCE", 100, bake=3600))
    until(lambda: share(fast, endpoint) == 1)

    def returned() -> bool:
        # Its processes die in every request until nobody is left to answer.
        if fast.describe(endpoint)["EndpointStatus"] == "Updating":
            try:
                fast.ask(endpoint, "exit")
            except ClientError:
                return False
        return str(fast.describe(endpoint)["EndpointStatus"]) == "InService"

    until(returned)
    assert "variant main of the new fleet is healthy" in fast.describe(endpoint)["FailureReason"]
    until(lambda: quiet_ask(fast, endpoint) == "one")


def test_a_deployment_that_takes_too_long_is_returned_from(new_cloud: Callable[..., Cloud]) -> None:
    # At this speed ten minutes are over before a container has started.
    cloud = new_cloud(TAKEOFF_CLOCK_SPEED="1000", TAKEOFF_CLOUD_DELAYS='{"updating": 601}')
    endpoint, config = (
        cloud.deploy(("main", cloud.model("one"), 1, 1)),
        cloud.config(("main", cloud.model("two"), 1, 1)),
    )
    update(cloud, endpoint, config, plan("ALL_AT_ONCE", timeout=600))
    assert "within MaximumExecutionTimeoutInSeconds (600 seconds)" in cloud.settled(endpoint)["FailureReason"]
    assert cloud.ask(endpoint)["version"] == "one"


def test_a_daemon_killed_in_the_middle_of_a_shift_ends_on_one_config_and_serves(
    new_cloud: Callable[..., Cloud],
) -> None:
    cloud = new_cloud(TAKEOFF_CLOCK_SPEED="300")
    endpoint, other = (cloud.deploy(("main", cloud.model("one"), 1, 2)) for _ in range(2))
    before, config = cloud.describe(other)["EndpointConfigName"], cloud.config(("main", cloud.model("two"), 1, 2))
    alarm = errors(cloud, other, config, TreatMissingData="ignore")
    update(cloud, endpoint, config, plan("CANARY", 50, wait=3600))
    update(cloud, other, config, plan("CANARY", 50, alarm, wait=3600))
    until(lambda: share(cloud, endpoint) == share(cloud, other) == 0.5)
    cloud.client("cloudwatch").set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="it rings")
    until(lambda: cloud.describe(other)["EndpointStatus"] == "InService")
    written(cloud)
    assert cloud.describe(endpoint)["EndpointStatus"] == "Updating"
    kill(cloud)
    cloud.start(TAKEOFF_CLOCK_SPEED="300")
    assert cloud.ask(endpoint)["version"] in ("one", "two")
    assert cloud.settled(endpoint)["EndpointConfigName"] == config
    assert {cloud.ask(endpoint)["version"] for _ in range(10)} == {"two"}
    assert cloud.settled(other)["EndpointConfigName"] == before
    assert {cloud.ask(other)["version"] for _ in range(10)} == {"one"}
    assert len(cloud.pids(endpoint)) == len(cloud.pids(other)) == 2


def test_updates_that_aws_refuses_are_refused_by_name_and_change_nothing(fast: Cloud) -> None:
    model = fast.model("one")
    endpoint, pair = fast.deploy(("main", model, 1, 2)), fast.deploy(("a", model, 1, 2), ("b", model, 1, 2))
    config, two = fast.config(("main", model, 1, 2)), fast.config(("a", model, 1, 2), ("b", model, 1, 2))
    single, before = fast.config(("main", model, 1, 1)), fast.describe(endpoint)
    for name, target, deployment, said in (
        (endpoint, single, plan("CANARY", 10), "canary with 1 instance"),
        (endpoint, single, plan("LINEAR", 10), "linear with 1 instance"),
        (endpoint, config, plan("CANARY", 60), "percent: got 60, allowed 1 to 50"),
        (endpoint, config, plan("LINEAR", 5), "percent: got 5, allowed 10 to 50"),
        (pair, two, plan("ROLLING", 50), "rolling with 2 variants"),
        (endpoint, two, plan("ALL_AT_ONCE"), "same variant names"),
        (endpoint, config, plan("CANARY", 10, "nobody"), r"alarm\(s\) nobody do not exist"),
        (endpoint, config, plan("CANARY", 10, wait=3600, bake=3600, timeout=600), "7200 seconds"),
        (endpoint, config, plan("CANARY", 10, *(f"a{n}" for n in range(11))), "alarms: got 11, allowed at most 10"),
    ):
        with pytest.raises(ClientError, match=rf"Validation.*{said}|Parameter validation.*{said}"):
            update(fast, name, target, deployment)
    after = fast.describe(endpoint)
    assert {**before, "ResponseMetadata": 0} == {**after, "ResponseMetadata": 0}


def test_a_scaled_variant_can_neither_change_its_instance_type_nor_disappear(fast: Cloud) -> None:
    model = fast.model("one")
    endpoint = fast.deploy(("main", model, 1, 1))
    fast.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId=f"endpoint/{endpoint}/variant/main",
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
        MinCapacity=1,
        MaxCapacity=3,
    )
    for config, said in (
        (fast.config(("main", model, 1, 1), kind="ml.m5.xlarge"), "change its instance type"),
        (fast.config(("other", model, 1, 1)), "be removed"),
    ):
        with pytest.raises(ClientError, match=f"variant main is registered as a scalable target and would {said}"):
            fast.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=config)
    fine = fast.config(("main", fast.model("two"), 1, 1))
    fast.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=fine)
    assert fast.settled(endpoint)["EndpointConfigName"] == fine
