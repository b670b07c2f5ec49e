"""The checklist: what it finds in shipped stacks, and that the lines it prints do what it says."""

from __future__ import annotations

import dataclasses
import json
import re
from functools import cache
from typing import Any

import jsonschema
import pulumi_aws as aws
import pytest
import yaml

from catalog.computed import COMPUTED
from takeoff.preview.previewed import Preview, Step
from takeoff.readiness import GROUPS, ROWS, Check, readiness
from takeoff.readiness.check import Readiness
from takeoff.stack import CommandError
from tests.tree import ROOT
from tests.unit.takeoff.readiness import previewed

MODEL = "breast-cancer"
# What is missing in the smallest stack: every check that has lines.
WITH_LINES = [row.name for row in ROWS if row.lines]
# A pipeline that trains on what nobody looked at.
UNCHECKED = json.dumps({"Steps": [{"Name": "Train", "Type": "Training"}, {"Name": "Validate", "Type": "Processing"}]})
BATCH = {"schedule": "cron(0 3 * * ? *)", "instanceType": "ml.m5.xlarge"}


@cache
def smallest() -> Preview:
    """The dev stack with a batch, so that every question arises."""
    return previewed.preview("dev", previewed.merged(previewed.keys("dev"), _batch()))


def _batch() -> dict[str, Any]:
    return {"takeoff:lake": {}, "takeoff:models": {MODEL: {"batch": BATCH}}}


def check(preview: Preview, name: str, model: str = MODEL) -> Check:
    return next(each for each in readiness(preview, model).checks if each.name == name)


def changed(preview: Preview, type_: str, **inputs: Any) -> Preview:
    """The preview with other inputs of every resource of a type; None drops one."""

    def change(step: Step) -> Step:
        if step.type != type_:
            return step
        new = {key: value for key, value in {**(step.new or {}), **inputs}.items() if value is not None}
        return dataclasses.replace(step, new=new)

    return dataclasses.replace(preview, steps=tuple(change(step) for step in preview.steps))


def without(preview: Preview, type_: str) -> Preview:
    """The preview without any resource of a type."""
    return dataclasses.replace(preview, steps=tuple(step for step in preview.steps if step.type != type_))


@pytest.mark.parametrize("name", WITH_LINES)
def test_the_lines_of_a_missing_check_are_valid_and_make_it_done(name: str) -> None:
    # The audit trail is part of the lake, which a batch brings with it.
    before = previewed.shipped_preview("dev") if name == "audit trail" else smallest()
    missing = check(before, name)
    assert missing.done is False, missing
    lines = yaml.safe_load(missing.lines)["config"]
    config = previewed.merged(before.config, lines)
    jsonschema.validate({"config": config}, json.loads((ROOT / "stacks/schema.json").read_text()))
    found = check(previewed.preview("dev", config), name)
    assert found.done is True, found
    assert found.lines == ""


def test_all_lines_together_leave_only_what_has_no_lines() -> None:
    before = smallest()
    config = before.config
    for each in readiness(before, MODEL).checks:
        config = previewed.merged(config, yaml.safe_load(each.lines)["config"] if each.lines else {})
    after = readiness(previewed.preview("dev", config), MODEL)
    # What the example's pilot cost is no reason for the ratio to be right.
    assert {each.name for each in after.checks if each.done is not True} == {"pilot ratio"}


def test_production_is_held_against_its_pilot() -> None:
    def at(cost: float) -> Check:
        lines = {"takeoff:models": {MODEL: {"pilotMonthlyCost": cost}}}
        return check(previewed.preview("dev", previewed.merged(previewed.keys("dev"), lines)), "pilot ratio")

    first = at(1000.0)
    assert first.done is False
    assert first.lines == ""
    spent = 1000 * float(first.detail.split()[0])
    assert at(spent / 4).done is True
    assert at(spent / 10).done is False


def test_prod_lacks_no_more_than_people_can_say() -> None:
    """What the program can declare, prod declares; the rest is written by people: figures, aims."""
    for model in previewed.keys("prod")["takeoff:models"]:
        found = readiness(previewed.shipped_preview("prod"), model)
        missing = {each.name for each in found.checks if each.group in ("Release", "Observability", "Security")}
        done = {each.name for each in found.checks if each.done}
        assert missing - done == set()


def test_every_group_has_checks_and_names_are_unique() -> None:
    assert {row.group for row in ROWS} == set(GROUPS)
    assert len({row.name for row in ROWS}) == len(ROWS)


def test_the_score_counts_what_is_done_and_nothing_else() -> None:
    checks = [Check(name=str(n), group="Data", done=done, detail="") for n, done in enumerate([True, False, None])]
    assert Readiness(model="m", checks=tuple(checks)).score == 33


def test_a_preview_that_was_cut_short_is_never_ready() -> None:
    cut = dataclasses.replace(previewed.shipped_preview("prod"), complete=False)
    found = readiness(cut, MODEL)
    assert found.score == 0
    assert {each.done for each in found.checks} == {None}


