"""A model that answers on Kubernetes, with the container of its endpoint."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as kubernetes

from components.labels import labels
from components.model_service_args import ModelServiceArgs, selector
from components.namespace import Namespace
from components.network_policy import PORT, SERVICE

_BROKEN = 1  # pods that an operator or a node that goes may take at a time


class ModelService(pulumi.ComponentResource):
    """Pods behind one address inside the cluster, http://<model>.<namespace>, as many as their load asks for.

    A new version's pods take requests before an old one's end. Nodes may take one pod at a time; a pod that is not
    ready keeps no node from going.
    """

    def __init__(
        self, name: str, namespace: Namespace, args: ModelServiceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("takeoff:workload:ModelService", name, None, opts)
        child = pulumi.ResourceOptions(parent=self, depends_on=namespace.ready)
        model, chosen = args.workload.model, selector(args.workload.model)
        metadata = namespace.metadata(model, SERVICE)
        deployment = kubernetes.apps.v1.Deployment(
            name,
            metadata=namespace.metadata(model, SERVICE, {"pulumi.com/timeoutSeconds": "1200"}),
            spec=args.deployment(namespace.site, labels(namespace.site, model, model)),
            opts=child,
        )
        kubernetes.core.v1.Service(
            name,
            metadata=metadata,
            spec={
                "type": "ClusterIP",
                "selector": chosen,
                "ports": [{"name": "http", "port": 80, "targetPort": PORT, "protocol": "TCP"}],
            },
            opts=child,
        )
        kubernetes.policy.v1.PodDisruptionBudget(
            name,
            metadata=metadata,
            spec={
                "maxUnavailable": _BROKEN,
                "selector": {"matchLabels": chosen},
                "unhealthyPodEvictionPolicy": "AlwaysAllow",
            },
            opts=child,
        )
        if not args.scaling.fixed:
            kubernetes.autoscaling.v2.HorizontalPodAutoscaler(
                name, metadata=metadata, spec=args.scaling.spec(model), opts=child
            )
        self.deployment, self.address = deployment, f"http://{model}.{namespace.name}"
        self.register_outputs({"address": self.address})
