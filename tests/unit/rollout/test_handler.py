"""The rollout function over a small endpoint that behaves as SageMaker's does."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from catalog.desired import Desired, Share
from catalog.plan import Plan
from model_code.rollout.handler import LONGEST_WAIT, LONGEST_WATCH, Clients
from model_code.rollout.handler import step as handle

PARAMETER = "/takeoff/local/m/desired"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Parameters:
    """SSM as far as a rollout uses it."""

    def __init__(self, wish: Desired) -> None:
        self.version, self.wish = 7, wish
        self.written: dict[str, Any] = {}

    def get_parameter(self, Name: str) -> dict[str, Any]:  # noqa: N803 (boto3's names)
        assert Name == PARAMETER
        return {"Parameter": {"Value": self.wish.to_json(), "Version": self.version}}

    def put_parameter(self, Name: str, Value: str, **_: Any) -> None:  # noqa: N803
        self.written[Name] = json.loads(Value)


class Alarms:
    """CloudWatch as far as a rollout uses it."""

    def __init__(self, **states: str) -> None:
        self.states = states

    def describe_alarms(self, AlarmNames: list[str]) -> dict[str, Any]:  # noqa: N803
        known = [{"AlarmName": n, "StateValue": self.states[n]} for n in AlarmNames if n in self.states]
        return {"MetricAlarms": known, "CompositeAlarms": []}


class Scaling:
    """Application Auto Scaling with one target per scaled variant."""

    def __init__(self, *variants: str) -> None:
        self.suspended = {f"endpoint/e/variant/{variant}": False for variant in variants}
        self.calls: list[bool] = []

    def describe_scalable_targets(self, ResourceIds: list[str], **of: str) -> dict[str, Any]:  # noqa: N803
        assert of == {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
        kinds = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
        return {
            "ScalableTargets": [
                {"ResourceId": resource, "SuspendedState": dict.fromkeys(kinds, state)}
                for resource, state in self.suspended.items()
                if resource in ResourceIds
            ]
        }

    def register_scalable_target(self, ResourceId: str, SuspendedState: dict[str, bool], **of: str) -> None:  # noqa: N803
        assert set(of) == {"ServiceNamespace", "ScalableDimension"}, "a bound is the program's to set"
        assert len(SuspendedState) == 3
        (state,) = set(SuspendedState.values())
        self.suspended[ResourceId] = state
        self.calls.append(state)


def step(
    event: dict[str, Any],
    sagemaker: Any,
    ssm: Parameters,
    now: Any,
    alarms: Alarms | None = None,
    scaling: Scaling | None = None,
) -> dict[str, Any]:
    """One step, through JSON as in the state machine."""
    clients = Clients(sagemaker, ssm, alarms or Alarms(), scaling or Scaling())
    after: dict[str, Any] = json.loads(json.dumps(handle(event, clients, now)))
    return after


class Endpoint:
    """SageMaker with one endpoint. Each look moves an update one tick further; `good` configs come up."""

    def __init__(self, config: str, good: set[str]) -> None:
        self.config, self.good, self.status = config, good, "InService"
        self.weights = {"main": 100.0, "candidate": 0.0}
        self.calls: list[str] = []
        self.requests: list[dict[str, Any]] = []
        self.target = ""

    def describe_endpoint(self, **_: Any) -> dict[str, Any]:
        found = {
            "EndpointStatus": self.status,
            "EndpointConfigName": self.config,
            "FailureReason": "" if self.config in self.good else "unhealthy",
            "ProductionVariants": [
                {"VariantName": name, "DesiredWeight": weight, "DesiredInstanceCount": 1}
                for name, weight in self.weights.items()
            ],
        }
        if self.status == "Updating":
            self.status = "InService"
            self.config = self.target if self.target in self.good else self.config
        return found

    def update_endpoint(self, **request: Any) -> None:
        assert request["RetainAllVariantProperties"]
        assert {"VariantPropertyType": "DataCaptureConfig"} in request["ExcludeRetainedVariantProperties"]
        self.calls.append("config")
        self.requests.append(request)
        self.status, self.target = "Updating", request["EndpointConfigName"]

    def update_endpoint_weights_and_capacities(self, **request: Any) -> None:
        self.calls.append("shares")
        for item in request["DesiredWeightsAndCapacities"]:
            self.weights[item["VariantName"]] = item["DesiredWeight"]


def wish(config: str = "new", main: int = 90) -> Desired:
    shares = {"main": Share(traffic=main, instances=1), "candidate": Share(traffic=100 - main, instances=1)}
    return Desired(endpoint="e", config=config, content="c", generation=1, variants=shares)


def run(sagemaker: Any, ssm: Parameters, event: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the state machine does, without the waiting."""
    state = event or {"parameter": PARAMETER}
    for _ in range(50):
        state = step(state, sagemaker, ssm, lambda: NOW)
        if state["status"] != "waiting":
            return state
    raise AssertionError(f"never settled: {state}")


