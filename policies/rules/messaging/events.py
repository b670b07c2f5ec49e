"""Events and schedules: each is on, and leads somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.declared import Declared, Graph, given, known
from policies.links import each, parts
from policies.rule import OWN, Broken, ResourceRule, Rule, Settings, StackRule

_RULE: Final = "aws:cloudwatch/eventRule:EventRule"
_TARGET: Final = "aws:cloudwatch/eventTarget:EventTarget"
_SCHEDULE: Final = "aws:scheduler/schedule:Schedule"


def _leads(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    def check(rule: Declared) -> str | None:
        return None if parts(graph, rule, "rule", _TARGET) else "no EventTarget"

    return each(graph.of(_RULE), check)


def _on(resource: Declared, _settings: Settings) -> str | None:
    if known(resource.at("state"), "state") == "DISABLED" or resource.at("isEnabled") is False:
        return "DISABLED"
    return "no target.arn" if resource.type == _SCHEDULE and not given(resource.at("target.arn")) else None


RULES: Final[tuple[Rule, ...]] = (
    StackRule(
        control="Takeoff.46",
        name="takeoff-46-rules-have-targets",
        severity="medium",
        frameworks=(OWN,),
        title="an event that is listened for starts something",
        allowed="an EventTarget for each EventRule",
        fix="declare the target, or remove the rule",
        source="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html",
        types=(_RULE,),
        check=_leads,
    ),
    ResourceRule(
        control="Takeoff.46",
        name="takeoff-46-rules-and-schedules-are-on",
        severity="medium",
        frameworks=(OWN,),
        title="a rule or schedule is on",
        allowed="state ENABLED",
        fix="leave state out, or remove what is not to run",
        source="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-delete-rule.html",
        types=(_RULE, _SCHEDULE),
        check=_on,
    ),
)
