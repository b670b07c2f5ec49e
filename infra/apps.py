"""The Kubernetes half of a stack: what its `-apps` sibling declares inside the cluster that the other half made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
from pydantic import BaseModel, ConfigDict, Field

from catalog.meter import PLATFORM
from catalog.pools import Pool
from components.batch_job import BatchJob
from components.cluster_charts import ClusterCharts, ClusterChartsArgs
from components.model_service import ModelService
from components.namespace import Namespace, NamespaceArgs
from components.network_policy import Reach
from components.node_class import NodeGround
from components.node_pool import NodePool, NodePoolArgs
from components.policy_enforcement import PolicyEnforcement
from components.priorities import Priorities
from components.site import Site
from infra import account, workloads
from infra import config as keys
from infra.account import Facts
from infra.config import ConfigError
from infra.kubeconfig import kubeconfig
from infra.models import due
from model_code.contract import any_spec

SUFFIX = "-apps"


class ClusterFacts(BaseModel):
    """What the AWS half left in the account about its cluster (components/cluster.py)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    node_role: str = Field(alias="nodeRole")
    subnets: list[str]
    security_groups: list[str] = Field(alias="securityGroups")
    key: str


@dataclass(frozen=True, kw_only=True)
class Inside:
    """What everything in the cluster is declared with: the pools, what pods may reach, and what comes `before` them."""

    site: Site
    config: keys.Stack
    pools: list[Pool]
    reach: Reach
    before: list[pulumi.Resource]
    opts: pulumi.ResourceOptions


def declare(site: Site, config: keys.Stack, asked: pulumi.InvokeOptions) -> dict[str, dict[str, Any]]:
    """Declare pools, priorities and every model's part of the cluster, as far as the account is ready for it.

    Returns the entries of the models in it. Raises ConfigError where there is no cluster yet, and for a workload that
    would not land on its pool.
    """
    known = account.parameters(site.stack, asked)
    found = _facts(site, config, known)
    cluster = aws.eks.get_cluster(name=found.name, opts=asked)
    entrance = kubeconfig(found.name, cluster.endpoint, cluster.certificate_authorities[0].data, config.region)
    # Two managers of one field are a conflict, and not the last one's: Karpenter and the autoscaler own theirs.
    provider = kubernetes.Provider("kubernetes", kubeconfig=entrance, enable_server_side_apply=True)
    opts = pulumi.ResourceOptions(provider=provider)
    before: list[pulumi.Resource] = [
        PolicyEnforcement("policies", site, opts=opts),
        Priorities("priorities", site, opts=opts),
    ]
    ground = NodeGround(
        role=found.node_role, subnets=found.subnets, security_groups=found.security_groups, key=found.key
    )
    for name, block in config.node_pools.items():
        before.append(NodePool(name, site, NodePoolArgs(pool=block.declared(name), ground=ground), opts=opts))
    _charts(config, before, provider)
    inside = Inside(
        site=site,
        config=config,
        pools=workloads.declared(config, site.stack),
        reach=_reach(config, cluster.kubernetes_network_configs[0].service_ipv4_cidr, asked),
        before=before,
        opts=opts,
    )
    facts = account.sort(known, site.stack)
    return {
        name: _model(inside, name, model, facts.get(name, account.NONE))
        for name, model in config.models.items()
        if model.on_kubernetes
    }


def _charts(config: keys.Stack, before: list[pulumi.Resource], provider: kubernetes.Provider) -> None:
    """KEDA and Kueue where the stack file names their versions, after the pools for their pods."""
    block = config.cluster
    if not block or not (block.keda_version or block.kueue_version):
        return
    args = ClusterChartsArgs(
        keda=block.keda_version or "",
        kueue=block.kueue_version or "",
        kueue_chart=block.kueue_chart or "",
        after=tuple(before),
    )
    before.append(ClusterCharts("charts", args, opts=pulumi.ResourceOptions(provider=provider)))


def _facts(site: Site, config: keys.Stack, known: Mapping[str, str]) -> ClusterFacts:
    if config.cluster is None:
        raise ConfigError(
            f"takeoff:cluster: got nothing; allowed: a block, for the stack {site.stack}{SUFFIX} of what runs in a "
            f"cluster; fix it in stacks/Pulumi.{site.stack}.yaml"
        )
    if (text := known.get(site.parameter(PLATFORM, "cluster"))) is None:
        raise ConfigError(
            f"stack {site.stack}{SUFFIX}: got no cluster in the account; allowed: one that `pulumi up --stack "
            f"{site.stack}` made before"
        )
    return ClusterFacts.model_validate_json(text)


def _reach(config: keys.Stack, services: str, asked: pulumi.InvokeOptions) -> Reach:
    """The resolver, S3 (whose gateway endpoint keeps its public addresses) and the VPC, where all other endpoints are.

    https://docs.aws.amazon.com/eks/latest/userguide/auto-networking.html
    """
    storage = aws.ec2.get_prefix_list(name=f"com.amazonaws.{config.region}.s3", opts=asked)
    network = config.network
    own = [network.cidr] if network and network.cidr else []
    if network and network.vpc_id:
        own = [each.cidr_block for each in aws.ec2.get_vpc(id=network.vpc_id, opts=asked).cidr_block_associations]
    resolver = ip_network(services)[10]
    return Reach(dns=str(resolver), https=[*sorted(storage.cidr_blocks), *own], balancers=own)


def _model(inside: Inside, name: str, model: keys.Model, facts: Facts) -> dict[str, Any]:
    """Declare one model's namespace and what runs in it. Returns its entry in the outputs."""
    site = inside.site
    if missing := due(name, model, any_spec(model.code), facts, site.stack):
        pulumi.log.info(f"{name}: not deployed yet; next: {missing}")
        return {"next": missing}
    try:
        workloads.prove(name, model, inside.config, site.stack)
        service = workloads.service(name, model, facts, inside.pools)
        jobs = workloads.jobs(name, model, facts, inside.pools)
        args = NamespaceArgs(
            model=name,
            owner=model.owner,
            demands=[*([service.demand] if service else []), *(job.demand for job in jobs)],
            reach=inside.reach,
            quota=workloads.quota(model),
            after=inside.before,
        )
    except ValueError as error:
        said = str(error).removeprefix(f"{name}: ")
        raise ConfigError(f"takeoff:models.{name}: {said}; fix it in stacks/Pulumi.{site.stack}.yaml") from error
    namespace = Namespace(name, site, args, opts=inside.opts)
    entry: dict[str, Any] = {"namespace": namespace.name}
    if service:
        entry["address"] = ModelService(name, namespace, service, opts=inside.opts).address
    if jobs:
        entry["jobs"] = [BatchJob(f"{name}-{job.name}", namespace, job, opts=inside.opts).name for job in jobs]
    return entry
