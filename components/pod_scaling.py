"""How many pods answer, and what they are counted by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_CALM = 300  # seconds of less load before pods go


@dataclass(frozen=True, kw_only=True)
class PodMetric:
    """A metric of the pods' own, by name, and the average for which a pod is added. Raises ValueError.

    The cluster needs an adapter that serves custom metrics, such as KEDA's.
    """

    name: str
    target: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-zA-Z_:][a-zA-Z0-9_:]*", self.name):
            raise ValueError(f"metric: got name {self.name!r}; allowed: letters, digits, _ and :, no digit first")
        if not re.fullmatch(r"[1-9][0-9]*m?", self.target):
            raise ValueError(
                f"metric: got target {self.target!r}; allowed: a whole number above 0, or thousandths (500m)"
            )


@dataclass(frozen=True, kw_only=True)
class PodScaling:
    """From `minimum` to `maximum` pods, by the CPU that they use of what they ask for, or by a metric of their own.

    Equal numbers are a fixed count. Raises ValueError for a minimum of none (Kubernetes' autoscaler does not start from
    zero) and a maximum below it.
    """

    minimum: int
    maximum: int
    cpu_percent: int = 60
    metric: PodMetric | None = None

    def __post_init__(self) -> None:
        if self.minimum < 1:
            raise ValueError(f"replicas.min: got {self.minimum}; allowed: 1 or more")
        if self.maximum < self.minimum:
            raise ValueError(
                f"replicas.max: got {self.maximum}; allowed: {self.minimum} or more, which is replicas.min"
            )
        if not 10 <= self.cpu_percent <= 95:
            raise ValueError(f"cpu percent: got {self.cpu_percent}; allowed: 10 to 95")

    @property
    def fixed(self) -> bool:
        """Whether the count never changes."""
        return self.minimum == self.maximum

    def spec(self, deployment: str) -> dict[str, Any]:
        """The spec of a HorizontalPodAutoscaler of autoscaling/v2 for a deployment.

        https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/
        """
        by_cpu = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": self.cpu_percent}}
        metric: dict[str, Any] = {"type": "Resource", "resource": by_cpu}
        if self.metric:
            target = {"type": "AverageValue", "averageValue": self.metric.target}
            metric = {"type": "Pods", "pods": {"metric": {"name": self.metric.name}, "target": target}}
        return {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment},
            "minReplicas": self.minimum,
            "maxReplicas": self.maximum,
            "metrics": [metric],
            "behavior": {"scaleDown": {"stabilizationWindowSeconds": _CALM}},
        }
