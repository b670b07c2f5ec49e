"""What `takeoff rollout status` says: of a wish for a config, and of versions that take each other's place."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from takeoff.rollout import Progress, Rollouts
from takeoff.stack import DeployedModel, DeployedStack

SAID = {"code": "digits", "owner": "a@example.com", "endpoint": "e", "desired": "/takeoff/test/m/desired"}
MODEL = DeployedModel(name="m", traffic={}, versions=[], **SAID)
STACK = DeployedStack(name="test", bucket="b", rollout="arn:aws:states:x", models={"m": MODEL})
STATIC = {"config": "c2"}
LINEUP = {"releases": {"1" * 12: {}}}


class Account:
    """Parameters and one endpoint."""

    def __init__(self, wish: dict[str, Any], **beside: dict[str, Any]) -> None:
        self.values = {"desired": wish} | beside
        self.status = "InService"

    def get_parameter(self, Name: str) -> dict[str, Any]:  # noqa: N803
        leaf = Name.rpartition("/")[2]
        if leaf not in self.values:
            raise ClientError({"Error": {"Code": "ParameterNotFound", "Message": ""}}, "GetParameter")
        return {"Parameter": {"Name": Name, "Value": json.dumps(self.values[leaf]), "Version": 7}}

    def describe_endpoint(self, EndpointName: str) -> dict[str, Any]:  # noqa: N803
        weights = {"main": 9.0, "candidate": 1.0}
        variants = [{"VariantName": name, "CurrentWeight": weight} for name, weight in weights.items()]
        return {"EndpointStatus": self.status, "EndpointConfigName": "c1", "ProductionVariants": variants}


def progress(monkeypatch: pytest.MonkeyPatch, account: Account) -> Progress:
    monkeypatch.setattr(boto3, "client", lambda _: account)
    return Rollouts(STACK).progress(MODEL)


def outcome(version: int = 7, **more: str) -> dict[str, Any]:
    return {"status": "succeeded", "reason": "as wished", "desired_version": version, **more}


def test_the_outcome_of_the_present_wish_is_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    found = progress(monkeypatch, Account(STATIC, outcome=outcome()))
    assert (found.status, found.reason, found.settled) == ("succeeded", "as wished", True)
    assert (found.config, found.desired_config) == ("c1", "c2")
    assert found.traffic == {"main": 90.0, "candidate": 10.0}


def test_the_outcome_of_an_older_wish_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    found = progress(monkeypatch, Account(STATIC, outcome=outcome(6)))
    assert (found.status, found.reason) == ("running", "endpoint is InService")


def test_while_a_version_is_tried_its_analysis_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The outcome of the same wish is the verdict before it: nothing of `desired` changes when a trial begins."""
    analysis = {"phase": "canary", "message": "222222222222 has 20 % of requests, 31 of 40"}
    found = progress(monkeypatch, Account(LINEUP, outcome=outcome(desired_config="c1"), analysis=analysis))
    assert (found.status, found.settled) == ("trying", False)
    assert found.reason == "222222222222 has 20 % of requests, 31 of 40"


def test_a_trial_that_says_nothing_leaves_the_word_to_the_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(LINEUP, analysis={"phase": "bake"})
    account.status = "Updating"
    assert progress(monkeypatch, account).reason == "endpoint is Updating"


def test_a_trial_that_has_ended_leaves_the_word_to_the_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = {"phase": "ended", "message": "promoted"}
    found = progress(monkeypatch, Account(LINEUP, outcome=outcome(desired_config="c3"), analysis=ended))
    assert (found.status, found.reason) == ("succeeded", "as wished")
    # `desired` does not say which of the versions is live.
    assert found.desired_config == "c3"


def test_before_the_first_verdict_nothing_is_claimed_of_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    found = progress(monkeypatch, Account(LINEUP))
    assert (found.status, found.desired_config) == ("running", "")
