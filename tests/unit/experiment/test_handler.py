"""One look at an experiment: log in, report and verdict out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import numpy as np
import pytest
from moto import mock_aws

from catalog.trial import TrialSettings, honoured
from model_code.errors import UnusableError
from model_code.experiment.assignment import assign
from model_code.experiment.handler import Clients, declared, look
from model_code.experiment.log import Log
from model_code.experiment.record import Exposure, Outcome

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PARAMETER = "/takeoff/test/offers/experiment"
SETTINGS = TrialSettings(
    model="offers",
    stack="test",
    experiment={
        "name": "wider",
        "control": "control",
        "shares": [{"control": 50, "treatment": 50}],
        "targets": [{"name": "revenue", "better": "higher", "effect": 0.5}],
        "guardrails": [{"name": "default", "better": "lower", "effect": 0.05, "rate": True}],
        "planned": 2000,
    },
    since="2026-11-20T00:00:00+00:00",
    window_seconds=3600,
    bucket="features",
    prefix="experiments/wider",
    rollout="arn:rollout",
    desired="/takeoff/test/offers/desired",
    key="arn:key",
)


class States:
    """Remembers which executions were started."""

    def __init__(self) -> None:
        self.started: list[dict[str, Any]] = []

    def start_execution(self, **given: Any) -> None:
        self.started.append(given)


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "x"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    with mock_aws():
        s3, ssm = boto3.client("s3"), boto3.client("ssm")
        s3.create_bucket(Bucket=SETTINGS.bucket)
        ssm.put_parameter(Name=PARAMETER, Value=SETTINGS.to_json(), Type="String")
        yield Clients(s3, ssm, States())


def write(clients: Clients, units: int, *, effect: float, seed: int = 1, only: str = "") -> None:
    """The log of so many units whose treatment earns `effect` more; all sent to one arm if `only` says so."""
    chance, experiment = np.random.default_rng(seed), declared(SETTINGS.experiment)
    log = Log(clients.s3, SETTINGS.bucket, SETTINGS.prefix)
    at = NOW - timedelta(hours=5)
    for number in range(units):
        unit = f"unit {seed}.{number}"
        arm = only or assign(experiment, unit) or ""
        log.add(Exposure(experiment="wider", unit=unit, arm=arm, at=at, covariates={}))
        value = float(chance.normal(10 + (effect if arm == "treatment" else 0), 2))
        log.add(Outcome(experiment="wider", unit=unit, metric="revenue", value=value, at=at + timedelta(minutes=1)))
    log.flush()


def verdict(clients: Clients) -> dict[str, Any]:
    found = clients.ssm.get_parameters(Names=[f"{PARAMETER}-verdict"])["Parameters"]
    return json.loads(found[0]["Value"]) if found else {}


def test_an_effect_is_found_and_handed_to_rollout(clients: Clients) -> None:
    write(clients, 3000, effect=1.0)
    found = look(PARAMETER, clients, lambda: NOW)
    assert (found["kind"], found["arm"]) == ("winner", "treatment")
    assert verdict(clients)["arm"] == "treatment"
    assert clients.states.started == [
        {"stateMachineArn": "arn:rollout", "input": json.dumps({"parameter": SETTINGS.desired})}
    ]


def test_without_an_effect_nobody_wins_and_rollout_hears_nothing(clients: Clients) -> None:
    write(clients, 400, effect=0.0)
    assert look(PARAMETER, clients, lambda: NOW)["kind"] == "continue"
    assert not verdict(clients)
    assert not clients.states.started


def test_units_that_all_go_to_one_arm_are_a_mismatch_whatever_they_earn(clients: Clients) -> None:
    write(clients, 500, effect=1.0, only="treatment")
    assert look(PARAMETER, clients, lambda: NOW)["kind"] == "mismatch"


def test_the_first_verdict_stands_whatever_comes_later(clients: Clients) -> None:
    write(clients, 3000, effect=1.0)
    look(PARAMETER, clients, lambda: NOW)
    first = verdict(clients)
    write(clients, 9000, effect=-3.0, seed=2)
    later = look(PARAMETER, clients, lambda: NOW + timedelta(hours=1))
    assert later["arm"] == "control"
    assert verdict(clients) == first


def test_a_unit_whose_window_is_open_does_not_count_yet(clients: Clients) -> None:
    write(clients, 3000, effect=1.0)
    found = look(PARAMETER, clients, lambda: NOW - timedelta(hours=4, minutes=30))
    assert found["kind"] == "continue"
    assert found["intervals"][1]["low"] is None


def test_reports_are_written_with_every_look_so_far(clients: Clients) -> None:
    write(clients, 600, effect=0.0)
    for hour in range(3):
        look(PARAMETER, clients, lambda hour=hour: NOW + timedelta(hours=hour))  # type: ignore[misc]
    folder = f"{SETTINGS.prefix}/reports"
    looks = json.loads(clients.s3.get_object(Bucket="features", Key=f"{folder}/looks.json")["Body"].read())
    page = clients.s3.get_object(Bucket="features", Key=f"{folder}/report.html")["Body"].read().decode()
    assert [each["at"][11:13] for each in looks] == ["12", "13", "14"]
    assert page.count("<circle") == 2 * 3  # a target and a guardrail, three looks each


def test_a_look_prints_its_metrics_in_cloudwatchs_format(clients: Clients, capsys: pytest.CaptureFixture[str]) -> None:
    write(clients, 200, effect=0.0)
    look(PARAMETER, clients, lambda: NOW)
    line = json.loads(capsys.readouterr().out)
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Stack", "Model", "Experiment"]]
    assert (line["Units"], line["Decided"], line["Experiment"]) == (200, 0, "wider")


def test_a_broken_line_is_named_and_decides_nothing(clients: Clients) -> None:
    clients.s3.put_object(Bucket="features", Key=f"{SETTINGS.prefix}/exposures/x.jsonl", Body=b'{"unit": 1}\n')
    with pytest.raises(UnusableError, match=r"exposures/x\.jsonl, line 1: got"):
        look(PARAMETER, clients, lambda: NOW)
    assert not verdict(clients)


def test_a_verdict_decides_the_shares_of_its_own_experiment_only() -> None:
    traffic = {"a": 50, "b": 30, "c": 20}
    winner = {"experiment": "x", "kind": "winner", "arm": "b"}
    assert honoured(traffic, winner, "x") == {"a": 0, "b": 100, "c": 0}
    assert honoured(traffic, {**winner, "kind": "guardrail broken"}, "x") == {"a": 80, "b": 0, "c": 20}
    for other in ({}, {**winner, "experiment": "y"}, {**winner, "arm": "gone"}, {**winner, "kind": "no difference"}):
        assert honoured(traffic, other, "x") == traffic


def test_settings_survive_their_parameter() -> None:
    assert TrialSettings.from_json(SETTINGS.to_json()) == SETTINGS
    assert len(SETTINGS.to_json()) < 4096
    with pytest.raises(ValueError, match="allowed: what Pulumi writes"):
        TrialSettings.from_json("{}")
