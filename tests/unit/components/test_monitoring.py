"""What the stack's monitoring declares and may do."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pulumi_aws as aws
import pytest

from components.alerts import PUBLISHERS, Alerts, AlertsArgs
from components.bucket import Bucket
from components.key import Key
from components.monitoring import Monitoring, MonitoringArgs
from components.site import Site
from model_code.monitoring.handler import STACK
from tests.deployment import Deployment, deploy

ROOT = Path(__file__).resolve().parents[3]
SITE = Site(stack="test", account="123456789012", region="us-east-1", partition="aws")
ARN = "arn:aws:{}:us-east-1:123456789012:{}"


def declared(*, alerts: bool = True) -> Deployment:
    def program() -> None:
        key = Key("data", site=SITE, purpose="p", services=PUBLISHERS)
        captures, features = (Bucket(n, site=SITE, key=key, force_destroy=True) for n in ("captures", "features"))
        heard = AlertsArgs(key=key, recipients={}, runbooks="https://example.com/runbooks")
        told = Alerts("alerts", SITE, heard) if alerts else None
        args = MonitoringArgs(key=key, captures=captures, features=features, owner="a@example.com", alerts=told)
        made = Monitoring("monitoring", SITE, args)
        assert made.scheduler_role_arn is made.scheduler_role_arn

    return deploy(program)


@pytest.fixture(scope="module")
def whole() -> Deployment:
    return declared()


def statements(whole: Deployment, role: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(whole.one(aws.iam.RolePolicy, role).inputs["policy"])["Statement"]
    return found


def reach(whole: Deployment, role: str, action: str) -> list[str]:
    """Everything that a role may do one action to."""
    return [arn for one in statements(whole, role) if action in one["Action"] for arn in one["Resource"]]


def test_the_state_machine_calls_its_function_until_it_has_settled(whole: Deployment) -> None:
    machine = whole.one(aws.sfn.StateMachine).inputs
    states = json.loads(machine["definition"])["States"]
    (invoked,) = reach(whole, "monitoring-states", "lambda:InvokeFunction")
    assert states["Step"]["Parameters"] == {"FunctionName": invoked, "Payload.$": "$"}
    assert states["Failed"] == {"Type": "Fail", "Error": "MonitoringFailed", "CausePath": "$.reason"}
    log = whole.one(aws.cloudwatch.LogGroup, "monitoring-states").inputs
    assert log["name"] == f"/aws/vendedlogs/states/{machine['name']}"
    assert machine["loggingConfiguration"]["logDestination"].endswith(f"{log['name']}:*")


def test_the_functions_archive_holds_what_it_imports_and_it_knows_its_stack(whole: Deployment) -> None:
    function = whole.one(aws.lambda_.Function).inputs
    assert function["handler"] == "model_code.monitoring.handler.handle"
    assert function["environment"] == {"variables": {STACK: "test"}}
    held = set(function["code"].assets)
    assert needed("model_code/monitoring/handler.py", set()) <= held
    assert "catalog/loop.py" in held
    log = whole.one(aws.cloudwatch.LogGroup, "monitoring").inputs
    assert (log["name"], log["retentionInDays"]) == (f"/aws/lambda/{function['name']}", 90)
    assert log["kmsKeyId"].endswith(":key/data")
    assert function["timeout"] == 300, "a step lists the captures of a window"


def needed(file: str, seen: set[str]) -> set[str]:
    """A file of ours and every one that it imports, directly or not."""
    seen.add(file)
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] in {"catalog", "model_code"}:
            for name in [str(node.module), *(f"{node.module}.{each.name}" for each in node.names)]:
                path = f"{name.replace('.', '/')}.py"
                if (ROOT / path).is_file() and path not in seen:
                    needed(path, seen)
    return seen


def test_a_step_may_do_what_its_code_calls_to_this_stacks_things_alone(whole: Deployment) -> None:
    role = "monitoring-step"
    jobs = [ARN.format("sagemaker", "processing-job/takeoff-test-drift-*")]
    for action in ("sagemaker:CreateProcessingJob", "sagemaker:DescribeProcessingJob", "sagemaker:AddTags"):
        assert reach(whole, role, action) == jobs
    parameters = ARN.format("ssm", "parameter/takeoff/test/*/")
    assert reach(whole, role, "ssm:GetParameter") == [parameters + leaf for leaf in ("monitor", "approved", "drift")]
    assert reach(whole, role, "ssm:PutParameter") == [f"{parameters}drift"]
    features = ARN.format("s3", "bucket/takeoff-test-features-123456789012")
    assert reach(whole, role, "s3:GetObject") == [f"{features}/drift/*/*"]
    assert reach(whole, role, "s3:PutObject") == [f"{features}/drift/*/*"]
    listed = [
        prefix
        for one in statements(whole, role)
        if "s3:ListBucket" in one["Action"]
        for prefix in one["Condition"]["StringLike"]["s3:prefix"]
    ]
    assert listed == ["*/*", "outcomes/*/*", "runs/*/*", "drift/*/*"]
    granted = {action for one in statements(whole, role) for action in one["Action"]}
    beside = {"kms:GenerateDataKey", "kms:Decrypt", "kms:CreateGrant", "s3:AbortMultipartUpload", "sagemaker:AddTags"}
    assert granted == called() | beside | {"iam:PassRole", "logs:CreateLogStream", "logs:PutLogEvents"}


def called() -> set[str]:
    """The API operations that the function's code calls on its clients."""
    names = {"list_objects_v2": "ListBucket"}
    found = set()
    for file in ("account", "handler"):
        for node in ast.walk(ast.parse((ROOT / f"model_code/monitoring/{file}.py").read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                client = ast.unparse(node.func.value).removeprefix("clients.")
                name = node.func.attr
                if client in {"s3", "ssm", "sagemaker"}:
                    found.add(f"{client}:{names.get(name) or ''.join(w.capitalize() for w in name.split('_'))}")
    return found


def test_roles_of_monitoring_jobs_are_handed_to_sagemaker_alone(whole: Deployment) -> None:
    (one,) = [each for each in statements(whole, "monitoring-step") if "iam:PassRole" in each["Action"]]
    assert one["Resource"] == ["arn:aws:iam::123456789012:role/takeoff-test-*-drift-job"]
    assert one["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}


def test_one_role_lets_every_models_schedule_start_the_state_machine(whole: Deployment) -> None:
    (one,) = statements(whole, "monitoring-scheduler")
    assert one["Action"] == ["states:StartExecution"]
    assert one["Resource"][0].endswith("/takeoff-test-monitoring")


def test_a_failed_run_is_an_alarm_with_its_page(whole: Deployment) -> None:
    alarm = whole.one(aws.cloudwatch.MetricAlarm).inputs
    assert (alarm["namespace"], alarm["metricName"], alarm["threshold"]) == ("AWS/States", "ExecutionsFailed", 0)
    (started,) = reach(whole, "monitoring-scheduler", "states:StartExecution")
    assert alarm["dimensions"] == {"StateMachineArn": started}
    assert alarm["alarmDescription"].endswith("/monitoring-failed.md")
    assert (ROOT / "docs/runbooks/monitoring-failed.md").is_file()
    assert declared(alerts=False).all(aws.cloudwatch.MetricAlarm) == []


def test_a_key_is_granted_on_to_aws_alone(whole: Deployment) -> None:
    (grant,) = [one for one in statements(whole, "monitoring-step") if "kms:CreateGrant" in one["Action"]]
    assert grant["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}