def test_before_the_first_image_what_needs_an_endpoint_is_unknown_and_names_the_next_command() -> None:
    preview = previewed.preview("prod", previewed.keys("prod"), parameters={})
    found = check(preview, "rollback guardrail")
    assert found.done is None
    assert f"takeoff image build {MODEL} --stack prod" in found.detail
    assert found.lines == ""
    assert check(preview, "approval gate").done is True


def test_a_model_that_the_stack_lacks_is_refused_with_those_it_has() -> None:
    with pytest.raises(CommandError, match=r"got 'risk'; allowed: breast-cancer; declared in stacks/Pulumi\.dev\.yaml"):
        readiness(smallest(), "risk")


def test_alarms_of_another_model_do_not_count() -> None:
    config = previewed.keys("prod")
    del config["takeoff:models"]["digits"]["objective"]
    preview = previewed.preview("prod", config)
    assert check(preview, "alarms", "digits").done is False
    assert check(preview, "alarms", MODEL).done is True


def test_an_unread_topic_is_named() -> None:
    config = previewed.merged(previewed.keys("prod"), {"takeoff:alerts": {"critical": []}})
    found = check(previewed.preview("prod", config), "recipients")
    assert found.done is False
    assert "takeoff-prod-alerts-critical" in found.detail


@pytest.mark.parametrize(
    ("name", "type_", "inputs"),
    [
        ("capture", "aws:sagemaker/endpointConfiguration:EndpointConfiguration", {"dataCaptureConfig": None}),
        ("network isolation", "aws:sagemaker/model:Model", {"enableNetworkIsolation": False}),
        ("private network", "aws:sagemaker/model:Model", {"vpcConfig": None}),
        ("encryption by key", "aws:kms/key:Key", {"enableKeyRotation": False}),
        ("encryption by key", "aws:ecr/repository:Repository", {"encryptionConfigurations": None}),
        ("encryption by key", "aws:sagemaker/endpointConfiguration:EndpointConfiguration", {"kmsKeyArn": None}),
        ("boundary", "aws:iam/role:Role", {"permissionsBoundary": None}),
        ("runbooks", "aws:cloudwatch/metricAlarm:MetricAlarm", {"alarmDescription": "Runbook: docs/runbooks/x.md"}),
        ("alarms", "aws:cloudwatch/metricAlarm:MetricAlarm", {"alarmActions": None}),
        ("service level", "aws:cloudwatch/compositeAlarm:CompositeAlarm", {"alarmActions": None}),
        ("batch watched", "aws:cloudwatch/metricAlarm:MetricAlarm", {"alarmActions": None}),
        ("owner", "aws:sagemaker/endpoint:Endpoint", {"tags": {"takeoff:model": MODEL}}),
        ("approval gate", "aws:cloudwatch/eventRule:EventRule", {"eventPattern": "{}"}),
        ("approval gate", "aws:lambda/function:Function", {"environment": None}),
        ("data gate", "aws:sagemaker/pipeline:Pipeline", {"pipelineDefinition": UNCHECKED}),
        ("drift monitor", "aws:cloudwatch/metricAlarm:MetricAlarm", {"alarmActions": None}),
    ],
)
def test_a_property_that_is_taken_away_is_missed(name: str, type_: str, inputs: dict[str, Any]) -> None:
    whole = previewed.shipped_preview("prod")
    assert check(whole, name).done is True
    assert check(changed(whole, type_, **inputs), name).done is False


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("approval gate", "aws:cloudwatch/eventTarget:EventTarget"),
        ("data gate", "aws:sagemaker/pipeline:Pipeline"),
        ("retraining", "aws:sagemaker/pipeline:Pipeline"),
        ("drift monitor", "aws:scheduler/schedule:Schedule"),
        ("drift monitor", "aws:cloudwatch/metricAlarm:MetricAlarm"),
        ("lineage", "aws:sagemaker/modelPackageGroup:ModelPackageGroup"),
        ("recipients", "aws:sns/topicSubscription:TopicSubscription"),
        ("dashboard", "aws:cloudwatch/dashboard:Dashboard"),
        ("rollback guardrail", "aws:cloudwatch/metricAlarm:MetricAlarm"),
        ("audit trail", "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"),
        ("model card", "aws:sagemaker/modelCard:ModelCard"),
        (
            "encryption by key",
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        ),
    ],
)
def test_a_resource_that_is_taken_away_is_missed(name: str, type_: str) -> None:
    whole = previewed.shipped_preview("prod")
    assert check(whole, name).done is True
    assert check(without(whole, type_), name).done is False


