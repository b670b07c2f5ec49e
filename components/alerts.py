"""Where alarms go: one encrypted topic per severity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import pulumi
import pulumi_aws as aws

from components.key import Key
from components.site import Site
from components.statement import policy

Severity = Literal["critical", "warning"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
# Who publishes: alarms, rules and budgets. The topics' key must let them in.
PUBLISHERS = ("cloudwatch.amazonaws.com", "events.amazonaws.com", "budgets.amazonaws.com")


@dataclass(frozen=True, kw_only=True)
class AlertsArgs:
    """Who hears of what. `recipients` are e-mail addresses by severity: critical wakes somebody, warning can wait.

    `runbooks` is the address under which docs/runbooks is read, without a final slash; every alarm's text carries it.
    Raises ValueError for an unknown severity, for what is no address, and for a key that the publishers may not use:
    CloudWatch would drop every message without a word.
    """

    key: Key
    recipients: Mapping[Severity, Sequence[str]]
    runbooks: str

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.recipients) - set(SEVERITIES)):
            raise ValueError(f"alerts.recipients: got severity {unknown}; allowed: {', '.join(SEVERITIES)}")
        wrong = [address for each in self.recipients.values() for address in each if "@" not in address]
        if wrong:
            raise ValueError(f"alerts.recipients: got {wrong}; allowed: e-mail addresses")
        if not self.runbooks.startswith("https://") or self.runbooks.endswith("/"):
            raise ValueError(f"alerts.runbooks: got {self.runbooks!r}; allowed: an https address with no final slash")
        if missing := sorted(set(PUBLISHERS) - set(self.key.services)):
            raise ValueError(f"alerts.key: got a key without services {missing}; allowed: Key(services=PUBLISHERS)")


class Alerts(pulumi.ComponentResource):
    """One SNS topic per severity; AWS sends each address a message that must be answered once to subscribe it."""

    def __init__(self, name: str, site: Site, args: AlertsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("takeoff:observability:Alerts", name, None, opts)
        self.runbooks = args.runbooks
        self._topics = {severity: self._topic(name, site, args, severity) for severity in SEVERITIES}
        self.register_outputs({severity: topic.arn for severity, topic in self._topics.items()})

    def topic_arn(self, severity: Severity) -> pulumi.Output[str]:
        """Where an alarm or a rule of this severity sends its message."""
        arn: pulumi.Output[str] = self._topics[severity].arn
        return arn

    def _topic(self, name: str, site: Site, args: AlertsArgs, severity: Severity) -> aws.sns.Topic:
        child, logical = pulumi.ResourceOptions(parent=self), f"{name}-{severity}"
        topic = aws.sns.Topic(logical, name=site.name(logical, limit=255), kms_master_key_id=args.key.arn, opts=child)
        aws.sns.TopicPolicy(logical, arn=topic.arn, policy=policy(publishers(site, topic.arn)), opts=child)
        for address in sorted(set(args.recipients.get(severity, ()))):
            aws.sns.TopicSubscription(
                f"{logical}-{address}", topic=topic.arn, protocol="email", endpoint=address, opts=child
            )
        return topic


def publishers(site: Site, topic: pulumi.Input[str]) -> list[dict[str, Any]]:
    """Who may publish: this account's alarms, rules and budgets.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
    https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
    """
    sources = {"cloudwatch.amazonaws.com": site.arn("cloudwatch", "alarm:*")}
    sources["events.amazonaws.com"] = site.arn("events", "rule/*")
    sources["budgets.amazonaws.com"] = f"arn:{site.partition}:budgets::{site.account}:*"
    return [
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sns:Publish",
            "Resource": topic,
            "Condition": {"ArnLike": {"aws:SourceArn": source}}
            | ({"StringEquals": {"aws:SourceAccount": site.account}} if service.startswith("budgets.") else {}),
        }
        for service, source in sources.items()
    ]
