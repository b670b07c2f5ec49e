"""Scheduled predictions for a partition of features, by batch transform."""

from __future__ import annotations

from typing import ClassVar

import pulumi
import pulumi_aws as aws

from catalog.batch import VARIABLE
from components.batch_inference_args import BatchInferenceArgs
from components.batch_roles import model_role, step_role
from components.endpoint_rules import VERSION_VARIABLE
from components.function import FunctionArgs, declare_function
from components.part import Part
from components.release import content_of
from components.site import Site
from components.stepper import alarm_on_failures, declare_stepper, definition, start_role

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
        self._part = Part(
            name=f"{name}-batch",
            physical=site.name(args.model, "batch"),
            site=site,
            key=args.key,
            opts=pulumi.ResourceOptions(parent=self),
            owner=args.owner,
            model=args.model,
        )
        self._args = args
        self._jobs = site.name(args.model, "batch", limit=_JOBS)
        function = self._function(self._model())
        words = {"comment": f"Scores a partition with {args.model}", "error": "BatchFailed"}
        states = definition(self._part, function, **words)
        self.state_machine = declare_stepper(self._part, function, states, "a batch run")
        self._schedule()
        if args.alerts:
            title = f"A batch run of {args.model} failed"
            alarm_on_failures(self._part, self.state_machine, args.alerts, title=title, runbook="batch-failed")
        self.register_outputs({"state_machine": self.state_machine.arn})

    def _model(self) -> aws.sagemaker.Model:
        """One version, named by its content. Kept when another takes its place: a job that runs still needs it."""
        args, part, placement = self._args, self._part, self._args.placement
        content = content_of({"image": args.image, "artifact": args.version.artifact, "environment": args.environment})
        return aws.sagemaker.Model(
            f"{part.name}-{content}",
            name=part.site.name(args.model, "batch", content),
            execution_role_arn=model_role(part, args, self._jobs).ready_arn,
            enable_network_isolation=True,
            primary_container={
                "image": args.image,
                "model_data_url": args.version.artifact,
                "environment": {**args.environment, VERSION_VARIABLE: args.version.version},
            },
            vpc_config=placement.vpc_config() if placement else None,
            tags=part.tags,
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )

    def _function(self, model: aws.sagemaker.Model) -> aws.lambda_.Function:
        """It reads its settings at every step, so that a run in flight goes on with the present version."""
        args, part, outcome = self._args, self._part, self._part.site.parameter(self._args.model, "batch-outcome")
        names = pulumi.Output.all(model=model.name, source=args.source.name, output=args.output.name, key=args.key.arn)
        settings = names.apply(lambda known: args.settings(known, self._jobs, outcome).to_json())
        function = FunctionArgs(
            description=f"Scores what is missing of a partition with {args.model}",
            sources=_SOURCES,
            handler="model_code.batch.handler.handle",
            timeout=300,
            environment={VARIABLE: settings},
        )
        return declare_function(part, step_role(part, args, self._jobs, outcome), function)

    def _schedule(self) -> aws.scheduler.Schedule:
        part, machine = self._part, self.state_machine
        role_arn = start_role(part, machine, "scheduler", "scheduler", "Starts a batch run when it is due")
        return aws.scheduler.Schedule(
            part.name,
            name=part.physical,
            description=f"Scores yesterday's partition with {self._args.model}",
            schedule_expression=self._args.schedule,
            schedule_expression_timezone="UTC",
            flexible_time_window={"mode": "OFF"},
            # https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
            target={
                "arn": machine.arn,
                "role_arn": role_arn,
                "input": '{"scheduled": "<aws.scheduler.scheduled-time>"}',
            },
            opts=part.opts,
        )
