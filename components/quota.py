"""What a model's namespace may ask of the cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from catalog.pod_requests import quantity
from components.pod_size import GPU, PodSize
from components.priorities import CLASS, Priority


@dataclass(frozen=True, kw_only=True)
class Quota:
    """Cores, bytes, GPUs and pods, all together. Raises ValueError for less than none of any."""

    cpu: Decimal = Decimal(0)
    memory: Decimal = Decimal(0)
    gpu: int = 0
    pods: int = 0

    def __post_init__(self) -> None:
        if min(self.cpu, self.memory, Decimal(self.gpu), Decimal(self.pods)) < 0:
            raise ValueError(f"quota: got {self}; allowed: none or more of each")

    @classmethod
    def of(cls, size: PodSize, pods: int) -> Quota:
        """What so many pods of one size ask for."""
        cpu, memory = quantity(size.cpu) * pods, quantity(size.memory) * pods
        return cls(cpu=cpu, memory=memory, gpu=size.gpu * pods, pods=pods)

    def __add__(self, other: Quota) -> Quota:
        return Quota(
            cpu=self.cpu + other.cpu,
            memory=self.memory + other.memory,
            gpu=self.gpu + other.gpu,
            pods=self.pods + other.pods,
        )

    def hard(self) -> dict[str, str]:
        """As a ResourceQuota writes it: cores in thousandths, memory in bytes.

        https://kubernetes.io/docs/concepts/policy/resource-quotas/
        """
        return {
            "requests.cpu": f"{int(self.cpu * 1000)}m",
            "requests.memory": str(int(self.memory)),
            f"requests.{GPU}": str(self.gpu),
            "pods": str(self.pods),
        }

    def short_of(self, other: Quota) -> str:
        """The first of cpu, memory, gpu and pods of which `other` has more, with both; empty where it holds all."""
        for name in ("cpu", "memory", "gpu", "pods"):
            has, asked = (Decimal(getattr(each, name)) for each in (self, other))
            if asked > has:
                return f"{name} {has.normalize():f} below {asked.normalize():f}"
        return ""


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What one workload asks for at most: `pods` of a size at a time. Raises ValueError for no pod."""

    name: str
    priority: Priority
    size: PodSize
    pods: int

    def __post_init__(self) -> None:
        if self.pods < 1:
            raise ValueError(f"{self.name}: pods: got {self.pods}; allowed: 1 or more")

    @property
    def total(self) -> Quota:
        """All pods together."""
        return Quota.of(self.size, self.pods)

    @property
    def one(self) -> Quota:
        """One replica."""
        return Quota.of(self.size, 1)


def resource_quotas(demands: Sequence[Demand], whole: Quota) -> dict[str, dict[str, Any]]:
    """The specs of a namespace's quotas by name: of all, of jobs alone, and none for pods of any other priority.

    Jobs together never have more than they declare, so that they leave room for the model's answers; a quota of one
    priority counts pods, cores and memory, and no GPUs.
    https://kubernetes.io/docs/concepts/policy/resource-quotas/#quota-scopes
    """
    jobs = sum((each.total for each in demands if each.priority == "batch"), Quota())
    scoped = {name: most for name, most in jobs.hard().items() if not name.endswith(GPU)}
    return {
        "all": {"hard": whole.hard()},
        "batch": {"hard": scoped, **_scope("In", [CLASS["batch"]])},
        "others": {"hard": {"pods": "0"}, **_scope("NotIn", sorted(CLASS.values()))},
    }


def limit_range(whole: Quota) -> dict[str, Any]:
    """What a container gets that says nothing, and the most that one may ask for: what the namespace has.

    https://kubernetes.io/docs/concepts/policy/limit-range/
    """
    hard = whole.hard()
    small = {"cpu": "100m", "memory": "128Mi"}
    most = {"cpu": hard["requests.cpu"], "memory": hard["requests.memory"]}
    return {"limits": [{"type": "Container", "default": small, "defaultRequest": dict(small), "max": most}]}


def _scope(operator: str, classes: list[str]) -> dict[str, Any]:
    return {
        "scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": operator, "values": classes}]}
    }
