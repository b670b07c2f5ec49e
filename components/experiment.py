"""An experiment between an endpoint's variants: its declaration, its log, and the function that looks at it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from catalog.trial import TrialSettings
from components.bucket import Bucket
from components.function import FunctionArgs, declare_function
from components.key import Key
from components.part import Part
from components.site import Site
from components.statement import Statement

_SOURCES = (
    "catalog/__init__.py",
    "catalog/analysis.py",
    "catalog/instance_types.py",
    "catalog/plan.py",
    "catalog/loop.py",
    "catalog/trial.py",
    "model_code/__init__.py",
    "model_code/errors.py",
    "model_code/experiment",
    "model_code/sequential",
)


@dataclass(frozen=True, kw_only=True)
class ExperimentArgs:
    """What is compared, on which log, and who is told.

    `experiment` is the declaration with shares in percent (model_code/experiment/declared.py), `since` the start of its
    present allocation (ISO 8601), `window_seconds` how long a unit's outcomes count. `log` is the bucket of exposures,
    outcomes and reports, below experiments/<name>. A verdict starts the state machine `rollout` for `desired`.
    """

    model: str
    owner: str
    experiment: Mapping[str, Any]
    since: str
    window_seconds: int
    schedule: str
    log: Bucket
    key: Key
    rollout: pulumi.Input[str]
    desired: pulumi.Input[str]

    @property
    def prefix(self) -> str:
        """Where the experiment's log and reports are in their bucket."""
        return f"experiments/{self.experiment['name']}"


class Experiment(pulumi.ComponentResource):
    """A parameter that declares the experiment, and a function that looks at its log on a schedule.

    Who shows the arms assigns each unit by a hash (model_code/experiment/assignment.py), asks the endpoint for that
    variant by TargetVariant, and writes exposures and outcomes to the log; nothing here stands between a request and
    its answer. A verdict is Rollout's to act on.
    """

    def __init__(self, name: str, site: Site, args: ExperimentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("takeoff:hosting:Experiment", name, None, opts)
        self._part = Part(
            name=f"{name}-experiment",
            physical=site.name(args.model, "experiment"),
            site=site,
            key=args.key,
            opts=pulumi.ResourceOptions(parent=self),
            owner=args.owner,
            model=args.model,
        )
        self._args = args
        parameter = self._parameter()
        self._schedule(self._function(), parameter)
        self.prefix = args.prefix
        self.register_outputs({"parameter": parameter.name})

    def _parameter(self) -> aws.ssm.Parameter:
        args, part = self._args, self._part
        known = pulumi.Output.all(bucket=args.log.name, rollout=args.rollout, desired=args.desired, key=args.key.arn)
        return aws.ssm.Parameter(
            part.name,
            name=part.site.parameter(args.model, "experiment"),
            description=f"The experiment {args.experiment['name']} between the variants of {args.model}",
            type="String",
            value=known.apply(
                lambda names: TrialSettings(
                    model=args.model,
                    stack=part.site.stack,
                    experiment=args.experiment,
                    since=args.since,
                    window_seconds=args.window_seconds,
                    prefix=args.prefix,
                    **names,
                ).to_json()
            ),
            tags=part.tags,
            opts=part.opts,
        )

    def _function(self) -> aws.lambda_.Function:
        args, part = self._args, self._part
        role = part.role("look", "lambda", f"Looks at the experiment of {args.model}")
        args.log.grant_read(role, args.prefix)
        args.log.grant_write(role, f"{args.prefix}/reports")
        parameter = part.site.parameter(args.model, "experiment")
        names = [part.site.arn("ssm", f"parameter{parameter}{suffix}") for suffix in ("", "-verdict")]
        role.allow(
            Statement(actions=["ssm:GetParameter"], resources=names),
            Statement(actions=["ssm:PutParameter"], resources=names[1:]),
            Statement(actions=["states:StartExecution"], resources=[args.rollout]),
        )
        function = FunctionArgs(
            description=f"Decides the experiment of {args.model}",
            sources=_SOURCES,
            handler="model_code.experiment.handler.handle",
            timeout=900,
            memory=1024,
        )
        return declare_function(part, role, function)

    def _schedule(self, function: aws.lambda_.Function, parameter: aws.ssm.Parameter) -> None:
        part = self._part
        role = part.role("scheduler", "scheduler", "Looks at an experiment when it is due")
        role.allow(Statement(actions=["lambda:InvokeFunction"], resources=[function.arn]))
        aws.scheduler.Schedule(
            part.name,
            name=part.physical,
            description=f"Looks at the experiment of {self._args.model}",
            schedule_expression=self._args.schedule,
            schedule_expression_timezone="UTC",
            flexible_time_window={"mode": "OFF"},
            target={
                "arn": function.arn,
                "role_arn": role.ready_arn,
                "input": parameter.name.apply(lambda found: json.dumps({"parameter": found})),
            },
            opts=part.opts,
        )
