"""Managed node groups: for pools whose GPUs are shared or whose instances are reserved, which Auto Mode does not do."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from catalog.mig import instances
from catalog.node_pool import NodePool
from components.node_addons import declare_addons
from components.node_pool import image, require_possible
from components.role import Role
from components.site import Site
from components.statement import Statement

# EKS refuses a node group whose role lacks the first; the others let its nodes pull images and give pods addresses.
# https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html
POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKS_CNI_Policy")
_EFFECTS = {"NoSchedule": "NO_SCHEDULE", "NoExecute": "NO_EXECUTE", "PreferNoSchedule": "PREFER_NO_SCHEDULE"}


@dataclass(frozen=True, kw_only=True)
class NodeGroupsArgs:
    """All managed pools of a stack and the cluster that they join: its name, and its nodes' subnets and groups.

    `zones` are those of the subnets, in their order, where they are known: a pool that names zones needs them. Raises
    ValueError for pools that are not managed, for none, and for zones that no subnet is in.
    """

    pools: Sequence[NodePool]
    cluster: pulumi.Input[str]
    subnets: Sequence[pulumi.Input[str]]
    security_groups: Sequence[pulumi.Input[str]]
    zones: Sequence[str] = ()

    def __post_init__(self) -> None:
        elastic = [each.name for each in self.pools if not each.managed]
        if elastic or not self.pools:
            raise ValueError(f"nodePools: got {', '.join(elastic) or 'none'}; allowed: pools with min and max alone")
        if self.zones and len(self.zones) != len(self.subnets):
            raise ValueError(f"zones: got {len(self.zones)}; allowed: one for each of {len(self.subnets)} subnets")
        for each in self.pools:
            if missing := [zone for zone in each.zones if zone not in self.zones]:
                known = ", ".join(self.zones) or "none: the zones of these subnets are not known"
                raise ValueError(f"nodePools.{each.name}.zones: got {', '.join(missing)}; allowed: {known}")

    def placed(self, pool: NodePool) -> list[pulumi.Input[str]]:
        """The subnets in the pool's zones; all where it names none."""
        if not pool.zones:
            return list(self.subnets)
        return [subnet for subnet, zone in zip(self.subnets, self.zones, strict=True) if zone in pool.zones]


class NodeGroups(pulumi.ComponentResource):
    """A node group for each managed pool, one role for all their nodes, and what these need outside Auto Mode."""

    def __init__(self, name: str, site: Site, args: NodeGroupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("takeoff:compute:NodeGroups", name, None, opts)
        require_possible(list(args.pools), site)
        self._site, self._args = site, args
        self._child = pulumi.ResourceOptions(parent=self)
        role = self._role(name)
        # Without them a node never becomes ready, and EKS gives up on the group after half an hour.
        ready = declare_addons(name, args.cluster, self._child)
        groups = [self._group(each, role.ready_arn, ready) for each in args.pools]
        # CoreDNS runs as pods, which need a node.
        declare_addons(name, args.cluster, pulumi.ResourceOptions(parent=self, depends_on=groups), late=True)
        self.names: list[str] = [each.names(site.stack)[0] for each in args.pools]
        self.register_outputs({"names": self.names})

    def _role(self, name: str) -> Role:
        site = self._site
        role = Role(
            f"{name}-group",
            site=site,
            service="ec2.amazonaws.com",
            description=f"Nodes of {site.stack} outside Auto Mode",
            opts=self._child,
        )
        role.attach(*POLICIES)
        cluster = pulumi.Output.concat(site.arn("eks", "cluster/"), self._args.cluster)
        role.allow(Statement(actions=["eks-auth:AssumeRoleForPodIdentity"], resources=[cluster]))
        return role

    def _group(self, pool: NodePool, role: pulumi.Output[str], ready: Sequence[pulumi.Resource]) -> aws.eks.NodeGroup:
        site, args, (name,) = self._site, self._args, pool.names(self._site.stack)
        template = self._template(pool, name)
        return aws.eks.NodeGroup(
            name,
            cluster_name=args.cluster,
            node_group_name=name,
            node_role_arn=role,
            subnet_ids=args.placed(pool),
            ami_type=image(pool),
            capacity_type="SPOT" if pool.capacity == "spot" else "ON_DEMAND",
            instance_types=list(pool.types),
            # `min` nodes until somebody asks for more: nothing here scales what Karpenter does not know.
            scaling_config={"min_size": pool.least or 0, "max_size": pool.most or 1, "desired_size": pool.least or 0},
            labels=pool.labels(site.stack),
            taints=[_taint(each) for each in pool.taints],
            launch_template={"id": template.id, "version": template.latest_version.apply(str)},
            update_config={"max_unavailable": 1},
            node_repair_config={"enabled": True},
            tags={"takeoff:pool": pool.name},
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=list(ready), ignore_changes=["scalingConfig.desiredSize"]
            ),
        )

    def _template(self, pool: NodePool, name: str) -> aws.ec2.LaunchTemplate:
        """What a node group does not say by itself: groups, disk, reservation, and how a GPU is cut.

        https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html
        """
        tags = {"Name": name, "takeoff:pool": pool.name}
        disk = {
            "volume_size": pool.disk_gib,
            "volume_type": "gp3",
            "encrypted": "true",
            "delete_on_termination": "true",
        }
        reservation = pool.reservation and {
            "capacity_reservation_target": {"capacity_reservation_id": pool.reservation}
        }
        return aws.ec2.LaunchTemplate(
            name,
            name=self._site.name("nodes", pool.name, limit=128),
            vpc_security_group_ids=list(self._args.security_groups),
            block_device_mappings=[{"device_name": "/dev/xvda", "ebs": disk}],
            # Pods get their roles from Pod Identity; one hop keeps them off the node's own.
            metadata_options={"http_endpoint": "enabled", "http_tokens": "required", "http_put_response_hop_limit": 1},
            capacity_reservation_specification=reservation or None,
            user_data=_cut(pool),
            tag_specifications=[{"resource_type": each, "tags": tags} for each in ("instance", "volume")],
            opts=self._child,
        )


def _taint(taint: Mapping[str, str]) -> dict[str, str]:
    return {"key": taint["key"], "value": taint["value"], "effect": _EFFECTS[taint["effect"]]}


def _cut(pool: NodePool) -> str | None:
    """A first step of a node's start that cuts its GPUs into instances of one profile; None for GPUs left whole.

    https://docs.nvidia.com/datacenter/tesla/mig-user-guide/getting-started-with-mig.html
    """
    if not pool.sharing or pool.sharing.kind != "mig" or not pool.sharing.profile:
        return None
    profile = pool.sharing.profile
    parts = ",".join([profile] * min(instances(each, profile) for each in pool.types))
    script = f"#!/bin/bash\nset -euo pipefail\nnvidia-smi -mig 1\nnvidia-smi mig -cgi {parts} -C\n"
    head = 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="//"\n\n'
    part = f'--//\nContent-Type: text/x-shellscript; charset="us-ascii"\n\n{script}\n--//--\n'
    return base64.b64encode((head + part).encode()).decode()
