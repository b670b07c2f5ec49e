"""Rules on what is heard of an endpoint: failures, one answer, and runs that fail at night."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final

from policies import endpoints
from policies.declared import Declared, Graph, given
from policies.endpoints import ALARM, COMPOSITE, ENDPOINT
from policies.nested import apart
from policies.rule import OWN, Broken, Rule, Settings, StackRule

_SCHEDULE, _MACHINE = "aws:scheduler/schedule:Schedule", "aws:sfn/stateMachine:StateMachine"
# What an endpoint's users see as a failure.
# https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
_FAILURES = frozenset({"Invocation5XXErrors", "InvocationModelErrors"})


def _alarms(graph: Graph, settings: Settings) -> Iterator[Broken]:
    """Endpoints whose failures nobody hears of in time, and alarms on endpoints that nobody hears."""
    callers = [each for each in graph.of(COMPOSITE) if endpoints.acts(each)]
    yield from apart(graph.of(ENDPOINT), lambda endpoint: _silent(graph, endpoint, callers, settings["minutes"]))


def _silent(graph: Graph, endpoint: Declared, callers: Sequence[Declared], longest: float) -> Iterator[Broken]:
    live = {endpoints.called(alarm): alarm for alarm in endpoints.alarms_on(graph, endpoint, new_fleet=False)}
    through = {each.urn: covered for each in callers if (covered := endpoints.covered(graph, each)) & set(live)}
    heard = {name for covered in through.values() for name in covered}
    failing = {name for name, alarm in live.items() if endpoints.metrics(alarm) & _FAILURES}
    acting = [alarm for alarm in live.values() if endpoints.acts(alarm)]
    speaking = [each for each in acting if endpoints.called(each) in failing]
    speaking += [each for each in callers if through.get(each.urn, set()) & failing]
    spans = [endpoints.minutes(graph, alarm) for alarm in speaking]
    if not failing:
        yield Broken(endpoint, "no alarm on its errors")
    elif spans and min(spans) > longest:
        yield Broken(endpoint, f"errors that are heard of after {min(spans):g} minutes")
    for name, alarm in live.items():
        if alarm not in acting and name not in heard:
            yield Broken(alarm, f"an alarm on {endpoint.name} that tells nobody")
    for alarm in (*acting, *(each for each in callers if each.urn in through)):
        for topic in endpoints.unheard(graph, alarm):
            yield Broken(alarm, f"alarm actions to {topic.name}, which nobody subscribes to")


def _alike(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    """Endpoints that watch one variant by a metric and another one not: a candidate has to keep the same promise."""
    yield from apart(graph.of(ENDPOINT), lambda endpoint: _unlike(graph, endpoint))


def _unlike(graph: Graph, endpoint: Declared) -> Iterator[Broken]:
    config = endpoints.config(graph, endpoint)
    rows = endpoints.variants(config, "productionVariants") if config else []
    names = {str(row.get("variantName")) for row in rows}
    watched: dict[str, set[str]] = defaultdict(set)
    for alarm in endpoints.alarms_on(graph, endpoint, new_fleet=False):
        having = {str(each["VariantName"]) for each in endpoints.dimensions(alarm) if given(each.get("VariantName"))}
        for metric in endpoints.metrics(alarm):
            watched[metric] |= having
    for metric, having in sorted(watched.items()):
        if having and (missing := sorted(names - having)):
            yield Broken(endpoint, f"{metric} watched of {', '.join(sorted(having))} and not of {', '.join(missing)}")


def _health(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    """Endpoints with several alarms and no composite one that is in alarm while any of them is."""
    yield from apart(graph.of(ENDPOINT), lambda endpoint: _scattered(graph, endpoint))


def _scattered(graph: Graph, endpoint: Declared) -> Iterator[Broken]:
    names = {endpoints.called(alarm) for alarm in endpoints.alarms_on(graph, endpoint, new_fleet=False)}
    if names and not any(names <= endpoints.covered(graph, each) for each in graph.of(COMPOSITE)):
        yield Broken(endpoint, f"no composite alarm over all of {', '.join(sorted(names))}")


def _dangling(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    """Composite alarms over alarms that are not there, which AWS takes and which never go off; or over a single one."""
    names = {endpoints.called(alarm) for alarm in graph.of(ALARM, COMPOSITE)}
    yield from apart(graph.of(COMPOSITE), lambda composite: _over_nothing(composite, names))


def _over_nothing(composite: Declared, names: set[str]) -> Iterator[Broken]:
    over = endpoints.members(composite)
    if missing := [name for name in over if name not in names]:
        yield Broken(composite, f"a rule over {', '.join(missing)}, not declared here")
    elif len(set(over)) < 2:
        yield Broken(composite, f"a rule over {over[0] if over else 'no alarm'} alone")


def _nightly(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    """State machines that a schedule starts and whose failure nobody hears of: nobody waits for their answer."""
    yield from apart(graph.of(_SCHEDULE), lambda schedule: _unattended(graph, schedule))


def _unattended(graph: Graph, schedule: Declared) -> Iterator[Broken]:
    for machine in graph.of(_MACHINE):
        if not _is(schedule, "target", schedule.at("target.arn"), machine):
            continue
        watching = [alarm for alarm in graph.of(ALARM) if _on_failures(alarm, machine) and endpoints.acts(alarm)]
        if not any(not endpoints.unheard(graph, alarm) for alarm in watching):
            yield Broken(machine, "no enabled alarm on ExecutionsFailed that tells somebody")


def _on_failures(alarm: Declared, machine: Declared) -> bool:
    if "ExecutionsFailed" not in endpoints.metrics(alarm):
        return False
    return any(_is(alarm, "dimensions", each.get("StateMachineArn"), machine) for each in endpoints.dimensions(alarm))


def _is(resource: Declared, key: str, arn: Any, machine: Declared) -> bool:
    """Whether an ARN is that of a state machine; by reference while it is unknown."""
    if isinstance(arn, str):
        return bool(re.split("[:/]", arn)[-1] == machine.at("name"))
    return machine.urn in resource.refs.get(key, ())


RULES: Final[tuple[Rule, ...]] = (
    StackRule(
        control="Takeoff.14",
        name="takeoff-14-endpoint-has-alarms-that-are-heard",
        severity="high",
        frameworks=(OWN,),
        title="Every endpoint has an alarm on its errors that is heard in time, and somebody hears each alarm on it",
        allowed="an alarm on Invocation5XXErrors, enabled, with actions of its own or of a composite alarm over it, "
        "within `minutes`, and topics with subscribers",
        fix="`objective` of the model and addresses under `takeoff:alerts` in the stack file",
        source="https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html",
        types=(ENDPOINT,),
        check=_alarms,
        settings={"minutes": 15},
    ),
    StackRule(
        control="Takeoff.14",
        name="takeoff-14-variants-are-watched-alike",
        severity="medium",
        frameworks=(OWN,),
        title="What is watched of one production variant is watched of each",
        allowed="alarms on the same metrics for every production variant",
        fix="an alarm on the metric with the dimension VariantName of the other variant",
        source="https://docs.aws.amazon.com/sagemaker/latest/dg/model-ab-testing.html",
        types=(ENDPOINT,),
        check=_alike,
    ),
    StackRule(
        control="Takeoff.14",
        name="takeoff-14-scheduled-runs-that-fail-are-heard",
        severity="medium",
        frameworks=(OWN,),
        title="A state machine that a schedule starts has an alarm on its failures",
        allowed="an enabled alarm on ExecutionsFailed with actions, to topics with subscribers",
        fix="addresses under `takeoff:alerts` in the stack file",
        source="https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html",
        types=(_SCHEDULE,),
        check=_nightly,
    ),
    StackRule(
        control="Takeoff.32",
        name="takeoff-32-one-alarm-answers-for-an-endpoint",
        severity="low",
        frameworks=(OWN,),
        title="One composite alarm answers whether an endpoint is well",
        allowed="a composite alarm whose rule covers all alarms on the live endpoint",
        fix="add the alarm to the `health` alarm of the model's ServiceDashboard",
        source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm.html",
        types=(ENDPOINT,),
        check=_health,
    ),
    StackRule(
        control="Takeoff.38",
        name="takeoff-38-composite-alarms-name-alarms-that-exist",
        severity="medium",
        frameworks=(OWN,),
        title="Composite alarms combine alarms that exist",
        allowed="names of two alarms or more of this stack in alarmRule",
        fix="declare the alarm; or drop the composite alarm and let the one that is left speak for itself",
        source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html",
        types=(COMPOSITE,),
        check=_dangling,
    ),
)
