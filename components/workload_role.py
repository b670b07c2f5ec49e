"""The role of one model's pods, which nobody else's can take on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import pulumi
import pulumi_aws as aws

from components.bucket import Bucket
from components.namespace import ACCOUNT, namespace_name
from components.role import Role
from components.site import Site
from components.tags import model_tags


@dataclass(frozen=True, kw_only=True)
class WorkloadRoleArgs:
    """Whose pods in which cluster, and what they read.

    `cluster` is the cluster's name as it is known before it exists, `ready` the same once somebody may enter it.
    Artifacts of the model lie in `models`; with `features` its jobs read the data set of that bucket and write
    predictions there. Raises ValueError without a cluster's name.
    """

    model: str
    owner: str
    cluster: str
    ready: pulumi.Input[str]
    models: Bucket
    features: Bucket | None = None

    def __post_init__(self) -> None:
        if not self.cluster:
            raise ValueError(
                f"{self.model}: cluster: got no name; allowed: the name of the cluster that its pods run in"
            )


class WorkloadRole(pulumi.ComponentResource):
    """A role for the service account of one model's namespace in one cluster, tied to it by EKS Pod Identity.

    Its pods read the model's own artifacts; jobs also its own data set, and they write its predictions. The association
    is made before the namespace, which the stack's `-apps` sibling declares: a pod that starts without one would run
    without a role until it is made anew.
    """

    # Pods get their role on the node, from the agent; it calls eks-auth, which is the cluster's to name.
    CALLS: ClassVar[frozenset[str]] = frozenset()

    def __init__(
        self, name: str, site: Site, args: WorkloadRoleArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("takeoff:workload:WorkloadRole", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.namespace = namespace_name(site, args.model)
        role = Role(
            f"{name}-workload",
            site=site,
            service="pods.eks.amazonaws.com",
            description=f"Pods of {args.model} in {site.stack}",
            session=_session(site, args.cluster, self.namespace),
            opts=child,
        )
        for bucket, read, written in _places(args):
            bucket.grant_read(role, read)
            if written:
                bucket.grant_write(role, written)
        self.role_arn = role.ready_arn
        aws.eks.PodIdentityAssociation(
            name,
            cluster_name=args.ready,
            namespace=self.namespace,
            service_account=ACCOUNT,
            role_arn=self.role_arn,
            tags=model_tags(args.model, args.owner),
            opts=child,
        )
        self.register_outputs({"role": self.role_arn})


def _places(args: WorkloadRoleArgs) -> Sequence[tuple[Bucket, str, str]]:
    """The buckets that the pods use: what they read below, and what they write below, or nothing."""
    artifacts = (args.models, args.model, "")
    if args.features is None:
        return [artifacts]
    return [artifacts, (args.features, f"datasets/{args.model}", f"predictions/{args.model}")]


def _session(site: Site, cluster: str, namespace: str) -> dict[str, str]:
    """The session tags that EKS sets and nobody else can: which pods take the role on.

    https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html
    """
    return {
        "eks-cluster-arn": site.arn("eks", f"cluster/{cluster}"),
        "kubernetes-namespace": namespace,
        "kubernetes-service-account": ACCOUNT,
    }
