"""A Kubernetes cluster that AWS runs whole: EKS in Auto Mode, of the stack's own or one that exists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import pulumi
import pulumi_aws as aws

from catalog.meter import PLATFORM
from components.cluster_access import declare_access
from components.cluster_args import ClusterArgs
from components.cluster_roles import control_role, node_role
from components.part import Part
from components.placement import HTTPS, after
from components.site import Site

LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")
"""Every kind of log that a control plane writes."""
_DAYS = 365
_MODES = ("API", "API_AND_CONFIG_MAP")


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """How a cluster's API is reached: its address, and the group in front of it."""

    name: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    group: pulumi.Output[str]


class Cluster(pulumi.ComponentResource):
    """A cluster without a node of its own: pools are declared in the stack's `-apps` sibling, once somebody may enter.

    Its API is private unless ranges are named, its secrets are under the stack's key, and every control-plane log is
    kept. Whoever creates it is nobody in it: only roles of `access` enter.
    """

    # Nodes ask EC2 for their name, ECR for images, eks-auth for pods' roles; pods ask sts and logs; the Deployer, eks.
    # https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html
    CALLS: ClassVar[frozenset[str]] = frozenset({"ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "logs", "sts"})

    def __init__(self, name: str, site: Site, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("takeoff:compute:Cluster", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        part = Part(name=name, physical=site.name(name), site=site, key=args.key, opts=child, owner=args.owner)
        entrance = _existing(args.existing, self) if args.existing else _declared(part, args)
        node = node_role(part, args, args.existing or part.physical).ready_arn
        entered = declare_access(part, entrance.name, args, node)
        self._open(part, args, entrance)
        # Whoever takes the name may enter at once.
        self.name: pulumi.Output[str] = after(entrance.name, entered)
        self.endpoint: pulumi.Output[str] = entrance.endpoint
        self.node_role: pulumi.Output[str] = node.apply(lambda arn: arn.rpartition("/")[2])
        self.subnets: Sequence[pulumi.Input[str]] = args.placement.subnet_ids
        # The cluster's own group for the control plane, the workloads' for everything that the network lets them reach.
        self.security_groups: Sequence[pulumi.Input[str]] = [entrance.group, *args.placement.security_group_ids]
        self._tell(part)
        self.register_outputs({"name": self.name, "endpoint": self.endpoint})

    def _tell(self, part: Part) -> None:
        """Leave what the `-apps` sibling must know of the cluster where it reads all that it knows of the account.

        Its preview begins with plain values then; outputs of another stack it could only hand on.
        """
        known = pulumi.Output.json_dumps(
            {
                "name": self.name,
                "nodeRole": self.node_role,
                "subnets": list(self.subnets),
                "securityGroups": list(self.security_groups),
                "key": part.key.arn,
            }
        )
        aws.ssm.Parameter(
            part.name,
            name=part.site.parameter(PLATFORM, "cluster"),
            description="The cluster, for the stack of what runs in it",
            type="String",
            insecure_value=known,
            tags=part.tags,
            opts=part.opts,
        )

    def _open(self, part: Part, args: ClusterArgs, entrance: Entrance) -> None:
        """Let workloads of the network, the Deployer among them, call the API and nothing else of the cluster."""
        for number, group in enumerate(args.placement.security_group_ids):
            aws.vpc.SecurityGroupIngressRule(
                f"{part.name}-api-{number}",
                security_group_id=entrance.group,
                referenced_security_group_id=group,
                ip_protocol="tcp",
                from_port=HTTPS,
                to_port=HTTPS,
                description="The API, for what the stack runs",
                opts=part.opts,
            )
            aws.vpc.SecurityGroupEgressRule(
                f"{part.name}-api-{number}",
                security_group_id=group,
                referenced_security_group_id=entrance.group,
                ip_protocol="tcp",
                from_port=HTTPS,
                to_port=HTTPS,
                description="The API of the cluster",
                opts=part.opts,
            )


def _declared(part: Part, args: ClusterArgs) -> Entrance:
    # EKS would make the group by itself, with AWS's key and without an end to what it keeps.
    # https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html
    log = aws.cloudwatch.LogGroup(
        part.name,
        name=f"/aws/eks/{part.physical}/cluster",
        retention_in_days=_DAYS,
        kms_key_id=args.key.arn,
        tags=part.tags,
        opts=part.opts,
    )
    cluster = aws.eks.Cluster(
        part.name,
        name=part.physical,
        version=args.version,
        role_arn=after(control_role(part, args).ready_arn, [log]),
        access_config={"authentication_mode": "API", "bootstrap_cluster_creator_admin_permissions": False},
        bootstrap_self_managed_addons=False,
        # All three are Auto Mode, or none. No pool of AWS's, so that only declared ones exist; EKS then refuses a role
        # for nodes here, and takes it from the pools' NodeClass.
        # https://docs.aws.amazon.com/eks/latest/userguide/auto-configure.html
        compute_config={"enabled": True, "node_pools": []},
        kubernetes_network_config={"elastic_load_balancing": {"enabled": True}},
        storage_config={"block_storage": {"enabled": True}},
        encryption_config={"provider": {"key_arn": args.key.arn}, "resources": ["secrets"]},
        enabled_cluster_log_types=list(LOGS),
        # An upgrade is a change that people make; left out of standard support, a cluster costs more and goes on.
        upgrade_policy={"support_type": "EXTENDED"},
        deletion_protection=args.deletion_protection,
        vpc_config={
            "subnet_ids": args.placement.subnet_ids,
            "endpoint_private_access": True,
            "endpoint_public_access": bool(args.access_cidrs),
            "public_access_cidrs": sorted(args.access_cidrs) or None,
        },
        tags=part.tags,
        opts=part.opts,
    )
    return Entrance(
        name=cluster.name,
        endpoint=cluster.endpoint,
        group=cluster.vpc_config.cluster_security_group_id.apply(str),
    )


def _existing(name: str, parent: pulumi.Resource) -> Entrance:
    """A cluster that is not ours. Raises ValueError for one that is not in Auto Mode, or knows no access entries."""
    found = aws.eks.get_cluster(name=name, opts=pulumi.InvokeOptions(parent=parent))
    if not any(each.enabled for each in found.compute_configs):
        raise ValueError(f"cluster.name: got {name}, without Auto Mode; allowed: a cluster with computeConfig.enabled")
    modes = [each.authentication_mode for each in found.access_configs]
    if not set(modes) & set(_MODES):
        got = f"{name}, authentication mode {', '.join(modes) or 'unknown'}"
        raise ValueError(f"cluster.name: got {got}; allowed: {' or '.join(_MODES)}")
    return Entrance(
        name=pulumi.Output.from_input(name),
        endpoint=pulumi.Output.from_input(found.endpoint),
        group=pulumi.Output.from_input(found.vpc_config.cluster_security_group_id),
    )
