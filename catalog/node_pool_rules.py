"""What makes a declared node pool impossible, or a mistake: known before anything is sent to AWS."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal

from catalog.instance_types import InstanceSpec, architecture, spec
from catalog.node_group_rules import Refusal, group_refusals
from catalog.node_pool import NodePool, elastic
from catalog.pod_requests import quantity
from catalog.requirements import GPU, capacity, types

# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names; a NodePool's name is also
# the value of a label, which ends at 63 characters.
_LABEL, _LONGEST = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", 63
# https://docs.aws.amazon.com/eks/latest/userguide/set-builtin-node-pools.html
_BUILT_IN = frozenset({"general-purpose", "system"})
_MOST_TIERS = 10


def refusals(
    declared: Sequence[NodePool], *, stack: str, region: str, zones: Collection[str] = ()
) -> Iterator[Refusal]:
    """Everything that is wrong with a stack's pools. `zones` are those of its network, where they are known."""
    yield from _names(declared, stack)
    for each in declared:
        found = [*_types(each)]
        # Of types that nobody knows, nothing more can be said.
        found = found or [*_accelerated(each), *group_refusals(each), *_limits(each), *_zones(each, region, zones)]
        yield from (Refusal(f"nodePools.{each.name}{one.where}", one.got, one.allowed) for one in found)


def unguarded(declared: NodePool, realtime: Sequence[str], *, production: bool) -> Refusal | None:
    """Spot alone under models that answer requests in production: AWS takes it back with two minutes' notice.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
    """
    if not production or declared.capacity != "spot" or not realtime:
        return None
    return Refusal(
        f"nodePools.{declared.name}.capacity",
        f"spot without fallback, for {', '.join(sorted(realtime))} in production",
        "spot-then-on-demand, or on-demand",
    )


def _names(declared: Sequence[NodePool], stack: str) -> Iterator[Refusal]:
    taken: dict[str, str] = {}
    for each in declared:
        where = f"nodePools.{each.name}"
        if not re.fullmatch(_LABEL, each.name):
            yield Refusal(where, repr(each.name), "lower-case letters, digits and inner hyphens (RFC 1123)")
            continue
        for name in each.names(stack):
            if len(name) > _LONGEST:
                got = f"{name}, {len(name)} characters with the stack's name"
                yield Refusal(where, got, f"{_LONGEST} characters at most")
            elif name in _BUILT_IN:
                yield Refusal(where, f"{name}, a pool that EKS Auto Mode makes itself", "another name")
            elif name in taken:
                yield Refusal(where, f"{name}, which nodePools.{taken[name]} is called too", "another name")
            taken.setdefault(name, each.name)


def _types(declared: NodePool) -> Iterator[Refusal]:
    """Families or types, one of the two, that the catalog knows."""
    if bool(declared.families) == bool(declared.types):
        got = "both families and types" if declared.types else "neither families nor types"
        yield Refusal("", got, "families, of which price decides, or types in the order to try them")
        return
    known = {each.instance_type: each for each in types()}
    families = {name.partition(".")[0] for name in known}
    for key, names, of in (("families", declared.families, families), ("types", declared.types, set(known))):
        for name in names:
            if names.count(name) > 1:
                yield Refusal(f".{key}", f"{name} twice", "each once")
                return
            if name not in of:
                near = difflib.get_close_matches(name, sorted(of), n=4, cutoff=0.3) or sorted(of)[:4]
                yield Refusal(f".{key}", repr(name), f"{len(of)} {key}, such as {', '.join(near)}")
    if len(declared.tiers) > _MOST_TIERS:
        yield Refusal(".types", f"{len(declared.tiers)} types, each a NodePool of its own", f"{_MOST_TIERS} at most")


def _accelerated(declared: NodePool) -> Iterator[Refusal]:
    """GPUs in all of a pool's types or in none of them, and one processor."""
    key = ".families" if declared.families else ".types"
    names = declared.families or declared.types
    wanted = "gpu" if declared.accelerator == "nvidia" else "none"
    wrong = [name for name in names if _one(name).accelerator != wanted]
    if wrong:
        mixed = len(wrong) < len(names)
        got = f"{', '.join(wrong)} in a pool with accelerator {declared.accelerator}"
        what = "types with NVIDIA GPUs alone" if wanted == "gpu" else "types without accelerators"
        yield Refusal(key, got, f"{what}, and the others in a pool of their own" if mixed else what)
    other = [name for name in names if architecture(name) != declared.architecture]
    if other:
        got = f"{', '.join(other)}, of {architecture(other[0])}, in a pool of {declared.architecture}"
        yield Refusal(key, got, f"`architecture: {architecture(other[0])}`, or types of {declared.architecture}")
    small = [] if declared.managed else [name for name in declared.types if not elastic(_one(name))]
    if small:
        yield Refusal(key, ", ".join(small), "two vCPUs or more, none of nano, micro and small: EKS Auto Mode's types")


def _limits(declared: NodePool) -> Iterator[Refusal]:
    """How far a pool may grow: an elastic one has limits, in GPUs where it has any, that hold a node of each tier."""
    if declared.managed:
        if declared.limits:
            yield Refusal(".limits", "limits with min and max", "none: max is the limit of a node group")
        return
    gpu = declared.accelerator == "nvidia"
    if gpu and GPU not in declared.limits:
        yield Refusal(".limits.gpu", "none", "how many GPUs the pool may have at once")
    if not gpu and GPU in declared.limits:
        yield Refusal(".limits.gpu", f"{declared.limits[GPU]} without accelerator", "cpu and memory")
    if not gpu and not declared.limits:
        yield Refusal(".limits", "none", "cpu, memory or both: what the pool may have at once")
    most = {name: quantity(value) for name, value in declared.limits.items()}
    for tier in declared.tiers:
        sizes = [capacity(each) for each in declared.specs() if _of(each, tier)]
        if sizes and not any(_within(size, most) for size in sizes):
            smallest = min(sizes, key=lambda size: (size[GPU], size["cpu"], size["memory"]))
            got = ", ".join(f"{name} {value}" for name, value in declared.limits.items())
            least = ", ".join(f"{name} {_plain(name, smallest[name])}" for name in declared.limits)
            yield Refusal(".limits", f"{got}: no node of {', '.join(tier)} fits", f"{least} or more")


def _zones(declared: NodePool, region: str, known: Collection[str]) -> Iterator[Refusal]:
    strange = [each for each in declared.zones if not re.fullmatch(rf"{re.escape(region)}[a-z]", each)]
    if strange:
        yield Refusal(".zones", ", ".join(strange), f"availability zones of {region}, such as {region}a")
    elif known and (outside := [each for each in declared.zones if each not in known]):
        yield Refusal(".zones", ", ".join(outside), f"zones of the stack's network: {', '.join(sorted(known))}")
    if len(set(declared.zones)) < len(declared.zones):
        yield Refusal(".zones", f"{', '.join(declared.zones)}, one of them twice", "each once")


def _one(name: str) -> InstanceSpec:
    """A type, or any type of a family; all of a family have the same accelerator. Both are known here."""
    return spec(name) or next(each for each in types() if each.instance_type.startswith(f"{name}."))


def _of(found: InstanceSpec, tier: Sequence[str]) -> bool:
    return found.instance_type in tier or found.instance_type.partition(".")[0] in tier


def _within(size: Mapping[str, Decimal], limits: Mapping[str, Decimal]) -> bool:
    return all(size.get(name, Decimal(0)) <= value for name, value in limits.items())


def _plain(name: str, value: Decimal) -> str:
    return f"{value / 2**30:.4g}Gi" if name == "memory" else f"{value.normalize():f}"
