"""What an experiment declares, and what its function may do."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from catalog.trial import TrialSettings
from components.bucket import Bucket
from components.experiment import Experiment, ExperimentArgs
from components.key import Key
from components.site import Site
from infra.config.base import MistakeError
from infra.config.experiment import Experiment as Block
from model_code.experiment.handler import declared as read
from tests.deployment import Deployment, deploy

SITE = Site(stack="test", account="123456789012", region="us-east-1", partition="aws")
BLOCK: dict[str, Any] = {
    "name": "wider",
    "control": "control",
    "allocations": [
        {"from": "2026-11-01", "shares": {"control": 90, "treatment": 10}},
        {"from": "2026-11-20", "shares": {"control": 50, "treatment": 50}},
    ],
    "targets": [{"name": "revenue", "better": "higher", "effect": 0.5}],
    "guardrails": [{"name": "default", "better": "lower", "effect": 0.02, "rate": True}],
    "planned": 5000,
    "windowMinutes": 60,
}


@pytest.fixture(scope="module")
def whole() -> Deployment:
    def program() -> None:
        key = Key("data", site=SITE, purpose="p")
        args = ExperimentArgs(
            model="offers",
            owner="a@example.com",
            experiment=Block.model_validate(BLOCK).declaration(),
            since="2026-11-20T00:00:00+00:00",
            window_seconds=3600,
            schedule="rate(1 hour)",
            log=Bucket("features", site=SITE, key=key, force_destroy=True),
            key=key,
            rollout=pulumi.Output.from_input("arn:aws:states:us-east-1:123456789012:stateMachine:takeoff-test-rollout"),
            desired=pulumi.Output.from_input("/takeoff/test/offers/desired"),
        )
        Experiment("offers", SITE, args)

    return deploy(program)


def permissions(whole: Deployment) -> list[dict[str, Any]]:
    """What the function's role may do."""
    policy = whole.one(aws.iam.RolePolicy, "offers-experiment-look").inputs["policy"]
    return list(json.loads(policy)["Statement"])


def test_the_parameter_holds_what_the_function_makes_an_experiment_of(whole: Deployment) -> None:
    parameter = whole.one(aws.ssm.Parameter, "offers-experiment").inputs
    settings = TrialSettings.from_json(parameter["value"]["value"])
    experiment = read(settings.experiment)
    assert parameter["name"] == "/takeoff/test/offers/experiment"
    assert experiment.shares == ({"control": 0.9, "treatment": 0.1}, {"control": 0.5, "treatment": 0.5})
    assert experiment.targets[0].effect == 0.5
    assert settings.prefix == "experiments/wider"
    assert (settings.since, settings.window_seconds) == ("2026-11-20T00:00:00+00:00", 3600)


def test_the_schedule_looks_at_this_parameter(whole: Deployment) -> None:
    schedule = whole.one(aws.scheduler.Schedule, "offers-experiment").inputs
    assert (schedule["scheduleExpression"], schedule["scheduleExpressionTimezone"]) == ("rate(1 hour)", "UTC")
    assert json.loads(schedule["target"]["input"]) == {"parameter": "/takeoff/test/offers/experiment"}
    role = whole.one(aws.iam.RolePolicy, "offers-experiment-scheduler")
    assert schedule["target"]["roleArn"].endswith("role/takeoff-test-offers-experiment-scheduler")
    (may,) = json.loads(role.inputs["policy"])["Statement"]
    assert (may["Action"], may["Resource"]) == (["lambda:InvokeFunction"], [schedule["target"]["arn"]])


def test_its_log_is_kept_for_ninety_days_under_the_key(whole: Deployment) -> None:
    function, log = whole.one(aws.lambda_.Function).inputs, whole.one(aws.cloudwatch.LogGroup).inputs
    assert (log["name"], log["retentionInDays"]) == (f"/aws/lambda/{function['name']}", 90)
    assert log["kmsKeyId"].endswith(":key/data")
    assert (function["timeout"], function["memorySize"]) == (900, 1024), "a look reads the whole log"


def test_the_function_writes_reports_and_a_verdict_and_nothing_else(whole: Deployment) -> None:
    written = {
        resource
        for statement in permissions(whole)
        if {"ssm:PutParameter", "s3:PutObject"} & set(statement["Action"])
        for resource in statement["Resource"]
    }
    assert {resource.rpartition(":")[2] for resource in written} == {
        "parameter/takeoff/test/offers/experiment-verdict",
        next(each for each in written if each.endswith("/experiments/wider/reports/*")).rpartition(":")[2],
    }


def test_the_function_reads_its_log_and_starts_rollout_alone(whole: Deployment) -> None:
    may = {action: each["Resource"] for each in permissions(whole) for action in each["Action"]}
    named = "arn:aws:ssm:us-east-1:123456789012:parameter/takeoff/test/offers/experiment"
    assert may["ssm:GetParameter"] == [named, f"{named}-verdict"]
    assert may["s3:GetObject"][0].endswith("/experiments/wider/*")
    assert may["states:StartExecution"] == ["arn:aws:states:us-east-1:123456789012:stateMachine:takeoff-test-rollout"]


def test_the_function_can_change_no_endpoint(whole: Deployment) -> None:
    actions = {action for statement in permissions(whole) for action in statement["Action"]}
    assert not {action for action in actions if action.startswith("sagemaker:")}


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("control", "nobody", "control"),
        ("planned", 10, "planned"),
        ("allocations", [{"from": "yesterday", "shares": {"a": 50, "b": 50}}], "allocations"),
        ("allocations", [{"from": "2026-11-01", "shares": {"a": 90, "b": 20}}], "allocations"),
        ("allocations", list(reversed(BLOCK["allocations"])), "allocations"),
        ("targets", [*BLOCK["targets"], *BLOCK["targets"]], "targets"),
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused(key: str, value: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Block.model_validate(BLOCK | {key: value})


def test_arms_have_to_be_the_endpoints_variants() -> None:
    block = Block.model_validate(BLOCK)
    block.require_arms({"control": 50, "treatment": 50})
    with pytest.raises(MistakeError) as refused:
        block.require_arms({"main": 100})
    assert refused.value.allowed == "the variants ['main']"
