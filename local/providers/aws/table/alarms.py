"""Alarms and dashboards (Pulumi's module `cloudwatch`, but for what table/cloudwatch.py has)."""

from typing import Any

from local.providers.aws.row import Call, Read, Row, Tagging

_TAGGING = Tagging("tag_resource", "untag_resource", "list_tags_for_resource")
_METRIC = {
    "metricQueries": "Metrics",
    "metricQueries.metric": "MetricStat",
    "metricQueries.metric.dimensions": "Metric.Dimensions",
    "metricQueries.metric.metricName": "Metric.MetricName",
    "metricQueries.metric.namespace": "Metric.Namespace",
}


def _mapping(dimensions: list[dict[str, str]]) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in dimensions}


def _queries(metrics: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines of metric math, whose dimensions Pulumi spells as a mapping."""
    return [line | _stat(line["MetricStat"]) if "MetricStat" in line else line for line in metrics]


def _stat(stat: dict[str, Any]) -> dict[str, Any]:
    metric = stat["Metric"] | {"Dimensions": _mapping(stat["Metric"].get("Dimensions", []))}
    return {"MetricStat": stat | {"Metric": metric}}


ROWS = (
    Row(
        type="aws:cloudwatch/metricAlarm:MetricAlarm",
        served_by="ours",
        service="cloudwatch",
        schema="AWS::CloudWatch::Alarm",
        schema_names={"evaluateLowSampleCountPercentiles": "EvaluateLowSampleCountPercentile"},
        spelled={"dimensions": _mapping, "metricQueries": _queries},
        keys={"AlarmName": "name", "AlarmNames": "name", "ResourceARN": "arn"},
        id="{name}",
        create=Call("put_metric_alarm", renames=_METRIC),
        update=(Call("put_metric_alarm", renames=_METRIC),),
        read=(Read("describe_alarms", at="MetricAlarms", pick=("AlarmName", "name")),),
        delete=Call("delete_alarms"),
        outputs={"arn": "AlarmArn"},
        replace=frozenset({"name"}),
        tagging=_TAGGING,
        defaults={"actionsEnabled": True, "treatMissingData": "missing"},
    ),
    Row(
        type="aws:cloudwatch/compositeAlarm:CompositeAlarm",
        served_by="ours",
        service="cloudwatch",
        schema="AWS::CloudWatch::CompositeAlarm",
        autoname=None,
        keys={"AlarmName": "alarmName", "AlarmNames": "alarmName", "ResourceARN": "arn"},
        id="{alarmName}",
        create=Call("put_composite_alarm"),
        update=(Call("put_composite_alarm"),),
        read=(
            Read(
                "describe_alarms",
                at="CompositeAlarms",
                pick=("AlarmName", "alarmName"),
                arguments=lambda _: {"AlarmTypes": ["CompositeAlarm"]},
            ),
        ),
        delete=Call("delete_alarms"),
        outputs={"arn": "AlarmArn"},
        replace=frozenset({"alarmName", "actionsEnabled"}),
        tagging=_TAGGING,
        defaults={"actionsEnabled": True},
    ),
    Row(
        type="aws:cloudwatch/dashboard:Dashboard",
        served_by="moto",
        service="cloudwatch",
        schema="AWS::CloudWatch::Dashboard",
        autoname=None,
        keys={"DashboardName": "dashboardName", "DashboardNames": "dashboardName"},
        id="{dashboardName}",
        create=Call("put_dashboard"),
        update=(Call("put_dashboard"),),
        read=(Read("get_dashboard"),),
        delete=Call("delete_dashboards"),
        outputs={"dashboardArn": "DashboardArn"},
        replace=frozenset({"dashboardName"}),
        json=frozenset({"dashboardBody"}),
    ),
)
