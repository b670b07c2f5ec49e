"""The rule on how many GPUs a stack may have at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from catalog.instance_types import spec
from catalog.requirements import GPU
from policies import endpoints
from policies.declared import Declared, Graph, inside, known
from policies.endpoints import CONFIG
from policies.nested import settled
from policies.rule import OWN, Broken, Rule, Settings, StackRule
from policies.rules.pods.pools import POOL, has_gpus

_SCALED = "aws:appautoscaling/target:Target"
_SCHEDULED = "aws:appautoscaling/scheduledAction:ScheduledAction"
_NOTEBOOK = "aws:sagemaker/notebookInstance:NotebookInstance"
_TRAINING = "aws:sagemaker/trainingJob:TrainingJob"
_NODES = "aws:eks/nodeGroup:NodeGroup"


def _gpus(graph: Graph, settings: Settings) -> Iterator[Broken]:
    """GPUs that the stack may have at once, at the upper bounds of scaling; a blue/green release doubles an endpoint's.

    A pool of nodes counts with its limit, and without one it has no bound at all.
    """
    asked = [(each, _asked(graph, each)) for each in graph.of(CONFIG, _NOTEBOOK, _TRAINING, _NODES, POOL)]
    total = sum(count for _, count in asked)
    if total > settings["most"]:
        largest = max(asked, key=lambda pair: pair[1])[0]
        parts = ", ".join(f"{each.name} {count:g}" for each, count in asked if count)
        yield Broken(largest, f"{total:g} GPUs ({parts}) where the cap is {settings['most']}")


def _asked(graph: Graph, resource: Declared) -> float:
    if resource.type == CONFIG:
        return sum(_variant(graph, resource, row) for row in endpoints.variants(resource))
    if resource.type == _NOTEBOOK:
        return _each(resource.at("instanceType"), "instanceType")
    if resource.type == _TRAINING:
        cluster = settled(resource.at("resourceConfig") or {}, "resourceConfig")
        groups = [cluster, *(cluster.get("instanceGroups") or ())]
        return sum(_each(each.get("instanceType"), "") * (each.get("instanceCount") or 0) for each in groups)
    if resource.type == _NODES:
        types = known(resource.at("instanceTypes"), "instanceTypes") or ()
        most = known(resource.at("scalingConfig.maxSize"), "scalingConfig.maxSize") or 0
        return max((_each(each, "instanceTypes") for each in types), default=0) * most
    limit = known(resource.at("spec.limits"), "spec.limits") or {}
    if GPU in limit:
        return float(known(limit[GPU], f"spec.limits.{GPU}"))
    return float("inf") if has_gpus(resource) else 0


def _variant(graph: Graph, config: Declared, row: Mapping[str, Any]) -> float:
    """One variant at the most instances that its own count or scaling allow."""
    gpus = _each(row.get("instanceType"), "instanceType")
    if not gpus:
        return 0
    counts = [row.get("initialInstanceCount"), inside(row, "managedInstanceScaling.maxInstanceCount")]
    for resource, path in _bounds(graph, config, row.get("variantName")):
        counts.append(resource.at(f"{path}maxCapacity"))
    return gpus * max(known(each, "instance count") or 0 for each in counts)


def _each(instance_type: Any, of: str) -> int:
    """The GPUs of one instance. An unknown type raises UnknownError; one that the catalog does not know has none."""
    found = spec(str(known(instance_type, of)))
    return found.count if found and found.accelerator == "gpu" else 0


def _bounds(graph: Graph, config: Declared, variant: Any) -> Iterator[tuple[Declared, str]]:
    """What bounds the count of a config's variant: scaling targets and their scheduled actions, with the path there."""
    names = {each.at("name") for each in endpoints.served_by(graph, config)}
    wanted = {f"endpoint/{name}/variant/{variant}" for name in names}
    for resource in graph.of(_SCALED, _SCHEDULED):
        if known(resource.at("resourceId"), "resourceId") in wanted:
            yield resource, "" if resource.type == _SCALED else "scalableTargetAction."


RULES: Final[tuple[Rule, ...]] = (
    StackRule(
        control="Takeoff.9",
        name="takeoff-9-gpu-cap",
        severity="high",
        frameworks=(OWN,),
        title="A stack asks for no more GPUs than its cap",
        allowed="`most` GPUs over endpoints at their upper bounds, notebooks, training jobs and node pools",
        fix="fewer instances, a smaller type or limits on the pool; or raise `most` in the policy configuration",
        source="https://docs.aws.amazon.com/sagemaker/latest/dg/regions-quotas.html",
        types=(CONFIG, _NOTEBOOK, _TRAINING, _NODES, POOL),
        check=_gpus,
        settings={"most": 8},
    ),
)