def test_an_alarm_on_the_new_fleet_that_the_plan_does_not_name_is_no_guardrail() -> None:
    whole = previewed.shipped_preview("prod")
    wish = json.loads(next(step for step in whole.steps if step.name == f"{MODEL}-desired").new["insecureValue"])  # type: ignore[index]
    wish["plan"]["alarms"] = []
    steps = tuple(
        dataclasses.replace(step, new={**(step.new or {}), "insecureValue": json.dumps(wish)})
        if step.name == f"{MODEL}-desired"
        else step
        for step in whole.steps
    )
    assert check(dataclasses.replace(whole, steps=steps), "rollback guardrail").done is False


def test_a_tagged_image_is_no_lineage() -> None:
    container = {"image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/a:latest", "modelDataUrl": "s3://b/m.tar.gz"}
    cut = changed(previewed.shipped_preview("prod"), "aws:sagemaker/model:Model", primaryContainer=container)
    found = check(cut, "lineage")
    assert found.done is False
    assert "a:latest" in found.detail


def test_values_that_only_a_deployment_knows_are_not_guessed() -> None:
    whole = previewed.shipped_preview("prod")
    unknown = changed(whole, "aws:sns/topicSubscription:TopicSubscription", topic=COMPUTED)
    assert check(unknown, "recipients").done is None
    container = {"image": COMPUTED, "modelDataUrl": COMPUTED}
    assert check(changed(whole, "aws:sagemaker/model:Model", primaryContainer=container), "lineage").done is None
    wish = changed(whole, "aws:ssm/parameter:Parameter", insecureValue=COMPUTED)
    assert check(wish, "rollback guardrail").done is True


def test_a_model_without_a_batch_is_not_asked_about_one() -> None:
    names = {each.name for each in readiness(previewed.shipped_preview("prod"), "digits").checks}
    assert "batch watched" not in names


def test_every_type_that_a_check_looks_for_is_one_of_the_sdks() -> None:
    text = "".join(path.read_text() for path in (ROOT / "takeoff/readiness").glob("*.py"))
    tokens = set(re.findall(r'"(aws:[a-zA-Z0-9/]+:[A-Za-z]+)"', text))
    assert len(tokens) > 15
    for token in tokens:
        service, name = token.split(":")[1].split("/")[0], token.split(":")[2]
        assert getattr(getattr(aws, "lambda_" if service == "lambda" else service), name).pulumi_type == token


def test_an_alarm_and_a_schedule_each_start_a_retraining_and_a_person_alone_is_not_enough() -> None:
    whole = previewed.shipped_preview("prod")
    rule, schedule = "aws:cloudwatch/eventTarget:EventTarget", "aws:scheduler/schedule:Schedule"
    assert check(whole, "retraining").detail == "started by an alarm and a schedule"
    assert check(without(whole, rule), "retraining").detail == "started by a schedule"
    assert check(without(whole, schedule), "retraining").detail == "started by an alarm"
    assert check(without(without(whole, rule), schedule), "retraining").done is False


def test_another_models_approvals_open_no_gate() -> None:
    whole = previewed.shipped_preview("prod")
    pattern = {"detail-type": ["SageMaker Model Package State Change"], "detail": {"ModelPackageGroupName": ["x"]}}
    cut = changed(whole, "aws:cloudwatch/eventRule:EventRule", eventPattern=json.dumps(pattern))
    assert check(cut, "approval gate").done is False


def test_before_the_first_image_the_pipeline_is_unknown_if_it_is_declared() -> None:
    prod = previewed.preview("prod", previewed.keys("prod"), parameters={})
    assert {check(prod, name).done for name in ("data gate", "retraining", "drift monitor")} == {None}
    dev = previewed.preview("dev", previewed.keys("dev"), parameters={})
    assert check(dev, "data gate").done is False


def test_a_model_that_rollout_tries_by_itself_is_asked_what_all_are() -> None:
    local = previewed.shipped_preview("local")
    for model in previewed.keys("local")["takeoff:models"]:
        assert readiness(local, model).checks
    assert check(local, "candidate or shadow", "risk").detail == "Rollout tries every new version: staged"
    assert check(local, "spare instances", "risk").detail == "one instance and no autoscaling: main"
    config = previewed.keys("local")
    config["takeoff:models"]["risk"]["variants"][0]["instances"] = 2
    assert check(previewed.preview("local", config), "spare instances", "risk").done is True


def test_a_model_of_text_is_not_asked_about_training() -> None:
    config = previewed.keys("dev")
    config["takeoff:models"][MODEL]["code"] = "open_llm"
    preview = dataclasses.replace(previewed.shipped_preview("dev"), config=config)
    assert not {"data gate", "retraining", "drift monitor"} & {each.name for each in readiness(preview, MODEL).checks}


def test_a_model_in_pods_is_not_asked_about_an_endpoint() -> None:
    found = {each.name: each.done for each in readiness(previewed.shipped_preview("prod"), "vision").checks}
    assert not {"rollback guardrail", "capture", "dashboard", "data gate", "private network"} & set(found)
    assert (found["approval gate"], found["protection"], found["boundary"], found["model card"]) == (True,) * 4
