"""Alarms of a whole account: they change by themselves, tell their topics and rules, and remember."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.cloud.emulated import Cloud, until


@pytest.fixture(scope="module")
def fast(new_cloud: Callable[..., Cloud]) -> Cloud:
    """An account whose minutes are a tenth of a second long."""
    return new_cloud(TAKEOFF_CLOCK_SPEED="600")


def put(cloud: Cloud, metric: str, *values: float) -> bool:
    """Adds values now; False, so that `or` goes on to what is waited for."""
    cloud.client("cloudwatch").put_metric_data(
        Namespace="tests", MetricData=[{"MetricName": metric, "Value": value} for value in values]
    )
    return False


def alarm(cloud: Cloud, **more: Any) -> str:
    name = f"alarm-{next(cloud.names)}"
    given: dict[str, Any] = {"EvaluationPeriods": 1, "Threshold": 5, "ComparisonOperator": "GreaterThanThreshold"}
    single = {"Namespace": "tests", "MetricName": name, "Statistic": "Sum", "Period": 60}
    cloud.client("cloudwatch").put_metric_alarm(
        AlarmName=name, **(given | ({} if "Metrics" in more else single) | more)
    )
    return name


def state(cloud: Cloud, name: str) -> str:
    found = cloud.client("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    return str((found["MetricAlarms"] or found["CompositeAlarms"])[0]["StateValue"])


def queue(cloud: Cloud, name: str) -> tuple[str, str]:
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def messages(cloud: Cloud, url: str, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def enough() -> bool:
        got = cloud.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        found.extend(json.loads(each["Body"]) for each in got)
        return len(found) >= count

    until(enough)
    return found


def test_an_alarm_rings_and_calms_down_by_itself_and_tells_its_topic_its_rule_and_its_history(fast: Cloud) -> None:
    sns, events, watch = fast.client("sns"), fast.client("events"), fast.client("cloudwatch")
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    (mail, mail_arn), (heard, heard_arn) = queue(fast, "mail"), queue(fast, "heard")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=mail_arn)
    name = alarm(fast, AlarmActions=[topic], OKActions=[topic, "arn:aws:automate:us-east-1:ec2:stop"])
    pattern = {"source": ["aws.cloudwatch"], "detail": {"alarmName": [name], "state": {"value": ["ALARM"]}}}
    events.put_rule(Name="rings", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="rings", Targets=[{"Id": "q", "Arn": heard_arn}])
    assert state(fast, name) == "INSUFFICIENT_DATA"
    until(lambda: put(fast, name, 9.0) or state(fast, name) == "ALARM")
    until(lambda: put(fast, name, 0.01) or state(fast, name) == "OK")
    said = [json.loads(each["Message"]) for each in messages(fast, mail, 2)]
    assert [(each["OldStateValue"], each["NewStateValue"]) for each in said] == [
        ("INSUFFICIENT_DATA", "ALARM"),
        ("ALARM", "OK"),
    ]
    assert "greater than the threshold (5.0)" in said[0]["NewStateReason"]
    (event,) = messages(fast, heard, 1)
    assert (event["detail-type"], event["detail"]["state"]["value"]) == ("CloudWatch Alarm State Change", "ALARM")
    assert event["detail"]["previousState"] == {"value": "INSUFFICIENT_DATA"}
    history = watch.describe_alarm_history(AlarmName=name, ScanBy="TimestampAscending")["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in history][:5] == [
        f'Alarm "{name}" created',
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
        f"Successfully executed action {topic}",
        "Alarm updated from ALARM to OK",
        f"Successfully executed action {topic}",
    ]
    assert "Failed to execute action arn:aws:automate" in history[5]["HistorySummary"]


def test_an_alarm_over_a_rate_follows_the_expression(fast: Cloud) -> None:
    ids = {"e": "errors", "n": "requests"}
    metrics = [
        {
            "Id": id,
            "ReturnData": False,
            "MetricStat": {"Metric": {"Namespace": "tests", "MetricName": name}, "Period": 60, "Stat": "Sum"},
        }
        for id, name in ids.items()
    ]
    rate = {"Id": "rate", "Expression": "IF(n > 0, 100 * FILL(e, 0) / n, 0)", "ReturnData": True}
    name = alarm(fast, Metrics=[*metrics, rate], TreatMissingData="notBreaching")
    until(lambda: put(fast, "requests", 1.0) or state(fast, name) == "OK")
    until(lambda: put(fast, "requests", 1.0) or put(fast, "errors", 1.0) or state(fast, name) == "ALARM")


def test_set_alarm_state_runs_the_actions_and_the_next_look_corrects_it(fast: Cloud) -> None:
    topic = fast.client("sns").create_topic(Name="set")["TopicArn"]
    url, arn = queue(fast, "set")
    fast.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    name = alarm(fast, AlarmActions=[topic], TreatMissingData="notBreaching")
    fast.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a drill")
    (said,) = messages(fast, url, 1)
    assert json.loads(said["Message"])["NewStateReason"] == "a drill"
    until(lambda: state(fast, name) == "OK")


def test_a_composite_alarm_follows_its_alarms(fast: Cloud) -> None:
    one, name = alarm(fast, TreatMissingData="ignore"), f"both-{next(fast.names)}"
    watch = fast.client("cloudwatch")
    watch.put_composite_alarm(AlarmName=name, AlarmRule=f'ALARM("{one}") AND NOT ALARM("nobody")')
    found = watch.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"][0]
    assert found["AlarmRule"] == f'ALARM("{one}") AND NOT ALARM("nobody")'
    until(lambda: state(fast, name) == "OK")
    watch.set_alarm_state(AlarmName=one, StateValue="ALARM", StateReason="kept, since missing data are ignored")
    until(lambda: state(fast, name) == "ALARM")


def test_an_alarm_without_data_knows_nothing_unless_it_is_told_how_to_take_that(fast: Cloud) -> None:
    names = {missing: alarm(fast, TreatMissingData=missing) for missing in ("missing", "breaching", "notBreaching")}
    until(lambda: state(fast, names["breaching"]) == "ALARM" and state(fast, names["notBreaching"]) == "OK")
    assert state(fast, names["missing"]) == "INSUFFICIENT_DATA"


def test_an_alarm_that_cannot_be_evaluated_says_why(fast: Cloud) -> None:
    metrics = [{"Id": "e", "Expression": "SEARCH('x')", "ReturnData": True, "Period": 60}]
    name = alarm(fast, Metrics=metrics)
    watch = fast.client("cloudwatch")
    fast.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="before")

    def reason() -> str:
        return str(watch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateReason"])

    until(lambda: "SEARCH of 1 arguments: not served" in reason())
    assert state(fast, name) == "INSUFFICIENT_DATA"


def test_an_alarm_that_is_written_again_keeps_its_state(fast: Cloud) -> None:
    name = alarm(fast, TreatMissingData="breaching")
    until(lambda: state(fast, name) == "ALARM")
    single = {"Namespace": "tests", "MetricName": name, "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
    more = {"ComparisonOperator": "GreaterThanThreshold", "Threshold": 6, "TreatMissingData": "ignore"}
    fast.client("cloudwatch").put_metric_alarm(AlarmName=name, **single, **more)
    assert state(fast, name) == "ALARM"


def test_percentiles_of_an_endpoint_s_latency_can_be_read_both_ways(fast: Cloud) -> None:
    endpoint = fast.deploy(("main", fast.model("one"), 1, 1))
    for _ in range(3):
        fast.ask(endpoint, "sleep 0.05")
    dimensions = [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": "main"}]
    metric = {"Namespace": "AWS/SageMaker", "MetricName": "ModelLatency", "Dimensions": dimensions}
    now = datetime.now(UTC)
    window = {"StartTime": now - timedelta(minutes=5), "EndTime": now + timedelta(minutes=1)}
    watch = fast.client("cloudwatch")
    points = watch.get_metric_statistics(**metric, **window, Period=360_000, ExtendedStatistics=["p50", "p99"])
    (point,) = points["Datapoints"]
    assert 49_000 < point["ExtendedStatistics"]["p50"] <= point["ExtendedStatistics"]["p99"] < 5_000_000
    ranks = {"PR(:49000)": 0.0, "PR(:5000000)": 100.0, "PR(49000:5000000)": 100.0}
    (rank,) = watch.get_metric_statistics(**metric, **window, Period=360_000, ExtendedStatistics=list(ranks))[
        "Datapoints"
    ]
    assert rank["ExtendedStatistics"] == ranks
    query = {"Id": "p", "MetricStat": {"Metric": metric, "Period": 360_000, "Stat": "p99"}, "ReturnData": False}
    math = {"Id": "ms", "Expression": "p / 1000", "Period": 360_000}
    (found,) = watch.get_metric_data(MetricDataQueries=[query, math], **window)["MetricDataResults"]
    assert found["Id"] == "ms"
    assert found["Values"] == [pytest.approx(point["ExtendedStatistics"]["p99"] / 1000, rel=0.01)]
    with pytest.raises(ClientError, match=r"tm99.*not supported"):
        watch.get_metric_statistics(**metric, **window, Period=60, ExtendedStatistics=["tm99"])


def test_wait_states_follow_the_clock(fast: Cloud) -> None:
    steps = fast.client("stepfunctions")
    waiting = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1200, "End": True}}}
    machine = steps.create_state_machine(name="waits", definition=json.dumps(waiting), roleArn=fast.role())
    execution = steps.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
    until(lambda: steps.describe_execution(executionArn=execution)["status"] == "SUCCEEDED")
    found = steps.describe_execution(executionArn=execution)
    assert 2 <= (found["stopDate"] - found["startDate"]).total_seconds() < 15
