"""What retraining declares for a stack, and what a training pipeline declares for a model."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pulumi_aws as aws
import pytest

from catalog.loop import TrainingSettings
from components.alerts import PUBLISHERS, Alerts, AlertsArgs
from components.bucket import Bucket
from components.fairness import Fairness
from components.key import Key
from components.placement import Placement
from components.retraining import Retraining, RetrainingArgs
from components.site import Site
from components.training_pipeline import TrainingPipeline, TrainingPipelineArgs, definition_of, placed
from model_code.retraining.record import Request
from tests.deployment import Deployment, deploy

ROOT = Path(__file__).resolve().parents[3]
SITE = Site(stack="test", account="123456789012", region="us-east-1", partition="aws")
IMAGE = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/takeoff-test-m@sha256:{'a' * 64}"
NOTHING: Any = object()
DEFINITION = json.dumps(
    {
        "Version": "2020-12-01",
        "Steps": [
            {
                "Name": "Validate",
                "Type": "Processing",
                "Arguments": {
                    "NetworkConfig": {"EnableNetworkIsolation": True},
                    "ProcessingResources": {"ClusterConfig": {"VolumeKmsKeyId": {"Get": "Parameters.Key"}}},
                },
            },
            {
                "Name": "Again",
                "Type": "Condition",
                "Arguments": {
                    "IfSteps": [
                        {
                            "Name": "Train",
                            "Type": "Training",
                            "Arguments": {"ResourceConfig": {"VolumeKmsKeyId": {"Get": "Parameters.Key"}}},
                        }
                    ],
                    "ElseSteps": [{"Name": "Refused", "Type": "Fail", "Arguments": {}}],
                },
            },
        ],
    }
)


def args(**changes: Any) -> TrainingPipelineArgs:
    given: dict[str, Any] = {
        "model": "m",
        "code": "breast_cancer",
        "owner": "a@example.com",
        "definition": DEFINITION,
        "image": IMAGE,
        "group": "takeoff-test-m",
        "instance_type": "ml.m5.large",
        "algorithm": "logistic_regression",
        "criteria": {"accuracy": 0.9},
        "margins": {"accuracy": 0.01},
        **dict.fromkeys(("key", "features", "models", "retraining"), NOTHING),
    }
    return TrainingPipelineArgs(**given | changes)


def declared(*, alerts: bool = True, second: bool = False, **changes: Any) -> Deployment:
    def program() -> None:
        key = Key("data", site=SITE, purpose="p", services=PUBLISHERS)
        features, models = (Bucket(n, site=SITE, key=key, force_destroy=True) for n in ("features", "models"))
        heard = AlertsArgs(key=key, recipients={}, runbooks="https://example.com/runbooks")
        told = Alerts("alerts", SITE, heard) if alerts else None
        places: dict[str, Any] = {"key": key, "features": features, "models": models}
        retraining = Retraining("retraining", SITE, RetrainingArgs(owner="a@example.com", alerts=told, **places))
        TrainingPipeline("m", SITE, args(retraining=retraining, **places, **changes))
        if second:
            TrainingPipeline("n", SITE, args(retraining=retraining, **places, **changes | {"model": "n"}))

    return deploy(program)


@pytest.fixture(scope="module")
def whole() -> Deployment:
    return declared(schedule="rate(30 days)")


def statements(whole: Deployment, role: str) -> list[dict[str, Any]]:
    document = json.loads(whole.one(aws.iam.RolePolicy, role).inputs["policy"])
    return list(document["Statement"])


def reach(whole: Deployment, role: str, action: str) -> list[str]:
    """Everything that a role may do one action to."""
    return [arn for one in statements(whole, role) if action in one["Action"] for arn in one["Resource"]]


def settings(whole: Deployment) -> TrainingSettings:
    return TrainingSettings.from_json(whole.one(aws.ssm.Parameter).inputs["insecureValue"])


def bucket(name: str) -> str:
    return f"arn:aws:s3:us-east-1:123456789012:bucket/takeoff-test-{name}-123456789012"


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        ({"image": IMAGE.partition("@")[0] + ":latest"}, "an image URI that names its digest"),
        ({"instance_type": "ml.c5.large"}, "a type of CreateProcessingJob"),
        ({"instances": 21}, "1 to 20"),
        ({"owner": 'a"b@example.com'}, "no quotes"),
        ({"algorithm": ""}, "an algorithm of the model's train.py"),
        ({"margins": {}}, "one metric's margin at least"),
        ({"cooldown_minutes": 10_081}, "0 to 10080"),
        ({"monthly_runs": 0}, "1 to 1000"),
        ({"schedule": "daily"}, r"cron\(...\) or rate\(...\)"),
    ],
)
def test_what_would_not_run_is_refused_before(change: dict[str, Any], allowed: str) -> None:
    with pytest.raises(ValueError, match=allowed):
        args(**change)


def test_more_settings_than_a_parameter_holds_are_refused() -> None:
    known = dict.fromkeys(("group", "role", "key", "features", "models"), "x")
    with pytest.raises(ValueError, match="bytes of settings; allowed: 4096"):
        args(columns=[f"column_{number}" for number in range(400)]).settings(SITE, "p", known)


def test_a_step_learns_which_execution_it_belongs_to(whole: Deployment) -> None:
    machine = json.loads(whole.one(aws.sfn.StateMachine).inputs["definition"])
    assert machine["StartAt"] == "Itself"
    assert machine["States"]["Itself"] == {
        "Type": "Pass",
        "Parameters": {"id.$": "$$.Execution.Id"},
        "ResultPath": "$.runner",
        "Next": "Step",
    }
    (invoked,) = reach(whole, "retraining-states", "lambda:InvokeFunction")
    assert machine["States"]["Step"]["Parameters"] == {"FunctionName": invoked, "Payload.$": "$"}
    assert machine["States"]["Failed"]["Error"] == "RetrainingFailed"


def test_the_functions_archive_holds_what_it_imports_and_its_log_is_kept(whole: Deployment) -> None:
    function = whole.one(aws.lambda_.Function).inputs
    assert function["handler"] == "model_code.retraining.handler.handle"
    assert function["environment"]["variables"] == {"TAKEOFF_STACK": "test"}
    assert function["timeout"] == 300, "a step copies a data set of up to 5 GB"
    log = whole.one(aws.cloudwatch.LogGroup, "retraining").inputs
    assert (log["name"], log["retentionInDays"]) == (f"/aws/lambda/{function['name']}", 90)
    assert log["kmsKeyId"].startswith("arn:aws:kms:")
    assert log["tags"] == {"takeoff:model": "platform", "takeoff:owner": "a@example.com"}
    held = set(function["code"].assets)
    needed = {
        f"{name.replace('.', '/')}.py"
        for path in held
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(node, ast.ImportFrom)
        for name in (str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names))
        if name.split(".")[0] in {"catalog", "model_code"}
    }
    assert {name for name in needed if (ROOT / name).is_file()} <= held
    assert "model_code/retraining/handler.py" in held


def test_the_function_needs_nothing_that_lambda_does_not_carry(whole: Deployment) -> None:
    found = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name).split(".")[0]  # type: ignore[union-attr]
        for path in whole.one(aws.lambda_.Function).inputs["code"].assets
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert not found & {"pydantic", "numpy", "onnxruntime"}
    assert {"boto3", "botocore"} <= found


def test_a_step_may_do_what_its_code_calls_to_this_stacks_own(whole: Deployment) -> None:
    role = "retraining-step"
    pipelines = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/takeoff-test-*-training"
    assert reach(whole, role, "sagemaker:StartPipelineExecution") == [pipelines]
    assert reach(whole, role, "sagemaker:DescribePipelineExecution") == [f"{pipelines}/execution/*"]
    assert whole.one(aws.sagemaker.Pipeline).inputs["pipelineName"] == "takeoff-test-m-training"
    parameters = "arn:aws:ssm:us-east-1:123456789012:parameter/takeoff/test"
    assert reach(whole, role, "ssm:PutParameter") == [f"{parameters}/*/retraining"]
    leaves = ("training", "approved", "drift", "freeze", "retraining")
    read = [*(f"{parameters}/*/{leaf}" for leaf in leaves), f"{parameters}/freeze", f"{parameters}/commit"]
    assert reach(whole, role, "ssm:GetParameters") == read
    assert reach(whole, role, "s3:PutObject") == [f"{bucket('features')}/runs/*"]
    assert reach(whole, role, "s3:GetObjectVersion") == [f"{bucket('features')}/datasets/*"]
    reads = [f"{bucket('features')}/datasets/*", f"{bucket('features')}/runs/*", f"{bucket('models')}/*/model.tar.gz"]
    assert reach(whole, role, "s3:GetObject") == reads
    machine = whole.one(aws.sfn.StateMachine).inputs["name"]
    assert reach(whole, role, "states:StartExecution") == [
        f"arn:aws:states:us-east-1:123456789012:stateMachine:{machine}"
    ]
    assert reach(whole, role, "budgets:ViewBudget") == ["arn:aws:budgets::123456789012:budget/takeoff-test-*"]
    granted = {action for one in statements(whole, role) for action in one["Action"]}
    # Copies and conditional writes are reads and writes; keys and logs are every function's.
    others = {"s3:GetObjectVersion", "kms:GenerateDataKey", "kms:Decrypt", "s3:AbortMultipartUpload"}
    assert granted == called() | others | {"logs:CreateLogStream", "logs:PutLogEvents"}


def called() -> set[str]:
    """The permissions of the API operations that the code calls on its clients."""
    services = {"s3": "s3", "ssm": "ssm", "sagemaker": "sagemaker", "states": "states", "budgets": "budgets"}
    names = {
        "list_objects_v2": {"s3:ListBucket"},
        "head_object": {"s3:GetObject"},
        "copy_object": {"s3:GetObject", "s3:PutObject"},
        "describe_budget": {"budgets:ViewBudget"},
    }
    found: set[str] = set()
    for path in (ROOT / "model_code/retraining").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            service = services.get(ast.unparse(node.func.value).removeprefix("self."))
            if service:
                words = "".join(word.capitalize() for word in node.func.attr.split("_"))
                found |= names.get(node.func.attr, {f"{service}:{words}"})
    return found


def test_what_fails_is_logged_under_the_machines_name(whole: Deployment) -> None:
    machine = whole.one(aws.sfn.StateMachine).inputs
    log = f"/aws/vendedlogs/states/{machine['name']}"
    assert machine["loggingConfiguration"]["logDestination"].endswith(f"{log}:*")
    assert whole.one(aws.cloudwatch.LogGroup, "retraining-states").inputs["name"] == log


def test_a_failed_execution_is_an_alarm_with_an_owner_and_a_page(whole: Deployment) -> None:
    alarm = whole.one(aws.cloudwatch.MetricAlarm).inputs
    assert (alarm["namespace"], alarm["metricName"], alarm["threshold"]) == ("AWS/States", "ExecutionsFailed", 0)
    assert alarm["dimensions"]["StateMachineArn"] == whole.one(aws.scheduler.Schedule).inputs["target"]["arn"]
    assert alarm["tags"] == {"takeoff:model": "platform", "takeoff:owner": "a@example.com"}
    assert alarm["alarmDescription"].endswith("/retraining-failed.md")
    assert (ROOT / "docs/runbooks/retraining-failed.md").is_file()
    assert declared(alerts=False).all(aws.cloudwatch.MetricAlarm) == []


def test_a_schedule_starts_retraining_with_a_request_it_understands(whole: Deployment) -> None:
    declared_schedule = whole.one(aws.scheduler.Schedule)
    schedule = declared_schedule.inputs
    assert whole.one(aws.ssm.Parameter).urn in declared_schedule.depends_on, "a run before its settings would fail"
    assert schedule["target"]["roleArn"].endswith("role/takeoff-test-retraining-scheduler")
    assert (schedule["scheduleExpression"], schedule["scheduleExpressionTimezone"]) == ("rate(30 days)", "UTC")
    request = Request.read(json.loads(schedule["target"]["input"]))
    assert (request.model, request.cause, request.by) == ("m", "schedule", "EventBridge Scheduler")
    assert reach(whole, "retraining-scheduler", "states:StartExecution") == [schedule["target"]["arn"]]


def test_all_schedules_share_a_role_and_no_schedule_needs_one() -> None:
    two = declared(alerts=False, second=True, schedule="rate(1 day)")
    roles = {each.inputs["target"]["roleArn"] for each in two.all(aws.scheduler.Schedule)}
    assert (len(two.all(aws.scheduler.Schedule)), len(roles)) == (2, 1)
    none = declared(alerts=False)
    assert (none.all(aws.scheduler.Schedule), [r.name for r in none.all(aws.iam.Role) if "scheduler" in r.name]) == (
        [],
        [],
    )


def test_a_model_costs_four_resources_without_a_schedule() -> None:
    found = declared(alerts=False)
    parent = found.one("takeoff:training:TrainingPipeline").urn
    types = [each.type.split("/")[0] for each in found.resources if each.parent == parent]
    assert sorted(types) == ["aws:iam", "aws:iam", "aws:sagemaker", "aws:ssm"]


def test_the_settings_say_where_things_are_and_what_the_gates_hold_to() -> None:
    fair = Fairness(
        favoured="benign", groups=["site=A", "mean_radius:10,20"], limits={"selection_rate": {"ratio": 0.8}}
    )
    pinned: dict[str, Any] = {"data_version": "v7", "budget": "takeoff-test", "cooldown_minutes": 10, "monthly_runs": 3}
    found = settings(declared(alerts=False, fairness=fair, columns=["ward"], approval="manual", **pinned))
    assert (found.bucket, found.data, found.runs) == (
        "takeoff-test-features-123456789012",
        "datasets/m/data.csv",
        "runs/m",
    )
    assert found.artifacts == "s3://takeoff-test-models-123456789012/m/training"
    assert (found.pipeline, found.cooldown_seconds, found.most) == ("takeoff-test-m-training", 600, 3)
    assert (found.version, found.budget) == ("v7", "takeoff-test")
    assert found.gates == {
        "model": "breast_cancer",
        "criteria": {"accuracy": 0.9},
        "margins": {"accuracy": 0.01},
        "groups": ["site=A", "mean_radius:10,20"],
        "favoured": "benign",
        "limits": {"selection_rate": {"ratio": 0.8}},
        "extra": ["site", "ward"],
        "approval": "manual",
    }


def test_every_parameter_of_the_committed_pipelines_is_given(whole: Deployment) -> None:
    """By the stack, or by Retraining at the start of a run (model_code/retraining/account.py)."""
    given = {*settings(whole).parameters, "Run", "Artifacts", "DataVersion", "Commit"}
    committed = sorted(ROOT.glob("model_code/*/pipeline.json"))
    assert committed
    for path in committed:
        document = json.loads(definition_of(path.parent.name))
        assert {each["Name"] for each in document["Parameters"] if "DefaultValue" not in each} <= given
        assert given <= {each["Name"] for each in document["Parameters"]}
        assert "arn:aws" not in path.read_text()


def test_a_versions_card_names_the_owner_and_rates_the_risk_as_the_stack_does() -> None:
    given = settings(declared(risk="high")).parameters
    assert (given["Owner"], given["Risk"]) == ("a@example.com", "High")


def test_a_model_without_a_committed_pipeline_is_told_how_to_make_one() -> None:
    with pytest.raises(ValueError, match=r"no model_code/open_llm/pipeline.json; .*`make pipelines` writes it"):
        definition_of("open_llm")


def test_a_pipeline_does_its_own_models_work_and_registers_into_its_own_group(whole: Deployment) -> None:
    role = "m-training"
    features, models = f"{bucket('features')}/runs/m/*", f"{bucket('models')}/m/training/*"
    for action in ("s3:GetObject", "s3:PutObject"):
        assert reach(whole, role, action) == [features, models]
    jobs = "arn:aws:sagemaker:us-east-1:123456789012"
    assert reach(whole, role, "sagemaker:CreateTrainingJob") == [f"{jobs}:training-job/pipelines-*"]
    assert reach(whole, role, "sagemaker:CreateProcessingJob") == [f"{jobs}:processing-job/pipelines-*"]
    assert reach(whole, role, "sagemaker:CreateModelPackage") == [
        f"{jobs}:model-package-group/takeoff-test-m",
        f"{jobs}:model-package/takeoff-test-m/*",
    ]
    logs = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker"
    streams = [f"{logs}/{kind}Jobs:log-stream:pipelines-*" for kind in ("Processing", "Training")]
    assert reach(whole, role, "logs:PutLogEvents") == streams
    (passed,) = [one for one in statements(whole, role) if "iam:PassRole" in one["Action"]]
    assert passed["Resource"] == [f"arn:aws:iam::123456789012:role/{whole.one(aws.iam.Role, role).inputs['name']}"]
    assert passed["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    (grant,) = [one for one in statements(whole, role) if "kms:CreateGrant" in one["Action"]]
    assert grant["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    trust = json.loads(whole.one(aws.iam.Role, role).inputs["assumeRolePolicy"])["Statement"][0]
    assert trust["Principal"] == {"Service": "sagemaker.amazonaws.com"}


def test_a_pipelines_role_does_this_and_nothing_else(whole: Deployment) -> None:
    granted = {action for one in statements(whole, "m-training") for action in one["Action"]}
    jobs = {
        f"sagemaker:{verb}{kind}Job" for verb in ("Create", "Describe", "Stop") for kind in ("Training", "Processing")
    }
    registry = {"sagemaker:AddTags", "sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage"}
    keys = {"kms:CreateGrant", "kms:Decrypt", "kms:GenerateDataKey"}
    objects = {"s3:GetObject", "s3:ListBucket", "s3:PutObject", "s3:AbortMultipartUpload"}
    own = {action for action in granted if action.startswith(("logs:", "ecr:", "cloudwatch:PutMetricData"))}
    assert granted - own == jobs | registry | keys | objects | {"iam:PassRole"}
    arns = "arn:aws:sagemaker:us-east-1:123456789012"
    group = [f"{arns}:model-package-group/takeoff-test-m", f"{arns}:model-package/takeoff-test-m/*"]
    kinds = [f"{arns}:{kind}-job/pipelines-*" for kind in ("training", "processing")]
    assert sorted(reach(whole, "m-training", "sagemaker:AddTags")) == sorted([*kinds, *group])


def test_a_pipeline_runs_under_its_own_role_which_its_settings_hand_over(whole: Deployment) -> None:
    pipeline, parameter = whole.one(aws.sagemaker.Pipeline).inputs, whole.one(aws.ssm.Parameter).inputs
    assert pipeline["roleArn"].endswith(f"role/{whole.one(aws.iam.Role, 'm-training').inputs['name']}")
    assert pipeline["tags"] == {"takeoff:model": "m", "takeoff:owner": "a@example.com"}
    assert parameter["name"] == "/takeoff/test/m/training"
    assert settings(whole).parameters["Role"] == pipeline["roleArn"]


def test_in_a_vpc_every_job_is_placed_and_stays_isolated() -> None:
    placement = Placement(vpc_id="v", subnet_ids=["subnet-1", "subnet-2"], security_group_ids=["sg-1"])
    found = declared(alerts=False, placement=placement)
    steps = json.loads(found.one(aws.sagemaker.Pipeline).inputs["pipelineDefinition"])["Steps"]
    where = {"Subnets": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}
    assert steps[0]["Arguments"]["NetworkConfig"] == {"EnableNetworkIsolation": True, "VpcConfig": where}
    assert steps[1]["Arguments"]["IfSteps"][0]["Arguments"]["VpcConfig"] == where
    assert reach(found, "m-training", "ec2:CreateNetworkInterface")


def test_without_a_vpc_the_definition_is_as_it_was_committed() -> None:
    for path in ROOT.glob("model_code/*/pipeline.json"):
        text = path.read_text()
        assert json.loads(placed(text, subnets=[], groups=[], own_disks=False)) == json.loads(text)


def test_disks_that_encrypt_themselves_take_no_key() -> None:
    found = placed(DEFINITION, subnets=[], groups=[], own_disks=True)
    assert "VolumeKmsKeyId" not in found
    assert "VolumeKmsKeyId" in DEFINITION
