"""A changed parameter starts a state machine, which runs a function's real code, which writes a parameter."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.cloud.emulated import Cloud, until

WRITER = """
import json, os
import boto3

def handler(event, context):
    print("asked", json.dumps(event))
    boto3.client("ssm").put_parameter(Name=os.environ["OUT"], Value=json.dumps(event), Type="String", Overwrite=True)
    return {"ok": True, "left": context.get_remaining_time_in_millis() > 0}
"""
FAULTY = """
import os, time
calls = []

def handler(event, context):
    calls.append(1)
    if event == "slow":
        time.sleep(30)
    if event == "exit":
        os._exit(7)
    if event == "count":
        return {"calls": len(calls), "pid": os.getpid()}
    if event == "import":
        import local
    raise LookupError("no " + str(event))
"""


def value(cloud: Cloud, name: str) -> Any:
    try:
        return json.loads(cloud.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])
    except ClientError:
        return None


def rule(cloud: Cloud, pattern: dict[str, Any], arn: str, **target: Any) -> str:
    events, name = cloud.client("events"), f"rule-{next(cloud.names)}"
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": arn, **target}])
    return name


def machine(cloud: Cloud, states: dict[str, Any], first: str = "Run") -> str:
    definition = json.dumps({"StartAt": first, "States": states})
    return str(
        cloud.client("stepfunctions").create_state_machine(
            name=f"machine-{next(cloud.names)}",
            definition=definition,
            roleArn=cloud.role(trusted="states.amazonaws.com"),
        )["stateMachineArn"]
    )


def call(function: str, **more: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
        "ResultSelector": {"answer.$": "$.Payload"},
        **more,
    }


@pytest.mark.parametrize(
    "matcher",
    [
        {"prefix": "/watched/"},
        {"wildcard": "/watched/*/desired"},
        {"suffix": "/desired"},
        {"anything-but": {"prefix": "/elsewhere"}},
    ],
)
def test_a_changed_parameter_runs_the_rules_that_match_it(cloud: Cloud, matcher: dict[str, Any]) -> None:
    out = f"/elsewhere/out-{next(cloud.names)}"
    arn = machine(cloud, {"Run": call(cloud.function(WRITER, OUT=out), End=True)})
    detail = {"name": [matcher], "operation": ["Create", "Update"]}
    name = rule(cloud, {"source": ["aws.ssm"], "detail-type": ["Parameter Store Change"], "detail": detail}, arn)
    ssm, parameter = cloud.client("ssm"), f"/watched/{next(cloud.names)}/desired"
    ssm.put_parameter(Name="/elsewhere/other", Value="x", Type="String", Overwrite=True)
    ssm.put_parameter(Name=parameter, Value="x", Type="String")
    seen = until(lambda: value(cloud, out))
    assert seen["detail"] == {"operation": "Create", "name": parameter, "type": "String"}
    assert (seen["source"], seen["detail-type"]) == ("aws.ssm", "Parameter Store Change")
    assert seen["time"].endswith("Z")
    assert seen["resources"] == [f"arn:aws:ssm:us-east-1:123456789012:parameter{parameter}"]
    ssm.put_parameter(Name=parameter, Value="y", Type="String", Overwrite=True)
    until(lambda: value(cloud, out)["detail"]["operation"] == "Update")
    executions = cloud.client("stepfunctions").list_executions(stateMachineArn=arn)["executions"]
    assert len(executions) == 2
    cloud.client("events").disable_rule(Name=name)


def test_a_deleted_parameter_and_every_kind_of_input_reach_a_function(cloud: Cloud) -> None:
    ssm, outs = cloud.client("ssm"), []
    for target in (
        {"Input": '{"fixed": 1}'},
        {"InputPath": "$.detail"},
        {
            "InputTransformer": {
                "InputPathsMap": {"name": "$.detail.name", "kind": "$.detail-type", "all": "$.detail"},
                "InputTemplate": '{"n": <name>, "text": "it is <kind>", "d": <all>}',
            }
        },
    ):
        outs.append(f"/out/{next(cloud.names)}")
        function = cloud.function(WRITER, OUT=outs[-1])
        arn = cloud.client("lambda").get_function(FunctionName=function)["Configuration"]["FunctionArn"]
        rule(cloud, {"source": ["aws.ssm"], "detail": {"name": ["/going"], "operation": ["Delete"]}}, arn, **target)
    ssm.put_parameter(Name="/going", Value="x", Type="String")
    ssm.delete_parameter(Name="/going")
    detail = {"operation": "Delete", "name": "/going", "type": "String"}
    expected = [{"fixed": 1}, detail, {"n": "/going", "text": "it is Parameter Store Change", "d": detail}]
    assert [until(lambda out=out: value(cloud, out)) for out in outs] == expected


def test_put_events_starts_a_state_machine_and_a_broken_target_breaks_nothing(cloud: Cloud) -> None:
    out, pattern = f"/out/{next(cloud.names)}", {"source": ["ours"]}
    rule(cloud, pattern, "arn:aws:states:us-east-1:123456789012:stateMachine:nobody")
    rule(cloud, pattern, "arn:aws:sagemaker:us-east-1:123456789012:pipeline/nobody")
    rule(cloud, pattern, machine(cloud, {"Run": call(cloud.function(WRITER, OUT=out), End=True)}))
    entry = {"Source": "ours", "DetailType": "t", "Detail": '{"a": 1}'}
    assert cloud.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0
    assert until(lambda: value(cloud, out))["detail"] == {"a": 1}


def test_the_state_language_waits_chooses_retries_and_catches(cloud: Cloud) -> None:
    retry = [{"ErrorEquals": ["LookupError"], "IntervalSeconds": 1, "MaxAttempts": 1, "BackoffRate": 1}]
    catch = [{"ErrorEquals": ["LookupError"], "ResultPath": "$.error", "Next": "Choose"}]
    arn = machine(
        cloud,
        {
            "Pause": {"Type": "Wait", "SecondsPath": "$.pause", "Next": "Run"},
            "Run": call(cloud.function(FAULTY), Retry=retry, Catch=catch, End=True),
            "Choose": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.error.Error", "StringEquals": "LookupError", "Next": "Good"}],
                "Default": "Bad",
            },
            "Good": {"Type": "Succeed"},
            "Bad": {"Type": "Fail"},
        },
        "Pause",
    )
    client = cloud.client("stepfunctions")
    execution = client.start_execution(stateMachineArn=arn, input='{"pause": 1}')["executionArn"]
    found = until(lambda: (e := client.describe_execution(executionArn=execution))["status"] != "RUNNING" and e)
    assert found["status"] == "SUCCEEDED", found
    history = client.get_execution_history(executionArn=execution)["events"]
    assert [event["type"] for event in history].count("TaskFailed") == 2


def invoke(cloud: Cloud, function: str, event: Any) -> tuple[str | None, Any]:
    answer = cloud.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    return answer.get("FunctionError"), json.loads(answer["Payload"].read())


def test_an_execution_that_nobody_names_has_a_name_of_its_own(cloud: Cloud) -> None:
    arn, client = machine(cloud, {"Run": {"Type": "Pass", "End": True}}), cloud.client("stepfunctions")
    started = [client.start_execution(stateMachineArn=arn, input=given)["executionArn"] for given in ("{}", '{"a": 1}')]
    assert len(set(started)) == 2
    assert sorted(each["executionArn"] for each in client.list_executions(stateMachineArn=arn)["executions"]) == sorted(
        started
    )


def test_a_function_is_warm_and_its_errors_are_aws_s(cloud: Cloud) -> None:
    function = cloud.function(FAULTY, timeout=1)
    assert invoke(cloud, function, "count")[1]["calls"] == 1
    first = invoke(cloud, function, "count")[1]
    assert first["calls"] == 2
    kind, error = invoke(cloud, function, "luck")
    assert (kind, error["errorType"], error["errorMessage"]) == ("Unhandled", "LookupError", "no luck")
    assert "main.py" in "".join(error["stackTrace"])
    assert "Task timed out after 1.00 seconds" in invoke(cloud, function, "slow")[1]["errorMessage"]
    assert invoke(cloud, function, "exit")[1]["errorType"] == "Runtime.ExitError"
    again = invoke(cloud, function, "count")[1]
    assert (again["calls"], again["pid"] == first["pid"]) == (1, False)


def test_a_function_has_its_zip_and_not_the_repository(cloud: Cloud) -> None:
    assert invoke(cloud, cloud.function(FAULTY), "import")[1]["errorType"] == "ModuleNotFoundError"


def test_new_code_and_new_environment_take_effect(cloud: Cloud) -> None:
    function = cloud.function("import os\ndef handler(event, context): return os.environ.get('A')\n", A="1")
    assert invoke(cloud, function, {}) == (None, "1")
    cloud.client("lambda").update_function_configuration(FunctionName=function, Environment={"Variables": {"A": "2"}})
    assert invoke(cloud, function, {}) == (None, "2")


def test_what_a_function_prints_is_in_its_log_group(cloud: Cloud) -> None:
    function = cloud.function("def handler(event, context): print('printed', event)\n")
    invoke(cloud, function, "this")
    events = cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
    assert "printed this" in [event["message"] for event in events]
    assert "printed this" in (cloud.state.cloud / "logs" / "functions" / f"{function}.log").read_text()
