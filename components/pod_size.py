"""How large one pod is."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from catalog.pod_requests import quantity

GPU = "nvidia.com/gpu"
_SMALLEST_CPU, _SMALLEST_MEMORY = Decimal("0.01"), Decimal(16 * 2**20)
_MOST_GPUS = 8  # of one instance, whatever its type


@dataclass(frozen=True, kw_only=True)
class PodSize:
    """What one pod asks for and may use: cores (`500m`, `2`), memory (`4Gi`) and whole GPUs.

    Raises ValueError for what Kubernetes would not read, less than 10m or 16Mi, and more than 8 GPUs.
    """

    cpu: str
    memory: str
    gpu: int = 0

    def __post_init__(self) -> None:
        if not (cores := quantity(self.cpu)) >= _SMALLEST_CPU or cores * 1000 % 1:
            raise ValueError(f"cpu: got {self.cpu!r}; allowed: 10m or more cores, in whole thousandths")
        if not (memory := quantity(self.memory)) >= _SMALLEST_MEMORY or memory % 1:
            raise ValueError(f"memory: got {self.memory!r}; allowed: 16Mi or more, in whole bytes")
        if not 0 <= self.gpu <= _MOST_GPUS:
            raise ValueError(f"gpu: got {self.gpu}; allowed: 0 to {_MOST_GPUS}")

    def resources(self, *, gpus: bool = True) -> dict[str, dict[str, str]]:
        """Requests and equal limits of a container; `gpus` false leaves the GPUs to another one of the pod.

        Equal, so that what nodes are packed by is what pods use, and a pod is the last to be evicted under pressure.
        https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/#guaranteed
        """
        asked = {"cpu": self.cpu, "memory": self.memory}
        if gpus and self.gpu:
            asked[GPU] = str(self.gpu)
        return {"requests": asked, "limits": dict(asked)}
