"""The state machine that alone starts training pipelines."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alerts import Alerts
from components.bucket import Bucket
from components.function import FunctionArgs, declare_function
from components.key import Key
from components.part import Part
from components.retraining_permissions import PIPELINE, permissions
from components.site import Site
from components.stepper import alarm_on_failures, declare_stepper, definition, start_role

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
_FAILED = "A model was not retrained: its run failed, was rejected by a gate, or could not start"


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
        child = pulumi.ResourceOptions(parent=self)
        self._part = Part(name=name, physical=site.name(name), site=site, key=args.key, opts=child, owner=args.owner)
        self._starters: dict[str, pulumi.Output[str]] = {}
        function = self._function(args)
        states = definition(self._part, function, **_WORDS).apply(knowing_itself)
        self.state_machine = declare_stepper(self._part, function, states, "a retraining")
        if args.alerts:
            alarm_on_failures(self._part, self.state_machine, args.alerts, title=_FAILED, runbook="retraining-failed")
        self.register_outputs({"state_machine": self.state_machine.arn})

    def start_role(self, service: str) -> pulumi.Output[str]:
        """The role by which a service, such as scheduler.amazonaws.com, starts an execution: one for all its rules."""
        if service not in self._starters:
            label = service.partition(".")[0]
            self._starters[service] = start_role(self._part, self.state_machine, label, label, "Starts retraining")
        return self._starters[service]

    def _function(self, args: RetrainingArgs) -> aws.lambda_.Function:
        part = self._part
        role = part.role("step", "lambda", "One step of a retraining")
        args.features.grant_read(role, "datasets")
        args.features.grant_read(role, "runs")
        args.features.grant_write(role, "runs")
        role.allow(*permissions(part.site, part.physical, args.features, args.models))
        function = FunctionArgs(
            description="Decides whether a model is retrained, starts its pipeline and follows it",
            sources=SOURCES,
            handler="model_code.retraining.handler.handle",
            timeout=300,
            environment={_STACK: part.site.stack},
        )
        return declare_function(part, role, function)


def knowing_itself(states: str) -> str:
    """A state machine whose steps find their execution's ARN at `$.runner.id`, by which others ask whether it lives.

    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
    """
    machine = json.loads(states)
    itself = {"Type": "Pass", "Parameters": {"id.$": "$$.Execution.Id"}, "ResultPath": "$.runner"}
    machine["States"]["Itself"] = {**itself, "Next": machine["StartAt"]}
    return json.dumps({**machine, "StartAt": "Itself"})