def test_a_new_config_then_its_shares_then_success() -> None:
    sagemaker, ssm = Endpoint("old", {"old", "new"}), Parameters(wish())
    assert run(sagemaker, ssm)["status"] == "succeeded"
    assert sagemaker.calls == ["config", "shares"]
    assert sagemaker.weights == {"main": 90, "candidate": 10}
    (request,) = sagemaker.requests
    assert request["ExcludeRetainedVariantProperties"] == [{"VariantPropertyType": "DataCaptureConfig"}]
    routing = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    assert request["DeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"] == routing


def test_the_outcome_names_the_version_of_the_wish_that_it_judges() -> None:
    ssm = Parameters(wish(config="old", main=100))
    run(Endpoint("old", {"old"}), ssm)
    assert ssm.written["/takeoff/local/m/outcome"] == {
        "desired_version": 7,
        "status": "succeeded",
        "reason": "",
        "config": "old",
        "desired_config": "old",
        "at": "2026-01-02T03:04:05+00:00",
    }


def test_a_config_that_does_not_come_up_fails_and_is_asked_for_once() -> None:
    sagemaker, ssm = Endpoint("old", {"old"}), Parameters(wish())
    end = run(sagemaker, ssm)
    assert (end["status"], sagemaker.calls, sagemaker.config) == ("failed", ["config"], "old")
    assert "returned to old" in ssm.written["/takeoff/local/m/outcome"]["reason"]


@pytest.mark.parametrize("kill_after", range(1, 6))
def test_started_again_from_nothing_after_any_step_it_ends_in_the_same_place(kill_after: int) -> None:
    sagemaker, ssm = Endpoint("old", {"old", "new"}), Parameters(wish())
    state: dict[str, Any] = {"parameter": PARAMETER}
    for _ in range(kill_after):
        if state.get("status") != "succeeded":
            state = step(state, sagemaker, ssm, lambda: NOW)
    assert run(sagemaker, ssm)["status"] == "succeeded"
    assert (sagemaker.config, sagemaker.weights) == ("new", {"main": 90, "candidate": 10})
    assert sagemaker.calls.count("config") == 1


def test_a_wish_that_changes_midway_is_followed() -> None:
    sagemaker, ssm = Endpoint("old", {"old", "new", "newer"}), Parameters(wish())
    first = step({"parameter": PARAMETER}, sagemaker, ssm, lambda: NOW)
    ssm.wish, ssm.version = wish(config="newer", main=40), 8
    assert run(sagemaker, ssm, first)["status"] == "succeeded"
    assert (sagemaker.config, sagemaker.weights["main"]) == ("newer", 40)


class Refusing(Endpoint):
    """An endpoint on which another update got in between."""

    def __init__(self, message: str, times: int) -> None:
        super().__init__("old", {"old", "new"})
        self.message, self.times = message, times

    def update_endpoint(self, **request: Any) -> None:
        if self.times:
            self.times -= 1
            raise ClientError({"Error": {"Code": "ValidationException", "Message": self.message}}, "UpdateEndpoint")
        super().update_endpoint(**request)


def test_a_concurrent_update_is_waited_for_and_the_call_is_made_again() -> None:
    sagemaker, ssm = Refusing("Cannot update in-progress endpoint", 2), Parameters(wish())
    assert run(sagemaker, ssm)["status"] == "succeeded"


