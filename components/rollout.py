"""The state machine that alone changes live endpoints."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from components.execution_log import declare_execution_log
from components.key import Key
from components.role import Role
from components.site import Site
from components.statement import Statement, writes_log
from components.stepper import archive, definition

_SOURCES = (
    "catalog/__init__.py",
    "catalog/desired.py",
    "catalog/plan.py",
    "model_code/__init__.py",
    "model_code/rollout",
)
_WORDS = {"comment": "Converges an endpoint to its desired state", "error": "RolloutFailed"}


class Rollout(pulumi.ComponentResource):
    """Converges every endpoint of a stack to its `desired` parameter.

    A change of the parameter is an event; a rule starts the state machine; its function looks at the endpoint as it is
    and makes at most one call a step. An execution that dies is simply started again; two at once end in one place.
    `key` encrypts the logs.
    """

    def __init__(self, name: str, site: Site, key: Key, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("takeoff:hosting:Rollout", name, None, opts)
        self._name, self._site, self._key = name, site, key
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
            *self._permissions(),
            writes_log(log.arn),
        )
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

    def _permissions(self) -> list[Statement]:
        """Read a wish, look at and move this stack's endpoints, suspend their scaling meanwhile, write the outcome."""
        site = self._site
        scaling = {"StringEquals": {"application-autoscaling:service-namespace": "sagemaker"}}
        endpoints = site.arn("sagemaker", f"endpoint/{site.name()}-*")
        parameters = site.arn("ssm", f"parameter/takeoff/{site.stack}")
        configs = site.arn("sagemaker", f"endpoint-config/{site.name()}-*")
        return [
            Statement(actions=["ssm:GetParameter"], resources=[f"{parameters}/*/desired"]),
            Statement(actions=["ssm:PutParameter"], resources=[f"{parameters}/*/outcome"]),
            Statement(
                actions=["sagemaker:DescribeEndpoint", "sagemaker:UpdateEndpointWeightsAndCapacities"],
                resources=[endpoints],
            ),
            Statement(actions=["sagemaker:UpdateEndpoint"], resources=[endpoints, configs]),
            # Application Auto Scaling looks at the endpoint's config with its caller's permissions, too.
            # https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_permission_validation.html
            Statement(actions=["sagemaker:DescribeEndpointConfig"], resources=[configs]),
            Statement(
                actions=["cloudwatch:DescribeAlarms"], resources=[site.arn("cloudwatch", f"alarm:{site.name()}-*")]
            ),
            Statement(actions=["application-autoscaling:DescribeScalableTargets"], resources=["*"]),
            Statement(
                actions=["application-autoscaling:RegisterScalableTarget"],
                resources=[site.arn("application-autoscaling", "scalable-target/*")],
                conditions=scaling,
            ),
        ]

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
            description="Starts a rollout when a wish changes",
            opts=self._child,
        )
        role.allow(Statement(actions=["states:StartExecution"], resources=[self.state_machine.arn]))
        rule = aws.cloudwatch.EventRule(
            self._name,
            name=self._site.name(self._name),
            description="A model's desired state changed",
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
    """The event that a new wish makes.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-cwe.html
    """
    return {
        "source": ["aws.ssm"],
        "detail-type": ["Parameter Store Change"],
        "detail": {
            "name": [{"wildcard": site.parameter("*", "desired")}],
            "operation": ["Create", "Update"],
        },
    }
