"""Alarms, and where they go."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pulumi_aws as aws
import pytest

from components.alarm import AlarmArgs, Query, declare_alarm
from components.alerts import PUBLISHERS, SEVERITIES, Alerts, AlertsArgs
from components.key import Key
from components.site import Site
from tests.deployment import Deployment, deploy

SITE = Site(stack="test", account="123456789012", region="us-east-1", partition="aws")
RUNBOOKS = "https://example.com/docs/runbooks"


def args(**other: Any) -> AlarmArgs:
    given: dict[str, Any] = {
        "title": "Model m fails",
        "owner": "team@example.com",
        "runbook": "endpoint-errors",
        "severity": "critical",
        "metric": "Invocation5XXErrors",
        "dimensions": {"EndpointName": "e", "VariantName": "main"},
        "threshold": 0.1,
    }
    return AlarmArgs(**{**given, **other})


def alerts(recipients: dict[Any, list[str]] | None = None) -> Alerts:
    key = Key("key", site=SITE, purpose="p", services=PUBLISHERS)
    return Alerts("alerts", SITE, AlertsArgs(key=key, recipients=recipients or {}, runbooks=RUNBOOKS))


def alarm(make: Callable[[], object]) -> Deployment:
    def program() -> None:
        make()

    return deploy(program)


def test_an_alarm_says_what_is_wrong_whose_it_is_and_where_to_read_on() -> None:
    deployment = alarm(lambda: declare_alarm("m-errors", SITE, args(model="m"), alerts()))
    declared = deployment.one(aws.cloudwatch.MetricAlarm).inputs
    page = f"{RUNBOOKS}/endpoint-errors.md"
    assert declared["alarmDescription"] == f"Model m fails. Owner: team@example.com. Runbook: {page}"
    assert declared["tags"] == {"takeoff:owner": "team@example.com", "takeoff:model": "m"}
    assert declared["name"] == "takeoff-test-m-errors"


def test_an_alarm_watches_what_it_was_asked_to() -> None:
    deployment = alarm(
        lambda: declare_alarm("m-errors", SITE, args(periods=5, datapoints=2, missing="breaching"), None)
    )
    declared = deployment.one(aws.cloudwatch.MetricAlarm).inputs
    assert (declared["namespace"], declared["metricName"]) == ("AWS/SageMaker", "Invocation5XXErrors")
    assert declared["dimensions"] == {"EndpointName": "e", "VariantName": "main"}
    assert (declared["statistic"], declared["comparisonOperator"]) == ("Average", "GreaterThanThreshold")
    assert (declared["threshold"], declared["period"]) == (0.1, 60)
    assert (declared["evaluationPeriods"], declared["datapointsToAlarm"]) == (5, 2)
    assert declared["treatMissingData"] == "breaching"


@pytest.mark.parametrize("severity", SEVERITIES)
def test_an_alarm_tells_the_topic_of_its_severity_when_it_comes_and_when_it_goes(severity: str) -> None:
    deployment = alarm(lambda: declare_alarm("a", SITE, args(severity=severity), alerts()))
    declared = deployment.one(aws.cloudwatch.MetricAlarm).inputs
    assert [arn.rpartition("-")[2] for arn in declared["alarmActions"]] == [severity]
    assert declared["okActions"] == declared["alarmActions"]


def test_a_silent_alarm_and_one_without_topics_tell_nobody() -> None:
    def program() -> None:
        declare_alarm("silent", SITE, args(silent=True), alerts())
        declare_alarm("alone", SITE, args(), None)

    for declared in deploy(program).all(aws.cloudwatch.MetricAlarm):
        assert "alarmActions" not in declared.inputs
        assert "okActions" not in declared.inputs


def test_a_percentile_is_an_extended_statistic() -> None:
    deployment = alarm(lambda: declare_alarm("a", SITE, args(statistic="p99"), None))
    declared = deployment.one(aws.cloudwatch.MetricAlarm).inputs
    assert declared["extendedStatistic"] == "p99"
    assert "statistic" not in declared


def test_the_last_line_of_metric_math_is_what_is_compared() -> None:
    lines = (Query(id="e", metric="Errors", dimensions={"A": "b"}, period=300), Query(id="rate", expression="e / 2"))
    deployment = alarm(lambda: declare_alarm("a", SITE, args(metric=None, expression=lines), None))
    declared = deployment.one(aws.cloudwatch.MetricAlarm).inputs
    metric, rate = declared["metricQueries"]
    assert (metric["returnData"], rate["returnData"]) == (False, True)
    assert rate["expression"] == "e / 2"
    assert metric["metric"] == {
        "metricName": "Errors",
        "namespace": "AWS/SageMaker",
        "period": 300,
        "stat": "Sum",
        "dimensions": {"A": "b"},
    }
    assert not {"metricName", "namespace", "period", "statistic"} & set(declared)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": ""}, "title"),
        ({"owner": ""}, "owner"),
        ({"runbook": ""}, "runbook"),
        ({"runbook": "a/b.md"}, "runbook"),
        ({"severity": "loud"}, "severity"),
        ({"metric": None}, "metric"),
        ({"expression": (Query(id="x", expression="1"),)}, "metric"),
        ({"period": 45}, "period"),
        ({"datapoints": 6}, "datapoints"),
        ({"datapoints": 0}, "datapoints"),
        ({"period": 300, "periods": 289}, "periods"),
        ({"period": 3600, "periods": 169}, "periods"),
    ],
)
def test_an_alarm_that_cloudwatch_would_refuse_or_nobody_could_answer_is_refused(
    wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValueError, match=rf"{field}: got .*; allowed: "):
        args(**wrong)


def test_an_alarm_may_look_back_a_day_and_by_the_hour_a_week() -> None:
    assert args(period=300, periods=288)
    assert args(period=3600, periods=168)


@pytest.mark.parametrize("both", [{}, {"metric": "M", "expression": "1"}])
def test_a_line_of_metric_math_is_a_metric_or_an_expression(both: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="an expression or a metric"):
        Query(id="x", **both)


def test_every_severity_has_an_encrypted_topic_and_its_own_recipients() -> None:
    deployment = alarm(lambda: alerts({"critical": ["b@example.com", "a@example.com", "a@example.com"]}))
    topics = {topic.name: topic.inputs for topic in deployment.all(aws.sns.Topic)}
    assert set(topics) == {"alerts-critical", "alerts-warning"}
    key = deployment.one(aws.kms.Key)
    assert all(topic["kmsMasterKeyId"].endswith("key/key") for topic in topics.values())
    assert all(key.urn in topic.depends_on for topic in deployment.all(aws.sns.Topic))
    subscribed = [(s.inputs["endpoint"], s.inputs["protocol"]) for s in deployment.all(aws.sns.TopicSubscription)]
    assert sorted(subscribed) == [("a@example.com", "email"), ("b@example.com", "email")]
    assert all(s.inputs["topic"].endswith("critical") for s in deployment.all(aws.sns.TopicSubscription))


def test_only_this_accounts_alarms_rules_and_budgets_publish() -> None:
    deployment = alarm(alerts)
    policies = deployment.all(aws.sns.TopicPolicy)
    assert len(policies) == len(SEVERITIES)
    for policy in policies:
        statements = json.loads(policy.inputs["policy"])["Statement"]
        assert {s["Principal"]["Service"]: s["Condition"]["ArnLike"]["aws:SourceArn"] for s in statements} == {
            "cloudwatch.amazonaws.com": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:*",
            "events.amazonaws.com": "arn:aws:events:us-east-1:123456789012:rule/*",
            "budgets.amazonaws.com": "arn:aws:budgets::123456789012:*",
        }
        assert {s["Action"] for s in statements} == {"sns:Publish"}
        assert {s["Resource"] for s in statements} == {policy.inputs["arn"]}


def test_publishers_may_use_the_key_and_rules_without_the_condition_that_would_silence_them() -> None:
    statements = json.loads(alarm(alerts).one(aws.kms.Key).inputs["policy"])["Statement"][2:]
    assert [s["Principal"]["Service"] for s in statements] == list(PUBLISHERS)
    assert all(s["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"] for s in statements)
    account = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    assert [s.get("Condition") for s in statements] == [account, None, account]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"recipients": {"loud": ["a@b.c"]}}, "severity"),
        ({"recipients": {"critical": ["nobody"]}}, "e-mail addresses"),
        ({"runbooks": "http://example.com"}, "https"),
        ({"runbooks": f"{RUNBOOKS}/"}, "no final slash"),
        ({"key": ()}, "services"),
    ],
)
def test_alerts_that_would_reach_nobody_are_refused(wrong: dict[str, Any], said: str) -> None:
    def program() -> None:
        key = Key("key", site=SITE, purpose="p", services=wrong.get("key", PUBLISHERS))
        given = {"recipients": {}, "runbooks": RUNBOOKS, **wrong, "key": key}
        with pytest.raises(ValueError, match=said):
            AlertsArgs(**given)

    deploy(program)
