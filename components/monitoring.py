"""The state machine that looks at the captures of every model of a stack, window by window."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import pulumi
import pulumi_aws as aws

from components.alarm import AlarmArgs, declare_alarm
from components.alerts import Alerts
from components.bucket import Bucket
from components.execution_log import declare_execution_log
from components.key import Key
from components.monitoring_places import captures_of, job_roles, jobs, prefix_of
from components.role import Role
from components.site import Site
from components.statement import Statement, writes_log
from components.stepper import archive, definition
from components.tags import model_tags

_SOURCES = (
    "catalog/__init__.py",
    "catalog/analysis.py",
    "catalog/instance_types.py",
    "catalog/loop.py",
    "catalog/naming.py",
    "catalog/plan.py",
    "model_code/__init__.py",
    "model_code/monitoring",
)
_WORDS = {"comment": "Looks at a window of a model's captures", "error": "MonitoringFailed"}
# The environment variable by which the function knows whose parameters it reads (model_code/monitoring/handler.py).
STACK_VARIABLE = "TAKEOFF_STACK"


@dataclass(frozen=True, kw_only=True)
class MonitoringArgs:
    """Where captures are, where training runs, outcomes and reports are (`features`), and the key of all of them.

    `owner` answers for runs that fail; without `alerts` they are seen in the state machine alone.
    """

    key: Key
    captures: Bucket
    features: Bucket
    owner: str
    alerts: Alerts | None = None


class Monitoring(pulumi.ComponentResource):
    """Looks at a model each time its schedule (components/drift_monitor.py) starts the state machine.

    Its function starts one processing job for a window and reads what it found. A run that dies is simply started
    again, and two at once are one job (model_code/monitoring/decide.py). It goes on while a model is frozen: looking
    changes nothing.
    """

    # As of an endpoint's containers: SageMaker pulls images and ships logs by itself, and S3 has a gateway.
    CALLS: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, name: str, site: Site, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("takeoff:observability:Monitoring", name, None, opts)
        self._name, self._site, self._args = name, site, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._tags = model_tags(None, args.owner)
        self.state_machine = self._state_machine(self._function())
        if args.alerts:
            self._alarm(args.alerts)
        self.register_outputs({"state_machine": self.state_machine.arn})

    @cached_property
    def scheduler_role_arn(self) -> pulumi.Output[str]:
        """The role by which a model's schedule starts the state machine; one for all of them."""
        role = self._role("scheduler", "Starts a look at a model when it is due")
        role.allow(Statement(actions=["states:StartExecution"], resources=[self.state_machine.arn]))
        return role.ready_arn

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
        role = self._role("step", "One step of a look at a model", service="lambda")
        args = self._args
        args.captures.grant_list(role, captures_of("*"))
        for kind in ("outcomes", "runs"):
            args.features.grant_list(role, prefix_of(kind, "*"))
        args.features.grant_read(role, prefix_of("drift", "*"))
        args.features.grant_write(role, prefix_of("drift", "*"))
        role.allow(*self._permissions(), writes_log(log.arn))
        return aws.lambda_.Function(
            self._name,
            name=name,
            description="Starts the job that looks at a window of captures, and reads what it found",
            code=archive(_SOURCES),
            handler="model_code.monitoring.handler.handle",
            runtime="python3.13",
            role=role.ready_arn,
            timeout=300,
            memory_size=256,
            environment={"variables": {STACK_VARIABLE: self._site.stack}},
            tags=self._tags,
            opts=self._child,
        )

    def _permissions(self) -> list[Statement]:
        """Read what is monitored and what is live, start and watch the stack's monitoring jobs, write the verdict."""
        site = self._site
        parameters = site.arn("ssm", f"parameter/takeoff/{site.stack}")
        roles = f"arn:{site.partition}:iam::{site.account}:role/{job_roles(site)}"
        return [
            Statement(
                actions=["ssm:GetParameter"],
                resources=[f"{parameters}/*/{leaf}" for leaf in ("monitor", "approved", "drift")],
            ),
            Statement(actions=["ssm:PutParameter"], resources=[f"{parameters}/*/drift"]),
            Statement(
                actions=["sagemaker:CreateProcessingJob", "sagemaker:DescribeProcessingJob", "sagemaker:AddTags"],
                resources=[site.arn("sagemaker", f"processing-job/{jobs(site)}-*")],
            ),
            Statement(
                actions=["iam:PassRole"],
                resources=[roles],
                conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            ),
            # Whoever asks for a volume under a key gives SageMaker its use.
            # https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
            Statement(
                actions=["kms:CreateGrant"],
                resources=[self._args.key.arn],
                conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
            ),
        ]

    def _state_machine(self, function: aws.lambda_.Function) -> aws.sfn.StateMachine:
        role = self._role("states", "Runs the steps of a look at a model")
        role.allow(Statement(actions=["lambda:InvokeFunction"], resources=[function.arn]))
        name = self._site.name(self._name)
        logging = declare_execution_log(self._name, self._site, name, self._args.key, role, self._child, self._tags)
        return aws.sfn.StateMachine(
            self._name,
            name=name,
            role_arn=role.ready_arn,
            definition=function.arn.apply(lambda arn: definition(arn, self._site.partition, **_WORDS)),
            logging_configuration=logging,
            tags=self._tags,
            opts=self._child,
        )

    def _alarm(self, alerts: Alerts) -> None:
        declare_alarm(
            f"{self._name}-failed",
            self._site,
            AlarmArgs(
                title="A look at a model's captures failed",
                owner=self._args.owner,
                runbook="monitoring-failed",
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

    def _role(self, label: str, description: str, service: str = "") -> Role:
        return Role(
            f"{self._name}-{label}",
            site=self._site,
            service=f"{service or label}.amazonaws.com",
            description=description,
            opts=self._child,
        )
