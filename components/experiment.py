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
from components.key import Key
from components.role import Role
from components.site import Site
from components.statement import Statement, writes_log
from components.stepper import archive
from components.tags import model_tags

_SOURCES = (
    "catalog/__init__.py",
    "catalog/analysis.py",
    "catalog/instance_types.py",
    "catalog/plan.py",
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
        self._name, self._site, self._args = f"{name}-experiment", site, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._tags = model_tags(args.model, args.owner)
        parameter = self._parameter()
        self._schedule(self._function(), parameter)
        self.prefix = args.prefix
        self.register_outputs({"parameter": parameter.name})

    def _parameter(self) -> aws.ssm.Parameter:
        args = self._args
        known = pulumi.Output.all(bucket=args.log.name, rollout=args.rollout, desired=args.desired, key=args.key.arn)
        return aws.ssm.Parameter(
            self._name,
            name=self._site.parameter(args.model, "experiment"),
            description=f"The experiment {args.experiment['name']} between the variants of {args.model}",
            type="String",
            value=known.apply(
                lambda names: TrialSettings(
                    model=args.model,
                    stack=self._site.stack,
                    experiment=args.experiment,
                    since=args.since,
                    window_seconds=args.window_seconds,
                    prefix=args.prefix,
                    **names,
                ).to_json()
            ),
            tags=self._tags,
            opts=self._child,
        )

    def _function(self) -> aws.lambda_.Function:
        args, name = self._args, self._site.name(self._args.model, "experiment")
        log = aws.cloudwatch.LogGroup(
            self._name,
            name=f"/aws/lambda/{name}",
            retention_in_days=90,
            kms_key_id=args.key.arn,
            tags=self._tags,
            opts=self._child,
        )
        role = self._role("look", "lambda", f"Looks at the experiment of {args.model}")
        args.log.grant_read(role, args.prefix)
        args.log.grant_write(role, f"{args.prefix}/reports")
        parameter = self._site.parameter(args.model, "experiment")
        names = [self._site.arn("ssm", f"parameter{parameter}{suffix}") for suffix in ("", "-verdict")]
        role.allow(
            Statement(actions=["ssm:GetParameter"], resources=names),
            Statement(actions=["ssm:PutParameter"], resources=names[1:]),
            Statement(actions=["states:StartExecution"], resources=[args.rollout]),
            writes_log(log.arn),
        )
        return aws.lambda_.Function(
            self._name,
            name=name,
            description=f"Decides the experiment of {args.model}",
            code=archive(_SOURCES),
            handler="model_code.experiment.handler.handle",
            runtime="python3.13",
            role=role.ready_arn,
            timeout=900,
            memory_size=1024,
            tags=self._tags,
            opts=self._child,
        )

    def _schedule(self, function: aws.lambda_.Function, parameter: aws.ssm.Parameter) -> None:
        role = self._role("scheduler", "scheduler", "Looks at an experiment when it is due")
        role.allow(Statement(actions=["lambda:InvokeFunction"], resources=[function.arn]))
        aws.scheduler.Schedule(
            self._name,
            name=self._site.name(self._args.model, "experiment"),
            description=f"Looks at the experiment of {self._args.model}",
            schedule_expression=self._args.schedule,
            schedule_expression_timezone="UTC",
            flexible_time_window={"mode": "OFF"},
            target={
                "arn": function.arn,
                "role_arn": role.ready_arn,
                "input": parameter.name.apply(lambda found: json.dumps({"parameter": found})),
            },
            opts=self._child,
        )

    def _role(self, what: str, service: str, description: str) -> Role:
        return Role(
            f"{self._name}-{what}",
            site=self._site,
            service=f"{service}.amazonaws.com",
            description=description,
            opts=self._child,
        )
