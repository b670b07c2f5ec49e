"""The rules on what keeps a model fit by itself, over stacks that differ from a sound one in one thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from components.drift_alarms import Monitored
from policies.configuration import configuration
from policies.declared import UNKNOWN, Declared, Graph
from policies.judge import judged
from policies.monitored import FINDINGS, RETRAINS
from policies.rules.loop import RULES
from tests.unit.policies.cases import loop as sound
from tests.unit.policies.shipped import declared as shipped

BY_NAME = {rule.name: rule for rule in RULES}
HEARD = "takeoff-53-each-finding-of-a-monitor-has-an-alarm"
STANDS = "takeoff-53-findings-stand-until-the-next-look"
LOOKED = "takeoff-54-a-monitor-that-stops-is-heard"
RETRAINED = "takeoff-55-drift-starts-a-retraining"
STARTED = [sound.rule(), sound.TARGET]


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


def to(**changes: Any) -> Declared:
    """The rule with another pattern."""
    return sound.rule({**sound.TO_ALARM, **changes})


def test_the_findings_are_those_that_a_monitor_has_alarms_on() -> None:
    signals = Monitored(model="m", owner="a@b.c", period_seconds=3600, fair=True, kpis=True).signals()
    assert {each.metric for each in signals} == set(FINDINGS)
    assert {each.metric for each in signals if each.retrains} == set(RETRAINS)


@pytest.mark.parametrize("metric", ["InputDrift", "AttributionDrift"])
def test_a_finding_that_nobody_hears_of_is_named_with_its_model(metric: str) -> None:
    alarms = [each for each in sound.ALWAYS_ALARMS if each.name != metric]
    assert got(HEARD, sound.parameter(), *alarms) == [f"digits-monitor: no alarm on {metric} of digits"]


@pytest.mark.parametrize(
    "change",
    [
        {"dimensions": sound.OTHER},
        {"dimensions": {"Model": "digits"}},
        {"dimensions": {**sound.MODEL, "VariantName": "main"}},
        {"namespace": "AWS/SageMaker"},
        {"metricName": "FeaturesDrifted"},
    ],
)
def test_an_alarm_on_another_metric_is_none_on_the_finding(change: dict[str, Any]) -> None:
    stack = [sound.parameter(), sound.alarm("InputDrift", **change), *sound.ALWAYS_ALARMS[1:]]
    assert got(HEARD, *stack) == ["digits-monitor: no alarm on InputDrift of digits"]


def test_what_a_monitor_declares_has_an_alarm_too() -> None:
    assert got(HEARD, sound.parameter(kpis=[{"name": "cost"}]), *sound.ALWAYS_ALARMS) == [
        "digits-monitor: no alarm on MissedKpi of digits, which declares kpis"
    ]
    assert got(HEARD, sound.parameter(groups=["age:40"]), *sound.ALWAYS_ALARMS) == [
        "digits-monitor: no alarm on Bias of digits, which declares groups"
    ]


def test_what_an_unknown_declaration_might_ask_for_hides_no_missing_alarm() -> None:
    unknown = sound.parameter(value=UNKNOWN)
    assert got(HEARD, unknown, *sound.ALWAYS_ALARMS[1:]) == ["digits-monitor: no alarm on InputDrift of digits", "?"]
    both = [sound.alarm("MissedKpi"), sound.alarm("Bias")]
    assert got(HEARD, unknown, *sound.ALWAYS_ALARMS, *both) == []


def test_models_without_a_monitor_need_none_of_it() -> None:
    stack = [sound.parameter("training"), sound.parameter("desired"), sound.parameter("monitor/more")]
    assert [got(name, *stack) for name in (HEARD, LOOKED, RETRAINED)] == [[], [], []]


@pytest.mark.parametrize(
    ("alarm", "finding"),
    [
        (sound.silent(dimensions=sound.OTHER), "digits-monitor: no alarm on Monitored of digits"),
        (sound.silent(missing=None), "silent: treatMissingData missing, the default"),
        (sound.silent(missing="ignore"), "silent: treatMissingData ignore"),
        (sound.silent(threshold=0), "silent: a threshold that does not tell 0 from 1"),
        (sound.silent(threshold=2), "silent: a threshold that does not tell 0 from 1"),
        (sound.silent(comparisonOperator="GreaterThanThreshold"), "silent: a threshold that does not tell 0 from 1"),
        (sound.silent(filled="FILL(results,1)"), "silent: no FILL(Monitored, 0), by which silence is 0"),
        (sound.silent(filled="FILL(others,0)"), "silent: no FILL(Monitored, 0), by which silence is 0"),
        (sound.silent(filled="results"), "silent: no FILL(Monitored, 0), by which silence is 0"),
        (
            sound.alarm("Monitored", missing="breaching", comparisonOperator="LessThanThreshold", threshold=1),
            "Monitored: no FILL(Monitored, 0), by which silence is 0",
        ),
    ],
)
def test_an_alarm_that_keeps_still_in_silence_is_no_dead_man(alarm: Declared, finding: str) -> None:
    assert got(LOOKED, sound.parameter(), alarm) == [finding]


def test_one_dead_man_is_enough() -> None:
    count = sound.alarm("Monitored", comparisonOperator="GreaterThanThreshold", threshold=10)
    assert got(LOOKED, sound.parameter(), count, sound.silent()) == []


def test_one_model_that_is_not_known_hides_no_other() -> None:
    stack = [sound.parameter(), sound.silent(missing=UNKNOWN), sound.parameter(model="risk")]
    assert got(LOOKED, *stack) == ["risk-monitor: no alarm on Monitored of risk", "?"]


@pytest.mark.parametrize(
    "start",
    [
        [sound.rule()],
        [sound.rule(state="DISABLED"), sound.TARGET],
        [sound.rule(), replace(sound.TARGET, props={**sound.TARGET.props, "arn": "arn:aws:states:x:1:stateMachine:a"})],
        [to(source=["custom"]), sound.TARGET],
        [to(**{"detail-type": ["SageMaker Endpoint State Change"]}), sound.TARGET],
        [to(detail={"alarmName": ["another"], "state": {"value": ["ALARM"]}}), sound.TARGET],
        [to(detail={"state": {"value": ["ALARM"]}}), sound.TARGET],
        [to(detail={"alarmName": ["retrain"]}), sound.TARGET],
        [to(detail={"alarmName": ["retrain"], "state": {"value": ["OK", "ALARM"]}}), sound.TARGET],
    ],
)
def test_drift_that_starts_nothing_is_found(start: Sequence[Declared]) -> None:
    assert got(RETRAINED, *sound.DRIFTING, *start) == [
        "digits-monitor: no enabled rule that starts Retraining when InputDrift, JointDrift, ConceptDrift of digits "
        "goes off"
    ]


def test_a_state_machine_of_other_code_retrains_nothing() -> None:
    stack = [each for each in sound.DRIFTING if each != sound.function()]
    assert len(got(RETRAINED, *stack, sound.function("model_code.monitoring.handler.handle"), *STARTED)) == 1


def test_what_the_retrain_alarm_leaves_out_is_named() -> None:
    stack = [each for each in sound.DRIFTING if each.name != "retrain"]
    finding = "digits-monitor: no enabled rule that starts Retraining when JointDrift of digits goes off"
    assert got(RETRAINED, *stack, sound.retrain("InputDrift", "ConceptDrift"), *STARTED) == [finding]
    kpi = [*sound.DRIFTING, sound.alarm("MissedKpi")]
    assert got(RETRAINED, *kpi, *STARTED) == [finding.replace("JointDrift", "MissedKpi")]


def test_a_rule_may_listen_to_each_alarm_itself() -> None:
    each = to(detail={"alarmName": list(sound.DRIFT), "state": {"value": ["ALARM"]}})
    assert got(RETRAINED, *sound.DRIFTING, each, sound.TARGET) == []


def test_a_model_that_nobody_trains_is_not_trained_anew() -> None:
    stack = [each for each in sound.DRIFTING if each.name != "digits-training"]
    assert got(RETRAINED, *stack) == []
    assert got(RETRAINED, *stack, sound.parameter("training", model="risk")) == []


def test_retraining_is_known_by_reference_before_it_exists() -> None:
    step = sound.function()
    machine = replace(sound.MACHINE, props={**sound.MACHINE.props, "definition": UNKNOWN})
    machine = replace(machine, refs={"definition": (step.urn,)})
    target = replace(sound.TARGET, props={"rule": "drift", "arn": UNKNOWN}, refs={"arn": (machine.urn,)})
    stack = [each for each in sound.DRIFTING if each != sound.MACHINE]
    assert got(RETRAINED, *stack, machine, sound.rule(), target) == []


def test_the_shipped_stack_has_a_model_that_the_rules_are_about() -> None:
    """Where prod had none, that they find nothing there would say nothing."""
    names = {each.at("metricName") for each in shipped("prod")}
    assert {"InputDrift", "JointDrift", "PredictionDrift", "ConceptDrift", "AttributionDrift", "MissedKpi"} <= names
    without = [each for each in shipped("prod") if each.at("metricName") != "JointDrift"]
    assert got(HEARD, *without) == ["breast-cancer-monitor: no alarm on JointDrift of breast-cancer"]
