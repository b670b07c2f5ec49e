"""A state machine that calls a function again and again until it has settled something."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from components.alarm import AlarmArgs, declare_alarm
from components.alerts import Alerts
from components.execution_log import declare_execution_log
from components.part import Part
from components.statement import Statement


def definition(part: Part, function: aws.lambda_.Function, *, comment: str, error: str) -> pulumi.Output[str]:
    """The state machine around a function, once its ARN is known; see `stepping`."""
    machine: pulumi.Output[str] = function.arn.apply(
        lambda arn: stepping(arn, part.site.partition, comment=comment, error=error)
    )
    return machine


def stepping(function_arn: str, partition: str, *, comment: str, error: str) -> str:
    """The state machine in Amazon States Language: step, and wait as long as the step says, until it is settled.

    The function returns `status` (succeeded, failed or waiting), `seconds` to wait and, on failure, `reason`.
    """
    states = {
        "Step": {
            "Type": "Task",
            "Resource": f"arn:{partition}:states:::lambda:invoke",
            "Parameters": {"FunctionName": function_arn, "Payload.$": "$"},
            "OutputPath": "$.Payload",
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 5, "BackoffRate": 2.0}],
            "Next": "Settled",
        },
        "Settled": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.status", "StringEquals": "succeeded", "Next": "Succeeded"},
                {"Variable": "$.status", "StringEquals": "failed", "Next": "Failed"},
            ],
            "Default": "Wait",
        },
        "Wait": {"Type": "Wait", "SecondsPath": "$.seconds", "Next": "Step"},
        "Succeeded": {"Type": "Succeed"},
        "Failed": {"Type": "Fail", "Error": error, "CausePath": "$.reason"},
    }
    return json.dumps({"Comment": comment, "StartAt": "Step", "States": states})


def declare_stepper(
    part: Part, function: aws.lambda_.Function, states: pulumi.Output[str], of: str
) -> aws.sfn.StateMachine:
    """Declare the state machine (`states`, see `definition`), the role that runs the steps `of` something, its log."""
    role = part.role("states", "states", f"Runs the steps of {of}")
    role.allow(Statement(actions=["lambda:InvokeFunction"], resources=[function.arn]))
    logging = declare_execution_log(part, role)
    return aws.sfn.StateMachine(
        part.name,
        name=part.physical,
        role_arn=role.ready_arn,
        definition=states,
        logging_configuration=logging,
        tags=part.tags,
        opts=part.opts,
    )


def start_role(
    part: Part, machine: aws.sfn.StateMachine, label: str, service: str, description: str
) -> pulumi.Output[str]:
    """The ARN of a role called <name>-<label> by which an AWS service starts executions, and does nothing else."""
    role = part.role(label, service, description)
    role.allow(Statement(actions=["states:StartExecution"], resources=[machine.arn]))
    return role.ready_arn


def alarm_on_failures(part: Part, machine: aws.sfn.StateMachine, alerts: Alerts, *, title: str, runbook: str) -> None:
    """Tell the part's owner within five minutes that an execution failed."""
    args = AlarmArgs(
        title=title,
        owner=part.owner,
        model=part.model,
        runbook=runbook,
        severity="warning",
        namespace="AWS/States",
        metric="ExecutionsFailed",
        dimensions={"StateMachineArn": machine.arn},
        statistic="Sum",
        threshold=0,
        period=300,
        periods=1,
        datapoints=1,
    )
    declare_alarm(f"{part.name}-failed", part.site, args, alerts, part.opts)
