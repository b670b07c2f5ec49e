"""The rule on what drift starts: a model that is watched and trained is trained anew when it no longer fits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies import endpoints, events
from policies.declared import Declared, Graph, inside
from policies.links import belongs
from policies.monitored import RETRAINS, Monitored, monitored, trained
from policies.nested import apart
from policies.parameters import PARAMETER
from policies.rule import OWN, Broken, Rule, Settings, StackRule

_MACHINE, _FUNCTION = "aws:sfn/stateMachine:StateMachine", "aws:lambda/function:Function"
_CODE: Final = "model_code.retraining."
_CHANGE: Final = "CloudWatch Alarm State Change"


def _retrained(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    """Models that drift without consequence."""
    rules = [rule for rule in graph.of(events.RULE) if _retrains(graph, rule)]
    models = [model for model in monitored(graph) if trained(graph, model)]
    yield from apart(models, lambda model: _drifting(graph, model, rules))


def _retrains(graph: Graph, rule: Declared) -> bool:
    """Whether a rule starts the state machine whose steps are Retraining's function."""
    steps = [each for each in graph.of(_FUNCTION) if str(each.at("handler")).startswith(_CODE)]
    machines = [each for each in graph.of(_MACHINE) if any(graph.refers(each, step) for step in steps)]
    return any(belongs(graph, target, "arn", each) for target in events.targets(graph, rule) for each in machines)


def _drifting(graph: Graph, model: Monitored, rules: list[Declared]) -> Iterator[Broken]:
    heard = {name for rule in rules for name in _heard(graph, rule)}
    alarms = {metric: {endpoints.called(each) for each in model.alarms(graph, metric)} for metric in RETRAINS}
    # Whether there are alarms at all is asked by takeoff-53.
    if missing := [metric for metric, names in alarms.items() if names and not names & heard]:
        got = f"no enabled rule that starts Retraining when {', '.join(missing)} of {model.model} goes off"
        yield Broken(model.parameter, got)


def _heard(graph: Graph, rule: Declared) -> set[str]:
    """The names of the alarms at whose beginning a rule begins, and of those that they are made of.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
    """
    detail = events.pattern(rule, "aws.cloudwatch", _CHANGE)
    if inside(detail, "state.value") != ["ALARM"]:
        return set()
    names = {str(name) for name in inside(detail, "alarmName") or ()}
    composites = [each for each in graph.of(endpoints.COMPOSITE) if endpoints.called(each) in names]
    return names.union(*(endpoints.covered(graph, each) for each in composites))


RULES: Final[tuple[Rule, ...]] = (
    StackRule(
        control="Takeoff.55",
        name="takeoff-55-drift-starts-a-retraining",
        severity="medium",
        frameworks=(OWN,),
        title="A model that is monitored and trained is trained anew when it no longer fits",
        allowed=f"an enabled rule on `{_CHANGE}` to ALARM of the model's own alarm over {', '.join(RETRAINS)}, whose "
        "target is Retraining's state machine",
        fix="`monitor: {retrain: true}` of the model in the stack file, its default",
        source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html",
        types=(PARAMETER,),
        check=_retrained,
    ),
)
