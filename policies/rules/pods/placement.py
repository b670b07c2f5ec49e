"""The rule on Kubernetes workloads: each lands on one pool of nodes, and one can tell which before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from catalog.pools import POOL_LABEL, Mismatch, Pool, match, pool, workload
from policies.declared import Declared, Graph, given, inside, known
from policies.nested import apart, settled
from policies.podded import PODS
from policies.rule import OWN, Broken, Rule, Settings, StackRule

_POOL = "kubernetes:karpenter.sh/v1:NodePool"
# A DaemonSet runs on every node and is not asked.
_TYPES: Final = tuple(type_ for type_ in PODS if not type_.endswith(":DaemonSet"))
# What of a pod decides where it lands; anything else may be unknown.
_DECISIVE = ("nodeSelector", "affinity.nodeAffinity", "tolerations", "containers", "initContainers")


def _one_pool(graph: Graph, settings: Settings) -> Iterator[Broken]:
    pools: list[Pool] = []
    for each in graph.of(_POOL):
        try:
            pools.append(_pool(each))
        except ValueError as error:
            yield Broken(each, f"a spec that Karpenter refuses: {error}")
    managed = frozenset(settings["groups"])
    yield from apart(graph.of(*_TYPES), lambda resource: _astray(resource, pools, managed))


def _astray(resource: Declared, pools: Sequence[Pool], managed: frozenset[str]) -> Iterator[Broken]:
    """A workload that lands nowhere; one for a node group, which another stack declares, is not judged here."""
    if resource.at(f"{PODS[resource.type]}.nodeSelector.{POOL_LABEL}") in managed:
        return
    try:
        found = match(workload(resource.name, _pod(resource)), pools)
    except ValueError as error:
        yield Broken(resource, f"a spec that Kubernetes refuses: {error}")
        return
    if isinstance(found, Mismatch):
        yield Broken(resource, f"{found.reason}: {found.text}")


def _pool(resource: Declared) -> Pool:
    """Raises UnknownError, and ValueError for what is no pool."""
    metadata, spec = resource.at("metadata.name"), resource.at("spec")
    name = str(settled(metadata, "metadata.name") or resource.name)
    parts = ("template", "limits")
    return pool(name, {part: settled(inside(spec, part), f"spec.{part}") for part in parts})


def _pod(resource: Declared) -> Mapping[str, Any]:
    """The decisive part of a pod. Raises UnknownError, and ValueError for one without a list of containers."""
    path = PODS[resource.type]
    pod: dict[str, Any] = {}
    for key in _DECISIVE:
        value = resource.at(f"{path}.{key}")
        if not given(value):
            continue
        if key.endswith("ontainers"):
            pod[key] = [_asks(each, key) for each in _containers(value, key)]
        elif key == "affinity.nodeAffinity":
            pod["affinity"] = {"nodeAffinity": settled(value, key)}
        else:
            pod[key] = settled(value, key)
    if "containers" not in pod:
        raise ValueError(f"{path}.containers: got none; allowed: one or more")
    return pod


def _containers(value: Any, of: str) -> Sequence[Any]:
    """The containers, whose images and variables may be unknown where their number is not. Raises UnknownError."""
    listed = known(value, of)
    if not isinstance(listed, list | tuple):
        raise ValueError(f"{of}: got {listed!r}; allowed: a list of objects")
    return listed


def _asks(container: Any, of: str) -> Any:
    """What of a container decides; one that is no object as it is. Raises UnknownError."""
    if not isinstance(known(container, of), Mapping):
        return container
    return {"resources": settled(container.get("resources"), of)}


RULES: tuple[Rule, ...] = (
    StackRule(
        control="Takeoff.11",
        name="takeoff-11-workload-matches-one-pool",
        severity="high",
        frameworks=(OWN,),
        title="A workload's selectors, tolerations and requests match exactly one node pool",
        allowed="one NodePool of this stack that has the labels, whose taints are tolerated, with a type large enough "
        "and limits that hold a replica; one of setting `groups` for a pool that is a node group of the AWS stack",
        fix="the pool's labels as nodeSelector, its taints as tolerations, requests within its largest type",
        source="https://karpenter.sh/docs/concepts/scheduling/",
        types=_TYPES,
        settings={"groups": []},
        check=_one_pool,
    ),
)
