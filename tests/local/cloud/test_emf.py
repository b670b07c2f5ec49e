"""Metrics in log lines: the format, what is refused of it, and what CloudWatch makes of a line that anybody logs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.cloud.emf import Embedded, EmbeddedMetricError, embedded
from tests.local.cloud.emulated import Cloud, until
from tests.local.cloud.test_alarms import alarm, state

MOMENT = 1_795_000_000_000


def line(*, timestamp: Any = MOMENT, values: Any = 3, **directive: Any) -> str:
    given = {
        "Namespace": "Takeoff/Models",
        "Dimensions": [["Model"], ["Model", "Stack"]],
        "Metrics": [{"Name": "Wrong", "Unit": "Count"}, {"Name": "Loss"}],
    } | directive
    about = {"Timestamp": timestamp, "CloudWatchMetrics": [given]}
    return json.dumps({"_aws": about, "Wrong": values, "Loss": 0.5, "Model": "risk", "Stack": "local", "note": [1]})


def test_a_line_is_a_metric_per_definition_and_set_of_dimensions_with_its_own_time_and_unit() -> None:
    one, both = (("Model", "risk"),), (("Model", "risk"), ("Stack", "local"))
    assert [(each.name, each.dimensions, each.values, each.unit) for each in embedded(line(values=[1, 2.5]))] == [
        ("Wrong", one, (1.0, 2.5), "Count"),
        ("Loss", one, (0.5,), "None"),
        ("Wrong", both, (1.0, 2.5), "Count"),
        ("Loss", both, (0.5,), "None"),
    ]
    (found,) = embedded(line(Dimensions=[[]], Metrics=[{"Name": "Loss"}]))
    assert found == Embedded(
        namespace="Takeoff/Models", name="Loss", unit="None", dimensions=(), moment=MOMENT / 1000, values=(0.5,)
    )


@pytest.mark.parametrize("text", ["", "plain", '{"a": 1}', '{"_aws": {}}', '"_aws"', '{"_aws": ', '{"_aws": null}'])
def test_a_line_that_is_not_in_the_format_holds_no_metric(text: str) -> None:
    assert embedded(text) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"timestamp": "now"}, "Timestamp must be milliseconds"),
        ({"timestamp": None}, "Timestamp must be milliseconds"),
        ({"Namespace": ""}, "needs a Namespace"),
        ({"Dimensions": "Model"}, "Dimensions must be a list"),
        ({"Dimensions": ["Model"]}, "a dimension set is a list"),
        ({"Dimensions": [["note"]]}, "'note' must name a member"),
        ({"Dimensions": [["nobody"]]}, "'nobody' must name a member"),
        ({"Metrics": [{"Unit": "Count"}]}, "a metric needs a Name"),
        ({"Metrics": [{"Name": "Loss"}] * 101}, "at most 100"),
        ({"values": "3"}, "metric 'Wrong' must be a number"),
        ({"values": True}, "metric 'Wrong' must be a number"),
        ({"values": []}, "a list of 1 to 100"),
        ({"values": [1] * 101}, "a list of 1 to 100"),
    ],
)
def test_a_line_that_breaks_the_format_says_how(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(EmbeddedMetricError, match=said):
        embedded(line(**changed))


@pytest.fixture(scope="module")
def fast(new_cloud: Callable[..., Cloud]) -> Cloud:
    """An account whose minutes are a second long."""
    return new_cloud(TAKEOFF_CLOCK_SPEED="60")


def stamped(name: str, value: float, moment: datetime) -> str:
    about = {"Namespace": "tests", "Dimensions": [["Model"]], "Metrics": [{"Name": name, "Unit": "Count"}]}
    stamp = int(moment.timestamp() * 1000)
    return json.dumps({"_aws": {"Timestamp": stamp, "CloudWatchMetrics": [about]}, "Model": "m", name: value})


def data(cloud: Cloud, name: str, statistic: str, since: datetime) -> list[tuple[datetime, float]]:
    """Each emulated hour's value, which is a minute of this machine."""
    metric = {"Namespace": "tests", "MetricName": name, "Dimensions": [{"Name": "Model", "Value": "m"}]}
    query = {"Id": "q", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": statistic}}
    window = {"StartTime": since, "EndTime": datetime.now(UTC) + timedelta(hours=1)}
    found = cloud.client("cloudwatch").get_metric_data(
        MetricDataQueries=[query], ScanBy="TimestampAscending", **window
    )["MetricDataResults"][0]
    return list(zip(found["Timestamps"], found["Values"], strict=True))


def test_a_log_line_of_last_week_is_a_metric_of_last_week_and_one_of_last_month_is_none(fast: Cloud) -> None:
    logs, now = fast.client("logs"), datetime.now(UTC)
    week, month = now - timedelta(days=7), now - timedelta(days=30)
    logs.create_log_group(logGroupName="any")
    logs.create_log_stream(logGroupName="any", logStreamName="one")
    lines = [stamped("Late", 2, week), stamped("Late", 3, week), stamped("Late", 99, month), '{"_aws": {"x": 1}}']
    events = [{"timestamp": int(now.timestamp() * 1000), "message": text} for text in lines]
    logs.put_log_events(logGroupName="any", logStreamName="one", logEvents=events)
    ((moment, total),) = data(fast, "Late", "Sum", month - timedelta(days=1))
    assert (total, week - timedelta(minutes=1) < moment <= week) == (5.0, True)
    for statistic, value in (("SampleCount", 2), ("Average", 2.5), ("Maximum", 3), ("p50", 2), ("PR(:2)", 50)):
        assert [found for _, found in data(fast, "Late", statistic, month)] == [value], statistic


def test_put_metric_data_of_last_week_is_seen_like_any_other(fast: Cloud) -> None:
    week = datetime.now(UTC) - timedelta(days=7)
    datum = {"MetricName": "Put", "Dimensions": [{"Name": "Model", "Value": "m"}], "Timestamp": week}
    fast.client("cloudwatch").put_metric_data(
        Namespace="tests", MetricData=[datum | {"Values": [1, 4], "Counts": [3, 1]}]
    )
    assert [value for _, value in data(fast, "Put", "Sum", week - timedelta(days=1))] == [7.0]


PRINTS = """
import json, time

def handler(event, context):
    about = {"Namespace": "tests", "Dimensions": [["Model"]], "Metrics": [{"Name": "Drift"}]}
    stamp = int(time.time() * 1000)
    print(json.dumps({"_aws": {"Timestamp": stamp, "CloudWatchMetrics": [about]}, "Model": "m", "Drift": 1}))
"""


def test_what_a_function_prints_rings_an_alarm_and_silence_breaches_where_the_alarm_says_so(fast: Cloud) -> None:
    name, metric = fast.function(PRINTS), {"MetricName": "Drift", "Dimensions": [{"Name": "Model", "Value": "m"}]}
    rings = alarm(fast, **metric, Threshold=0, Statistic="Maximum", TreatMissingData="notBreaching")
    less = {"ComparisonOperator": "LessThanThreshold", "Threshold": 1, "TreatMissingData": "breaching"}
    silent = alarm(fast, **metric, **less)
    until(lambda: (state(fast, rings), state(fast, silent)) == ("OK", "ALARM"))
    fast.client("lambda").invoke(FunctionName=name, Payload=b"{}")
    until(lambda: (state(fast, rings), state(fast, silent)) == ("ALARM", "OK"))
    until(lambda: (state(fast, rings), state(fast, silent)) == ("OK", "ALARM"))
