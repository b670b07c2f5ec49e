"""Topics: somebody hears what is published, and nobody else does on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.declared import Declared, Graph, known
from policies.links import each, parts
from policies.rule import OWN, Broken, ResourceRule, Rule, Settings, StackRule

_TOPIC: Final = "aws:sns/topic:Topic"
_SUBSCRIPTION: Final = "aws:sns/topicSubscription:TopicSubscription"


def _heard(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    def check(topic: Declared) -> str | None:
        return None if parts(graph, topic, "topic", _SUBSCRIPTION) else "no TopicSubscription"

    return each(graph.of(_TOPIC), check)


def _private(resource: Declared, settings: Settings) -> str | None:
    protocol = known(resource.at("protocol"), "protocol")
    return None if protocol in settings["protocols"] else f"protocol {protocol}"


RULES: Final[tuple[Rule, ...]] = (
    StackRule(
        control="Takeoff.23",
        name="takeoff-23-topics-are-heard",
        severity="medium",
        frameworks=(OWN,),
        title="somebody hears what a topic says",
        allowed="a TopicSubscription for each topic",
        fix="subscribe an address (alerts.critical and alerts.warning in the stack file)",
        source="https://docs.aws.amazon.com/sns/latest/dg/sns-create-subscribe-endpoint-to-topic.html",
        types=(_TOPIC,),
        check=_heard,
    ),
    ResourceRule(
        control="Takeoff.43",
        name="takeoff-43-messages-travel-encrypted",
        severity="medium",
        frameworks=(OWN,),
        title="a message reaches its subscriber encrypted",
        allowed="a protocol of setting `protocols`",
        fix="subscribe by https",
        source="https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html#enforce-encryption-data-in-transit",
        settings={"protocols": ["application", "email", "email-json", "firehose", "https", "lambda", "sms", "sqs"]},
        types=(_SUBSCRIPTION,),
        check=_private,
    ),
)
