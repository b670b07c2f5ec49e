"""What a model that answers on Kubernetes is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from components.labels import COMPONENT
from components.network_policy import PORT, SERVICE
from components.pod import pod
from components.pod_scaling import PodScaling
from components.quota import Demand
from components.site import Site
from components.workload import Workload

_SURGE = 1  # pods more than usual while a new version comes
_GRACE = 40  # seconds: the server takes up to 25 for requests in flight, after it was taken out of the service
_LEAVE = 10


@dataclass(frozen=True, kw_only=True)
class ModelServiceArgs:
    """A workload that answers requests, and how many pods do.

    Raises ValueError as a workload does, and for GPUs counted by CPU: pods on GPUs idle at a tenth of their CPU while
    they are full.
    """

    workload: Workload
    scaling: PodScaling

    def __post_init__(self) -> None:
        if self.workload.size.gpu and not self.scaling.fixed and self.scaling.metric is None:
            allowed = "a metric of the pods' own, such as requests in flight, or as many replicas at least as at most"
            self.workload.refuse("scaleOn", "cpu with GPUs", allowed)

    @property
    def demand(self) -> Demand:
        """What it asks for at most, in the middle of a change of version."""
        pods = self.scaling.maximum + _SURGE
        return Demand(name=self.workload.model, priority="realtime", size=self.workload.size, pods=pods)

    def deployment(self, site: Site, labels: dict[str, str]) -> dict[str, Any]:
        """The spec of the Deployment; its pods carry `labels`. A count that the autoscaler owns is not in it."""
        chosen = selector(self.workload.model)
        spec = {
            "selector": {"matchLabels": chosen},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": _SURGE, "maxUnavailable": 0}},
            # A node that has to start first, and an image of some gigabytes.
            "progressDeadlineSeconds": 1200,
            "revisionHistoryLimit": 3,
            "template": {
                "metadata": {"labels": {**labels, **chosen}},
                "spec": {
                    **pod(site, self.workload, priority="realtime", arguments=["serve"], serving=_probed()),
                    "terminationGracePeriodSeconds": _GRACE,
                    "topologySpreadConstraints": self._spread(),
                },
            },
        }
        return spec | ({"replicas": self.scaling.minimum} if self.scaling.fixed else {})

    def _spread(self) -> list[dict[str, Any]]:
        """Evenly over zones, and on no node more than half of the pods, as far as there is room.

        A difference of one between nodes would have Karpenter start a node for each pod.
        https://karpenter.sh/docs/concepts/scheduling/#topology-spread
        """
        half = max(1, -(-self.scaling.maximum // 2))
        wide = {"topology.kubernetes.io/zone": 1, "kubernetes.io/hostname": half}
        return [
            {
                "topologyKey": key,
                "maxSkew": skew,
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": selector(self.workload.model)},
                "matchLabelKeys": ["pod-template-hash"],
            }
            for key, skew in wide.items()
        ]


def selector(model: str) -> dict[str, str]:
    """Which pods of a namespace answer for its model; jobs do not."""
    return {"takeoff/model": model, COMPONENT: SERVICE}


def _probed() -> dict[str, Any]:
    """Ports, probes and the pause before the end of a container that SageMaker's contract describes.

    https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
    """

    def asked(seconds: int, failures: int) -> dict[str, Any]:
        ping = {"path": "/ping", "port": PORT}
        return {"httpGet": ping, "periodSeconds": seconds, "timeoutSeconds": 2, "failureThreshold": failures}

    return {
        "ports": [{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
        "startupProbe": asked(5, 96),  # eight minutes, as long as SageMaker waits
        "readinessProbe": asked(5, 2),
        "livenessProbe": asked(10, 3),
        # Requests still come until every node has heard that the pod leaves.
        "lifecycle": {"preStop": {"sleep": {"seconds": _LEAVE}}},
    }
