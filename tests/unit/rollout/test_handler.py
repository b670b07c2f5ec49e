"""The rollout function over a small endpoint that behaves as SageMaker's does."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from catalog.desired import Desired, Share
from model_code.rollout.handler import LONGEST_WAIT, step

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


class Endpoint:
    """SageMaker with one endpoint. Each look moves an update one tick further; `good` configs come up."""

    def __init__(self, config: str, good: set[str]) -> None:
        self.config, self.good, self.status = config, good, "InService"
        self.weights = {"main": 100.0, "candidate": 0.0}
        self.calls: list[str] = []
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
        assert request["ExcludeRetainedVariantProperties"] == [{"VariantPropertyType": "DataCaptureConfig"}]
        self.calls.append("config")
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
        state = json.loads(json.dumps(step(state, sagemaker, ssm, lambda: NOW)))
        if state["status"] != "waiting":
            return state
    raise AssertionError(f"never settled: {state}")


def test_a_new_config_then_its_shares_then_success() -> None:
    sagemaker, ssm = Endpoint("old", {"old", "new"}), Parameters(wish())
    assert run(sagemaker, ssm)["status"] == "succeeded"
    assert sagemaker.calls == ["config", "shares"]
    assert sagemaker.weights == {"main": 90, "candidate": 10}


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
