"""What belongs to an endpoint: its configs and models, the wish that Rollout follows, and the alarms on it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from policies import parameters
from policies.declared import Declared, Graph, Unknown, UnknownError, given, inside, known
from policies.nested import rows

ENDPOINT = "aws:sagemaker/endpoint:Endpoint"
CONFIG = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
MODEL = "aws:sagemaker/model:Model"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
TOPIC, SUBSCRIPTION = "aws:sns/topic:Topic", "aws:sns/topicSubscription:TopicSubscription"
# What ties a role to a model's pods, and of them all that the AWS stack shows.
PODS = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
_SCALING = "aws:appautoscaling/policy:Policy"
MODEL_TAG = "takeoff:model"
VARIANTS = ("productionVariants", "shadowProductionVariants")
# `ALARM("x")`, `OK(x)`; of an ARN the name follows the last colon.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
_NAMED = re.compile(r"\b(?:ALARM|OK|INSUFFICIENT_DATA)\(\s*[\"']?([^\"')]+?)[\"']?\s*\)")


def called(resource: Declared) -> str:
    """The physical name of an endpoint, config, model or alarm. Raises UnknownError."""
    key = "alarmName" if resource.type == COMPOSITE else "name"
    return str(known(resource.at(key), key) or "")


def parameter(graph: Graph, endpoint: Declared) -> Declared | None:
    """The `desired` parameter of an endpoint (catalog/desired.py, candidates.py); None without one.

    Raises UnknownError.
    """
    for each in graph.of(parameters.PARAMETER):
        text = parameters.text(each)
        if isinstance(text, Unknown):
            if any(endpoint.urn in urns for urns in each.refs.values()):
                raise UnknownError(f"{each.name}.value")
            continue
        content = parameters.document(text)
        if {"config", "releases"} & set(content) and content.get("endpoint") == endpoint.at("name"):
            return each
    return None


def wish(graph: Graph, endpoint: Declared) -> Mapping[str, Any] | None:
    """What that parameter says of the endpoint."""
    found = parameter(graph, endpoint)
    return parameters.document(parameters.text(found)) if found else None


def released(graph: Graph, endpoint: Declared) -> list[str]:
    """The configs that the endpoint may serve, the one that it should first: Rollout's wish, else its own input.

    Where versions take each other's place the wish names a config for each, and the endpoint's input the one that was
    live when the program ran.
    """
    wanted = wish(graph, endpoint) or {}
    own = str(wanted.get("config") or known(endpoint.at("endpointConfigName"), "endpointConfigName") or "")
    each = wanted.get("releases")
    others = [str(one.get("config")) for one in each.values()] if isinstance(each, Mapping) else []
    return [own, *(name for name in others if name != own)]


def config_name(graph: Graph, endpoint: Declared) -> str:
    """The config that the endpoint should serve."""
    return released(graph, endpoint)[0]


def config(graph: Graph, endpoint: Declared) -> Declared | None:
    """That config, where the stack declares it. Raises UnknownError."""
    name = config_name(graph, endpoint)
    return next((each for each in graph.of(CONFIG) if name and each.at("name") == name), None)


def served_by(graph: Graph, other: Declared) -> list[Declared]:
    """The endpoints that are declared with a config; else those that Rollout is to move there.

    The first are known before the first deployment, the second are not. Raises UnknownError.
    """
    declared = [each for each in graph.of(ENDPOINT) if _declared_with(each, other)]
    if declared:
        return declared
    return [each for each in graph.of(ENDPOINT) if wish(graph, each) and other.at("name") in released(graph, each)]


def _declared_with(endpoint: Declared, other: Declared) -> bool:
    name = endpoint.at("endpointConfigName")
    return other.urn in endpoint.refs.get("endpointConfigName", ()) or (given(name) and name == other.at("name"))


def variants(declared: Declared, *paths: str) -> list[Mapping[str, Any]]:
    """A config's variants: those of the given properties, or production and shadow ones. Raises UnknownError."""
    return [row for path in paths or VARIANTS for row in rows(declared, path)]


def models(graph: Graph, declared: Declared) -> list[Declared]:
    """The models of a config, as far as the stack declares them. Raises UnknownError."""
    names = {known(row.get("modelName"), "modelName") for row in variants(declared)}
    return [each for each in graph.of(MODEL) if each.at("name") in names]


def dimensions(alarm: Declared) -> list[Mapping[str, Any]]:
    """The dimensions of every metric that an alarm reads."""
    queries = [inside(row, "metric.dimensions") for row in rows(alarm, "metricQueries")]
    return [each for each in (alarm.at("dimensions"), *queries) if isinstance(each, Mapping)]


