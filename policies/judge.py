"""The judgement: resources, a configuration and a day give findings. Pure; the pack and the proof both ask it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from policies.configuration import Configuration, configuration
from policies.declared import Declared, Graph, UnknownError
from policies.exemptions import Exemption, covering, parsed
from policies.rule import ResourceRule, Rule, StackRule
from policies.rules import RULES

Kind = Literal["violation", "unknown", "exempt", "expired", "error"]
# These stop a deployment where their rule is mandatory; the others never do.
STOPPING: tuple[Kind, ...] = ("violation", "expired", "error")
_WHERE = "the policy configuration (policies/environments/<stack>.json)"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a rule says of a resource, in one line. `resource` and `urn` are empty where it is said of the stack.

    violation: the rule is broken. unknown: only the deployment will know. exempt: broken, and passed over; or an
    exemption that passes over nothing. expired: an exemption whose day has gone. error: a rule that failed, or an
    exemption that is none.
    """

    rule: Rule
    resource: str
    urn: str
    kind: Kind
    message: str


def judge(resources: Sequence[Declared], config: Mapping[str, Any], today: date) -> list[Finding]:
    """Everything that the rules find, under a configuration in the engine's format.

    Raises ConfigurationError where the configuration is none.
    """
    return judged(Graph(resources), configuration(config, {rule.name: rule.settings for rule in RULES}), today)


def judged(graph: Graph, config: Configuration, today: date, rules: Iterable[Rule] = RULES) -> list[Finding]:
    """What some rules find under a configuration; nothing of a rule that is disabled."""
    return [
        finding for rule in rules if config.level(rule) != "disabled" for finding in _of(rule, graph, config, today)
    ]


def of_resource(rule: ResourceRule, resource: Declared, config: Configuration, today: date) -> list[Finding]:
    """What one rule finds in one resource, exemptions applied."""
    exemptions, _ = parsed(config.exemptions(rule))
    return [_excused(each, exemptions, today) for each in _resource(rule, resource, config)]


def _of(rule: Rule, graph: Graph, config: Configuration, today: date) -> Iterator[Finding]:
    exemptions, malformed = parsed(config.exemptions(rule))
    found = list(_found(rule, graph, config))
    excused = [_excused(each, exemptions, today) for each in found]
    yield from (each for each in excused if each.kind != "unknown")
    yield from _together([each for each in excused if each.kind == "unknown"])
    for text in malformed:
        yield _of_stack(rule, "error", f"{rule.control} an exemption of {rule.name}: {text}; fix: {_WHERE}")
    for each in exemptions:
        if each.expired(today):
            yield _of_stack(rule, "expired", _expired(rule, each))
        elif not any(each.covers(finding.resource) or not finding.resource for finding in found):
            yield _of_stack(rule, "exempt", f"{rule.control} an exemption of {rule.name} is for nothing: {_says(each)}")


def _found(rule: Rule, graph: Graph, config: Configuration) -> Iterable[Finding]:
    if isinstance(rule, ResourceRule):
        return (found for each in graph.of(*rule.types) for found in _resource(rule, each, config))
    if isinstance(rule, StackRule) and (not rule.types or graph.of(*rule.types)):
        return _stack(rule, graph, config)
    return ()


def _resource(rule: ResourceRule, resource: Declared, config: Configuration) -> Iterator[Finding]:
    if resource.type not in rule.types:
        return
    try:
        got = rule.check(resource, config.settings(rule))
    except UnknownError as error:
        yield Finding(
            rule=rule, resource=resource.name, urn=resource.urn, kind="unknown", message=_unknown(rule, error)
        )
    except Exception as error:  # whatever a rule raises, its resource has not been judged and must not pass
        yield _of_resource(rule, resource, "error", _failed(rule, error))
    else:
        if got is not None:
            yield _of_resource(rule, resource, "violation", rule.message(resource.name, got))


def _stack(rule: StackRule, graph: Graph, config: Configuration) -> Iterator[Finding]:
    try:
        for broken in rule.check(graph, config.settings(rule)):
            at = broken.resource
            yield _of_resource(rule, at, "violation", rule.message(at.name, broken.got))
    except UnknownError as error:
        yield _of_stack(rule, "unknown", _unknown(rule, error))
    except Exception as error:  # as above
        yield _of_stack(rule, "error", _failed(rule, error))


def _of_resource(rule: Rule, resource: Declared, kind: Kind, message: str) -> Finding:
    return Finding(rule=rule, resource=resource.name, urn=resource.urn, kind=kind, message=message)


def _of_stack(rule: Rule, kind: Kind, message: str) -> Finding:
    return Finding(rule=rule, resource="", urn="", kind=kind, message=message)


def _excused(finding: Finding, exemptions: Sequence[Exemption], today: date) -> Finding:
    """An exemption excuses what a resource is, and not that a rule failed or does not know yet."""
    by = covering(exemptions, finding.resource, today) if finding.kind == "violation" else None
    if by is None:
        return finding
    return replace(finding, kind="exempt", message=f"{by}: {finding.message}")


def _together(unknown: Sequence[Finding]) -> Iterator[Finding]:
    """One line for all that a rule cannot know yet: an empty account has hundreds."""
    if not unknown:
        return
    first, names = unknown[0], sorted({each.resource for each in unknown if each.resource})
    more = f" ({len(names)} resources: {', '.join(names[:3])}{' ...' if names[3:] else ''})" if len(names) > 1 else ""
    yield Finding(rule=first.rule, resource=first.resource, urn=first.urn, kind="unknown", message=first.message + more)


def _unknown(rule: Rule, error: UnknownError) -> str:
    what = ", ".join(map(str, error.args)) or "a value"
    return f"{rule.control} {rule.title}: not known before deployment, or secret: {what}; judged again then"


def _failed(rule: Rule, error: Exception) -> str:
    return (
        f"{rule.control} {rule.title}: the rule {rule.name} failed and has judged nothing: got "
        f"{type(error).__name__}: {error}; allowed: a judgement; fix: the rule's check, or an input that it reads"
    )


def _expired(rule: Rule, exemption: Exemption) -> str:
    return (
        f"{rule.control} an exemption of {rule.name} has expired: got {_says(exemption)}; "
        f"allowed: a day to come; fix: mend the resource, or set another day in {_WHERE}"
    )


def _says(exemption: Exemption) -> str:
    return f"{exemption.resource} until {exemption.until} ({exemption.reason})"
