"""What a cluster's control plane may do in the account, and what its nodes may."""

from __future__ import annotations

from components.cluster_args import ClusterArgs
from components.endpoint_rules import image_repository
from components.part import Part
from components.role import Role
from components.statement import Statement

# EKS refuses a cluster in Auto Mode whose role lacks one of them. Each allows only what carries the cluster's own tag.
# https://docs.aws.amazon.com/eks/latest/userguide/auto-cluster-iam-role.html
AUTO_MODE = (
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSClusterPolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
)
# What EC2 and EBS ask for a volume under a customer's key.
# https://docs.aws.amazon.com/eks/latest/userguide/auto-kms.html
_VOLUMES = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


def control_role(part: Part, args: ClusterArgs) -> Role:
    """What EKS does for the cluster: start and stop nodes, attach volumes and addresses, and encrypt the volumes."""
    role = part.role("control", "eks", f"Runs the nodes of {part.physical}")
    role.attach(*AUTO_MODE)
    role.allow(
        Statement(actions=_VOLUMES, resources=[args.key.arn]),
        Statement(
            actions=["kms:CreateGrant"],
            resources=[args.key.arn],
            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
    )
    return role


def node_role(part: Part, args: ClusterArgs, cluster: str) -> Role:
    """What a node does: hand pods their own roles, and pull the stack's images. Nothing of a model's is a node's.

    Equal to AmazonEKSWorkerNodeMinimalPolicy and AmazonEC2ContainerRegistryPullOnly, for this cluster and these
    repositories alone. https://docs.aws.amazon.com/eks/latest/userguide/auto-create-node-role.html
    """
    role, site = part.role("node", "ec2", f"Nodes of {cluster}"), part.site
    repositories = [site.arn("ecr", f"repository/takeoff-{site.stack}-*")]
    for image in sorted(args.images):
        account, region, name = image_repository(image)
        repositories.append(f"arn:{site.partition}:ecr:{region}:{account}:repository/{name}")
    pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    role.allow(
        Statement(actions=["eks-auth:AssumeRoleForPodIdentity"], resources=[site.arn("eks", f"cluster/{cluster}")]),
        Statement(actions=["ecr:GetAuthorizationToken"], resources=["*"]),
        Statement(actions=pull, resources=list(dict.fromkeys(repositories))),
    )
    return role