def metrics(alarm: Declared) -> set[str]:
    """The names of the metrics that an alarm reads."""
    queries = [inside(row, "metric.metricName") for row in rows(alarm, "metricQueries")]
    return {str(each) for each in (alarm.at("metricName"), *queries) if given(each)}


def alarms_on(graph: Graph, endpoint: Declared, *, new_fleet: bool) -> list[Declared]:
    """The metric alarms on an endpoint: on its new fleet alone (by EndpointConfigName), or on what is live.

    Alarms that move a count instead of telling somebody are neither. Raises UnknownError.
    """
    found = []
    for alarm in graph.of(ALARM):
        rows = [each for each in dimensions(alarm) if _names(each.get("EndpointName"), alarm, endpoint)]
        if rows and any("EndpointConfigName" in each for each in rows) is new_fleet and not _scales(graph, alarm):
            found.append(alarm)
    return found


def members(composite: Declared) -> list[str]:
    """The alarms that a composite alarm's rule names. Raises UnknownError."""
    return [
        name.rpartition(":alarm:")[2] for name in _NAMED.findall(str(known(composite.at("alarmRule"), "alarmRule")))
    ]


def covered(graph: Graph, composite: Declared) -> set[str]:
    """The names that a composite alarm depends on, through other composites too."""
    by_name = {called(each): each for each in graph.of(COMPOSITE)}
    found: set[str] = set()
    left = members(composite)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += members(by_name[name]) if name in by_name else []
    return found


def minutes(graph: Graph, alarm: Declared) -> float:
    """How long something is wrong before an alarm can say so.

    That of a composite alarm is its slowest member's where the rule has an AND, else its fastest one's. Raises
    UnknownError.
    """
    if alarm.type == COMPOSITE:
        names = set(members(alarm))
        spans = [minutes(graph, each) for each in graph.of(ALARM, COMPOSITE) if called(each) in names]
        joined = " AND " in str(known(alarm.at("alarmRule"), "alarmRule"))
        return (max if joined else min)(spans, default=math.inf)
    periods = [inside(row, "metric.period") for row in rows(alarm, "metricQueries") if given(row.get("metric"))]
    seconds = [known(each, "period") for each in (alarm.at("period"), *periods) if given(each)]
    times = known(alarm.at("datapointsToAlarm"), "datapointsToAlarm") or alarm.at("evaluationPeriods")
    return float(max(seconds, default=math.inf)) * float(known(times or 1, "evaluationPeriods")) / 60


def acts(alarm: Declared) -> bool:
    """Whether an alarm is enabled and has somebody or something to call."""
    return known(alarm.at("actionsEnabled"), "actionsEnabled") is not False and given(alarm.at("alarmActions"))


def unheard(graph: Graph, alarm: Declared) -> list[Declared]:
    """The stack's own topics that an alarm speaks to and that nobody subscribes to."""
    topics = [topic for topic in graph.of(TOPIC) if given(alarm.at("alarmActions")) and _told(alarm, topic)]
    return [topic for topic in topics if not graph.referring(topic, SUBSCRIPTION)]


def _told(alarm: Declared, topic: Declared) -> bool:
    if topic.urn in alarm.refs.get("alarmActions", ()):
        return True
    name, actions = topic.at("name"), alarm.at("alarmActions")
    written = [each for each in actions if isinstance(each, str)] if isinstance(actions, list | tuple) else []
    return isinstance(name, str) and any(re.split("[:/]", each)[-1] == name for each in written)


def _scales(graph: Graph, alarm: Declared) -> bool:
    """Whether an alarm's action is a scaling policy's step."""
    actions = alarm.at("alarmActions")
    written = [each for each in actions if isinstance(each, str)] if isinstance(actions, list | tuple) else []
    policies = {policy.urn for policy in graph.of(_SCALING)}
    return any(":autoscaling:" in each for each in written) or bool(policies & set(alarm.refs.get("alarmActions", ())))


def _names(value: Any, alarm: Declared, endpoint: Declared) -> bool:
    """Whether a dimension is the endpoint's name; by reference while the name is unknown."""
    if isinstance(value, Unknown):
        return any(endpoint.urn in urns for urns in alarm.refs.values())
    return given(value) and value == endpoint.at("name")


def by_model(resource: Declared) -> Iterator[str]:
    """The model that a resource's tags name, if they do. Raises UnknownError."""
    tags = known(resource.at("tags"), "tags")
    value = known(tags.get(MODEL_TAG), "tags") if isinstance(tags, Mapping) else None
    if value:
        yield str(value)


def served(graph: Graph) -> list[Declared]:
    """By what models answer or work: endpoints, and pods' identities of models without one. Raises UnknownError."""
    hosted = graph.of(ENDPOINT)
    models = {model for each in hosted for model in by_model(each)}
    return [*hosted, *(each for each in graph.of(PODS) if not models & set(by_model(each)))]
