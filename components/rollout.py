"""The state machine that alone changes live endpoints."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.bucket import Bucket
from components.function import FunctionArgs, declare_function
from components.key import Key
from components.part import Part
from components.role import Role
from components.rollout_permissions import reads_and_moves, tries
from components.site import Site
from components.stepper import declare_stepper, definition, start_role

_FUNCTION = FunctionArgs(
    description="Compares an endpoint with its desired state and makes the next call",
    handler="model_code.rollout.handler.handle",
    timeout=60,
    sources=(
        "catalog/__init__.py",
        "catalog/analysis.py",
        "catalog/candidates.py",
        "catalog/desired.py",
        "catalog/loop.py",
        "catalog/naming.py",
        "catalog/plan.py",
        "catalog/trial.py",
        "model_code/__init__.py",
        "model_code/errors.py",
        "model_code/rollout",
        "model_code/sequential",
    ),
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
        part = Part(name=name, physical=site.name(name), site=site, key=key, opts=pulumi.ResourceOptions(parent=self))
        function = declare_function(part, _step_role(part, captures, compared), _FUNCTION)
        self.state_machine = declare_stepper(part, function, definition(part, function, **_WORDS), "a rollout")
        target = _rule(part, self.state_machine)
        # Whoever writes a wish waits for this, or nobody would hear it.
        self.ready: pulumi.Output[str] = target.id
        self.register_outputs({"state_machine": self.state_machine.arn})


def _step_role(part: Part, captures: Bucket | None, compared: Sequence[str]) -> Role:
    role = part.role("step", "lambda", "One step of a rollout")
    role.allow(*reads_and_moves(part.site), *tries(part.site, part.key))
    if captures:
        for model in compared:
            captures.grant_read(role, model)
    return role


def _rule(part: Part, machine: aws.sfn.StateMachine) -> aws.cloudwatch.EventTarget:
    rule = aws.cloudwatch.EventRule(
        part.name,
        name=part.physical,
        description="A model's desired state changed, or an operator spoke",
        event_pattern=json.dumps(pattern(part.site)),
        opts=part.opts,
    )
    said = "Starts a rollout when a wish changes or an operator speaks"
    return aws.cloudwatch.EventTarget(
        part.name,
        target_id=part.name,
        rule=rule.name,
        arn=machine.arn,
        role_arn=start_role(part, machine, "start", "events", said),
        input_transformer={
            "input_paths": {"parameter": "$.detail.name"},
            "input_template": '{"parameter": <parameter>}',
        },
        opts=part.opts,
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
