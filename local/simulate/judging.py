"""What every scenario has to prove besides its own: where pods landed, and what their nodes cost."""

from __future__ import annotations

from local.simulate.bill import Bill
from local.simulate.outcome import Outcome
from local.simulate.stage import Stage

_MANY = 3  # wrong ones that are named


def placements(stage: Stage, outcome: Outcome) -> None:
    """Every pod that was ever on a node, in all scenarios so far: none on a node of another pool."""
    wrong = stage.mirror.wrong()
    outcome.wrong = len(wrong)
    named = "".join(f"; {each}" for each in wrong[:_MANY])
    outcome.verdict.note(f"{stage.mirror.placed} pods placed so far, {len(wrong)} on a wrong pool{named}", not wrong)


def all_on(stage: Stage, outcome: Outcome, namespace: str, pool: str, component: str = "") -> None:
    """The pods of a namespace that run are on nodes of one pool."""
    pools = {each.name: each.pool for each in stage.mirror.nodes.all()}
    running = stage.running(namespace, component)
    here = sum(pools.get(each.node) == pool for each in running)
    outcome.verdict.note(
        f"{here} of {len(running)} running pods are on pool {pool}", bool(running) and here == len(running)
    )


def bills(stage: Stage, outcome: Outcome, predicted: Bill, pool: str) -> None:
    """Keep what was predicted and what a pool's nodes cost now; how near they have to be is the scenario `cost`'s."""
    provisioned = stage.bill(pool)
    outcome.predicted, outcome.provisioned = predicted, provisioned
    stage.timeline.look()
    outcome.verdict.note(f"predicted {predicted}; Karpenter bought {provisioned}", bool(provisioned.nodes))
