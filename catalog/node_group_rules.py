"""What makes the managed node group of a declared pool impossible, or a node group of what needs none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from catalog.ami import amis
from catalog.mig import profiles
from catalog.node_pool import NodePool

_MOST_TYPES = 20  # of a node group; https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html


@dataclass(frozen=True)
class Refusal:
    """What is wrong in a stack file's `nodePools`: where, what it is, and what it may be."""

    where: str
    got: str
    allowed: str


def group_refusals(declared: NodePool) -> Iterator[Refusal]:
    """What only a managed node group can do, and what it cannot."""
    reasons = [name for name in ("sharing", "reservation") if getattr(declared, name)]
    if not declared.managed:
        for name in reasons:
            why = "Karpenter does not know shared GPUs" if name == "sharing" else "this profile launches into it"
            yield Refusal(f".{name}", "it in an elastic pool", f"min and max beside it, for a node group: {why}")
        if declared.least is not None:
            yield Refusal(".min", f"{declared.least} without max", "both, for a node group, or neither")
        if declared.ami:
            yield Refusal(".ami", f"{declared.ami} in an elastic pool", "none: EKS Auto Mode has images of its own")
        return
    if not reasons:
        yield Refusal(".max", "a node group without a reason", "sharing or reservation beside it, or limits alone")
    least, most = declared.least or 0, declared.most or 0
    if most < max(least, 1):
        yield Refusal(".max", f"{most} with min {least}", "min or more, and 1 at least")
    if declared.families or len(declared.types) > _MOST_TYPES:
        got = f"families {', '.join(declared.families)}" if declared.families else f"{len(declared.types)} types"
        yield Refusal(".types", got, f"1 to {_MOST_TYPES} types: a node group names them")
    if declared.capacity == "spot-then-on-demand":
        yield Refusal(".capacity", declared.capacity, "on-demand or spot: a node group has one of the two")
    if declared.reservation and (len(declared.types) != 1 or declared.capacity != "on-demand"):
        got = f"{len(declared.types)} types, {declared.capacity}, with a reservation"
        yield Refusal(".reservation", got, "the one type that is reserved, on-demand")
    yield from _sharing(declared)
    gpu = declared.accelerator == "nvidia"
    fitting = amis(declared.architecture, gpu=gpu, shared=bool(declared.sharing))
    if declared.ami and declared.ami not in fitting:
        needs = "NVIDIA's driver and a device plugin of ours" if declared.sharing else "the driver of its accelerator"
        yield Refusal(".ami", declared.ami, f"{', '.join(fitting)}: it needs {needs if gpu else 'no driver'}")


def _sharing(declared: NodePool) -> Iterator[Refusal]:
    sharing = declared.sharing
    if sharing is None:
        return
    if declared.accelerator != "nvidia":
        yield Refusal(".sharing", f"{sharing.kind} of accelerator {declared.accelerator}", "a pool of NVIDIA GPUs")
    elif sharing.kind == "time-slicing" and (sharing.replicas is None or sharing.replicas < 2 or sharing.profile):
        yield Refusal(".sharing", f"replicas {sharing.replicas}, profile {sharing.profile}", "replicas of 2 or more")
    elif sharing.kind == "mig":
        common = set.intersection(*(set(profiles(each)) for each in declared.types)) if declared.types else set()
        if sharing.profile not in common or sharing.replicas is not None:
            got = f"profile {sharing.profile}, replicas {sharing.replicas}, of {', '.join(declared.types)}"
            yield Refusal(
                ".sharing", got, f"profile alone: {', '.join(sorted(common)) or 'none of these types can be cut'}"
            )
