"""What a model's batch inference declares, refuses and may do."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pulumi_aws as aws
import pytest

from catalog.batch import VARIABLE, BatchSettings
from components.alerts import PUBLISHERS, Alerts, AlertsArgs
from components.batch_inference import BatchInference, BatchInferenceArgs
from components.bucket import Bucket
from components.key import Key
from components.placement import Placement
from components.site import Site
from model_code.contract import VersionRecord
from tests.deployment import Deployment, deploy

ROOT = Path(__file__).resolve().parents[3]
SITE = Site(stack="test", account="123456789012", region="us-east-1", partition="aws")
IMAGE = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/takeoff-test-m@sha256:{'a' * 64}"
RECORD = VersionRecord(version="1" * 12, artifact="s3://b/m/model.tar.gz", algorithm="x", metrics={})
NOTHING: Any = object()


def args(**changes: Any) -> BatchInferenceArgs:
    given: dict[str, Any] = {
        "model": "m",
        "owner": "a@example.com",
        "image": IMAGE,
        "version": RECORD,
        "instance_type": "ml.m5.large",
        "schedule": "cron(0 3 * * ? *)",
        "source": NOTHING,
        "source_prefix": "m",
        "output": None,
        "key": NOTHING,
        "models": NOTHING,
    }
    return BatchInferenceArgs(**given | changes)


def declared(*, alerts: bool = True, placement: Placement | None = None, **changes: Any) -> Deployment:
    def program() -> None:
        key = Key("data", site=SITE, purpose="p", services=PUBLISHERS)
        features, models = (Bucket(n, site=SITE, key=key, force_destroy=True) for n in ("features", "models"))
        heard = AlertsArgs(key=key, recipients={}, runbooks="https://example.com/runbooks")
        told = Alerts("alerts", SITE, heard) if alerts else None
        places = {"source": features, "output": models, "models": models, "key": key, "alerts": told}
        BatchInference("m", SITE, args(**places, placement=placement, **changes))

    return deploy(program)


@pytest.fixture(scope="module")
def whole() -> Deployment:
    return declared()


def settings(whole: Deployment) -> BatchSettings:
    found = whole.one(aws.lambda_.Function).inputs["environment"]["variables"][VARIABLE]
    return BatchSettings.from_json(found)


def statements(whole: Deployment, role: str) -> list[dict[str, Any]]:
    document = json.loads(whole.one(aws.iam.RolePolicy, role).inputs["policy"])
    return list(document["Statement"])


def reach(whole: Deployment, role: str, action: str) -> list[str]:
    """Everything that a role may do one action to."""
    return [arn for one in statements(whole, role) if action in one["Action"] for arn in one["Resource"]]


def test_an_image_of_another_account_is_pulled_from_there() -> None:
    image = f"999988887777.dkr.ecr.eu-west-1.amazonaws.com/lmi@sha256:{'b' * 64}"
    where = "arn:aws:ecr:eu-west-1:999988887777:repository/lmi"
    assert reach(declared(image=image), "m-batch-model", "ecr:BatchGetImage") == [where]


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        ({"image": IMAGE.partition("@")[0] + ":latest"}, "an image URI that names its digest"),
        ({"instance_type": "ml.c5.large"}, "a type of CreateTransformJob"),
        ({"instances": 0}, "1 to 100"),
        ({"schedule": "0 3 * * *"}, r"cron\(...\) or rate\(...\)"),
        ({"source_prefix": "/m"}, "a prefix without outer slashes"),
        ({"source_prefix": ""}, "a prefix without outer slashes"),
        ({"output_prefix": "m/answers", "output": NOTHING}, "a place outside source_prefix"),
    ],
)
def test_what_aws_would_refuse_is_refused_before(change: dict[str, Any], allowed: str) -> None:
    with pytest.raises(ValueError, match=allowed):
        args(**change)


def test_a_schedule_hands_the_time_it_was_due_to_the_state_machine(whole: Deployment) -> None:
    schedule, machine = whole.one(aws.scheduler.Schedule).inputs, whole.one(aws.sfn.StateMachine).inputs
    assert schedule["scheduleExpression"] == "cron(0 3 * * ? *)"
    assert schedule["scheduleExpressionTimezone"] == "UTC"
    assert schedule["target"]["arn"].endswith(f"/{machine['name']}")
    assert json.loads(schedule["target"]["input"]) == {"scheduled": "<aws.scheduler.scheduled-time>"}


def test_the_state_machine_calls_its_function_until_it_has_settled(whole: Deployment) -> None:
    states = json.loads(whole.one(aws.sfn.StateMachine).inputs["definition"])["States"]
    (invoked,) = reach(whole, "m-batch-states", "lambda:InvokeFunction")
    assert states["Step"]["Parameters"] == {"FunctionName": invoked, "Payload.$": "$"}
    settled = {choice["StringEquals"]: choice["Next"] for choice in states["Settled"]["Choices"]}
    assert settled == {"succeeded": "Succeeded", "failed": "Failed"}
    assert (states["Settled"]["Default"], states["Wait"]["Next"]) == ("Wait", "Step")
    assert states["Failed"] == {"Type": "Fail", "Error": "BatchFailed", "CausePath": "$.reason"}


def test_failed_runs_are_logged_under_the_machines_name_and_the_models_tags(whole: Deployment) -> None:
    machine, log = whole.one(aws.sfn.StateMachine).inputs, whole.one(aws.cloudwatch.LogGroup, "m-batch-states").inputs
    assert log["name"] == f"/aws/vendedlogs/states/{machine['name']}"
    assert log["tags"] == {"takeoff:model": "m", "takeoff:owner": "a@example.com"}
    assert machine["loggingConfiguration"]["logDestination"].endswith(f"{log['name']}:*")


def test_the_function_knows_where_things_are(whole: Deployment) -> None:
    found, model = settings(whole), whole.one(aws.sagemaker.Model).inputs
    assert (found.model_name, found.version) == (model["name"], "1" * 12)
    assert found.source == "takeoff-test-features-123456789012"
    assert (found.output, found.output_prefix) == ("takeoff-test-models-123456789012", "predictions/m")
    assert found.key == found.volume_key
    assert found.key.startswith("arn:aws:kms:")
    assert found.tags == {"takeoff:model": "m", "takeoff:owner": "a@example.com"}


def test_instances_with_disks_of_their_own_take_no_key_for_them() -> None:
    assert settings(declared(alerts=False, instance_type="ml.g4dn.xlarge")).volume_key == ""


def test_the_functions_archive_holds_what_it_imports_and_its_log_is_kept(whole: Deployment) -> None:
    function = whole.one(aws.lambda_.Function).inputs
    assert function["handler"] == "model_code.batch.handler.handle"
    log = whole.one(aws.cloudwatch.LogGroup, "m-batch").inputs
    assert (log["name"], log["retentionInDays"]) == (f"/aws/lambda/{function['name']}", 90)
    assert log["kmsKeyId"] == settings(whole).key
    held = set(function["code"].assets)
    needed = {
        f"{name.replace('.', '/')}.py"
        for path in (ROOT / "model_code/batch").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (name := str(node.module)).split(".")[0] in {"catalog", "model_code"}
    }
    assert "catalog/batch.py" in needed
    assert {name for name in needed if (ROOT / name).is_file()} <= held
    assert "model_code/batch/handler.py" in held


def test_the_model_is_one_version_kept_when_another_takes_its_place(whole: Deployment) -> None:
    model = whole.one(aws.sagemaker.Model)
    assert model.retain_on_delete
    assert model.inputs["enableNetworkIsolation"]
    assert model.inputs["primaryContainer"]["environment"] == {"TAKEOFF_MODEL_VERSION": "1" * 12}
    other = RECORD.model_copy(update={"artifact": "s3://b/m/other.tar.gz"})
    assert declared(alerts=False, version=other).one(aws.sagemaker.Model).inputs["name"] != model.inputs["name"]


def test_a_transform_reads_inputs_and_artifacts_and_writes_outputs_and_its_log_alone(whole: Deployment) -> None:
    role = "m-batch-model"
    features, models = (
        f"arn:aws:s3:us-east-1:123456789012:bucket/takeoff-test-{name}-123456789012" for name in ("features", "models")
    )
    assert reach(whole, role, "s3:GetObject") == [f"{models}/m/*", f"{features}/m/*", f"{models}/predictions/m/*"]
    assert reach(whole, role, "s3:PutObject") == [f"{models}/predictions/m/*"]
    logs = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/TransformJobs"
    assert reach(whole, role, "logs:PutLogEvents") == [f"{logs}:log-stream:takeoff-test-m-batch-*"]
    image = ["arn:aws:ecr:us-east-1:123456789012:repository/takeoff-test-m"]
    assert reach(whole, role, "ecr:BatchGetImage") == image
    assert reach(whole, role, "kms:GenerateDataKey") == reach(whole, role, "kms:Decrypt")[:1]
    assert {one["Effect"] for one in statements(whole, role)} == {"Allow"}


def test_a_step_may_do_what_its_code_calls_and_write_its_log(whole: Deployment) -> None:
    role = "m-batch-step"
    jobs = ["arn:aws:sagemaker:us-east-1:123456789012:transform-job/takeoff-test-m-batch-*"]
    for action in ("sagemaker:CreateTransformJob", "sagemaker:DescribeTransformJob", "sagemaker:AddTags"):
        assert reach(whole, role, action) == jobs
    outcome = "arn:aws:ssm:us-east-1:123456789012:parameter/takeoff/test/m/batch-outcome"
    assert reach(whole, role, "ssm:PutParameter") == [outcome]
    (bucket,) = {arn.partition("/predictions")[0] for arn in reach(whole, role, "s3:PutObject")}
    assert reach(whole, role, "s3:PutObject") == [f"{bucket}/predictions/m/*"]
    assert len(reach(whole, role, "s3:ListBucket")) == 2
    assert reach(whole, role, "s3:GetObject") == []
    granted = {action for one in statements(whole, role) for action in one["Action"]}
    of_keys = {"kms:GenerateDataKey", "kms:Decrypt", "kms:CreateGrant", "s3:AbortMultipartUpload", "sagemaker:AddTags"}
    assert granted == called() | of_keys | {"logs:CreateLogStream", "logs:PutLogEvents"}


def called() -> set[str]:
    """The API operations that account.py calls on its clients."""
    names = {"list_objects_v2": "s3:ListBucket"}
    return {
        names.get(node.func.attr)
        or f"{node.func.value.id}:{''.join(word.capitalize() for word in node.func.attr.split('_'))}"
        for node in ast.walk(ast.parse((ROOT / "model_code/batch/account.py").read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"s3", "ssm", "sagemaker"}
    }


def test_a_key_is_granted_on_to_aws_alone(whole: Deployment) -> None:
    (grant,) = [one for one in statements(whole, "m-batch-step") if "kms:CreateGrant" in one["Action"]]
    assert grant["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def test_the_scheduler_may_start_the_state_machine_and_nothing_else(whole: Deployment) -> None:
    (one,) = statements(whole, "m-batch-scheduler")
    assert one["Action"] == ["states:StartExecution"]
    assert one["Resource"] == [whole.one(aws.scheduler.Schedule).inputs["target"]["arn"]]
    trust = json.loads(whole.one(aws.iam.Role, "m-batch-scheduler").inputs["assumeRolePolicy"])["Statement"][0]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}


def test_a_failed_run_is_an_alarm_with_its_page(whole: Deployment) -> None:
    alarm = whole.one(aws.cloudwatch.MetricAlarm).inputs
    assert (alarm["namespace"], alarm["metricName"], alarm["threshold"]) == ("AWS/States", "ExecutionsFailed", 0)
    assert alarm["dimensions"] == {"StateMachineArn": whole.one(aws.scheduler.Schedule).inputs["target"]["arn"]}
    assert alarm["alarmDescription"].endswith("/batch-failed.md")
    assert (ROOT / "docs/runbooks/batch-failed.md").is_file()
    assert alarm["tags"] == {"takeoff:model": "m", "takeoff:owner": "a@example.com"}


def test_without_alerts_there_is_no_alarm_and_fifteen_resources() -> None:
    quiet = declared(alerts=False)
    assert quiet.all(aws.cloudwatch.MetricAlarm) == []
    parent = quiet.one("takeoff:hosting:BatchInference").urn
    assert len([each for each in quiet.resources if each.parent == parent]) == 14


def test_in_a_vpc_the_model_is_placed_and_may_make_its_interfaces() -> None:
    placement = Placement(vpc_id="v", subnet_ids=["subnet-1", "subnet-2"], security_group_ids=["sg-1"])
    placed = declared(alerts=False, placement=placement)
    wanted = {"subnets": ["subnet-1", "subnet-2"], "securityGroupIds": ["sg-1"]}
    assert placed.one(aws.sagemaker.Model).inputs["vpcConfig"] == wanted
    assert reach(placed, "m-batch-model", "ec2:CreateNetworkInterface")


def test_a_long_name_leaves_room_for_a_jobs_own_part() -> None:
    found = settings(declared(alerts=False, model="a-model-with-a-name-of-30-char", source_prefix="x"))
    assert len(f"{found.jobs}-20261121-1a2b3c4d-99") <= 63
