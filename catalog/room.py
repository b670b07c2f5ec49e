"""Whether one replica of a workload has room: on some type of a pool, within its limits, in its namespace's quota."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from catalog.instance_types import InstanceSpec
from catalog.requirements import GPU, Requirement, allowed, allows, capacity, fits

Amounts = Mapping[str, Decimal]
Alternatives = Sequence[Sequence[Requirement]]


def size_refusal(requests: Amounts, asked: Alternatives, own: tuple[Requirement, ...], *, shared: bool) -> str:
    """What of a pod's requests no instance type of a pool has; empty where one has it all.

    `asked` are the alternatives of what the pod selects, `own` what the pool's types must be. A pool that names types
    of which the catalog knows none is taken to be large enough. On `shared` GPUs a pod has one share.
    """
    known, left = _types(asked, own)
    if not known or any(fits(requests, _has(each, shared=shared)) for each in left):
        return ""
    if not left:
        return "none of the pool's instance types is one that the pod selects"
    largest = max(left, key=lambda each: (each.count, each.vcpu, each.memory_gib))
    share = ", of whose shared GPUs a pod has one share" if shared else ""
    return f"{_listed(requests)} above the largest type, {largest.instance_type}{share}"


def limit_refusal(
    requests: Amounts, asked: Alternatives, own: tuple[Requirement, ...], limits: Amounts, *, shared: bool
) -> str:
    """Which limit keeps a pool from its first node: Karpenter makes none that is above it; empty where none does.

    https://karpenter.sh/docs/concepts/nodepools/#speclimits
    """
    known, left = _types(asked, own)
    sizes = [capacity(each) for each in left if fits(requests, _has(each, shared=shared))]
    if not known or not limits or any(_within(size, limits) for size in sizes):
        return ""
    smallest = min(sizes, key=lambda size: (size[GPU], size["cpu"], size["memory"]))
    return f"the smallest node that holds a replica has {_listed(smallest)}; the limits are {_listed(limits)}"


def quota_refusal(charges: Amounts, quota: Amounts) -> str:
    """Which amount of a namespace's quota is less than one replica takes; empty where there is enough."""
    below = {name: value for name, value in quota.items() if charges.get(name, Decimal(0)) > value}
    if not below:
        return ""
    taken = _listed({name: charges[name] for name in below})
    return f"one replica takes {taken}; the quota is {_listed(below)}"


def _types(asked: Alternatives, own: tuple[Requirement, ...]) -> tuple[tuple[InstanceSpec, ...], list[InstanceSpec]]:
    """The pool's types, and those of them that the pod selects."""
    known = allowed(own)
    return known, [each for each in known if any(allows(one, each) for one in asked)]


def _has(found: InstanceSpec, *, shared: bool) -> Amounts:
    """What one pod can have of a node."""
    has = capacity(found)
    return {**has, GPU: min(has[GPU], Decimal(1))} if shared else has


def _within(size: Amounts, limits: Amounts) -> bool:
    return all(value <= limits.get(name, value) for name, value in size.items())


def _listed(amounts: Amounts) -> str:
    return ", ".join(f"{name} {_short(value)}" for name, value in sorted(amounts.items())) or "nothing"


def _short(value: Decimal) -> str:
    return f"{value / 2**30:.4g}Gi" if value >= 2**30 else f"{value.normalize():f}"
