"""A whole stack file."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationInfo, model_validator

from catalog.instance_types import refusal
from catalog.meter import PLATFORM
from infra.config.base import AsTuple, MistakeError, ModelName, Region, Strict
from infra.config.cluster import Cluster, require_place, require_room
from infra.config.model import Model
from infra.config.monitor import require_foundation as require_lake
from infra.config.node_pool import NodePool, PoolName, require_possible
from infra.config.platform import Alerts, Budget, Deployer, Lake, Network, Registry, Spark
from infra.config.pods import require_pools
from infra.config.training import require_foundation as require_registry_and_lake


class Stack(Strict):
    """Everything a stack file may say under `takeoff:`."""

    models: dict[ModelName, Model] = Field(
        min_length=1, description="models in production, by name: at most 30 lower-case letters, digits and hyphens"
    )
    region: Region = Field(default="us-east-1", description="AWS region of everything in the stack")
    allowed_regions: Annotated[tuple[Region, ...], AsTuple] = Field(
        default=(), description="residency: the only regions that data and images may be in; empty for any"
    )
    retain_data: bool = Field(
        default=True, description="refuse to delete a bucket or repository that still holds something"
    )
    protect: bool = Field(
        default=False, description="protect everything that holds data: destroying it takes a step of its own"
    )
    boundary: str = Field(
        default="",
        description="name of the policy that bounds every role, such as bootstrap's takeoff-bootstrap-boundary",
    )
    network: Network | None = Field(default=None, description="VPC in which models run; none without it")
    lake: Lake | None = Field(default=None, description="buckets for raw data, features and audit, with their catalog")
    alerts: Alerts | None = Field(default=None, description="who hears of alarms")
    registry: Registry | None = Field(default=None, description="model package groups and model cards")
    budget: Budget | None = Field(default=None, description="what the stack may cost in a month")
    spark: Spark | None = Field(
        default=None, description="where models are looked at that are too large for one machine"
    )
    deployer: Deployer | None = Field(default=None, description="the project that runs `pulumi up` inside AWS")
    cluster: Cluster | None = Field(default=None, description="the Kubernetes cluster of models that run in pods")
    node_pools: dict[PoolName, NodePool] = Field(
        default={}, description="the cluster's nodes by name: lower-case letters, digits and inner hyphens"
    )

    @model_validator(mode="after")
    def _region_is_allowed(self) -> Stack:
        if not self.allowed_regions:
            return self
        allowed = f"one of allowedRegions, {', '.join(self.allowed_regions)}"
        if self.region not in self.allowed_regions:
            raise MistakeError("region", repr(self.region), allowed)
        for name, model in self.models.items():
            if model.image and (region := model.image.split(".")[3]) not in self.allowed_regions:
                raise MistakeError(f"models.{name}.image", f"an image in {region}", allowed)
        return self

    @model_validator(mode="after")
    def _no_model_has_the_name_of_what_all_share(self) -> Stack:
        if PLATFORM in self.models:
            raise MistakeError(
                f"models.{PLATFORM}", "this name", "another: tags and costs call so what all models share"
            )
        return self

    @model_validator(mode="after")
    def _the_loop_has_its_foundation(self) -> Stack:
        for name, model in self.models.items():
            if model.training:
                require_registry_and_lake(name, registry=bool(self.registry), lake=bool(self.lake))
            if model.monitor:
                require_lake(name, lake=bool(self.lake))
            if model.experiment and not self.lake:
                allowed = "a `lake` block in this stack, in which its log is kept"
                raise MistakeError(f"models.{name}.experiment", "no lake", allowed)
        return self

    @model_validator(mode="after")
    def _spark_is_there_for_somebody(self) -> Stack:
        large = [name for name, model in self.models.items() if model.monitor and model.monitor.engine != "processing"]
        if large and not self.spark:
            allowed = "a `spark` block in this stack, or `engine: processing`"
            raise MistakeError(f"models.{large[0]}.monitor.engine", "no `spark` of the stack", allowed)
        if self.spark and not large:
            raise MistakeError(
                "spark", "it without a model on it", "a model with `monitor.engine: emr-serverless`, or none"
            )
        return self

    @model_validator(mode="after")
    def _the_cluster_is_there_for_somebody(self) -> Stack:
        inside = [name for name, model in self.models.items() if model.on_kubernetes]
        if not self.cluster:
            if inside:
                key = "pods" if self.models[inside[0]].pods else "jobs"
                raise MistakeError(f"models.{inside[0]}.{key}", "no cluster", "a `cluster` block in this stack")
            if self.node_pools:
                raise MistakeError("nodePools", "pools without a cluster", "a `cluster` block in this stack, or none")
            return self
        if not inside:
            allowed = "a model with `serving: kubernetes` or with `jobs`, or no cluster"
            raise MistakeError("cluster", "a cluster in which nothing runs", allowed)
        require_place(self.cluster, self.network, protect=self.protect, deployer=bool(self.deployer))
        require_pools(self.models, list(self.node_pools))
        require_room(self.cluster, self.node_pools)
        return self

    @model_validator(mode="after")
    def _node_pools_are_possible(self, info: ValidationInfo) -> Stack:
        realtime: dict[str, list[str]] = {}
        for name, model in self.models.items():
            if model.pods:
                realtime.setdefault(model.pods.pool, []).append(name)
        stack = str((info.context or {}).get("stack", ""))
        require_possible(self.node_pools, stack=stack, region=self.region, realtime=realtime, production=self.protect)
        return self

    @model_validator(mode="after")
    def _instance_types_exist(self) -> Stack:
        for name, model in self.models.items():
            for where, instance_type in model.instance_types():
                if allowed := refusal(instance_type, self.region):
                    raise MistakeError(f"models.{name}.{where}", repr(instance_type), allowed)
        return self

    @model_validator(mode="after")
    def _budgets_fit_into_the_stacks(self) -> Stack:
        parts = {name: model.monthly_budget for name, model in self.models.items() if model.monthly_budget}
        if parts and self.budget is None:
            name = min(parts)
            raise MistakeError(f"models.{name}.monthlyBudget", "no `budget` of the stack", "a `budget` block beside it")
        if self.budget and (total := sum(parts.values())) > self.budget.monthly:
            raise MistakeError(
                "budget.monthly", f"{self.budget.monthly:g}, less than the models' {total:g}", "their sum or more"
            )
        return self

    @model_validator(mode="after")
    def _batch_has_a_lake(self) -> Stack:
        for name, model in self.models.items():
            if model.batch and not self.lake:
                raise MistakeError(f"models.{name}.batch", "no lake to read from", "a `lake` block in this stack")
        return self
