"""Alarms: each tells somebody, or another alarm that does, and says whose it is and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from policies.declared import Declared, Graph, given, known
from policies.links import each
from policies.rule import OWN, Broken, ResourceRule, Rule, Settings, StackRule

METRIC: Final = "aws:cloudwatch/metricAlarm:MetricAlarm"
COMPOSITE: Final = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
_TOPIC: Final = "aws:sns/topic:Topic"
# How a composite alarm's rule names another. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm.html
_NAMED: Final = re.compile(r'(?:ALARM|OK|INSUFFICIENT_DATA)\(\s*"?([^")]+?)"?\s*\)')
_OWNER: Final = re.compile(r"\bOwner: \S+@\S+")
_RUNBOOK: Final = re.compile(r"\bRunbook: https://\S+")


def _acts(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    told = _told(graph)

    def check(alarm: Declared) -> str | None:
        if known(alarm.at("actionsEnabled"), "actionsEnabled") is False:
            return "actionsEnabled false"
        # Where a stack has no topic, nobody is told of anything: its alarms serve releases alone.
        if alarm.urn in told or not graph.of(_TOPIC):
            return None
        # A composite alarm over alarms that all tell somebody sums them up for a dashboard.
        listened = _listened(graph, alarm)
        if listened and all(each.urn in told for each in listened):
            return None
        return "no alarmActions, and no composite alarm with actions that listens to it"

    return each(graph.of(METRIC, COMPOSITE), check)


def _told(graph: Graph) -> set[str]:
    """The alarms that tell somebody: by an action, or through a composite alarm that does."""
    told = {alarm.urn for alarm in graph.of(METRIC, COMPOSITE) if given(alarm.at("alarmActions"))}
    composites = [(composite.urn, _listened(graph, composite)) for composite in graph.of(COMPOSITE)]
    for _ in composites:  # as deep as composites can be nested
        told |= {alarm.urn for urn, listened in composites if urn in told for alarm in listened}
    return told


def _listened(graph: Graph, composite: Declared) -> list[Declared]:
    """The alarms in a composite alarm's rule: by their names, by reference while the rule is unknown."""
    rule = composite.at("alarmRule")
    if isinstance(rule, str):
        names = set(_NAMED.findall(rule))
        return [alarm for alarm in graph.of(METRIC, COMPOSITE) if _name(alarm) in names]
    return [alarm for urn in composite.refs.get("alarmRule", ()) if (alarm := graph.get(urn)) is not None]


def _name(alarm: Declared) -> object:
    return alarm.at("alarmName" if alarm.type == COMPOSITE else "name")


def _listens(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    names = {_name(alarm) for alarm in graph.of(METRIC, COMPOSITE) if isinstance(_name(alarm), str)}

    def check(composite: Declared) -> str | None:
        wanted = _NAMED.findall(str(known(composite.at("alarmRule"), "alarmRule")))
        missing = [name for name in wanted if name not in names and not name.startswith("arn:")]
        return f"{', '.join(missing)}, which is not declared" if missing else None

    return each(graph.of(COMPOSITE), check)


def _explained(resource: Declared, _settings: Settings) -> str | None:
    text = str(known(resource.at("alarmDescription"), "alarmDescription") or "")
    missing = [what for what, way in (("owner", _OWNER), ("runbook", _RUNBOOK)) if not way.search(text)]
    return f"an alarmDescription without {' and '.join(missing)}" if missing else None


RULES: Final[tuple[Rule, ...]] = (
    StackRule(
        control="Takeoff.23",
        name="takeoff-23-alarms-act",
        severity="high",
        frameworks=(OWN,),
        title="an alarm can tell somebody",
        allowed="alarmActions, or a place in the rule of a composite alarm that has them; actionsEnabled not false",
        fix="set alarmActions to a topic of the stack's alerts",
        source="https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html#cloudwatch-15",
        types=(METRIC, COMPOSITE),
        check=_acts,
    ),
    StackRule(
        control="Takeoff.23",
        name="takeoff-23-composites-have-their-parts",
        severity="high",
        frameworks=(OWN,),
        title="a composite alarm listens to alarms that exist",
        allowed="names of alarms that the stack declares in alarmRule",
        fix="declare the missing alarm, or take its name out of the rule",
        source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm.html",
        types=(COMPOSITE,),
        check=_listens,
    ),
    ResourceRule(
        control="Takeoff.28",
        name="takeoff-28-alarms-say-what-to-do",
        severity="low",
        frameworks=(OWN,),
        title="an alarm names its owner and a runbook",
        allowed="an alarmDescription with `Owner: address` and `Runbook: https://...`",
        fix="write both into alarmDescription (alerts.runbooks in the stack file)",
        source="https://docs.aws.amazon.com/wellarchitected/latest/operational-excellence-pillar/ops_event_response_alerts.html",
        types=(METRIC, COMPOSITE),
        check=_explained,
    ),
)
