"""Pods of one, two, four and eight GPUs, asked for at once."""

from __future__ import annotations

from catalog.instance_types import spec
from catalog.pools import POOL_LABEL
from catalog.requirements import GPU
from local.simulate import judging, workloads
from local.simulate.bill import Bill, predicted
from local.simulate.deployed import GPU_MODEL
from local.simulate.outcome import Outcome
from local.simulate.stage import Stage

_NAME, _NAMESPACE = "packing", "simulate-packing"
# GPUs of a pod → pods: as many GPUs in each size, which fill the largest type four times.
_BATCH = {8: 1, 4: 2, 2: 4, 1: 8}


def packing(stage: Stage, outcome: Outcome) -> None:
    """Pods of 1, 2, 4 and 8 GPUs at once: no more GPUs are left over than the packing that was predicted leaves."""
    verdict = outcome.verdict
    declared = stage.template(GPU_MODEL)
    pool = declared["spec"]["nodeSelector"][POOL_LABEL]
    sizes = {
        # Spread over zones by size they would not share nodes, whatever the packing is worth.
        gpus: workloads.changed(
            declared,
            _NAME,
            resources={"cpu": str(2 * gpus), "memory": f"{8 * gpus}Gi", GPU: str(gpus)},
            without=("topologySpreadConstraints",),
        )
        for gpus in _BATCH
    }
    guess = predicted([(pods["spec"], _BATCH[gpus]) for gpus, pods in sizes.items()], stage.pools[pool])
    stage.make(
        *workloads.namespace(_NAME),
        *(workloads.deployment(_NAMESPACE, f"gpus-{gpus}", pods, _BATCH[gpus]) for gpus, pods in sizes.items()),
    )
    pods, asked = sum(_BATCH.values()), sum(gpus * count for gpus, count in _BATCH.items())
    outcome.to_running = stage.seconds(f"{pods} pods", lambda: len(stage.running(_NAMESPACE)) == pods, stage.size.grow)
    judging.bills(stage, outcome, guess, pool)
    bought = outcome.provisioned or guess
    judging.all_on(stage, outcome, _NAMESPACE, pool)
    wasted, allowed = _gpus(bought) - asked, _gpus(guess) - asked
    verdict.note(
        f"{asked} GPUs in {pods} pods on {bought.count} nodes: {wasted} left over, predicted {allowed}",
        0 <= wasted <= allowed,
    )


def _gpus(bill: Bill) -> int:
    return sum(found.count * count for name, count in bill.nodes.items() if (found := spec(name)))
