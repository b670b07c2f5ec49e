"""What each role of the local stack may do: exactly what its code calls. Nothing enforces it here (docs/limits.md)."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pulumi_aws as aws
import pytest

from infra.program import deploy as program
from tests.deployment import Deployment, deploy
from tests.stacks.test_local_stack import config, facts

ROOT = Path(__file__).resolve().parents[2]
CALLERS = sorted((ROOT / "model_code/rollout").glob("*.py"))
# A client's name in the caller → its service's prefix in IAM.
CLIENTS = {name: name for name in ("ssm", "sagemaker", "cloudwatch")} | {"autoscaling": "application-autoscaling"}


@pytest.fixture(scope="module")
def whole() -> Deployment:
    return deploy(program, stack="local", config=config(), parameters=facts())


def allowed(whole: Deployment, role: str) -> dict[str, dict[str, Any]]:
    """Action → its statement, of one role."""
    document = json.loads(whole.one(aws.iam.RolePolicy, role).inputs["policy"])
    statements = document["Statement"]
    listed = [action for statement in statements for action in statement["Action"]]
    assert len(listed) == len(set(listed)), "an action in two statements"
    assert all(statement["Effect"] == "Allow" for statement in statements)
    return {action: statement for statement in statements for action in statement["Action"]}


def calls(files: list[Path]) -> set[str]:
    """The API operations that modules call on their clients: `ssm.get_parameter(...)` is ssm:GetParameter."""
    found = set()
    for node in [node for file in files for node in ast.walk(ast.parse(file.read_text()))]:
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
        ):
            client, method = node.func.value.id, node.func.attr
            if client in CLIENTS:
                found.add(f"{CLIENTS[client]}:{''.join(word.capitalize() for word in method.split('_'))}")
    return found


def test_every_role_has_one_policy_and_is_known_here(whole: Deployment) -> None:
    roles = [role.name for role in whole.all(aws.iam.Role)]
    assert sorted(roles) == [
        "breast-cancer-image",
        "breast-cancer-model",
        "rollout-start",
        "rollout-states",
        "rollout-step",
    ]
    assert sorted(policy.name for policy in whole.all(aws.iam.RolePolicy)) == sorted(roles)


@pytest.mark.parametrize(
    ("role", "service"),
    [
        ("breast-cancer-model", "sagemaker"),
        ("rollout-step", "lambda"),
        ("rollout-states", "states"),
        ("rollout-start", "events"),
    ],
)
def test_a_role_is_assumed_by_its_service_alone(whole: Deployment, role: str, service: str) -> None:
    (trust,) = json.loads(whole.one(aws.iam.Role, role).inputs["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": f"{service}.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_the_rollouts_function_may_do_what_its_code_calls_and_write_its_log(whole: Deployment) -> None:
    statements = allowed(whole, "rollout-step")
    assert calls(CALLERS)
    # Application Auto Scaling reads the endpoint's config with its caller's permissions; tags of a config and the use
    # of its key are asked for by CreateEndpointConfig.
    on_behalf = {"sagemaker:DescribeEndpointConfig", "sagemaker:AddTags", "kms:CreateGrant"}
    assert set(statements) == calls(CALLERS) | on_behalf | {"logs:CreateLogStream", "logs:PutLogEvents"}
    endpoints = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/takeoff-local-*"
    configs = "arn:aws:sagemaker:us-east-1:123456789012:endpoint-config/takeoff-local-*"
    temporary = [f"{configs}-{what}-*" for what in ("canary", "shadow")]
    parameters = "arn:aws:ssm:us-east-1:123456789012:parameter/takeoff/local"
    own = [f"{parameters}/*/{leaf}" for leaf in ("approved", "candidate", "analysis", "decisions/*", "versions/*")]
    asked = [
        f"{parameters}/{leaf}" for leaf in ("*/desired", "*/override", "*/experiment-verdict", "*/freeze", "freeze")
    ]
    reached = {action: statement["Resource"] for action, statement in statements.items() if "logs:" not in action}
    assert reached.pop("kms:CreateGrant") == [whole.one(aws.sagemaker.EndpointConfiguration).inputs["kmsKeyArn"]]
    assert reached == {
        "ssm:GetParameter": [*asked, *own],
        "ssm:GetParameters": [*asked, *own],
        # Never what people say, nor the wish.
        "ssm:PutParameter": [f"{parameters}/*/outcome", *own],
        "sagemaker:DescribeEndpoint": [endpoints],
        "sagemaker:UpdateEndpointWeightsAndCapacities": [endpoints],
        "sagemaker:UpdateEndpoint": [endpoints, configs],
        "sagemaker:DescribeEndpointConfig": [configs],
        "sagemaker:ListTags": [configs],
        "sagemaker:CreateEndpointConfig": temporary,
        "sagemaker:DeleteEndpointConfig": temporary,
        "sagemaker:AddTags": temporary,
        "cloudwatch:GetMetricData": ["*"],
        "cloudwatch:DescribeAlarms": ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:takeoff-local-*"],
        "application-autoscaling:DescribeScalableTargets": ["*"],
        "application-autoscaling:RegisterScalableTarget": [
            "arn:aws:application-autoscaling:us-east-1:123456789012:scalable-target/*"
        ],
    }
    assert statements["kms:CreateGrant"]["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    assert statements["application-autoscaling:RegisterScalableTarget"]["Condition"] == {
        "StringEquals": {"application-autoscaling:service-namespace": "sagemaker"}
    }
    (log,) = statements["logs:PutLogEvents"]["Resource"]
    assert log.endswith("/aws/lambda/takeoff-local-rollout:*")


def test_the_state_machine_may_invoke_its_function_and_the_rule_start_the_state_machine(whole: Deployment) -> None:
    invoke, start = allowed(whole, "rollout-states"), allowed(whole, "rollout-start")
    # What writes its log is tests/unit/components/test_execution_log.py's.
    assert {action for action in invoke if not action.startswith("logs:")} == {"lambda:InvokeFunction"}
    assert set(start) == {"states:StartExecution"}
    machine = whole.one(aws.sfn.StateMachine)
    called = json.loads(machine.inputs["definition"])["States"]["Step"]["Parameters"]["FunctionName"]
    assert invoke["lambda:InvokeFunction"]["Resource"] == [called]
    assert start["states:StartExecution"]["Resource"] == [whole.one(aws.cloudwatch.EventTarget).inputs["arn"]]


def test_a_models_role_reads_its_artifacts_is_pulled_and_writes_its_log_and_no_more(whole: Deployment) -> None:
    statements = allowed(whole, "breast-cancer-model")
    reached = {action: statement["Resource"] for action, statement in statements.items()}
    bucket, key = whole.one(aws.s3.BucketPolicy), reached.pop("kms:Decrypt")
    arn = json.loads(bucket.inputs["policy"])["Statement"][0]["Resource"][0]
    log = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/Endpoints/takeoff-local-breast-cancer"
    image = ["arn:aws:ecr:us-east-1:123456789012:repository/takeoff-local-breast-cancer"]
    assert key == [whole.one(aws.sagemaker.EndpointConfiguration).inputs["kmsKeyArn"]]
    assert reached == {
        "s3:GetObject": [f"{arn}/breast-cancer/*"],
        "s3:ListBucket": [arn],
        "logs:CreateLogGroup": [log],
        "logs:CreateLogStream": [f"{log}:*"],
        "logs:PutLogEvents": [f"{log}:*"],
        "logs:DescribeLogStreams": [f"{log}:*"],
        "ecr:GetAuthorizationToken": ["*"],
        "ecr:BatchCheckLayerAvailability": image,
        "ecr:BatchGetImage": image,
        "ecr:GetDownloadUrlForLayer": image,
        "cloudwatch:PutMetricData": ["*"],
    }
    conditions = {action: s["Condition"] for action, s in statements.items() if "Condition" in s}
    assert conditions == {
        "s3:ListBucket": {"StringLike": {"s3:prefix": ["breast-cancer/*"]}},
        "cloudwatch:PutMetricData": {"StringEquals": {"cloudwatch:namespace": "/aws/sagemaker/Endpoints"}},
    }
