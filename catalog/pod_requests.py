"""What a pod asks of a node: quantities as Kubernetes writes them, and their sum over containers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from catalog.shape import mapping, mappings

# Kubernetes' suffixes of quantities. https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
_SUFFIXES: Mapping[str, Decimal] = {
    "m": Decimal("0.001"),
    **{letter: Decimal(1000) ** power for power, letter in enumerate("kMGT", 1)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGT", 1)},
}

# A quota's `cpu` is its `requests.cpu`; of other resources it knows requests and limits alone.
_SHORT = frozenset({"cpu", "memory", "ephemeral-storage"})


def quantity(value: Any) -> Decimal:
    """`500m` → 0.5, `4Gi` → 4294967296. Raises ValueError."""
    text = str(value)
    suffix = next((each for each in sorted(_SUFFIXES, key=len, reverse=True) if text.endswith(each)), "")
    try:
        return Decimal(text.removesuffix(suffix)) * (_SUFFIXES[suffix] if suffix else 1)
    except ArithmeticError:
        raise ValueError(f"quantity: got {text!r}; allowed: a number with m, k, M, G, T, Ki, Mi, Gi or Ti") from None


def requests(pod: Mapping[str, Any]) -> Mapping[str, Decimal]:
    """What the scheduler adds up: containers together, or the largest init container; in cores, bytes and pieces.

    A limit without a request is one. Raises ValueError for what Kubernetes would not read.
    https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers
    """
    return _sum(pod, ("limits", "requests"))


def charges(pod: Mapping[str, Any]) -> Mapping[str, Decimal]:
    """What one such pod takes of a ResourceQuota, by the quota's names: cpu, requests.cpu, limits.cpu, pods and so on.

    Raises ValueError for what Kubernetes would not read.
    https://kubernetes.io/docs/concepts/policy/resource-quotas/#compute-resource-quota
    """
    asked, most = requests(pod), _sum(pod, ("limits",))
    return {
        "pods": Decimal(1),
        "count/pods": Decimal(1),
        **{name: value for name, value in asked.items() if name in _SHORT},
        **{f"requests.{name}": value for name, value in asked.items()},
        **{f"limits.{name}": value for name, value in most.items()},
    }


def _sum(pod: Mapping[str, Any], parts: Sequence[str]) -> Mapping[str, Decimal]:
    groups = [[_asked(each, parts) for each in mappings(pod.get(key), key)] for key in ("containers", "initContainers")]
    names = {name for group in groups for each in group for name in each}
    zero = Decimal(0)
    return {
        name: max(
            sum((each.get(name, zero) for each in groups[0]), zero),
            max((each.get(name, zero) for each in groups[1]), default=zero),
        )
        for name in names
    }


def _asked(container: Mapping[str, Any], parts: Sequence[str]) -> dict[str, Decimal]:
    resources = mapping(container.get("resources"), "resources")
    merged = {key: value for part in parts for key, value in mapping(resources.get(part), part).items()}
    return {name: quantity(value) for name, value in merged.items()}
