"""What an alarm does when its state changes: a message to its topics, and an event that rules can hear."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from typing import Any

from moto.events.models import events_backends
from moto.sns.models import sns_backends

from local.state import ACCOUNT

log = logging.getLogger(__name__)
ACTIONS = {"ALARM": "alarm_actions", "OK": "ok_actions", "INSUFFICIENT_DATA": "insufficient_data_actions"}


def announce(region: str, alarm: Any, before: str, now: datetime) -> list[str]:
    """Tells EventBridge always, and the new state's topics if actions are enabled; what to write in the history."""
    _event(region, alarm, before, now)
    if not alarm.actions_enabled:
        return []
    return [_publish(region, arn, alarm, before, now) for arn in getattr(alarm, ACTIONS[alarm.state_value]) or []]


def _publish(region: str, arn: str, alarm: Any, before: str, now: datetime) -> str:
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    message = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": ACCOUNT,
        "AlarmConfigurationUpdatedTimestamp": alarm.configuration_updated_timestamp.isoformat() + "+0000",
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": now.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "Region": region,
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before,
    }
    subject = f'{alarm.state_value}: "{alarm.name}" in {region}'
    subject = subject if len(subject) < 100 else subject[:96] + "..."
    try:
        if ":sns:" not in arn:
            raise ValueError("the emulated account serves actions that are SNS topics (docs/limits.md)")
        sns_backends[ACCOUNT][region].publish(json.dumps(message), arn, subject=subject)
    except Exception as error:
        # AWS notes a failed action in the history and goes on, too.
        log.warning("alarm %s: action %s: %s", alarm.name, arn, error)
        return f"Failed to execute action {arn}: {error}"
    return f"Successfully executed action {arn}"


def _event(region: str, alarm: Any, before: str, now: datetime) -> None:
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
    moment = now.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    configuration = {"description": alarm.description or ""}
    if alarm.rule is not None:
        configuration["alarmRule"] = alarm.rule
    detail = {
        "alarmName": alarm.name,
        "state": {
            "value": alarm.state_value,
            "reason": alarm.state_reason,
            "reasonData": alarm.state_reason_data,
            "timestamp": moment,
        },
        "previousState": {"value": before},
        "configuration": configuration,
    }
    entry = {
        "Source": "aws.cloudwatch",
        "DetailType": "CloudWatch Alarm State Change",
        "Resources": [alarm.alarm_arn],
        "Detail": json.dumps(detail),
    }
    events_backends[ACCOUNT][region].put_events([entry])
