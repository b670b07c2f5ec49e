"""Dashboards, burn rates and health."""

from __future__ import annotations

import json
import re
from typing import Any

import pulumi_aws as aws
import pytest

from components.alerts import PUBLISHERS, Alerts, AlertsArgs
from components.burn_rate import BURNS, LEAST_OBJECTIVE, Served, error_rate
from components.dashboard import body
from components.key import Key
from components.service_dashboard import ServiceDashboard, ServiceDashboardArgs
from components.site import Site
from tests.deployment import Deployment, deploy
from tests.unit.components.test_runbooks import alarms_without_owner_or_page

SITE = Site(stack="test", account="123456789012", region="us-east-1", partition="aws")
MONTH = 30 * 86_400


def args(**other: Any) -> ServiceDashboardArgs:
    given = {"model": "m", "owner": "team@example.com", "endpoint": "takeoff-test-m", "variants": ["main", "candidate"]}
    return ServiceDashboardArgs(**{**given, **other})


def dashboard(**other: Any) -> Deployment:
    def program() -> None:
        key = Key("k", site=SITE, purpose="p", services=PUBLISHERS)
        alerts = Alerts("alerts", SITE, AlertsArgs(key=key, recipients={}, runbooks="https://example.com/r"))
        ServiceDashboard("m-dashboard", SITE, args(**{"alerts": alerts, **other}))

    return deploy(program)


def metric_alarms(deployment: Deployment) -> dict[str, dict[str, Any]]:
    return {alarm.name: dict(alarm.inputs) for alarm in deployment.all(aws.cloudwatch.MetricAlarm)}


def composites(deployment: Deployment) -> dict[str, dict[str, Any]]:
    return {alarm.name: dict(alarm.inputs) for alarm in deployment.all(aws.cloudwatch.CompositeAlarm)}


def topics(alarm: dict[str, Any]) -> list[str]:
    return [arn.rpartition("-")[2] for arn in alarm.get("alarmActions", [])]


def test_every_alarm_has_an_owner_and_a_page() -> None:
    deployment = dashboard(latency_ms=200)
    assert len(deployment.all(aws.cloudwatch.MetricAlarm)) == 7
    assert alarms_without_owner_or_page(deployment) == []


def test_the_burns_are_those_of_the_workbook() -> None:
    assert [(b.rate, b.long, b.short) for b in BURNS] == [(14.4, 3600, 300), (6, 21_600, 1800)]
    assert [round(b.rate * b.long / MONTH, 4) for b in BURNS] == [0.02, 0.05]


def test_a_burn_alarm_needs_both_windows() -> None:
    deployment = dashboard(objective=0.99)
    found, alarms = composites(deployment), metric_alarms(deployment)
    for burn, severity in (("fast", "critical"), ("slow", "warning")):
        name = f"takeoff-test-m-slo-{burn}"
        assert found[f"m-slo-{burn}"]["alarmRule"] == f'ALARM("{name}-long") AND ALARM("{name}-short")'
        assert topics(found[f"m-slo-{burn}"]) == [severity]
        assert found[f"m-slo-{burn}"]["okActions"] == found[f"m-slo-{burn}"]["alarmActions"]
    windows = {name: alarm for name, alarm in alarms.items() if "-slo-" in name}
    assert {name: (a["threshold"], a["metricQueries"][0]["metric"]["period"]) for name, a in windows.items()} == {
        "m-slo-fast-long": (0.144, 3600),
        "m-slo-fast-short": (0.144, 300),
        "m-slo-slow-long": (0.06, 21_600),
        "m-slo-slow-short": (0.06, 1800),
    }
    assert all((a["evaluationPeriods"], a["datapointsToAlarm"]) == (1, 1) for a in windows.values())
    assert all(topics(a) == [] for a in windows.values())


@pytest.mark.parametrize(
    ("seen", "rate"),
    [
        ({"e0": 1, "e1": 0, "n0": 90, "n1": 10}, 0.01),
        ({"e0": None, "e1": 5, "n0": 90, "n1": 10}, 0.05),
        ({"e0": 9, "e1": None, "n0": 90, "n1": None}, 0.1),
    ],
)
def test_the_error_rate_is_that_of_all_variants_whether_or_not_each_has_requests(
    seen: dict[str, float | None], rate: float
) -> None:
    served = Served(model="m", owner="o", endpoint="e", variants=["main", "candidate"], objective=0.99)
    *metrics, answer = error_rate(served, 300)
    watched = {line.id: (line.metric, line.dimensions["VariantName"], line.statistic, line.period) for line in metrics}
    assert watched == {
        "e0": ("Invocation5XXErrors", "main", "Sum", 300),
        "e1": ("Invocation5XXErrors", "candidate", "Sum", 300),
        "n0": ("Invocations", "main", "Sum", 300),
        "n1": ("Invocations", "candidate", "Sum", 300),
    }
    filled = re.sub(r"FILL\((\w+),0\)", lambda found: str(seen[found[1]] or 0), str(answer.expression))
    assert re.fullmatch(r"[0-9+/()]+", filled)
    assert eval(filled) == pytest.approx(rate)  # noqa: S307 (digits and operators, checked above)


