"""From a data set to a registered version: a SageMaker pipeline per model, with what starts it by the clock."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import pulumi
import pulumi_aws as aws

from catalog.instance_types import has_local_storage
from components.retraining_permissions import PIPELINE
from components.role import Role
from components.site import Site
from components.tags import model_tags
from components.training_pipeline_args import TrainingPipelineArgs
from components.training_roles import pipeline_role

__all__ = ["TrainingPipeline", "TrainingPipelineArgs", "definition_of"]

_CODE = Path(__file__).resolve().parent.parent / "model_code"


class TrainingPipeline(pulumi.ComponentResource):
    """Role, pipeline, the settings from which Retraining starts it, and a schedule where one is asked for.

    The definition is committed beside the model's code and holds no ARN: what differs between accounts is a parameter
    that Retraining gives at each start.
    """

    # SageMaker pulls images and ships logs by a network of its own; jobs in a VPC need S3 alone, by its gateway.
    CALLS: ClassVar[frozenset[str]] = frozenset()

    def __init__(
        self, name: str, site: Site, args: TrainingPipelineArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("takeoff:training:TrainingPipeline", name, None, opts)
        self._name, self._site, self._args = f"{name}-{PIPELINE}", site, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._tags = model_tags(args.model, args.owner)
        role = pipeline_role(self._name, site, args, self._child)
        self.pipeline = self._pipeline(role)
        self.settings = self._settings(role)
        if args.schedule:
            self._schedule(args.schedule)
        self.register_outputs({"pipeline": self.pipeline.arn, "settings": self.settings.name})

    def _pipeline(self, role: Role) -> aws.sagemaker.Pipeline:
        name, args, placement = self._site.name(self._args.model, PIPELINE), self._args, self._args.placement
        disks = has_local_storage(args.instance_type)
        where = pulumi.Output.all(*(placement.subnet_ids if placement else ()))
        groups = pulumi.Output.all(*(placement.security_group_ids if placement else ()))
        return aws.sagemaker.Pipeline(
            self._name,
            pipeline_name=name,
            pipeline_display_name=name,
            pipeline_description=f"Trains {args.model} and registers what passes its gates",
            pipeline_definition=pulumi.Output.all(where, groups).apply(
                lambda ids: placed(args.definition, subnets=ids[0], groups=ids[1], own_disks=disks)
            ),
            role_arn=role.ready_arn,
            tags=self._tags,
            opts=self._child,
        )

    def _settings(self, role: Role) -> aws.ssm.Parameter:
        args, site = self._args, self._site
        known = pulumi.Output.all(
            pipeline=self.pipeline.pipeline_name,
            group=args.group,
            role=role.ready_arn,
            key=args.key.arn,
            features=args.features.name,
            models=args.models.name,
        )
        return aws.ssm.Parameter(
            self._name,
            name=site.parameter(args.model, "training"),
            description=f"How {args.model} is retrained",
            type="String",
            insecure_value=known.apply(lambda found: args.settings(site, found["pipeline"], found).to_json()),
            tags=self._tags,
            opts=self._child,
        )

    def _schedule(self, expression: str) -> aws.scheduler.Schedule:
        args, retraining = self._args, self._args.retraining
        said = {"cause": "schedule", "by": "EventBridge Scheduler", "reason": f"due by {expression}"}
        return aws.scheduler.Schedule(
            self._name,
            name=self._site.name(args.model, PIPELINE, limit=64),
            description=f"Retrains {args.model} when it is due",
            schedule_expression=expression,
            schedule_expression_timezone="UTC",
            flexible_time_window={"mode": "OFF"},
            target={
                "arn": retraining.state_machine.arn,
                "role_arn": retraining.start_role("scheduler.amazonaws.com"),
                "input": json.dumps({"model": args.model, **said}, sort_keys=True),
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.settings]),
        )


def definition_of(code: str) -> str:
    """The committed definition of a model's pipeline. Raises ValueError where there is none."""
    path = _CODE / code / "pipeline.json"
    if not path.is_file():
        got = f"no model_code/{code}/pipeline.json"
        raise ValueError(f"training: got {got}; allowed: a model with one; `make pipelines` writes it")
    return path.read_text()


def placed(definition: str, *, subnets: Sequence[str], groups: Sequence[str], own_disks: bool) -> str:
    """A definition whose jobs run in these subnets, anywhere where there are none.

    `own_disks` are instances that encrypt their disks by themselves and are refused with a key for them.
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html (VolumeKmsKeyId)
    """
    document = json.loads(definition)
    network = {"VpcConfig": {"Subnets": list(subnets), "SecurityGroupIds": list(groups)}} if subnets else {}
    for step in _jobs(document["Steps"]):
        asked = step["Arguments"]
        if step["Type"] == "Training":
            asked |= network
            resources = asked["ResourceConfig"]
        else:
            asked["NetworkConfig"] = {**asked.get("NetworkConfig", {}), **network}
            resources = asked["ProcessingResources"]["ClusterConfig"]
        if own_disks:
            resources.pop("VolumeKmsKeyId", None)
    return json.dumps(document, sort_keys=True)


def _jobs(steps: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps that are jobs, those inside conditions too."""
    found = [step for step in steps if step["Type"] in ("Training", "Processing")]
    for step in steps:
        if step["Type"] == "Condition":
            found += _jobs(step["Arguments"]["IfSteps"]) + _jobs(step["Arguments"]["ElseSteps"])
    return found
