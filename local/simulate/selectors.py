"""Pods that no pool can take: what the preview would have said, and what the cluster says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.pools import Mismatch, match, workload
from catalog.requirements import GPU
from local.simulate import reasons, workloads
from local.simulate.deployed import CPU_MODEL, GPU_MODEL
from local.simulate.outcome import Outcome
from local.simulate.stage import Stage

_NAME, _NAMESPACE = "selector", "simulate-selector"
_LIMIT = 120.0
_GPUS = 16  # more than any type has


def selector(stage: Stage, outcome: Outcome) -> None:
    """Bad selectors, tolerations and sizes stay pending, for the reason that the preview gives."""
    # A node of each pool, so that the scheduler has something to refuse.
    for model in (CPU_MODEL, GPU_MODEL):
        stage.scale(workloads.service_path(stage.stack, model), 1)
    services = [f"{stage.stack}-{model}" for model in (CPU_MODEL, GPU_MODEL)]
    stage.until("a node of each pool", lambda: all(stage.running(each, "service") for each in services), _LIMIT)
    stage.make(*workloads.namespace(_NAME))
    bad = _bad(stage.template(GPU_MODEL))
    pools = [each for pool in stage.pools.values() for each in pool.seen]
    for name, spec in bad.items():
        metadata = {"name": name, "namespace": _NAMESPACE, "labels": {workloads.SIMULATION: _NAME}}
        stage.make({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    for name, spec in bad.items():
        _compare(stage, outcome, name, match(workload(name, spec), pools))
    waiting = [each for each in stage.pods(_NAMESPACE) if not each.node]
    outcome.verdict.note(f"{len(waiting)} of {len(bad)} bad pods have no node", len(waiting) == len(bad))
    for model in (CPU_MODEL, GPU_MODEL):
        stage.scale(workloads.service_path(stage.stack, model), 0)


def _bad(declared: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The GPU model's pods with one thing wrong in each."""
    apart = ("topologySpreadConstraints",)
    large = {"cpu": "2", "memory": "8Gi", GPU: str(_GPUS)}
    made = {
        "nowhere": workloads.changed(declared, _NAME, pool="nowhere", without=apart),
        "untolerant": workloads.changed(declared, _NAME, without=(*apart, "tolerations")),
        "too-large": workloads.changed(declared, _NAME, resources=large, without=apart),
    }
    return {name: pods["spec"] for name, pods in made.items()}


def _compare(stage: Stage, outcome: Outcome, name: str, found: object) -> None:
    if not isinstance(found, Mismatch):
        outcome.verdict.note(f"{name}: the preview finds nothing wrong", fine=False)
        return
    said = stage.until(f"the reasons of {name}", lambda: _said(stage, name), _LIMIT)
    for who, (message, reason) in said.items():
        short = message.partition(", requirements=")[0]
        text = f"{name}: preview: {found.reason} ({found.text}); {who}: {reason or 'unknown'} ({short})"
        outcome.verdict.note(text, reason == found.reason)


def _said(stage: Stage, name: str) -> dict[str, tuple[str, str | None]]:
    """What the scheduler and Karpenter say of a pod, once both have."""
    events = [each for each in stage.events(_NAMESPACE, name) if each["reason"] == "FailedScheduling"]
    by = {each["by"]: each["message"] for each in events}
    if not {"karpenter", "default-scheduler"} <= set(by):
        return {}
    return {
        "scheduler": (by["default-scheduler"], reasons.scheduler(by["default-scheduler"])),
        "Karpenter": (by["karpenter"], reasons.karpenter(by["karpenter"])),
    }
