"""What all models of a stack share, in the order in which it comes into being."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.admission import Admission, AdmissionArgs
from components.alerts import PUBLISHERS, Alerts, AlertsArgs, Severity
from components.batch_inference import BatchInference
from components.bucket import Bucket
from components.cluster import Cluster
from components.cluster_args import ClusterArgs
from components.cost_guard import CostGuard, CostGuardArgs
from components.data_lake import DataLake, DataLakeArgs, LakeArgs
from components.deployer import Deployer, DeployerArgs
from components.key import Key
from components.model_endpoint import ModelEndpoint
from components.model_image import ModelImage
from components.monitoring import Monitoring, MonitoringArgs
from components.network import Network, NetworkArgs
from components.node_group import NodeGroups, NodeGroupsArgs
from components.placement import Placement, existing
from components.previews import PreviewsArgs
from components.retraining import Retraining, RetrainingArgs
from components.rollout import Rollout
from components.site import Site
from components.spark import SparkApplication, SparkArgs
from infra import config as keys


@dataclass(frozen=True, kw_only=True)
class Foundation:
    """One stack's shared parts, and the configuration that they came from. `guarded` is for whatever holds data."""

    site: Site
    config: keys.Stack
    lake: DataLake
    rollout: Rollout
    placement: Placement | None
    alerts: Alerts | None
    admission: Admission | None
    retraining: Retraining | None
    monitoring: Monitoring | None
    spark: SparkApplication | None
    cluster: Cluster | None
    opts: pulumi.ResourceOptions
    guarded: pulumi.ResourceOptions

    @property
    def features(self) -> Bucket:
        """The lake's bucket of features. Raises ValueError without a lake, which the configuration refuses before."""
        if self.lake.features is None:
            raise ValueError("lake: got none; allowed: a `lake` block for models with batch, training or experiment")
        return self.lake.features


def declare(site: Site, config: keys.Stack, provider: aws.Provider) -> Foundation:
    """Declare the parts that the stack file asks for."""
    opts = pulumi.ResourceOptions(provider=provider)
    guarded = pulumi.ResourceOptions(provider=provider, protect=config.protect or None)
    lake = DataLake("lake", site, _lake(config), opts=guarded)
    placement = _placement(site, config, lake.key, provider)
    alerts = _alerts(site, config.alerts, lake, opts) if config.alerts else None
    if config.budget:
        _cost_guard(site, config, config.budget, alerts, opts)
    deployer = _deployer(site, config.deployer, lake, placement, opts) if config.deployer else None
    spark = _spark(site, config, config.spark, lake, placement, opts) if config.spark else None
    return Foundation(
        site=site,
        config=config,
        lake=lake,
        rollout=_rollout(site, config, lake, opts),
        placement=placement,
        alerts=alerts,
        admission=_admission(site, config, lake, deployer, opts),
        retraining=_retraining(site, config, lake, alerts, opts),
        monitoring=_monitoring(site, config, lake, alerts, spark, opts),
        spark=spark,
        cluster=_cluster(site, config, config.cluster, lake, placement, opts) if config.cluster and placement else None,
        opts=opts,
        guarded=guarded,
    )


def _rollout(site: Site, config: keys.Stack, lake: DataLake, opts: pulumi.ResourceOptions) -> Rollout:
    compared = [
        name for name, model in config.models.items() if model.capture and model.analysis and model.analysis.shadow
    ]
    return Rollout("rollout", site, lake.key, captures=lake.captures, compared=compared, opts=opts)


def _placement(site: Site, config: keys.Stack, key: Key, provider: aws.Provider) -> Placement | None:
    """Where workloads run: a new VPC, an existing one, or AWS's own network."""
    network, opts = config.network, pulumi.ResourceOptions(provider=provider)
    if network is None:
        return None
    if network.cidr is None:
        return existing(site, str(network.vpc_id), network.subnet_ids, opts)
    zones = aws.get_availability_zones(
        state="available",
        # Neither local nor wavelength zones, in which most of this does not exist.
        filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
        opts=pulumi.InvokeOptions(provider=provider),
    )
    chosen = sorted(zones.names)[: network.zones]
    args = NetworkArgs(cidr=network.cidr, zones=chosen, nat=network.nat, services=_services(config), key=key)
    return Network("network", site, args, opts=opts).placement


def _services(config: keys.Stack) -> frozenset[str]:
    """The AWS services that whatever is declared to run inside the VPC calls."""
    callers = [ModelEndpoint.CALLS, ModelImage.CALLS]
    callers += [Deployer.CALLS] if config.deployer else []
    callers += [SparkApplication.CALLS] if config.spark else []
    callers += [Cluster.CALLS] if config.cluster else []
    callers += [BatchInference.CALLS] if any(model.batch for model in config.models.values()) else []
    return frozenset().union(*callers)


def _lake(config: keys.Stack) -> DataLakeArgs:
    kept = {name: model.capture or model.asynchronous for name, model in config.models.items()}
    days = {name: block.days for name, block in kept.items() if block}
    lake = config.lake
    return DataLakeArgs(
        retain_data=config.retain_data,
        captures=bool(days),
        capture_days=days,
        lake=LakeArgs(audit_days=lake.audit_days, audit_mode=lake.audit_mode) if lake else None,
        key_services=PUBLISHERS if config.alerts else (),
    )


