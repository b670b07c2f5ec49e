"""The switch by which EKS Auto Mode holds pods to their network policies."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as kubernetes

from components.labels import labels
from components.site import Site


class PolicyEnforcement(pulumi.ComponentResource):
    """Nodes of Auto Mode look at network policies only once this says so; until then everything may talk.

    It is the cluster's, as priorities are. https://docs.aws.amazon.com/eks/latest/userguide/auto-net-pol.html
    """

    def __init__(self, name: str, site: Site, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("takeoff:workload:PolicyEnforcement", name, None, opts)
        kubernetes.core.v1.ConfigMap(
            name,
            metadata={"name": "amazon-vpc-cni", "namespace": "kube-system", "labels": labels(site, "amazon-vpc-cni")},
            data={"enable-network-policy-controller": "true"},
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
