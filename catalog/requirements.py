"""Conditions on the labels of a node, and what they leave of AWS's instance types."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from catalog.instance_types import InstanceSpec, architecture, hosting_types, regions, spec
from catalog.shape import mappings

GPU = "nvidia.com/gpu"
_BOUNDS = ("Gt", "Lt")
# How many values an operator takes.
_VALUES: Mapping[str, Callable[[int], bool]] = {
    **dict.fromkeys(("In", "NotIn"), lambda count: count > 0),
    **dict.fromkeys(("Exists", "DoesNotExist"), lambda count: count == 0),
    **dict.fromkeys(_BOUNDS, lambda count: count == 1),
}


@dataclass(frozen=True)
class Requirement:
    """One condition on a label, as pods and pools write it: In, NotIn, Exists, DoesNotExist, Gt or Lt."""

    key: str
    operator: str
    values: tuple[str, ...] = ()


def requirements(raw: Any) -> tuple[Requirement, ...]:
    """Conditions from the list that a pod or a pool writes; none from nothing.

    Raises ValueError for what Kubernetes would not read.
    https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/node-selector-requirement/
    """
    return tuple(map(_requirement, mappings(raw, "requirements")))


def _requirement(raw: Mapping[str, Any]) -> Requirement:
    key, operator, values = raw.get("key"), raw.get("operator", "In"), raw.get("values") or []
    if not isinstance(key, str) or not key or operator not in _VALUES or not isinstance(values, list | tuple):
        raise ValueError(
            f"requirement: got {dict(raw)!r}; allowed: key, operator ({', '.join(_VALUES)}) and a list of values"
        )
    if not _VALUES[operator](len(values)) or (operator in _BOUNDS and not str(values[0]).isdecimal()):
        raise ValueError(
            f"requirement {key} {operator}: got values {list(values)!r}; allowed: one or more of In and NotIn, "
            "one whole number of Gt and Lt, none of Exists and DoesNotExist"
        )
    return Requirement(key, operator, tuple(str(value) for value in values))


def holds(asked: Requirement, value: str | None) -> bool:
    """Whether one value of a label, or its absence, satisfies a requirement."""
    if value is None:
        return asked.operator in {"NotIn", "DoesNotExist"}
    if asked.operator in {"In", "NotIn"}:
        return (value in asked.values) is (asked.operator == "In")
    if asked.operator in _BOUNDS:
        bound = Decimal(asked.values[0])
        return Decimal(value) > bound if asked.operator == "Gt" else Decimal(value) < bound
    return asked.operator == "Exists"


@cache
def types() -> tuple[InstanceSpec, ...]:
    """The EC2 types behind every hosting type, in any region: all whose size the catalog knows."""
    names = {name.removeprefix("ml.") for region in regions() for name in hosting_types(region)}
    return tuple(found for name in sorted(names) if (found := spec(name)))


def allows(requirements: Iterable[Requirement], found: InstanceSpec) -> bool:
    """Whether requirements leave room for an instance type, as far as they speak of its name, processor, size and GPUs.

    Karpenter and EKS Auto Mode have the same labels under two prefixes; a type without GPUs has none of theirs.
    https://docs.aws.amazon.com/eks/latest/userguide/create-node-pool.html
    """
    facts = _facts(found)
    for each in requirements:
        key = each.key.removeprefix("karpenter.k8s.aws/").removeprefix("eks.amazonaws.com/")
        if key in facts and not holds(each, facts[key]):
            return False
    return True


@cache
def _facts(found: InstanceSpec) -> Mapping[str, str | None]:
    """What a type's labels are, without the prefix of whoever gives them; None for one that its nodes do not have."""
    family, _, size = found.instance_type.partition(".")
    return {
        "node.kubernetes.io/instance-type": found.instance_type,
        "kubernetes.io/arch": architecture(found.instance_type),
        "instance-family": family,
        "instance-size": size,
        "instance-category": re.split(r"\d", family)[0],
        "instance-cpu": str(found.vcpu),
        "instance-memory": str(int(found.memory_gib * 1024)),
        "instance-gpu-count": str(_gpus(found)) if _gpus(found) else None,
        "instance-gpu-manufacturer": "nvidia" if _gpus(found) else None,
    }


@cache
def capacity(found: InstanceSpec) -> Mapping[str, Decimal]:
    """What a node of a type has, in cores, bytes and whole GPUs."""
    return {
        "cpu": Decimal(found.vcpu),
        "memory": Decimal(str(found.memory_gib)) * 2**30,
        GPU: Decimal(_gpus(found)),
    }


@cache
def allowed(asked: tuple[Requirement, ...]) -> tuple[InstanceSpec, ...]:
    """The types that requirements leave room for, of all whose size the catalog knows."""
    return tuple(each for each in types() if allows(asked, each))


def fits(asked: Mapping[str, Decimal], has: Mapping[str, Decimal]) -> bool:
    """Whether what is there is enough for what is asked; resources that are not counted there are not judged."""
    return all(value <= has.get(name, value) for name, value in asked.items())


def _gpus(found: InstanceSpec) -> int:
    return found.count if found.accelerator == "gpu" else 0
