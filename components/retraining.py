"""The state machine that alone starts training pipelines."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarm import AlarmArgs, declare_alarm
from components.alerts import Alerts
from components.bucket import Bucket
from components.execution_log import declare_execution_log
from components.key import Key
from components.retraining_permissions import PIPELINE, permissions
from components.role import Role
from components.site import Site
from components.statement import Statement, writes_log
from components.stepper import archive, definition
from components.tags import model_tags

__all__ = ["PIPELINE", "SOURCES", "Retraining", "RetrainingArgs", "knowing_itself"]

SOURCES = (
    "catalog/__init__.py",
    "catalog/loop.py",
    "catalog/naming.py",
    "model_code/__init__.py",
    "model_code/retraining",
)
_WORDS = {"comment": "Retrains a model, one run at a time", "error": "RetrainingFailed"}
_STACK = "TAKEOFF_STACK"


@dataclass(frozen=True, kw_only=True)
class RetrainingArgs:
    """Who answers for it, the bucket of data sets and runs, that of artifacts, and the key of both and of the logs."""

    owner: str
    key: Key
    features: Bucket
    models: Bucket
    alerts: Alerts | None = None


class Retraining(pulumi.ComponentResource):
    """One state machine for all models of a stack, which alarms, schedules and people start with the same request.

    An execution decides whether the request becomes a run (frozen, one at a time, cooldown, monthly cap, budget),
    prepares the run's folder, starts the model's pipeline and follows it to its end. It looks at the account at every
    step, so one that dies is simply started again, and of many at once one runs (model_code/retraining/decide.py).
    """

    def __init__(self, name: str, site: Site, args: RetrainingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("takeoff:training:Retraining", name, None, opts)
        self._name, self._site, self._args = name, site, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._tags = model_tags(None, args.owner)
        self._roles: dict[str, Role] = {}
        self.state_machine = self._state_machine(self._function())
        if args.alerts:
            self._alarm(args.alerts)
        self.register_outputs({"state_machine": self.state_machine.arn})

    def start_role(self, service: str) -> pulumi.Output[str]:
        """The role by which a service, such as scheduler.amazonaws.com, starts an execution: one for all its rules."""
        if service not in self._roles:
            role = self._role(service.partition(".")[0], service, "Starts retraining")
            role.allow(Statement(actions=["states:StartExecution"], resources=[self.state_machine.arn]))
            self._roles[service] = role
        return self._roles[service].ready_arn

    def _function(self) -> aws.lambda_.Function:
        name = self._site.name(self._name)
        log = aws.cloudwatch.LogGroup(
            self._name,
            name=f"/aws/lambda/{name}",
            retention_in_days=90,
            kms_key_id=self._args.key.arn,
            tags=self._tags,
            opts=self._child,
        )
        role = self._role("step", "lambda.amazonaws.com", "One step of a retraining")
        self._args.features.grant_read(role, "datasets")
        self._args.features.grant_read(role, "runs")
        self._args.features.grant_write(role, "runs")
        role.allow(*permissions(self._site, name, self._args.features, self._args.models), writes_log(log.arn))
        return aws.lambda_.Function(
            self._name,
            name=name,
            description="Decides whether a model is retrained, starts its pipeline and follows it",
            code=archive(SOURCES),
            handler="model_code.retraining.handler.handle",
            runtime="python3.13",
            role=role.ready_arn,
            timeout=300,
            memory_size=256,
            environment={"variables": {_STACK: self._site.stack}},
            tags=self._tags,
            opts=self._child,
        )

    def _state_machine(self, function: aws.lambda_.Function) -> aws.sfn.StateMachine:
        role = self._role("states", "states.amazonaws.com", "Runs the steps of a retraining")
        role.allow(Statement(actions=["lambda:InvokeFunction"], resources=[function.arn]))
        name = self._site.name(self._name)
        logging = declare_execution_log(self._name, self._site, name, self._args.key, role, self._child, self._tags)
        return aws.sfn.StateMachine(
            self._name,
            name=name,
            role_arn=role.ready_arn,
            definition=function.arn.apply(lambda arn: knowing_itself(definition(arn, self._site.partition, **_WORDS))),
            logging_configuration=logging,
            tags=self._tags,
            opts=self._child,
        )

    def _alarm(self, alerts: Alerts) -> None:
        declare_alarm(
            f"{self._name}-failed",
            self._site,
            AlarmArgs(
                title="A model was not retrained: its run failed, was rejected by a gate, or could not start",
                owner=self._args.owner,
                runbook="retraining-failed",
                severity="warning",
                namespace="AWS/States",
                metric="ExecutionsFailed",
                dimensions={"StateMachineArn": self.state_machine.arn},
                statistic="Sum",
                threshold=0,
                period=300,
                periods=1,
                datapoints=1,
            ),
            alerts,
            self._child,
        )

    def _role(self, suffix: str, service: str, description: str) -> Role:
        name = f"{self._name}-{suffix}"
        return Role(name, site=self._site, service=service, description=description, opts=self._child)


def knowing_itself(states: str) -> str:
    """A state machine whose steps find their execution's ARN at `$.runner.id`, by which others ask whether it lives.

    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
    """
    machine = json.loads(states)
    itself = {"Type": "Pass", "Parameters": {"id.$": "$$.Execution.Id"}, "ResultPath": "$.runner"}
    machine["States"]["Itself"] = {**itself, "Next": machine["StartAt"]}
    return json.dumps({**machine, "StartAt": "Itself"})
