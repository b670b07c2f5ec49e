"""Hundreds of nodes and thousands of pods: how long, how much memory, and where they land."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from catalog.pools import POOL_LABEL
from local.cluster import control
from local.providers.kubernetes.translate import declared
from local.simulate import judging, workloads
from local.simulate.bill import predicted
from local.simulate.deployed import CPU_MODEL
from local.simulate.deployed_pools import POOLS, read
from local.simulate.outcome import Outcome
from local.simulate.size import PER_NODE
from local.simulate.stage import Stage

_NAME, _NAMESPACE = "scale", "simulate-scale"
# A type with room for ten of these and no more; the pool's families at this size.
_SIZE, _CORES, _ASKED = "2xlarge", 8, {"cpu": "780m", "memory": "1Gi"}
_MEBIBYTES = 6144.0
_TYPE = "node.kubernetes.io/instance-type"


def scale(stage: Stage, outcome: Outcome) -> None:
    """Hundreds of nodes with ten pods each, and back to none: seconds, the control plane's memory, wrong placements."""
    verdict, wanted = outcome.verdict, stage.size.pods
    deployed = stage.api.get(f"{POOLS}/{stage.stack}-{stage.template(CPU_MODEL)['spec']['nodeSelector'][POOL_LABEL]}")
    own = _pool(deployed, stage.size.nodes)
    pods = workloads.changed(stage.template(CPU_MODEL), _NAME, pool=_NAME, resources=_ASKED)
    guess = predicted([(pods["spec"], wanted)], read(_NAME, [declared(own)]))
    stage.make(own, *workloads.namespace(_NAME), workloads.deployment(_NAMESPACE, _NAME, pods, 0))
    path = f"/apis/apps/v1/namespaces/{_NAMESPACE}/deployments/{_NAME}"
    stage.scale(path, wanted)
    outcome.to_running = stage.seconds(
        f"{wanted} pods", lambda: len(stage.running(_NAMESPACE)) == wanted, stage.size.grow
    )
    used = _memory(stage)
    judging.bills(stage, outcome, guess, _NAME)
    judging.all_on(stage, outcome, _NAMESPACE, _NAME)
    nodes = len(stage.claims(_NAME))
    verdict.note(f"{wanted} pods run on {nodes} nodes after {outcome.to_running:.0f} s", nodes >= wanted / PER_NODE)
    total, largest = sum(used.values()), max(used, key=lambda name: used[name])
    text = f"the control plane has {total:.0f} MiB, {largest} most with {used[largest]:.0f}, limit {_MEBIBYTES:.0f}"
    verdict.note(text, 0 < total < _MEBIBYTES)
    stage.scale(path, 0)
    outcome.to_zero = stage.seconds("no node", lambda: stage.empty(_NAME), stage.size.shrink)
    verdict.within(f"no node of {nodes} after", outcome.to_zero, stage.size.shrink)


def _pool(deployed: Mapping[str, Any], nodes: int) -> dict[str, Any]:
    """The deployed pool under another name, of one size of its families, with room for so many nodes and a tenth."""
    spec = copy.deepcopy(deployed["spec"])
    spec["limits"] = {"cpu": str(_CORES * nodes * 11 // 10)}
    spec["template"]["metadata"]["labels"][POOL_LABEL] = _NAME
    needs = spec["template"]["spec"]["requirements"]
    families = next(each for each in needs if each["key"].endswith("/instance-family"))
    types = {"key": _TYPE, "operator": "In", "values": [f"{each}.{_SIZE}" for each in families["values"]]}
    spec["template"]["spec"]["requirements"] = [types if each is families else each for each in needs]
    metadata = {"name": f"simulate-{_NAME}", "labels": {workloads.SIMULATION: _NAME, POOL_LABEL: _NAME}}
    return {"apiVersion": deployed["apiVersion"], "kind": deployed["kind"], "metadata": metadata, "spec": spec}


def _memory(stage: Stage) -> dict[str, float]:
    """MiB of each process of the control plane."""
    record = control.status(stage.state)
    return control.memory(record) if record else {}
