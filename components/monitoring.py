"""The state machine that looks at the captures of every model of a stack, window by window."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import pulumi
import pulumi_aws as aws

from components.alerts import Alerts
from components.bucket import Bucket
from components.function import FunctionArgs, declare_function
from components.key import Key
from components.monitoring_places import captures_of, job_roles, jobs, prefix_of
from components.part import Part
from components.site import Site
from components.spark import SparkApplication
from components.statement import Statement
from components.stepper import alarm_on_failures, declare_stepper, definition, start_role

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
_FAILED = "A look at a model's captures failed"


@dataclass(frozen=True, kw_only=True)
class MonitoringArgs:
    """Where captures are, where training runs, outcomes and reports are (`features`), and the key of all of them.

    `owner` answers for runs that fail; without `alerts` they are seen in the state machine alone. Large models
    are looked at on `spark`.
    """

    key: Key
    captures: Bucket
    features: Bucket
    owner: str
    alerts: Alerts | None = None
    spark: SparkApplication | None = None


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
        child = pulumi.ResourceOptions(parent=self)
        self._part = Part(name=name, physical=site.name(name), site=site, key=args.key, opts=child, owner=args.owner)
        function = self._function(args)
        states = definition(self._part, function, **_WORDS)
        self.state_machine = declare_stepper(self._part, function, states, "a look at a model")
        if args.alerts:
            alarm_on_failures(self._part, self.state_machine, args.alerts, title=_FAILED, runbook="monitoring-failed")
        self.register_outputs({"state_machine": self.state_machine.arn})

    @cached_property
    def scheduler_role_arn(self) -> pulumi.Output[str]:
        """The role by which a model's schedule starts the state machine; one for all of them."""
        said = "Starts a look at a model when it is due"
        return start_role(self._part, self.state_machine, "scheduler", "scheduler", said)

    def _function(self, args: MonitoringArgs) -> aws.lambda_.Function:
        role = self._part.role("step", "lambda", "One step of a look at a model")
        args.captures.grant_list(role, captures_of("*"))
        for kind in ("outcomes", "runs"):
            args.features.grant_list(role, prefix_of(kind, "*"))
        args.features.grant_read(role, prefix_of("drift", "*"))
        args.features.grant_write(role, prefix_of("drift", "*"))
        role.allow(*self._permissions())
        if args.spark:
            args.spark.grant_run(role, job_roles(self._part.site))
        function = FunctionArgs(
            description="Starts the job that looks at a window of captures, and reads what it found",
            sources=_SOURCES,
            handler="model_code.monitoring.handler.handle",
            timeout=300,
            environment={STACK_VARIABLE: self._part.site.stack},
        )
        return declare_function(self._part, role, function)

    def _permissions(self) -> list[Statement]:
        """Read what is monitored and what is live, start and watch the stack's monitoring jobs, write the verdict."""
        site = self._part.site
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
                resources=[self._part.key.arn],
                conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
            ),
        ]