def test_no_alarm_takes_more_metrics_than_cloudwatch_allows() -> None:
    alarms = metric_alarms(dashboard(variants=["a", "b", "c", "d", "e"]))
    assert max(len([q for q in a.get("metricQueries", []) if "metric" in q]) for a in alarms.values()) == 10


def test_an_outage_is_told_at_once() -> None:
    outage = metric_alarms(dashboard())["m-errors"]
    assert (outage["threshold"], outage["datapointsToAlarm"], outage["evaluationPeriods"]) == (0.05, 3, 5)
    assert outage["metricQueries"][0]["metric"]["period"] == 60
    assert topics(outage) == ["critical"]


def test_latency_is_watched_by_variant_where_it_is_promised() -> None:
    alarms = metric_alarms(dashboard(latency_ms=250))
    slow = alarms["m-latency-candidate"]
    assert (slow["metricName"], slow["extendedStatistic"], slow["threshold"]) == ("ModelLatency", "p99", 250_000)
    assert slow["dimensions"] == {"EndpointName": "takeoff-test-m", "VariantName": "candidate"}
    assert topics(slow) == ["warning"]
    assert "m-latency-main" in alarms
    assert not any("latency" in name for name in metric_alarms(dashboard()))


def test_health_is_in_alarm_while_anything_is_and_tells_nobody_by_itself() -> None:
    health = composites(dashboard(latency_ms=250))["m-health"]
    parts = ("slo-fast", "slo-slow", "errors", "latency-main", "latency-candidate")
    assert health["alarmRule"] == " OR ".join(f'ALARM("takeoff-test-m-{part}")' for part in parts)
    assert health["alarmName"] == "takeoff-test-m-health"
    assert topics(health) == []


def test_without_alerts_alarms_change_state_and_tell_nobody() -> None:
    deployment = dashboard(alerts=None)
    everything = [*metric_alarms(deployment).values(), *composites(deployment).values()]
    assert len(everything) == 8
    assert all(topics(alarm) == [] for alarm in everything)


def test_the_dashboard_shows_the_endpoint_and_its_alarms() -> None:
    deployment = dashboard(latency_ms=250)
    declared = deployment.one(aws.cloudwatch.Dashboard).inputs
    assert declared["dashboardName"] == "takeoff-test-m"
    first, *graphs = json.loads(declared["dashboardBody"])["widgets"]
    assert len(first["properties"]["alarms"]) == 6
    assert {line[3] for graph in graphs for line in graph["properties"]["metrics"]} == {"takeoff-test-m"}
    assert {graph["properties"]["region"] for graph in graphs} == {"us-east-1"}


def shown(**other: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"alarms": ["arn"], "latency_ms": 250, "variants": ["main", "candidate"]}
    return body(region="us-east-1", model="m", endpoint="e", **{**given, **other})


def test_every_variant_has_traffic_errors_latency_and_utilisation() -> None:
    lines = {
        (line[0], line[1], line[5], line[6]["stat"])
        for widget in shown()["widgets"]
        for line in widget["properties"].get("metrics", [])
    }
    requests = {
        ("Invocations", "Sum"),
        ("Invocation5XXErrors", "Sum"),
        ("Invocation4XXErrors", "Sum"),
        ("ModelLatency", "p50"),
        ("ModelLatency", "p99"),
        ("OverheadLatency", "p99"),
    }
    machines = {(f"{what}Utilization", "Average") for what in ("CPU", "Memory", "GPU", "GPUMemory")}
    for variant in ("main", "candidate"):
        assert {("AWS/SageMaker", metric, variant, stat) for metric, stat in requests} <= lines
        assert {("/aws/sagemaker/Endpoints", metric, variant, stat) for metric, stat in machines} <= lines


def test_widgets_lie_beside_each_other_on_a_page_of_24_units() -> None:
    cells = [
        (x, y)
        for w in shown()["widgets"]
        for x in range(w["x"], w["x"] + w["width"])
        for y in range(w["y"], w["y"] + w["height"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) == 23


def test_the_promised_latency_is_a_line_in_its_graph() -> None:
    drawn = [w["properties"]["annotations"] for w in shown()["widgets"] if "annotations" in w["properties"]]
    assert drawn == [{"horizontal": [{"label": "objective", "value": 250_000}]}]
    assert not any("annotations" in w["properties"] for w in shown(latency_ms=None)["widgets"])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"objective": 1}, "to below 1"),
        ({"objective": 0.9}, f"{LEAST_OBJECTIVE} to below 1"),
        ({"variants": []}, "1 to 5"),
        ({"variants": list("abcdef")}, "1 to 5"),
        ({"latency_ms": 0}, "1 or more"),
    ],
)
def test_a_promise_that_no_alarm_can_watch_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        args(**wrong)


def test_every_objective_that_is_allowed_can_be_missed() -> None:
    assert max(burn.rate for burn in BURNS) * (1 - LEAST_OBJECTIVE) < 1
