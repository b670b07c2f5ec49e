"""One release of an endpoint: its models, and the immutable config that serves them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from catalog.instance_types import has_local_storage
from components.endpoint_rules import VERSION_VARIABLE
from components.model_endpoint_args import Lineup, ModelEndpointArgs
from components.role import Role
from components.site import Site
from components.tags import model_tags
from components.variant import Shadow, Variant


@dataclass(frozen=True, kw_only=True)
class EndpointRelease:
    """What one endpoint config is made of: an endpoint's arguments and one of its line-ups, under `parent`."""

    name: str
    site: Site
    args: ModelEndpointArgs
    lineup: Lineup
    role: Role
    parent: pulumi.Resource

    def declare(self) -> aws.sagemaker.EndpointConfiguration:
        """The release's models and its endpoint config.

        It is retained when a new release takes its place in the program, since the endpoint uses it until Rollout has
        moved on. Its weights give everything to the first variant: a release takes traffic only when Rollout says so.
        A shadow's weight is the share of that hundred which it gets a copy of.
        """
        args, shadow, suffix = self.args, self.args.shadow, self.lineup.release.suffix
        variants = [
            self._variant(variant, 100 if position == 0 else 0) for position, variant in enumerate(self.lineup.variants)
        ]
        later = args.asynchronous
        disks = any(has_local_storage(instance_type) for instance_type in args.instance_types)
        return aws.sagemaker.EndpointConfiguration(
            f"{self.name}-{suffix}",
            name=self.site.name(args.model, suffix),
            kms_key_arn=None if disks else args.key.arn,
            production_variants=variants,
            shadow_production_variants=[self._variant(shadow, shadow.percent)] if shadow else None,
            data_capture_config=args.capture.config(args.model) if args.capture else None,
            async_inference_config=later.config(args.model, args.key, args.alerts) if later else None,
            tags=model_tags(args.model, args.owner),
            opts=pulumi.ResourceOptions(
                parent=self.parent,
                retain_on_delete=True,
                # Counts are Rollout's and autoscaling's; a config keeps the count that it was born with.
                ignore_changes=["productionVariants[*].initialInstanceCount"],
            ),
        )

    def _variant(self, variant: Variant | Shadow, weight: int) -> dict[str, Any]:
        return {
            "variant_name": variant.name,
            "model_name": self._model(variant).name,
            "instance_type": variant.instance_type,
            "initial_instance_count": variant.instances,
            "initial_variant_weight": weight,
        }

    def _model(self, variant: Variant | Shadow) -> aws.sagemaker.Model:
        """One version in one slot of this release. Kept in the account when the release ends: see `declare`."""
        args, placement, suffix = self.args, self.args.placement, self.lineup.release.suffix
        return aws.sagemaker.Model(
            f"{self.name}-{suffix}-{variant.name}",
            name=self.site.name(args.model, suffix, variant.name),
            execution_role_arn=self.role.ready_arn,
            enable_network_isolation=True,
            primary_container=self._container(variant),
            vpc_config=placement.vpc_config() if placement else None,
            tags=model_tags(args.model, args.owner),
            opts=pulumi.ResourceOptions(parent=self.parent, retain_on_delete=True),
        )

    def _container(self, variant: Variant | Shadow) -> dict[str, Any]:
        """One version's container, or one for every artifact of the model, which a request chooses by TargetModel.

        https://docs.aws.amazon.com/sagemaker/latest/dg/create-multi-model-endpoint.html
        """
        args = self.args
        if args.mode == "multi-model":
            prefix = pulumi.Output.concat("s3://", args.models.name, f"/{args.model}/")
            many = {"image": args.image, "mode": "MultiModel", "model_data_url": prefix}
            return many | ({"environment": dict(args.environment)} if args.environment else {})
        return {
            "image": args.image,
            "model_data_url": variant.version.artifact,
            "environment": {**args.environment, VERSION_VARIABLE: variant.version.version},
        }