def test_a_request_that_sagemaker_will_not_have_fails_with_its_words() -> None:
    ssm = Parameters(wish())
    end = run(Refusing("Could not find endpoint configuration", 9), ssm)
    assert (end["status"], "Could not find" in end["reason"]) == ("failed", True)


def test_waiting_grows_to_half_a_minute_and_no_further() -> None:
    sagemaker, ssm = Endpoint("old", {"old", "new"}), Parameters(wish())
    event: dict[str, Any] = {"parameter": PARAMETER, "seconds": 0}
    waits = []
    for _ in range(40):
        sagemaker.status = "Creating"
        event = step(event, sagemaker, ssm, lambda: NOW)
        waits.append(event["seconds"])
    assert waits[:3] == [1, 2, 3]
    assert max(waits) == LONGEST_WAIT


PLAN = Plan(kind="canary", percent=10, bake_seconds=300, alarms=("errors", "latency"))
QUIET = {"errors": "OK", "latency": "OK"}


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


def test_the_plan_of_the_wish_is_what_sagemaker_is_asked_for() -> None:
    ssm = Parameters(replace(wish(), plan=PLAN))
    sagemaker = Endpoint("old", {"old", "new"})
    step({"parameter": PARAMETER}, sagemaker, ssm, lambda: NOW, Alarms(**QUIET))
    assert sagemaker.requests[0]["DeploymentConfig"] == PLAN.deployment_config()


def test_variants_whose_names_change_are_moved_without_guardrails() -> None:
    one = replace(wish(), variants={"main": Share(traffic=100, instances=1)})
    sagemaker = Endpoint("old", {"old", "new"})
    step({"parameter": PARAMETER}, sagemaker, Parameters(one), lambda: NOW)
    assert "DeploymentConfig" not in sagemaker.requests[0]


def test_a_single_variants_weight_comes_from_its_config_so_that_a_shadow_gets_its_share() -> None:
    one = replace(wish(), variants={"main": Share(traffic=100, instances=1)})
    sagemaker = Endpoint("old", {"old", "new"})
    step({"parameter": PARAMETER}, sagemaker, Parameters(one), lambda: NOW)
    excluded = [each["VariantPropertyType"] for each in sagemaker.requests[0]["ExcludeRetainedVariantProperties"]]
    assert excluded == ["DataCaptureConfig", "DesiredWeight"]


def rolled_back(scaling: Scaling) -> tuple[dict[str, Any], Parameters]:
    """A canary whose errors ring for one look, two minutes in, and are silent when SageMaker has returned."""
    sagemaker, ssm = Endpoint("old", {"old"}), Parameters(replace(wish(), plan=PLAN))
    alarms, clock = Alarms(**QUIET), Clock()
    state: dict[str, Any] = {"parameter": PARAMETER}
    for status, errors in [("InService", "OK"), ("Updating", "OK"), ("RollingBack", "ALARM"), ("InService", "OK")]:
        sagemaker.status, alarms.states["errors"] = status, errors
        state = step(state, sagemaker, ssm, clock, alarms, scaling)
        sagemaker.config = "old"
        clock.at += timedelta(minutes=1)
    return state, ssm


def test_a_return_names_its_alarm_and_how_long_it_took_from_there() -> None:
    state, ssm = rolled_back(Scaling())
    outcome = ssm.written["/takeoff/local/m/outcome"]
    assert state["status"] == "failed"
    assert "(alarms: errors)" in outcome["reason"]
    assert (outcome["alarms"], outcome["seconds_to_return"]) == (["errors"], 60)


def test_a_return_without_an_alarm_is_timed_from_the_call() -> None:
    sagemaker, ssm = Endpoint("old", {"old"}), Parameters(wish())
    clock = Clock()
    state: dict[str, Any] = {"parameter": PARAMETER}
    while state.get("status") != "failed":
        state = step(state, sagemaker, ssm, clock)
        clock.at += timedelta(seconds=20)
    outcome = ssm.written["/takeoff/local/m/outcome"]
    assert (outcome["alarms"], outcome["seconds_to_return"]) == ([], 40)


def test_a_success_has_no_time_to_return() -> None:
    ssm = Parameters(wish())
    run(Endpoint("old", {"old", "new"}), ssm)
    assert "seconds_to_return" not in ssm.written["/takeoff/local/m/outcome"]


