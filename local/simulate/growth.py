"""A model's pods from none to many and back, on the pool that they are declared for."""

from __future__ import annotations

from catalog.pools import POOL_LABEL
from local.simulate import judging
from local.simulate.bill import predicted
from local.simulate.deployed import CPU_MODEL, GPU_MODEL
from local.simulate.outcome import Outcome
from local.simulate.stage import Stage
from local.simulate.workloads import service_path

_SERVICE = "service"


def cpu(stage: Stage, outcome: Outcome) -> None:
    """A model on cores grows from no pod to many and returns to none, and its pool with it."""
    _grow(stage, outcome, CPU_MODEL)


def gpu(stage: Stage, outcome: Outcome) -> None:
    """A model on GPUs grows from no pod to many and returns to none, and its pool with it."""
    _grow(stage, outcome, GPU_MODEL)


def _grow(stage: Stage, outcome: Outcome, model: str) -> None:
    verdict, wanted = outcome.verdict, stage.size.replicas
    path, namespace = service_path(stage.stack, model), f"{stage.stack}-{model}"
    spec = stage.template(model)["spec"]
    pool = spec["nodeSelector"][POOL_LABEL]
    verdict.note(f"pool {pool} begins with no node", stage.empty(pool))
    guess = predicted([(spec, wanted)], stage.pools[pool])
    stage.scale(path, wanted)
    outcome.to_running = stage.seconds(
        f"{wanted} pods of {model}", lambda: len(stage.running(namespace, _SERVICE)) == wanted, stage.size.grow
    )
    judging.bills(stage, outcome, guess, pool)
    judging.all_on(stage, outcome, namespace, pool, _SERVICE)
    verdict.within(f"{wanted} pods run after", outcome.to_running, stage.size.grow)
    stage.scale(path, 0)
    outcome.to_zero = stage.seconds(f"no node of {pool}", lambda: stage.empty(pool), stage.size.shrink)
    verdict.within(f"no node of {pool} after", outcome.to_zero, stage.size.shrink)
