"""Rules of EventBridge: what they listen to, whether they are on, and what they start."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from policies.declared import Declared, Graph, given, known

RULE: Final = "aws:cloudwatch/eventRule:EventRule"
TARGET: Final = "aws:cloudwatch/eventTarget:EventTarget"


def pattern(rule: Declared, source: str, type_: str) -> Mapping[str, Any] | None:
    """The `detail` that a rule asks of a source's events of a type; None where it does not listen to those.

    Raises UnknownError.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
    """
    found = json.loads(known(rule.at("eventPattern"), "eventPattern") or "{}")
    if type_ not in found.get("detail-type", ()) or source not in found.get("source", ()):
        return None
    detail: Mapping[str, Any] = found.get("detail", {})
    return detail


def targets(graph: Graph, rule: Declared) -> list[Declared]:
    """What an enabled rule starts; nothing where it is off. Raises UnknownError."""
    off = known(rule.at("state"), "state") == "DISABLED" or known(rule.at("isEnabled"), "isEnabled") is False
    return [] if off else [each for each in graph.of(TARGET) if _of(each, rule) and given(each.at("arn"))]


def _of(target: Declared, rule: Declared) -> bool:
    return rule.urn in target.refs.get("rule", ()) or (given(rule.at("name")) and target.at("rule") == rule.at("name"))
