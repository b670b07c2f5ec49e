"""What one model's monitor declares, refuses and may do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi_aws as aws
import pytest

from catalog.analysis import MODELS
from catalog.loop import MonitorSettings
from components.alerts import PUBLISHERS, Alerts, AlertsArgs
from components.bucket import Bucket
from components.drift_monitor import Aim, DriftMonitor, DriftMonitorArgs, RetrainingTarget
from components.fairness import Fairness
from components.key import Key
from components.monitoring import Monitoring, MonitoringArgs
from components.site import Site
from tests.deployment import Deployment, deploy
from tests.unit.components.test_runbooks import alarms_without_owner_or_page

SITE = Site(stack="test", account="123456789012", region="us-east-1", partition="aws")
IMAGE = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/takeoff-test-m@sha256:{'a' * 64}"
NOTHING: Any = object()
FAIR = Fairness(groups=["sex=male", "age:30,50"], favoured="good", limits={"selection_rate": {"ratio": 0.8}})
KPI = Aim(name="revenue", target=12.5, direction="at-least")
RETRAINING = RetrainingTarget(
    state_machine_arn="arn:aws:states:us-east-1:123456789012:stateMachine:takeoff-test-retraining",
    role_arn="arn:aws:iam::123456789012:role/takeoff-test-retraining-events",
)


def args(**changes: Any) -> DriftMonitorArgs:
    given: dict[str, Any] = {
        "model": "m",
        "code": "risk",
        "owner": "a@example.com",
        "endpoint": "takeoff-test-m",
        "image": IMAGE,
        "instance_type": "ml.m5.large",
        "schedule": "rate(1 hour)",
        "period_seconds": 3600,
        "false_alarms_per_month": 1.0,
        "monitoring": NOTHING,
        "captures": NOTHING,
        "features": NOTHING,
        "key": NOTHING,
        "variants": ["main"],
    }
    return DriftMonitorArgs(**given | changes)


def declared(site: Site = SITE, **changes: Any) -> Deployment:
    def program() -> None:
        key = Key("data", site=site, purpose="p", services=PUBLISHERS)
        captures, features = (Bucket(n, site=site, key=key, force_destroy=True) for n in ("captures", "features"))
        told = Alerts("alerts", site, AlertsArgs(key=key, recipients={}, runbooks="https://example.com/runbooks"))
        where: dict[str, Any] = {"key": key, "captures": captures, "features": features}
        monitoring = Monitoring("monitoring", site, MonitoringArgs(**where, owner="a@example.com"))
        made = args(**where, monitoring=monitoring, alerts=told, **changes)
        DriftMonitor(made.model, site, made)

    return deploy(program)


@pytest.fixture(scope="module")
def whole() -> Deployment:
    return declared(fairness=FAIR, kpis=[KPI], retraining=RETRAINING)


def reach(whole: Deployment, role: str, action: str) -> list[str]:
    document = json.loads(whole.one(aws.iam.RolePolicy, role).inputs["policy"])
    return [arn for one in document["Statement"] if action in one["Action"] for arn in one["Resource"]]


def settings(whole: Deployment) -> MonitorSettings:
    return MonitorSettings.from_json(whole.one(aws.ssm.Parameter).inputs["insecureValue"])


def alarm(whole: Deployment, name: str) -> dict[str, Any]:
    return dict(whole.one(aws.cloudwatch.MetricAlarm, name).inputs)


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        ({"image": "m:latest"}, "names its digest"),
        ({"instance_type": "ml.c5.large"}, "a type of CreateProcessingJob"),
        ({"schedule": "hourly"}, "cron"),
        ({"period_seconds": 240}, "300 to 259200 seconds"),
        ({"period_seconds": 3601}, "whole minutes"),
        ({"period_seconds": 604_800}, "300 to 259200 seconds"),
        ({"false_alarms_per_month": 0}, "above 0, at most 144"),
        ({"false_alarms_per_month": 145}, "at most 144"),
        ({"outcome_hours": 0}, "1 to 168"),
    ],
)
def test_what_aws_or_arithmetic_would_refuse_is_refused_before(change: dict[str, Any], allowed: str) -> None:
    with pytest.raises(ValueError, match=allowed):
        args(**change)


def test_the_function_is_told_where_things_are_and_how_strict_to_be(whole: Deployment) -> None:
    assert whole.one(aws.ssm.Parameter).inputs["name"] == "/takeoff/test/m/monitor"
    found = settings(whole)
    captures, features = (f"s3://takeoff-test-{name}-123456789012" for name in ("captures", "features"))
    assert found.captures == f"{captures}/m/takeoff-test-m"
    assert (found.outcomes, found.reports) == (f"{features}/outcomes/m", f"{features}/drift/m")
    assert found.role == whole.one(aws.iam.Role, "m-drift-job").inputs["name"].join(
        ["arn:aws:iam:us-east-1:123456789012:role/", ""]
    )
    assert (found.job, found.period_seconds, found.code) == ("takeoff-test-drift-m", 3600, "risk")
    assert found.settings == {
        "falseAlarmsPerMonth": 1.0,
        "windowsPerMonth": 720.0,
        "hours": 24,
        "groups": ["sex=male", "age:30,50"],
        "favoured": "good",
        "limits": {"selection_rate": {"ratio": 0.8}},
        "kpis": [{"name": "revenue", "target": 12.5, "direction": "at-least"}],
        "variants": ["main"],
    }


def test_settings_that_fit_no_parameter_are_refused() -> None:
    names = dict.fromkeys(("endpoint", "role", "key", "captures", "features"), "x")
    many = [Aim(name=f"kpi-{number}", target=1.0, direction="at-most") for number in range(60)]
    assert len(args(kpis=many[:20]).settings(SITE, names)) <= 4096
    with pytest.raises(ValueError, match="declare fewer groups or KPIs"):
        args(kpis=many).settings(SITE, names)


def test_a_long_name_leaves_room_for_a_window_and_stays_where_iam_knows_it() -> None:
    found = settings(declared(Site(**{**vars(SITE), "stack": "staging"}), model="a-model-with-a-name-of-30-char"))
    assert len(f"{found.job}-20261122030000-259200-99") <= 63
    assert found.job.startswith("takeoff-staging-drift-")


def test_a_stack_with_a_name_so_long_that_iam_would_not_know_its_jobs_is_refused() -> None:
    with pytest.raises(ValueError, match="allowed: a shorter name of the stack"):
        declared(Site(**{**vars(SITE), "stack": "a-stack-with-quite-a-long-name"}))


def test_a_schedule_hands_the_model_and_the_time_it_was_due_to_monitoring(whole: Deployment) -> None:
    made = whole.one(aws.scheduler.Schedule)
    schedule = made.inputs
    assert whole.one(aws.ssm.Parameter).urn in made.depends_on, "a look before its settings would fail"
    assert (schedule["scheduleExpression"], schedule["scheduleExpressionTimezone"]) == ("rate(1 hour)", "UTC")
    assert schedule["target"]["roleArn"].endswith("role/takeoff-test-monitoring-scheduler")
    assert schedule["target"]["arn"] == reach(whole, "monitoring-scheduler", "states:StartExecution")[0]
    assert json.loads(schedule["target"]["input"]) == {"model": "m", "scheduled": "<aws.scheduler.scheduled-time>"}


def test_the_job_reads_its_models_things_and_writes_reports_and_its_log_alone(whole: Deployment) -> None:
    role = "m-drift-job"
    captures, features = (
        f"arn:aws:s3:us-east-1:123456789012:bucket/takeoff-test-{name}-123456789012"
        for name in ("captures", "features")
    )
    read = [f"{features}/{prefix}/m/*" for prefix in ("outcomes", "runs", "drift")]
    assert reach(whole, role, "s3:GetObject") == [f"{captures}/m/*", *read]
    assert reach(whole, role, "s3:PutObject") == [f"{features}/drift/m/*"]
    streams = "log-group:/aws/sagemaker/ProcessingJobs:log-stream:takeoff-test-drift-m-*"
    assert reach(whole, role, "logs:PutLogEvents") == [f"arn:aws:logs:us-east-1:123456789012:{streams}"]
    (passed,) = reach(whole, "monitoring-step", "iam:PassRole")
    assert passed.endswith("takeoff-test-*-drift-job")
    assert whole.one(aws.iam.Role, role).inputs["name"] == "takeoff-test-m-drift-job"


def test_every_signal_is_an_alarm_on_its_metric_of_this_model(whole: Deployment) -> None:
    metrics = {
        "m-drift-inputs": "InputDrift",
        "m-drift-joint": "JointDrift",
        "m-drift-predictions": "PredictionDrift",
        "m-drift-concept": "ConceptDrift",
        "m-drift-attribution": "AttributionDrift",
        "m-bias": "Bias",
        "m-kpi": "MissedKpi",
    }
    for name, metric in metrics.items():
        found = alarm(whole, name)
        assert (found["namespace"], found["metricName"]) == (MODELS, metric)
        assert found["dimensions"] == {"Stack": "test", "Model": "m"}
        assert (found["statistic"], found["comparisonOperator"]) == ("Maximum", "GreaterThanThreshold")
        assert (found["threshold"], found["period"]) == (0, 3600)
    assert {each.name for each in whole.all(aws.cloudwatch.MetricAlarm)} == {*metrics, "m-drift-silent"}


def test_bias_and_kpis_are_watched_only_where_they_are_declared() -> None:
    names = {each.name for each in declared().all(aws.cloudwatch.MetricAlarm)}
    assert not names & {"m-bias", "m-kpi"}
    rule = declared().one(aws.cloudwatch.CompositeAlarm).inputs["alarmRule"]
    assert "m-kpi" not in rule


def test_every_alarm_has_an_owner_and_a_page(whole: Deployment) -> None:
    assert alarms_without_owner_or_page(whole) == []


def test_a_result_stands_until_the_next_one(whole: Deployment) -> None:
    """tests/local/cloud/test_drift_alarms.py judges them as CloudWatch does."""
    for each in whole.all(aws.cloudwatch.MetricAlarm):
        if each.name != "m-drift-silent":
            assert each.inputs["treatMissingData"] == "ignore", each.name


@pytest.mark.parametrize(
    ("period", "look", "periods"), [(300, 300, 2), (3600, 3600, 2), (86_400, 86_400, 2), (259_200, 86_400, 6)]
)
def test_the_dead_man_goes_off_after_two_periods_without_a_result(period: int, look: int, periods: int) -> None:
    found = alarm(
        declared(period_seconds=period, false_alarms_per_month=0.1, schedule="cron(0 3 * * ? *)"), "m-drift-silent"
    )
    metric, seen = found["metricQueries"]
    assert metric["metric"] == {
        "metricName": "Monitored",
        "namespace": MODELS,
        "period": look,
        "stat": "Sum",
        "dimensions": {"Stack": "test", "Model": "m"},
    }
    assert (seen["expression"], seen["returnData"]) == ("FILL(results,0)", True)
    assert (found["comparisonOperator"], found["threshold"]) == ("LessThanThreshold", 1)
    assert (found["evaluationPeriods"], found["datapointsToAlarm"]) == (periods, periods)
    assert found["treatMissingData"] == "breaching"
    assert look * periods <= 7 * 86_400


def test_one_alarm_stands_for_what_retraining_helps_against_and_its_parts_are_silent(whole: Deployment) -> None:
    retrain = whole.one(aws.cloudwatch.CompositeAlarm).inputs
    assert retrain["alarmName"] == "takeoff-test-m-retrain"
    parts = [f"takeoff-test-m-{part}" for part in ("drift-inputs", "drift-joint", "drift-concept", "kpi")]
    assert retrain["alarmRule"] == " OR ".join(f'ALARM("{part}")' for part in parts)
    assert retrain["alarmActions"] == retrain["okActions"] == alarm(whole, "m-bias")["alarmActions"] != []
    speaking = {each.name for each in whole.all(aws.cloudwatch.MetricAlarm) if each.inputs.get("alarmActions")}
    assert speaking == {"m-drift-predictions", "m-drift-attribution", "m-bias", "m-drift-silent"}


def test_the_alarms_beginning_starts_retraining_and_says_why(whole: Deployment) -> None:
    rule, target = (
        whole.one(kind, "m-monitor").inputs for kind in (aws.cloudwatch.EventRule, aws.cloudwatch.EventTarget)
    )
    assert json.loads(rule["eventPattern"]) == {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {"alarmName": ["takeoff-test-m-retrain"], "state": {"value": ["ALARM"]}},
    }
    assert (target["arn"], target["roleArn"]) == (RETRAINING.state_machine_arn, RETRAINING.role_arn)
    assert target["inputTransformer"] == {
        "inputPaths": {"alarm": "$.detail.alarmName", "reason": "$.detail.state.reason"},
        "inputTemplate": '{"model": "m", "cause": "alarm", "by": <alarm>, "reason": <reason>}',
    }


def test_without_retraining_the_alarm_speaks_and_starts_nothing() -> None:
    quiet = declared()
    assert quiet.all(aws.cloudwatch.EventRule) == []
    assert quiet.one(aws.cloudwatch.CompositeAlarm).inputs["alarmActions"]


def test_the_docs_pages_of_the_alarms_are_there() -> None:
    pages = {path.stem for path in (Path(__file__).resolve().parents[3] / "docs/runbooks").glob("*.md")}
    assert {"drift", "concept-drift", "bias", "kpi-missed", "drift-silent", "retrain", "monitoring-failed"} <= pages
