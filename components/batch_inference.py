"""Scheduled predictions for a partition of features, by batch transform."""

from __future__ import annotations

from typing import ClassVar

import pulumi
import pulumi_aws as aws

from catalog.batch import VARIABLE
from components.alarm import AlarmArgs, declare_alarm
from components.alerts import Alerts
from components.batch_inference_args import BatchInferenceArgs
from components.batch_roles import BatchPlaces, model_role, step_role
from components.endpoint_rules import VERSION_VARIABLE
from components.execution_log import declare_execution_log
from components.release import content_of
from components.role import Role
from components.site import Site
from components.statement import Statement
from components.stepper import archive, definition
from components.tags import model_tags

__all__ = ["BatchInference", "BatchInferenceArgs"]

_SOURCES = ("catalog/__init__.py", "catalog/batch.py", "model_code/__init__.py", "model_code/batch")
# A job's name adds the date, a digest and a number: -20261122-1a2b3c4d-99 of the 63 characters that SageMaker allows.
_JOBS = 41


class BatchInference(pulumi.ComponentResource):
    """A schedule that starts a state machine, whose function scores what is missing of a partition, job by job.

    It looks at the account at every step, so a run that dies is simply started again, and two at once end in one place
    (model_code/batch/decide.py). A schedule of EventBridge Scheduler is one resource where a rule needs two, and hands
    on the time that it was due, so that a late run scores the same day.
    """

    # As of an endpoint's containers: SageMaker pulls images and ships logs by itself, and S3 has a gateway.
    CALLS: ClassVar[frozenset[str]] = frozenset()

    def __init__(
        self, name: str, site: Site, args: BatchInferenceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("takeoff:hosting:BatchInference", name, None, opts)
        self._name, self._site, self._args = f"{name}-batch", site, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._tags = model_tags(args.model, args.owner)
        self._outcome = site.parameter(args.model, "batch-outcome")
        self._jobs = site.name(args.model, "batch", limit=_JOBS)
        self.state_machine = self._state_machine(self._function(self._model()))
        self._schedule()
        if args.alerts:
            self._alarm(args.alerts)
        self.register_outputs({"state_machine": self.state_machine.arn})

    @property
    def _places(self) -> BatchPlaces:
        return BatchPlaces(
            name=self._name,
            site=self._site,
            jobs=self._jobs,
            outcome=self._outcome,
            opts=self._child,
        )

    def _model(self) -> aws.sagemaker.Model:
        """One version, named by its content. Kept when another takes its place: a job that runs still needs it."""
        args, placement = self._args, self._args.placement
        content = content_of({"image": args.image, "artifact": args.version.artifact, "environment": args.environment})
        return aws.sagemaker.Model(
            f"{self._name}-{content}",
            name=self._site.name(args.model, "batch", content),
            execution_role_arn=model_role(self._places, args).ready_arn,
            enable_network_isolation=True,
            primary_container={
                "image": args.image,
                "model_data_url": args.version.artifact,
                "environment": {**args.environment, VERSION_VARIABLE: args.version.version},
            },
            vpc_config=placement.vpc_config() if placement else None,
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )

    def _settings(self, model: aws.sagemaker.Model) -> pulumi.Output[str]:
        """What the function reads at every step, so that a run in flight goes on with the present version."""
        args = self._args
        names = pulumi.Output.all(model=model.name, source=args.source.name, output=args.output.name, key=args.key.arn)
        return names.apply(lambda known: args.settings(known, self._jobs, self._outcome, self._tags).to_json())

    def _function(self, model: aws.sagemaker.Model) -> aws.lambda_.Function:
        name = self._site.name(self._args.model, "batch")
        log = aws.cloudwatch.LogGroup(
            self._name,
            name=f"/aws/lambda/{name}",
            retention_in_days=90,
            kms_key_id=self._args.key.arn,
            tags=self._tags,
            opts=self._child,
        )
        return aws.lambda_.Function(
            self._name,
            name=name,
            description=f"Scores what is missing of a partition with {self._args.model}",
            code=archive(_SOURCES),
            handler="model_code.batch.handler.handle",
            runtime="python3.13",
            role=step_role(self._places, self._args, log.arn).ready_arn,
            timeout=300,
            memory_size=256,
            environment={"variables": {VARIABLE: self._settings(model)}},
            tags=self._tags,
            opts=self._child,
        )

    def _state_machine(self, function: aws.lambda_.Function) -> aws.sfn.StateMachine:
        role = self._role("states", "Runs the steps of a batch run")
        role.allow(Statement(actions=["lambda:InvokeFunction"], resources=[function.arn]))
        words = {"comment": f"Scores a partition with {self._args.model}", "error": "BatchFailed"}
        name = self._site.name(self._args.model, "batch")
        logging = declare_execution_log(self._name, self._site, name, self._args.key, role, self._child, self._tags)
        return aws.sfn.StateMachine(
            self._name,
            name=name,
            role_arn=role.ready_arn,
            definition=function.arn.apply(lambda arn: definition(arn, self._site.partition, **words)),
            logging_configuration=logging,
            tags=self._tags,
            opts=self._child,
        )

    def _schedule(self) -> aws.scheduler.Schedule:
        role = self._role("scheduler", "Starts a batch run when it is due")
        role.allow(Statement(actions=["states:StartExecution"], resources=[self.state_machine.arn]))
        return aws.scheduler.Schedule(
            self._name,
            name=self._site.name(self._args.model, "batch"),
            description=f"Scores yesterday's partition with {self._args.model}",
            schedule_expression=self._args.schedule,
            schedule_expression_timezone="UTC",
            flexible_time_window={"mode": "OFF"},
            # https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
            target={
                "arn": self.state_machine.arn,
                "role_arn": role.ready_arn,
                "input": '{"scheduled": "<aws.scheduler.scheduled-time>"}',
            },
            opts=self._child,
        )

    def _alarm(self, alerts: Alerts) -> None:
        declare_alarm(
            f"{self._args.model}-batch-failed",
            self._site,
            AlarmArgs(
                title=f"A batch run of {self._args.model} failed",
                owner=self._args.owner,
                model=self._args.model,
                runbook="batch-failed",
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

    def _role(self, service: str, description: str) -> Role:
        return Role(
            f"{self._name}-{service}",
            site=self._site,
            service=f"{service}.amazonaws.com",
            description=description,
            opts=self._child,
        )
