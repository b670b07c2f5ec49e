"""The state machine that alone changes live endpoints."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.bucket import Bucket
from components.execution_log import declare_execution_log
from components.key import Key
from components.role import Role
from components.rollout_permissions import reads_and_moves, tries
from components.site import Site
from components.statement import Statement, writes_log
from components.stepper import archive, definition

_SOURCES = (
    "catalog/__init__.py",
    "catalog/analysis.py",
    "catalog/candidates.py",
    "catalog/desired.py",
    "catalog/naming.py",
    "catalog/plan.py",
    "catalog/trial.py",
    "model_code/__init__.py",
    "model_code/errors.py",
    "model_code/rollout",
    "model_code/sequential",
)
# A wish and an operator's word: each starts an execution for its model.
_HEARD = ("desired", "override")
_WORDS = {"comment": "Converges an endpoint to its desired state", "error": "RolloutFailed"}


class Rollout(pulumi.ComponentResource):
    """Converges every endpoint of a stack to its `desired` parameter, and tries new versions where that says how.

    A change of the parameter is an event; a rule starts the state machine; its function looks at the endpoint as it is
    and makes at most one call a step. An execution that dies is simply started again; two at once end in one place.
    `key` encrypts the logs. `captures` is where the requests of the models in `compared` are kept: a version that only
    listens is compared with the live one by them.
    """

    def __init__(
        self,
        name: str,
        site: Site,
        key: Key,
        captures: Bucket | None = None,
        compared: Sequence[str] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("takeoff:hosting:Rollout", name, None, opts)
        self._name, self._site, self._key = name, site, key
        self._captures, self._compared = captures, compared
        self._child = pulumi.ResourceOptions(parent=self)
        function = self._function()
        self.state_machine = self._state_machine(function)
        target = self._rule()
        # Whoever writes a wish waits for this, or nobody would hear it.
        self.ready: pulumi.Output[str] = target.id
        self.register_outputs({"state_machine": self.state_machine.arn})

    def _function(self) -> aws.lambda_.Function:
        name = self._site.name(self._name)
        log = aws.cloudwatch.LogGroup(
            self._name, name=f"/aws/lambda/{name}", retention_in_days=90, kms_key_id=self._key.arn, opts=self._child
        )
        role = Role(
            f"{self._name}-step",
            site=self._site,
            service="lambda.amazonaws.com",
            description="One step of a rollout",
            opts=self._child,
        )
        role.allow(
            *reads_and_moves(self._site),
            *tries(self._site, self._key),
            writes_log(log.arn),
        )
        if self._captures:
            for model in self._compared:
                self._captures.grant_read(role, model)
        return aws.lambda_.Function(
            self._name,
            name=name,
            description="Compares an endpoint with its desired state and makes the next call",
            code=archive(_SOURCES),
            handler="model_code.rollout.handler.handle",
            runtime="python3.13",
            role=role.ready_arn,
            timeout=60,
            memory_size=256,
            opts=self._child,
        )

    def _state_machine(self, function: aws.lambda_.Function) -> aws.sfn.StateMachine:
        role = Role(
            f"{self._name}-states",
            site=self._site,
            service="states.amazonaws.com",
            description="Runs the steps of a rollout",
            opts=self._child,
        )
        role.allow(Statement(actions=["lambda:InvokeFunction"], resources=[function.arn]))
        name = self._site.name(self._name)
        logging = declare_execution_log(self._name, self._site, name, self._key, role, self._child)
        return aws.sfn.StateMachine(
            self._name,
            name=name,
            role_arn=role.ready_arn,
            definition=function.arn.apply(lambda arn: definition(arn, self._site.partition, **_WORDS)),
            logging_configuration=logging,
            opts=self._child,
        )

    def _rule(self) -> aws.cloudwatch.EventTarget:
        role = Role(
            f"{self._name}-start",
            site=self._site,
            service="events.amazonaws.com",
            description="Starts a rollout when a wish changes or an operator speaks",
            opts=self._child,
        )
        role.allow(Statement(actions=["states:StartExecution"], resources=[self.state_machine.arn]))
        rule = aws.cloudwatch.EventRule(
            self._name,
            name=self._site.name(self._name),
            description="A model's desired state changed, or an operator spoke",
            event_pattern=json.dumps(pattern(self._site)),
            opts=self._child,
        )
        return aws.cloudwatch.EventTarget(
            self._name,
            rule=rule.name,
            arn=self.state_machine.arn,
            role_arn=role.ready_arn,
            input_transformer={
                "input_paths": {"parameter": "$.detail.name"},
                "input_template": '{"parameter": <parameter>}',
            },
            opts=self._child,
        )


def pattern(site: Site) -> dict[str, object]:
    """The events that a new wish and an operator's word make.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-cwe.html
    """
    return {
        "source": ["aws.ssm"],
        "detail-type": ["Parameter Store Change"],
        "detail": {
            "name": [{"wildcard": site.parameter("*", leaf)} for leaf in _HEARD],
            "operation": ["Create", "Update"],
        },
    }
