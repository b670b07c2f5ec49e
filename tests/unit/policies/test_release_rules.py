"""The rules on releases, approval and alarms over stacks that differ from a sound one in one thing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from policies.configuration import configuration
from policies.declared import UNKNOWN, Declared, Graph
from policies.judge import judged
from policies.rules.releases import RULES
from tests.unit.policies.case import declared
from tests.unit.policies.cases import releases as sound

BY_NAME = {rule.name: rule for rule in RULES}
GUARDRAIL = "takeoff-4-endpoint-updates-behind-a-guardrail"
APPROVAL = "takeoff-5-approval-before-an-endpoint"
ADMITTED = "takeoff-5-approval-before-a-pipelines-version"
CARRIED = "takeoff-5-what-is-approved-is-carried-out"
HEARD = "takeoff-14-endpoint-has-alarms-that-are-heard"
NIGHT = "takeoff-14-scheduled-runs-that-fail-are-heard"
HEALTH = "takeoff-32-one-alarm-answers-for-an-endpoint"
RATED, CAPTURED = "takeoff-51-served-models-have-a-risk-rating", "takeoff-52-high-risk-is-captured"
OLD = {**sound.NEW, "EndpointConfigName": "takeoff-digits-0"}
# What ties a role to pods that answer, of a model with no endpoint.
PODS = declared("aws:eks/podIdentityAssociation:PodIdentityAssociation", "digits", tags={"takeoff:model": "digits"})
NAMED = sound.endpoint(endpointConfigName=sound.CONFIG)


def got(name: str, *stack: Declared) -> list[str]:
    """What a rule finds, as `resource: what was got`; `?` for what it does not know."""
    rule = BY_NAME[name]
    found = judged(Graph(stack), configuration({}, {name: rule.settings}), date(2026, 11, 1), [rule])
    return [
        f"{each.resource}: {each.message.partition(': got ')[2].partition('; allowed')[0]}"
        if each.kind == "violation"
        else "?"
        for each in found
    ]


def rollback(*names: str) -> dict[str, Any]:
    alarms = [{"alarmName": name} for name in names]
    return {"deploymentConfig": {"autoRollbackConfiguration": {"alarms": alarms}, "blueGreenUpdatePolicy": {"x": 1}}}


@pytest.mark.parametrize(
    ("stack", "finding"),
    [
        ([sound.desired()], "digits: no rollback alarm"),
        ([sound.desired("gone")], "digits: rollback alarm gone, which is not one of this stack on a new fleet of it"),
        ([sound.desired("new"), sound.alarm("new", OLD)], "new: a rollback alarm on config takeoff-digits-0, where"),
        ([sound.desired("new"), sound.alarm("new", sound.LIVE)], "digits: rollback alarm new, which is not one"),
        (
            [sound.desired("new"), sound.alarm("new", {**sound.NEW, "VariantName": None})],
            "new: a rollback alarm without the dimension VariantName",
        ),
        ([sound.desired("new"), sound.alarm("new", missing=None)], "new: treatMissingData missing, the default"),
        (
            [sound.desired("new"), sound.alarm("new"), sound.alarm("second")],
            "second: a rollback alarm that the plan of digits does not name",
        ),
        (
            [sound.desired("new"), sound.alarm("new"), sound.config("main", "candidate")],
            "digits: no rollback alarm on variant candidate",
        ),
    ],
)
def test_a_release_that_could_not_return_is_found(stack: Sequence[Declared], finding: str) -> None:
    assert any(each.startswith(finding) for each in got(GUARDRAIL, sound.endpoint(), *stack))


def test_an_endpoint_with_a_deployment_config_of_its_own_is_judged_by_that() -> None:
    endpoint = sound.endpoint(endpointConfigName=sound.CONFIG, **rollback("new"))
    assert got(GUARDRAIL, endpoint, sound.config("main"), sound.alarm("new")) == []
    assert got(GUARDRAIL, sound.endpoint(**rollback()), sound.alarm("new")) == ["digits: no rollback alarm"]


def test_an_endpoint_without_a_plan_is_guarded_by_alarms_on_its_config() -> None:
    assert got(GUARDRAIL, NAMED, sound.alarm("new")) == []
    assert got(GUARDRAIL, NAMED) == ["digits: no rollback alarm"]


def test_a_wish_without_a_plan_has_no_guardrail() -> None:
    text = json.dumps({"endpoint": sound.NAME, "config": sound.CONFIG})
    assert "digits: no rollback alarm" in got(GUARDRAIL, sound.endpoint(), sound.desired(insecureValue=text))


def test_one_endpoint_that_is_not_known_hides_no_other() -> None:
    endpoint = sound.endpoint()
    unknown = replace(sound.desired(insecureValue=UNKNOWN), refs={"insecureValue": (endpoint.urn,)})
    other = declared("aws:sagemaker/endpoint:Endpoint", "risk", {"name": "risk", "endpointConfigName": "risk-1"})
    assert got(GUARDRAIL, endpoint, unknown, other) == ["risk: no rollback alarm", "?"]


@pytest.mark.parametrize(
    "gate",
    [
        [sound.rule()],
        [sound.rule(state="DISABLED"), sound.TARGET],
        [sound.rule(isEnabled=False), sound.TARGET],
        [sound.rule({**sound.EVENTS, "detail": {"ModelPackageGroupName": ["group"]}}), sound.TARGET],
        [sound.rule({**sound.EVENTS, "detail": {"ModelApprovalStatus": ["Rejected"]}}), sound.TARGET],
        [sound.rule({**sound.EVENTS, "detail-type": ["SageMaker Endpoint State Change"]}), sound.TARGET],
        [sound.rule({**sound.EVENTS, "source": ["custom"]}), sound.TARGET],
        [sound.rule(), sound.TARGET, sound.group("another-model")],
        [sound.rule(), replace(sound.TARGET, props={"rule": "approved"}), sound.group()],
    ],
)
def test_a_gate_that_is_none_is_found(gate: Sequence[Declared]) -> None:
    assert got(APPROVAL, sound.endpoint(), *gate) == [
        "digits: no enabled rule with a target on the approval of its model's packages"
    ]


def test_a_gate_over_every_group_is_one_for_each_endpoint() -> None:
    every = {**sound.EVENTS, "detail": {"ModelApprovalStatus": ["Approved"]}}
    assert got(APPROVAL, sound.endpoint(), sound.rule(every), sound.TARGET) == []


def test_models_from_packages_need_no_rule() -> None:
    assert got(APPROVAL, NAMED, sound.config("main"), sound.PACKAGED) == []
    image = replace(sound.PACKAGED, props={"name": "m", "primaryContainer": {"image": "x"}})
    assert len(got(APPROVAL, NAMED, sound.config("main"), image)) == 1


@pytest.mark.parametrize(
    "gate",
    [
        [],
        [sound.rule()],
        [sound.rule(state="DISABLED"), sound.TARGET, sound.group()],
        [sound.rule({**sound.EVENTS, "detail": {"ModelPackageGroupName": ["group"]}}), sound.TARGET, sound.group()],
        [sound.rule(), sound.TARGET, sound.group("another-model")],
    ],
)
def test_a_pipeline_whose_versions_nobody_approves_is_found_without_an_endpoint(gate: Sequence[Declared]) -> None:
    finding = ["training: no enabled rule with a target on the approval of the packages that it registers"]
    assert got(ADMITTED, sound.pipeline(), *gate) == finding
    assert got(ADMITTED, sound.pipeline(UNKNOWN), *gate) == finding
    assert got(ADMITTED, sound.pipeline('{"Steps": [{"Type": "Training"}]}'), *gate) == []


@pytest.mark.parametrize(
    "change",
    [
        {"source": ["custom"]},
        {"detail-type": ["other"]},
        {"detail": {"name": ["/takeoff/risk/desired"]}},
        {"detail": {"name": [{"prefix": "/other"}]}},
        {"detail": {"operation": ["Delete"]}},
        {"detail": {"name": [{"anything-but": "x"}]}},
    ],
)
def test_a_wish_that_starts_nothing_is_found(change: dict[str, Any]) -> None:
    stack = [sound.endpoint(), sound.desired("new"), sound.rule({**sound.WRITTEN, **change}), sound.TARGET]
    assert got(CARRIED, *stack) == ["desired: no enabled rule with a target on its change"]


@pytest.mark.parametrize("name", [["/takeoff/digits/desired"], [{"suffix": "/desired"}], [{"prefix": "/takeoff"}]])
def test_a_wish_is_heard_by_each_way_of_naming_it(name: list[Any]) -> None:
    rule = sound.rule({**sound.WRITTEN, "detail": {"name": name}})
    assert got(CARRIED, sound.endpoint(), sound.desired("new"), rule, sound.TARGET) == []


def test_an_endpoint_that_no_wish_is_for_needs_no_rollout() -> None:
    assert got(CARRIED, sound.endpoint()) == []


def test_an_alarm_on_errors_is_asked_for() -> None:
    slow = sound.live("slow", metricName="ModelLatency")
    assert got(HEARD, sound.endpoint(), slow, *sound.SUBSCRIBED) == ["digits: no alarm on its errors"]


def test_errors_are_heard_in_time_by_the_quickest_alarm_that_speaks() -> None:
    finding = ["digits: errors that are heard of after 60 minutes"]
    slow = sound.live("slow", period=3600)
    assert got(HEARD, sound.endpoint(), slow) == finding
    assert got(HEARD, sound.endpoint(), slow, sound.live("quick", period=300, evaluationPeriods=3)) == []
    assert got(HEARD, sound.endpoint(), sound.live("often", period=60, evaluationPeriods=60)) == finding
    assert got(HEARD, sound.endpoint(), sound.live("some", period=60, evaluationPeriods=60, datapointsToAlarm=3)) == []


def test_of_a_composite_alarm_the_slowest_part_decides_where_all_must_agree() -> None:
    parts = [sound.endpoint(), sound.rate("short"), sound.live("long", actions=(), period=3600)]
    both = sound.composite("burn", "ALARM(short) AND ALARM(long)", [sound.TOPIC])
    either = sound.composite("burn", "ALARM(short) OR ALARM(long)", [sound.TOPIC])
    assert got(HEARD, *parts, both) == ["digits: errors that are heard of after 60 minutes"]
    assert got(HEARD, *parts, either) == []


def test_a_composite_alarm_over_one_alarm_is_a_leftover() -> None:
    name = "takeoff-38-composite-alarms-name-alarms-that-exist"
    assert got(name, sound.live("a"), sound.composite("c", "ALARM(a)")) == ["c: a rule over a alone"]
    assert got(name, sound.composite("c", "TRUE")) == ["c: a rule over no alarm alone"]


def test_a_variant_that_is_watched_less_than_another_is_named() -> None:
    stack = [sound.endpoint(), sound.desired(), sound.config("main", "other"), sound.live("a")]
    assert got("takeoff-14-variants-are-watched-alike", *stack) == [
        "digits: Invocation5XXErrors watched of main and not of other"
    ]


def test_an_alarm_may_speak_through_a_composite_one_at_any_depth() -> None:
    stack = [sound.endpoint(), sound.rate("fast"), sound.composite("slo", "ALARM(fast)")]
    assert got(HEARD, *stack) == ["fast: an alarm on digits that tells nobody"]
    assert got(HEARD, *stack, sound.composite("health", "ALARM(slo)", [sound.TOPIC]), *sound.SUBSCRIBED) == []
    silent = sound.composite("health", "ALARM(slo)", [sound.TOPIC], actionsEnabled=False)
    assert got(HEARD, *stack, silent) == ["fast: an alarm on digits that tells nobody"]


def test_a_topic_that_nobody_subscribes_to_is_found() -> None:
    topic = sound.SUBSCRIBED[0]
    finding = "alarm actions to alerts, which nobody subscribes to"
    assert got(HEARD, sound.endpoint(), sound.live(), topic) == [f"errors: {finding}"]
    loud = sound.composite("health", "ALARM(fast)", [sound.TOPIC])
    assert got(HEARD, sound.endpoint(), sound.rate("fast"), loud, topic) == [f"health: {finding}"]


def test_a_topic_of_another_stack_counts_as_heard() -> None:
    assert got(HEARD, sound.endpoint(), sound.live()) == []


def test_an_alarm_on_another_endpoint_or_on_the_new_fleet_is_none_of_this_one() -> None:
    other = sound.alarm("other", {**sound.LIVE, "EndpointName": "risk"}, alarmActions=[sound.TOPIC])
    fleet = sound.alarm("new", alarmActions=[sound.TOPIC])
    assert got(HEARD, sound.endpoint(), other, fleet) == ["digits: no alarm on its errors"]


def test_an_alarm_belongs_to_an_endpoint_by_reference_while_names_are_unknown() -> None:
    endpoint = sound.endpoint()
    dimensions = {"EndpointName": UNKNOWN, "VariantName": "main"}
    alarm = replace(sound.live(), props={**sound.live().props, "dimensions": dimensions})
    assert got(HEARD, endpoint, alarm) == ["digits: no alarm on its errors"]
    assert got(HEARD, endpoint, replace(alarm, refs={"dimensions": (endpoint.urn,)})) == []


def test_alarms_that_move_a_count_are_no_part_of_health() -> None:
    policy = declared("aws:appautoscaling/policy:Policy", name="up")
    moving = replace(sound.live("up", actions=()), refs={"alarmActions": (policy.urn,)})
    stack = [sound.endpoint(), sound.live(), sound.composite("health", "ALARM(errors)"), policy]
    assert got(HEALTH, *stack, moving) == []
    assert got(HEALTH, *stack, sound.live("up")) == ["digits: no composite alarm over all of errors, up"]


def test_a_nightly_run_is_heard_only_by_an_alarm_on_its_own_failures() -> None:
    finding = ["batch: no enabled alarm on ExecutionsFailed that tells somebody"]
    stack = [sound.NIGHTLY, sound.MACHINE]
    assert got(NIGHT, *stack) == finding
    assert got(NIGHT, *stack, sound.failing(actionsEnabled=False)) == finding
    assert got(NIGHT, *stack, sound.failing(alarmActions=[])) == finding
    assert got(NIGHT, *stack, sound.failing(), sound.SUBSCRIBED[0]) == finding
    assert got(NIGHT, sound.MACHINE, declared("aws:scheduler/schedule:Schedule", target={"arn": "arn:x:other"})) == []


@pytest.mark.parametrize(
    ("stack", "finding"),
    [
        ([sound.rated("Low", "other")], "digits: no model card with its tag"),
        ([sound.rated(None)], "digits: risk_rating left out"),
        ([sound.rated("", content="{")], "digits: risk_rating of no JSON"),
        ([sound.rated("", content="{}")], "digits: risk_rating left out"),
        ([sound.rated("low")], "digits: risk_rating low"),
    ],
)
def test_a_served_model_whose_card_is_missing_or_leaves_its_risk_open_is_found(
    stack: Sequence[Declared], finding: str
) -> None:
    assert got(RATED, sound.endpoint(), *stack) == [finding]


def test_an_endpoint_without_the_tag_has_no_card_whatever_cards_there_are() -> None:
    found = got(RATED, sound.endpoint(tags={}), sound.rated("Low"))
    assert found == ["digits: no tag takeoff:model, by which its card is found"]


@pytest.mark.parametrize(
    ("config", "finding"),
    [
        (sound.config("main"), "config: no dataCaptureConfig"),
        (sound.capturing("Input", "Output", enableCapture=None), "config: dataCaptureConfig.enableCapture not true"),
        (sound.capturing("Input", "Output", initialSamplingPercentage=0), "config: dataCaptureConfig.initialSampling"),
        (sound.capturing("Output"), "config: captureOptions without Input"),
        (sound.capturing(), "config: captureOptions without Input, Output"),
        (declared("x:y:Z"), "digits: a config that this stack does not declare"),
    ],
)
def test_what_a_model_of_high_risk_does_not_keep_is_found(config: Declared, finding: str) -> None:
    high = [sound.endpoint(), sound.rated("High"), sound.desired("new"), config]
    (found,) = got(CAPTURED, *high)
    assert found.startswith(finding)
    assert got(CAPTURED, sound.endpoint(), sound.rated("Medium"), sound.desired("new"), config) == []


def test_one_mode_may_be_both_questions_and_answers() -> None:
    both = sound.capturing("InputAndOutput")
    assert got(CAPTURED, sound.endpoint(), sound.rated("High"), sound.desired("new"), both) == []


def test_a_model_in_pods_is_approved_and_rated_as_one_behind_an_endpoint_is() -> None:
    assert got(APPROVAL, PODS, sound.rule(), sound.TARGET, sound.group()) == []
    (found,) = got(APPROVAL, PODS, sound.rule(), sound.TARGET, sound.group("other"))
    assert found.startswith("digits: no enabled rule with a target on the approval")
    assert got(RATED, PODS, sound.rated("Low")) == []
    assert got(RATED, PODS) == ["digits: no model card with its tag"]


def test_pods_of_a_model_that_has_an_endpoint_too_are_not_asked_twice() -> None:
    assert got(RATED, sound.endpoint(), PODS) == ["digits: no model card with its tag"]
