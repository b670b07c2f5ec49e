"""A SageMaker endpoint whose releases Pulumi declares and whose traffic only Rollout moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import pulumi
import pulumi_aws as aws

from components.endpoint_release import EndpointRelease
from components.model_endpoint_args import ModelEndpointArgs
from components.model_role import model_role
from components.rollback import Watched, declare_rollback
from components.scaled_variant import ScaledVariant, declare_scaling
from components.site import Site
from components.tags import model_tags
from components.variant import Shadow, Variant

__all__ = ["ModelEndpoint", "ModelEndpointArgs", "Shadow", "Variant"]


class ModelEndpoint(pulumi.ComponentResource):
    """Role, models, immutable endpoint configs, the endpoint, and the wish that Rollout converges to.

    There is one config; two where versions take each other's place (`analysis`), named by what is in them and not by
    which is live, so that a promotion changes nothing here. Scaling and rollback alarms are declared where they are
    asked for. The alarms watch new fleets alone: see components/rollback.py. Containers are isolated from every
    network, inside a VPC too.
    """

    # SageMaker pulls images and ships logs by a network of its own; a VPC's models need S3 alone, by its gateway.
    # https://docs.aws.amazon.com/sagemaker/latest/dg/host-vpc.html
    CALLS: ClassVar[frozenset[str]] = frozenset()

    def __init__(
        self, name: str, site: Site, args: ModelEndpointArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("takeoff:hosting:ModelEndpoint", name, None, opts)
        self._name, self._site, self._args = name, site, args
        self._tags = model_tags(args.model, args.owner)
        self._child = pulumi.ResourceOptions(parent=self)
        configs = self._configs()
        self.endpoint = self._endpoint(configs[args.live])
        self.desired = self._desired(configs, [*self._alarms(configs), *self._scaling()])
        self.register_outputs({"endpoint": self.endpoint.name, "desired": self.desired.name})

    def _configs(self) -> dict[str, pulumi.Output[str]]:
        """The name of each release's config, by the version of its first variant."""
        role = model_role(self._name, self._site, self._args, self._child)
        return {
            lineup.version: EndpointRelease(
                name=self._name, site=self._site, args=self._args, lineup=lineup, role=role, parent=self
            )
            .declare()
            .name
            for lineup in self._args.lineups()
        }

    def _endpoint(self, config: pulumi.Output[str]) -> aws.sagemaker.Endpoint:
        """Created once and protected. What it serves changes by Rollout alone (docs/adr/0005)."""
        return aws.sagemaker.Endpoint(
            self._name,
            name=self._site.name(self._args.model),
            endpoint_config_name=config,
            tags=self._tags,
            opts=pulumi.ResourceOptions(
                parent=self, protect=True, ignore_changes=["endpointConfigName", "deploymentConfig"]
            ),
        )

    def _alarms(self, configs: Mapping[str, pulumi.Output[str]]) -> Sequence[pulumi.Resource]:
        """The rollback alarms, moved to the new fleets before the wish for them is written."""
        args = self._args
        if args.rollback is None:
            return []
        fleets = [*args.fleets(configs), *args.trial()]
        watched = Watched(model=args.model, owner=args.owner, endpoint=self.endpoint.name, fleets=fleets)
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
        self, configs: Mapping[str, pulumi.Output[str]], after: Sequence[pulumi.Resource]
    ) -> aws.ssm.Parameter:
        """The wish. Written last, after what Rollout relies on: its change is the event that starts Rollout."""
        args = self._args
        ready = pulumi.Output.all(self.endpoint.name, pulumi.Output.from_input(dict(configs)), args.rollout.ready)
        return aws.ssm.Parameter(
            f"{self._name}-desired",
            name=self._site.parameter(args.model, "desired"),
            description=f"What {args.model} should serve; a change starts Rollout",
            type="String",
            insecure_value=ready.apply(lambda names: args.wish(self._site, names[0], names[1]).to_json()),
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*after]),
        )