def test_while_alarms_watch_a_change_it_looks_often_enough_to_hear_them() -> None:
    sagemaker, ssm = Endpoint("old", {"old", "new"}), Parameters(replace(wish(), plan=PLAN))
    state: dict[str, Any] = {"parameter": PARAMETER}
    waits = []
    for _ in range(20):
        state = step(state, sagemaker, ssm, lambda: NOW, Alarms(**QUIET))
        sagemaker.status = "Updating"
        waits.append(state["seconds"])
    assert max(waits) == LONGEST_WATCH


def test_scaling_is_suspended_before_the_config_changes_and_resumed_before_the_outcome() -> None:
    sagemaker, ssm, scaling = Endpoint("old", {"old", "new"}), Parameters(wish()), Scaling("main")
    state: dict[str, Any] = {"parameter": PARAMETER}
    seen = []
    while state.get("status") != "succeeded":
        state = step(state, sagemaker, ssm, lambda: NOW, scaling=scaling)
        seen.append((sagemaker.status, *scaling.suspended.values()))
    assert seen[0] == ("Updating", True)
    assert seen[-1] == ("InService", False)
    assert scaling.calls == [True, False]


def test_scaling_is_resumed_after_a_return_too() -> None:
    scaling = Scaling("main", "candidate")
    rolled_back(scaling)
    assert scaling.calls == [True, True, False, False]


@pytest.mark.parametrize("kill_after", range(1, 5))
def test_an_execution_started_again_after_a_kill_leaves_nothing_suspended(kill_after: int) -> None:
    sagemaker, ssm, scaling = Endpoint("old", {"old", "new"}), Parameters(wish()), Scaling("main")
    for attempt in (range(kill_after), range(50)):
        state: dict[str, Any] = {"parameter": PARAMETER}
        for _ in attempt:
            if state.get("status", "waiting") == "waiting":
                state = step(state, sagemaker, ssm, lambda: NOW, scaling=scaling)
    assert state["status"] == "succeeded"
    assert not any(scaling.suspended.values())


def test_a_change_of_traffic_alone_suspends_nothing() -> None:
    sagemaker, ssm, scaling = Endpoint("new", {"new"}), Parameters(wish()), Scaling("main")
    state: dict[str, Any] = {"parameter": PARAMETER}
    while state.get("status") != "succeeded":
        state = step(state, sagemaker, ssm, lambda: NOW, scaling=scaling)
    assert (sagemaker.calls, scaling.calls) == (["shares"], [])


def test_a_missing_rollback_alarm_leaves_the_endpoint_as_it_is() -> None:
    sagemaker, ssm = Endpoint("old", {"old", "new"}), Parameters(replace(wish(), plan=PLAN))
    state = step({"parameter": PARAMETER}, sagemaker, ssm, lambda: NOW, Alarms(errors="OK"))
    assert (state["status"], sagemaker.calls) == ("failed", [])


def test_an_alarm_that_rings_before_the_change_is_waited_for() -> None:
    sagemaker, ssm = Endpoint("old", {"old", "new"}), Parameters(replace(wish(), plan=PLAN))
    alarms = Alarms(errors="ALARM", latency="OK")
    state: dict[str, Any] = {"parameter": PARAMETER}
    for _ in range(3):
        state = step(state, sagemaker, ssm, lambda: NOW, alarms)
    assert (state["status"], sagemaker.calls, state["attempted"]["held"]) == ("waiting", [], 3)
    alarms.states["errors"] = "OK"
    step(state, sagemaker, ssm, lambda: NOW, alarms)
    assert sagemaker.calls == ["config"]


def test_what_was_asked_for_an_older_wish_may_be_asked_again() -> None:
    sagemaker, ssm = Endpoint("old", {"old"}), Parameters(wish(config="old"))
    state = step({"parameter": PARAMETER}, sagemaker, ssm, lambda: NOW)
    sagemaker.weights, sagemaker.status, ssm.version = {"main": 100.0, "candidate": 0.0}, "InService", 8
    state = step(state, sagemaker, ssm, lambda: NOW)
    assert (state["status"], sagemaker.calls) == ("waiting", ["shares", "shares"])
