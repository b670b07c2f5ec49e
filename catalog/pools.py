"""Which Karpenter node pool a Kubernetes workload lands on, decided without a cluster.

Only what decides is looked at: labels, requirements, taints, the largest instance type, the pool's limits and the quota
of the workload's namespace. What a node keeps for itself is not taken off its size; catalog/packing.py does that.
https://karpenter.sh/docs/concepts/scheduling/
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from catalog.pod_requests import charges, quantity, requests
from catalog.requirements import Requirement, holds, requirements
from catalog.room import limit_refusal, quota_refusal, size_refusal
from catalog.shape import mapping, mappings

Reason = Literal["no pool", "two pools", "toleration", "size", "limit", "quota"]
# What the nodes of a declared pool are called, in every tier of it, and the stack that declares it.
POOL_LABEL, STACK_LABEL = "takeoff/pool", "takeoff/stack"
_NODEPOOL, _REQUIRED = "karpenter.sh/nodepool", "requiredDuringSchedulingIgnoredDuringExecution"
# Labels that Karpenter or EKS give a node themselves: a pool that does not mention one may have any value of it.
# https://karpenter.sh/docs/concepts/scheduling/#well-known-labels
_WELL_KNOWN = (
    "kubernetes.io/",
    "topology.kubernetes.io/",
    "node.kubernetes.io/",
    "karpenter.sh/capacity-type",
    "karpenter.k8s.aws/",
    "eks.amazonaws.com/",
)
_BLOCKING = frozenset({"NoSchedule", "NoExecute"})


@dataclass(frozen=True, kw_only=True)
class Pool:
    """A NodePool: its name, the labels and taints of its nodes, what its types must be, and what all of it may have.

    `limits` are in cores, bytes and GPUs; what is not named has none. On `shared` GPUs a pod has one share at most: the
    device plugin refuses more. https://github.com/NVIDIA/k8s-device-plugin#shared-access-to-gpus
    """

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: Sequence[Mapping[str, str]] = ()
    requirements: Sequence[Requirement] = ()
    limits: Mapping[str, Decimal] = field(default_factory=dict)
    shared: bool = False

    @property
    def declared(self) -> tuple[str, str]:
        """The declared pool that this is a tier of: where one type is short, Karpenter goes on to the next tier."""
        return self.labels.get(STACK_LABEL, ""), self.labels.get(POOL_LABEL, self.name)


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What a pod asks for. `terms` are alternatives of its required node affinity; `requests` in cores, bytes, GPUs.

    `quota` is what the ResourceQuota of its namespace allows, and `charges` what one replica takes of it.
    """

    name: str
    selector: Mapping[str, str] = field(default_factory=dict)
    terms: Sequence[Sequence[Requirement]] = ()
    tolerations: Sequence[Mapping[str, Any]] = ()
    requests: Mapping[str, Decimal] = field(default_factory=dict)
    quota: Mapping[str, Decimal] = field(default_factory=dict)
    charges: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Mismatch:
    """Why not exactly one pool matches, and the pools in question."""

    reason: Reason
    text: str
    pools: tuple[str, ...] = ()


def pool(name: str, declared: Mapping[str, Any]) -> Pool:
    """A pool from the `spec` of a NodePool of karpenter.sh/v1. Raises ValueError for what Karpenter would not read."""
    template = mapping(declared.get("template"), "template")
    node = mapping(template.get("spec"), "template.spec")
    labels = mapping(mapping(template.get("metadata"), "template.metadata").get("labels"), "labels")
    return Pool(
        name=name,
        labels={**labels, _NODEPOOL: name},
        taints=mappings(node.get("taints"), "taints"),
        requirements=requirements(node.get("requirements")),
        limits=_quantities(declared.get("limits"), "limits"),
    )


def workload(name: str, pod: Mapping[str, Any], quota: Mapping[str, Any] | None = None) -> Workload:
    """A workload from the `spec` of its pods, and `hard` of its namespace's ResourceQuota where there is one.

    Raises ValueError for what Kubernetes would not read.
    """
    affinity = mapping(mapping(pod.get("affinity"), "affinity").get("nodeAffinity"), "nodeAffinity")
    required = mapping(affinity.get(_REQUIRED), _REQUIRED)
    terms = mappings(required.get("nodeSelectorTerms"), "nodeSelectorTerms")
    return Workload(
        name=name,
        selector=dict(mapping(pod.get("nodeSelector"), "nodeSelector")),
        terms=tuple(requirements(term.get("matchExpressions")) for term in terms),
        tolerations=mappings(pod.get("tolerations"), "tolerations"),
        requests=requests(pod),
        quota=_quantities(quota, "quota"),
        charges=charges(pod),
    )


