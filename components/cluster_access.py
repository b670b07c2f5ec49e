"""Who may enter a cluster: nodes, and people and pipelines by persona. Entries of the API, never a ConfigMap."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.cluster_args import PERSONAS, ClusterArgs
from components.part import Part

_POLICY = "arn:{partition}:eks::aws:cluster-access-policy/{name}"


def declare_access(
    part: Part, cluster: pulumi.Input[str], args: ClusterArgs, node_role: pulumi.Input[str]
) -> list[pulumi.Resource]:
    """Declare an entry with its policy for the nodes and for each role of each persona; returns the policies.

    Nodes of our own pools need theirs: EKS makes one only for its built-in pools.
    https://docs.aws.amazon.com/eks/latest/userguide/create-node-class.html#auto-node-access-entry
    """
    made = [_entry(part, "nodes", cluster, node_role, "AmazonEKSAutoNodePolicy", "EC2")]
    for persona, policy in PERSONAS.items():
        for arn in args.access.get(persona, ()):
            label = f"{persona}-{arn.partition(':role/')[2].replace('/', '-')}"
            made.append(_entry(part, label, cluster, arn, policy, "STANDARD"))
    return made


def _entry(
    part: Part, label: str, cluster: pulumi.Input[str], principal: pulumi.Input[str], policy: str, kind: str
) -> pulumi.Resource:
    entry = aws.eks.AccessEntry(
        f"{part.name}-{label}",
        cluster_name=cluster,
        principal_arn=principal,
        type=kind,
        tags=part.tags,
        opts=part.opts,
    )
    allowed: pulumi.Resource = aws.eks.AccessPolicyAssociation(
        f"{part.name}-{label}",
        cluster_name=entry.cluster_name,
        principal_arn=entry.principal_arn,
        policy_arn=_POLICY.format(partition=part.site.partition, name=policy),
        access_scope={"type": "cluster"},
        opts=part.opts,
    )
    return allowed
