"""Spot capacity that is taken back, and that is not to be had.

Karpenter's simulated provider calls every offering of its file available, so a shortage cannot be switched on: the
cluster is started again with a market that has no spot. The pool keeps its declared requirement, by which Karpenter
goes on to on-demand. What it does when AWS refuses a launch (it forgets the offering for three minutes) is not played.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from local.cluster import control, instance_types
from local.cluster.api import Api, ApiError
from local.cluster.layout import Layout
from local.cluster.stack_file import pools
from local.simulate import judging, workloads
from local.simulate.bill import predicted
from local.simulate.deployed import CPU_MODEL
from local.simulate.observed import Machine
from local.simulate.outcome import Outcome
from local.simulate.stage import Stage
from local.toolchain.progress import Progress

_NAME, _NAMESPACE, _POOL = "spot", "simulate-spot", "spot"
_LIMIT = 300.0
# Less than the server asks us to wait: a refusal is then an answer, and is not tried again.
_NO_PATIENCE = 0.9


def spot(stage: Stage, outcome: Outcome) -> None:
    """Spot nodes are taken back, then spot is not to be had: pods move to on-demand, one at a time."""
    verdict, wanted = outcome.verdict, stage.size.spot
    pods = workloads.changed(stage.template(CPU_MODEL), _NAME, pool=_POOL)
    budget = workloads.budget(stage.api, stage.stack, CPU_MODEL)
    metadata = {"name": _NAME, "namespace": _NAMESPACE, "labels": {workloads.SIMULATION: _NAME}}
    kept = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata, "spec": budget}
    guess = predicted([(pods["spec"], wanted)], stage.pools[_POOL])
    stage.make(*workloads.namespace(_NAME), kept, workloads.deployment(_NAMESPACE, _NAME, pods, wanted))
    outcome.to_running = stage.seconds(f"{wanted} pods on spot", lambda: _whole(stage), stage.size.grow)
    judging.bills(stage, outcome, guess, _POOL)
    bought = {each.capacity for each in stage.claims(_POOL)}
    verdict.note(f"with spot to be had, nodes are {', '.join(sorted(bought))}", bought == {"spot"})
    stage.mirror.watch_floor(_NAMESPACE)
    _refused(stage, outcome)
    _interrupted(stage, outcome)
    with _no_spot(stage):
        before = [each for each in stage.claims(_POOL) if each.capacity == "spot"]
        stage.timeline.tell(f"no spot in the market; {len(before)} spot nodes are taken back")
        stage.interrupt(before)
        stage.until("pods on on-demand", lambda: _whole(stage) and _bought(stage) == {"on-demand"}, _LIMIT)
        judging.all_on(stage, outcome, _NAMESPACE, _POOL)
        bought = _bought(stage)
        verdict.note(f"with none, the nodes of its pods are {', '.join(sorted(bought))}", bought == {"on-demand"})
    least, floor = wanted - workloads.breakable(budget, wanted), stage.mirror.floor(_NAMESPACE)
    verdict.note(f"the disruption budget holds: {floor} of {wanted} pods ran at least, allowed {least}", floor >= least)


def _interrupted(stage: Stage, outcome: Outcome) -> None:
    """One spot node is taken back while there is spot: its pods move, and it goes."""
    claim = max(stage.claims(_POOL), key=lambda each: _load(stage, each))
    took = _load(stage, claim)
    stage.timeline.tell(f"AWS takes back {claim.name} with {took} pods")
    stage.interrupt([claim])
    gone = stage.seconds(
        f"{claim.name} drained",
        lambda: claim.name not in {each.name for each in stage.mirror.claims.all()} and _whole(stage),
        _LIMIT,
    )
    outcome.verdict.note(f"a spot node with {took} pods is drained and replaced after {gone:.0f} s", took > 0)


def _refused(stage: Stage, outcome: Outcome) -> None:
    """The eviction API lets the budget's pods go and refuses the next with 429."""
    hasty = Api(Layout.of(stage.state).kubeconfig, patience=_NO_PATIENCE)

    def evict(pod: str) -> int:
        metadata = {"name": pod, "namespace": _NAMESPACE}
        path = f"/api/v1/namespaces/{_NAMESPACE}/pods/{pod}/eviction"
        try:
            hasty.post(path, {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata})
        except ApiError as error:
            return error.status
        return 201

    # One after the other: of two at a time the server may count one as gone that it then keeps, for two minutes.
    said = [evict(each.name) for each in stage.running(_NAMESPACE)]
    outcome.verdict.note(
        f"of {len(said)} evictions in a row {said.count(201)} are let through, {said.count(429)} are refused (429)",
        {201, 429} <= set(said),
    )
    stage.until("evicted pods are back", lambda: _whole(stage), _LIMIT)


@contextmanager
def _no_spot(stage: Stage) -> Iterator[None]:
    """A market without spot while the block runs; it takes two starts of the cluster, which keeps what it knows."""
    _start(stage, spot=False)
    try:
        yield
    finally:
        _start(stage, spot=True)


def _start(stage: Stage, *, spot: bool) -> None:
    market = "all" if spot else "no spot"
    stage.timeline.tell(f"the cluster starts again, with {market} in the market")
    types = instance_types.named(pools(stage.stack))
    control.start(stage.state, types, Progress(sys.stderr), spot=spot)
    stage.mirror.wait(_LIMIT)


def _whole(stage: Stage) -> bool:
    """Whether all pods run and none is leaving."""
    return len(stage.running(_NAMESPACE)) == len(stage.pods(_NAMESPACE)) == stage.size.spot


def _bought(stage: Stage) -> set[str]:
    """How the nodes are bought that the pods are on."""
    capacity = {each.name: each.capacity for each in stage.mirror.nodes.all()}
    return {capacity.get(each.node, "") for each in stage.running(_NAMESPACE)}


def _load(stage: Stage, claim: Machine) -> int:
    """How many pods run on a claim's node, whose name is the claim's with more."""
    return sum(each.node.startswith(f"kwok-{claim.name}-") for each in stage.running(_NAMESPACE))