def _quantities(raw: Any, of: str) -> Mapping[str, Decimal]:
    return {name: quantity(value) for name, value in mapping(raw, of).items()}


def match(wanted: Workload, pools: Iterable[Pool]) -> Pool | Mismatch:
    """The one pool that a workload can run on, or why there is none or more than one.

    The reason is that of the pools which come nearest: labels are asked first, then taints, size and limits. The tiers
    of one declared pool are one pool, and the first of them that holds a replica is the answer. Last comes the quota.
    """
    left, asked = list(pools), _alternatives(wanted)
    steps: Sequence[tuple[Reason, Callable[[Pool], str]]] = (
        ("no pool", lambda each: _labels(asked, each)),
        ("toleration", lambda each: _taints(wanted, each)),
        ("size", lambda each: _size(wanted, asked, each)),
        ("limit", lambda each: _limit(wanted, asked, each)),
    )
    for reason, refused in steps:
        refusals = {each.name: text for each in left if (text := refused(each))}
        if len(refusals) == len(left):
            text = "; ".join(f"{name}: {why}" for name, why in refusals.items()) or "no pool at all"
            return Mismatch(reason, text, tuple(refusals))
        left = [each for each in left if each.name not in refusals]
    if len({each.declared for each in left}) > 1:
        names = tuple(each.name for each in left)
        return Mismatch("two pools", f"both {' and '.join(names)} match", names)
    if short := quota_refusal(wanted.charges, wanted.quota):
        return Mismatch("quota", short, (left[0].name,))
    return left[0]


def _alternatives(wanted: Workload) -> list[tuple[Requirement, ...]]:
    """What a pod's selector and affinity ask for, one of which has to hold in full."""
    selected = tuple(Requirement(key, "In", (value,)) for key, value in wanted.selector.items())
    return [(*selected, *term) for term in wanted.terms] or [selected]


def _labels(alternatives: Sequence[tuple[Requirement, ...]], candidate: Pool) -> str:
    """Which label of a pod's selector or affinity the pool cannot give; empty where it can give all."""
    refusals = [[each for each in asked if not _given(each, candidate)] for asked in alternatives]
    if not all(refusals):
        return ""
    first = refusals[0][0]
    return f"{first.key} {first.operator} {', '.join(first.values)}".strip()


def _given(asked: Requirement, candidate: Pool) -> bool:
    """Whether some node of the pool can satisfy a requirement."""
    if asked.key in candidate.labels:
        return holds(asked, candidate.labels[asked.key])
    own = [each for each in candidate.requirements if each.key == asked.key]
    listed = [value for each in own if each.operator == "In" for value in each.values]
    if listed:
        return any(holds(asked, value) and all(holds(each, value) for each in own) for value in listed)
    if not own and not asked.key.startswith(_WELL_KNOWN):
        return asked.operator in {"NotIn", "DoesNotExist"}
    if asked.operator == "In":
        return any(all(holds(each, value) for each in own) for value in asked.values)
    return asked.operator != "DoesNotExist"


def _taints(wanted: Workload, candidate: Pool) -> str:
    """Which taint of the pool a pod does not tolerate."""
    for taint in candidate.taints:
        if taint.get("effect") in _BLOCKING and not any(_tolerates(each, taint) for each in wanted.tolerations):
            return f"taint {taint.get('key')}={taint.get('value', '')}:{taint.get('effect')} is not tolerated"
    return ""


def _tolerates(toleration: Mapping[str, Any], taint: Mapping[str, str]) -> bool:
    """https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/"""
    if toleration.get("effect") not in (None, "", taint.get("effect")):
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return toleration.get("key") in (None, "", taint.get("key"))
    return toleration.get("key") == taint.get("key") and toleration.get("value", "") == taint.get("value", "")


def _size(wanted: Workload, asked: Sequence[tuple[Requirement, ...]], candidate: Pool) -> str:
    return size_refusal(wanted.requests, asked, tuple(candidate.requirements), shared=candidate.shared)


def _limit(wanted: Workload, asked: Sequence[tuple[Requirement, ...]], candidate: Pool) -> str:
    own = tuple(candidate.requirements)
    return limit_refusal(wanted.requests, asked, own, candidate.limits, shared=candidate.shared)
