"""A SageMaker endpoint whose releases Pulumi declares and whose traffic only Rollout moves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import pulumi
import pulumi_aws as aws

from catalog.instance_types import has_local_storage
from components.endpoint_rules import VERSION_VARIABLE
from components.model_endpoint_args import ModelEndpointArgs
from components.model_role import model_role
from components.role import Role
from components.rollback import Watched, declare_rollback
from components.scaled_variant import ScaledVariant, declare_scaling
from components.site import Site
from components.tags import model_tags
from components.variant import Shadow, Variant

__all__ = ["ModelEndpoint", "ModelEndpointArgs", "Shadow", "Variant"]


class ModelEndpoint(pulumi.ComponentResource):
    """Role, models, an immutable endpoint config, the endpoint, and the wish that Rollout converges to.

    Scaling and rollback alarms are declared where they are asked for. The alarms watch the new fleet alone: see
    components/rollback.py. Containers are isolated from every network, inside a VPC too.
    """

    # SageMaker pulls images and ships logs by a network of its own; a VPC's models need S3 alone, by its gateway.
    # https://docs.aws.amazon.com/sagemaker/latest/dg/host-vpc.html
    CALLS: ClassVar[frozenset[str]] = frozenset()

    def __init__(
        self, name: str, site: Site, args: ModelEndpointArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("takeoff:hosting:ModelEndpoint", name, None, opts)
        self._name, self._site, self._args = name, site, args
        self._release = args.release()
        self._tags = model_tags(args.model, args.owner)
        self._child = pulumi.ResourceOptions(parent=self)
        config = self._config(model_role(name, site, args, self._child))
        self.endpoint = self._endpoint(config)
        self.desired = self._desired(config, [*self._alarms(config), *self._scaling()])
        self.register_outputs({"endpoint": self.endpoint.name, "desired": self.desired.name})

    def _model(self, variant: Variant | Shadow, role: Role) -> aws.sagemaker.Model:
        """One version in one slot of this release. Kept in the account when the release ends: see `_config`."""
        args, placement = self._args, self._args.placement
        return aws.sagemaker.Model(
            f"{self._name}-{self._release.suffix}-{variant.name}",
            name=self._site.name(args.model, self._release.suffix, variant.name),
            execution_role_arn=role.ready_arn,
            enable_network_isolation=True,
            primary_container=self._container(variant),
            vpc_config=placement.vpc_config() if placement else None,
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )

    def _container(self, variant: Variant | Shadow) -> dict[str, Any]:
        """One version's container, or one for every artifact of the model, which a request chooses by TargetModel.

        https://docs.aws.amazon.com/sagemaker/latest/dg/create-multi-model-endpoint.html
        """
        args = self._args
        if args.mode == "multi-model":
            prefix = pulumi.Output.concat("s3://", args.models.name, f"/{args.model}/")
            many = {"image": args.image, "mode": "MultiModel", "model_data_url": prefix}
            return many | ({"environment": dict(args.environment)} if args.environment else {})
        return {
            "image": args.image,
            "model_data_url": variant.version.artifact,
            "environment": {**args.environment, VERSION_VARIABLE: variant.version.version},
        }

    def _variant(self, variant: Variant | Shadow, role: Role, weight: int) -> dict[str, Any]:
        return {
            "variant_name": variant.name,
            "model_name": self._model(variant, role).name,
            "instance_type": variant.instance_type,
            "initial_instance_count": variant.instances,
            "initial_variant_weight": weight,
        }

    def _config(self, role: Role) -> aws.sagemaker.EndpointConfiguration:
        """The release's endpoint config.

        It is retained when a new release takes its place in the program, since the endpoint uses it until Rollout has
        moved on. Its weights give everything to the first variant: a release takes traffic only when Rollout says so.
        A shadow's weight is the share of that hundred which it gets a copy of.
        """
        args, shadow = self._args, self._args.shadow
        variants = [
            self._variant(variant, role, 100 if position == 0 else 0) for position, variant in enumerate(args.variants)
        ]
        later = args.asynchronous
        disks = any(has_local_storage(instance_type) for instance_type in args.instance_types)
        return aws.sagemaker.EndpointConfiguration(
            f"{self._name}-{self._release.suffix}",
            name=self._site.name(args.model, self._release.suffix),
            kms_key_arn=None if disks else args.key.arn,
            production_variants=variants,
            shadow_production_variants=[self._variant(shadow, role, shadow.percent)] if shadow else None,
            data_capture_config=args.capture.config(args.model) if args.capture else None,
            async_inference_config=later.config(args.model, args.key, args.alerts) if later else None,
            tags=self._tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                retain_on_delete=True,
                # Counts are Rollout's and autoscaling's; a config keeps the count that it was born with.
                ignore_changes=["productionVariants[*].initialInstanceCount"],
            ),
        )

    def _endpoint(self, config: aws.sagemaker.EndpointConfiguration) -> aws.sagemaker.Endpoint:
        """Created once and protected. What it serves changes by Rollout alone (docs/adr/0005)."""
        return aws.sagemaker.Endpoint(
            self._name,
            name=self._site.name(self._args.model),
            endpoint_config_name=config.name,
            tags=self._tags,
            opts=pulumi.ResourceOptions(
                parent=self, protect=True, ignore_changes=["endpointConfigName", "deploymentConfig"]
            ),
        )

    def _alarms(self, config: aws.sagemaker.EndpointConfiguration) -> Sequence[pulumi.Resource]:
        """The rollback alarms, moved to the new fleet before the wish for it is written."""
        args = self._args
        if args.rollback is None:
            return []
        watched = Watched(
            model=args.model,
            owner=args.owner,
            endpoint=self.endpoint.name,
            config=config.name,
            variants=args.variants,
        )
        return declare_rollback(self._site, watched, args.rollback, args.alerts, self._child)

    def _scaling(self) -> list[pulumi.Resource]:
        args = self._args
        return [
            resource
            for variant in args.variants
            if variant.scaling
            for resource in declare_scaling(
                self._site,
                ScaledVariant(
                    name=f"{args.model}-scaling-{variant.name}",
                    endpoint=self.endpoint.name,
                    variant=variant.name,
                    model=args.model,
                    owner=args.owner,
                ),
                variant.scaling,
                args.alerts,
                self._child,
            )
        ]

    def _desired(
        self, config: aws.sagemaker.EndpointConfiguration, after: Sequence[pulumi.Resource]
    ) -> aws.ssm.Parameter:
        """The wish. Written last, after what Rollout relies on: its change is the event that starts Rollout."""
        ready = pulumi.Output.all(self.endpoint.name, config.name, self._args.rollout.ready)
        return aws.ssm.Parameter(
            f"{self._name}-desired",
            name=self._site.parameter(self._args.model, "desired"),
            description=f"What {self._args.model} should serve; a change starts Rollout",
            type="String",
            insecure_value=ready.apply(lambda names: self._args.wish(self._site, names[0], names[1]).to_json()),
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*after]),
        )
