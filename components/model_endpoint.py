"""A SageMaker endpoint whose releases Pulumi declares and whose traffic only Rollout moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from catalog.desired import Desired, Share
from catalog.instance_types import has_local_storage
from components.bucket import Bucket
from components.key import Key
from components.release import Release, content_of, next_release
from components.role import Role
from components.rollout import Rollout
from components.site import Site
from components.statement import Statement
from model_code.contract import VersionRecord

# The environment variable by which a container learns which version it serves.
VERSION_VARIABLE = "TAKEOFF_MODEL_VERSION"


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A production variant: a slot (main, candidate, an arm of an experiment), never a version.

    `traffic` is in percent; `instances` is a count.
    """

    name: str
    version: VersionRecord
    instance_type: str
    instances: int
    traffic: int


@dataclass(frozen=True, kw_only=True)
class ModelEndpointArgs:
    """Everything one model's endpoint is made of.

    `image` is a container image URI with its digest. `previous` is the wish that the last deployment left behind.
    Raises ValueError when nothing would serve: no variant, or shares that do not sum to 100.
    """

    model: str
    owner: str
    image: str
    variants: Sequence[Variant]
    models: Bucket
    key: Key
    rollout: Rollout
    previous: Desired | None = None

    def __post_init__(self) -> None:
        total = sum(variant.traffic for variant in self.variants)
        if total != 100:
            raise ValueError(f"{self.model}: got traffic that sums to {total}; allowed: 100 over all variants")
        if "@sha256:" not in self.image:
            raise ValueError(f"{self.model}: got image {self.image!r}; allowed: an image URI that names its digest")

    def release(self) -> Release:
        """The name-giving content: what an endpoint config cannot change once it exists."""
        variants = [(v.name, v.version.artifact, v.version.version, v.instance_type) for v in self.variants]
        return next_release(content_of({"image": self.image, "variants": variants}), self.previous)


class ModelEndpoint(pulumi.ComponentResource):
    """Role, models, an immutable endpoint config, the endpoint, and the wish that Rollout converges to."""

    def __init__(
        self, name: str, site: Site, args: ModelEndpointArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("takeoff:hosting:ModelEndpoint", name, None, opts)
        self._name, self._site, self._args = name, site, args
        self._release = args.release()
        self._tags = {"takeoff:model": args.model, "takeoff:owner": args.owner}
        config = self._config(self._role())
        self.endpoint = self._endpoint(config)
        self.desired = self._desired(config)
        self.register_outputs({"endpoint": self.endpoint.name, "desired": self.desired.name})

    def _role(self) -> Role:
        """What a model container may do: read its artifacts, be pulled, write its log. Nothing else."""
        site, args = self._site, self._args
        role = Role(
            f"{self._name}-model",
            site=site,
            service="sagemaker.amazonaws.com",
            description=f"Serves {args.model} in {site.stack}",
            opts=pulumi.ResourceOptions(parent=self),
        )
        args.models.grant_read(role, args.model)
        log_group = site.arn("logs", f"log-group:/aws/sagemaker/Endpoints/{site.name(args.model)}")
        repository = args.image.split("@")[0].split("/", 1)[1]
        role.allow(
            Statement(actions=["logs:CreateLogGroup"], resources=[log_group]),
            Statement(
                actions=["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
                resources=[f"{log_group}:*"],
            ),
            Statement(actions=["ecr:GetAuthorizationToken"], resources=["*"]),
            Statement(
                actions=["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                resources=[site.arn("ecr", f"repository/{repository}")],
            ),
            Statement(
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],
                conditions={"StringEquals": {"cloudwatch:namespace": "/aws/sagemaker/Endpoints"}},
            ),
        )
        return role

    def _model(self, variant: Variant, role: Role) -> aws.sagemaker.Model:
        """One version in one slot of this release. Kept in the account when the release ends: see `_config`."""
        name = self._site.name(self._args.model, self._release.suffix, variant.name)
        return aws.sagemaker.Model(
            f"{self._name}-{self._release.suffix}-{variant.name}",
            name=name,
            execution_role_arn=role.ready_arn,
            enable_network_isolation=True,
            primary_container={
                "image": self._args.image,
                "model_data_url": variant.version.artifact,
                "environment": {VERSION_VARIABLE: variant.version.version},
            },
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )

    def _config(self, role: Role) -> aws.sagemaker.EndpointConfiguration:
        """The release's endpoint config.

        It is retained when a new release takes its place in the program, since the endpoint uses it until Rollout has
        moved on. Its weights give everything to the first variant: a release takes traffic only when Rollout says so.
        """
        variants = [
            {
                "variant_name": variant.name,
                "model_name": self._model(variant, role).name,
                "instance_type": variant.instance_type,
                "initial_instance_count": variant.instances,
                "initial_variant_weight": 100 if position == 0 else 0,
            }
            for position, variant in enumerate(self._args.variants)
        ]
        disks = any(has_local_storage(variant.instance_type) for variant in self._args.variants)
        return aws.sagemaker.EndpointConfiguration(
            f"{self._name}-{self._release.suffix}",
            name=self._site.name(self._args.model, self._release.suffix),
            kms_key_arn=None if disks else self._args.key.arn,
            production_variants=variants,
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

    def _desired(self, config: aws.sagemaker.EndpointConfiguration) -> aws.ssm.Parameter:
        """The wish. Written last: its change is the event that starts Rollout."""

        def wish(names: Sequence[str]) -> str:
            endpoint, config_name, _ = names
            return Desired(
                endpoint=endpoint,
                config=config_name,
                content=self._release.content,
                generation=self._release.generation,
                variants={v.name: Share(traffic=v.traffic, instances=v.instances) for v in self._args.variants},
            ).to_json()

        ready = pulumi.Output.all(self.endpoint.name, config.name, self._args.rollout.ready)
        return aws.ssm.Parameter(
            f"{self._name}-desired",
            name=self._site.parameter(self._args.model, "desired"),
            description=f"What {self._args.model} should serve; a change starts Rollout",
            type="String",
            insecure_value=ready.apply(wish),
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