def _alerts(site: Site, alerts: keys.Alerts, lake: DataLake, opts: pulumi.ResourceOptions) -> Alerts:
    recipients: dict[Severity, tuple[str, ...]] = {"critical": alerts.critical, "warning": alerts.warning}
    return Alerts("alerts", site, AlertsArgs(key=lake.key, recipients=recipients, runbooks=alerts.runbooks), opts)


def _cost_guard(
    site: Site, config: keys.Stack, budget: keys.Budget, alerts: Alerts | None, opts: pulumi.ResourceOptions
) -> CostGuard:
    models = {
        name: (model.monthly_budget, model.owner) for name, model in config.models.items() if model.monthly_budget
    }
    args = CostGuardArgs(monthly=budget.monthly, models=models, email=budget.email, alerts=alerts)
    return CostGuard("budget", site, args, opts=opts)


def _deployer(
    site: Site,
    deployer: keys.Deployer,
    lake: DataLake,
    placement: Placement | None,
    opts: pulumi.ResourceOptions,
) -> Deployer:
    group = placement.endpoints_group if placement else None
    args = DeployerArgs(
        repository=deployer.repository,
        branch=deployer.branch,
        role_arn=deployer.role,
        state=deployer.state,
        key=lake.key,
        placement=placement,
        previews=PreviewsArgs(role_arn=deployer.preview_role, reports=lake.models, key=lake.key, endpoints_group=group)
        if deployer.preview_role
        else None,
    )
    return Deployer("deployer", site, args, opts=opts)


def _admission(
    site: Site, config: keys.Stack, lake: DataLake, deployer: Deployer | None, opts: pulumi.ResourceOptions
) -> Admission | None:
    """What an approval starts; none in a stack where nothing would come of one."""
    loops = any(model.analysis or model.training for model in config.models.values())
    if not (config.registry and lake.features and (deployer or loops)):
        return None
    groups = [site.name(model) for model in config.models]
    args = AdmissionArgs(groups=groups, runs=lake.features, key=lake.key, deployer=deployer)
    return Admission("admission", site, args, opts=opts)


def _retraining(
    site: Site, config: keys.Stack, lake: DataLake, alerts: Alerts | None, opts: pulumi.ResourceOptions
) -> Retraining | None:
    """What starts training pipelines; its own failures are told to the owner of the first model that has one."""
    owners = [model.owner for _, model in sorted(config.models.items()) if model.training]
    if not owners or not lake.features:
        return None
    args = RetrainingArgs(owner=owners[0], key=lake.key, features=lake.features, models=lake.models, alerts=alerts)
    return Retraining("retraining", site, args, opts=opts)


def _spark(
    site: Site,
    config: keys.Stack,
    block: keys.Spark,
    lake: DataLake,
    placement: Placement | None,
    opts: pulumi.ResourceOptions,
) -> SparkApplication:
    """Where large models are looked at; the owner of the first of them answers for it."""
    owners = [m.owner for _, m in sorted(config.models.items()) if m.monitor and m.monitor.engine == "emr-serverless"]
    args = SparkArgs(image=block.image, vcpus=block.vcpus, owner=owners[0], key=lake.key, placement=placement)
    return SparkApplication("spark", site, args, opts=opts)


def _monitoring(
    site: Site,
    config: keys.Stack,
    lake: DataLake,
    alerts: Alerts | None,
    spark: SparkApplication | None,
    opts: pulumi.ResourceOptions,
) -> Monitoring | None:
    """What looks at models; its own failures are told to the owner of the first model that is looked at."""
    owners = [model.owner for _, model in sorted(config.models.items()) if model.monitor]
    if not owners or not lake.features or not lake.captures:
        return None
    args = MonitoringArgs(
        key=lake.key,
        captures=lake.captures,
        features=lake.features,
        owner=owners[0],
        alerts=alerts,
        spark=spark,
    )
    return Monitoring("monitoring", site, args, opts=opts)


def _cluster(
    site: Site,
    config: keys.Stack,
    block: keys.Cluster,
    lake: DataLake,
    placement: Placement,
    opts: pulumi.ResourceOptions,
) -> Cluster:
    """Where pods run, with the node groups of pools that are not Karpenter's; the Deployer enters as admin."""
    inside = [model for _, model in sorted(config.models.items()) if model.on_kubernetes]
    access: dict[str, list[str]] = {
        persona: [f"arn:{site.partition}:iam::{site.account}:role/{role}" for role in roles]
        for persona, roles in block.access.items()
    }
    if config.deployer:
        access["admin"] = [*access.get("admin", ()), config.deployer.role]
    args = ClusterArgs(
        placement=placement,
        key=lake.key,
        owner=inside[0].owner,
        version=block.version or "",
        existing=block.name or "",
        access=access,
        access_cidrs=block.access_cidrs,
        deletion_protection=config.protect and not block.name,
    )
    cluster = Cluster("cluster", site, args, opts=opts)
    if managed := [pool for name, block in config.node_pools.items() if (pool := block.declared(name)).managed]:
        groups = NodeGroupsArgs(
            pools=managed, cluster=cluster.name, subnets=cluster.subnets, security_groups=cluster.security_groups
        )
        NodeGroups("nodes", site, groups, opts=opts)
    return cluster
