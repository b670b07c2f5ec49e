"""How long it takes to prove, before anything is sent, that each workload lands on exactly one pool."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.figure import Figure, say
from catalog.node_pool import NodePool
from catalog.node_pool_objects import schedulable
from catalog.pools import Mismatch, Pool, match, workload
from catalog.requirements import GPU, allowed

WORKLOADS, POOLS = 1_000, 50


def measure(*, quick: bool) -> list[Figure]:
    """The seconds from the pods' specs to a pool for each, with nothing remembered from the time before."""
    pools, pods = declared(POOLS), asked(WORKLOADS, POOLS)
    taken = []
    for _ in range(3 if quick else 10):
        allowed.cache_clear()
        began = time.perf_counter()
        answers = prove(pools, pods)
        taken.append(time.perf_counter() - began)
        if wrong := [each for each in answers if isinstance(each, Mismatch)]:
            raise SystemExit(f"selectors: {len(wrong)} workloads without a pool, such as {wrong[0]}")
    say(f"  {WORKLOADS} workloads, {POOLS} pools: {min(taken):.3f} s at best")
    name = f"selector proof of {WORKLOADS} workloads on {POOLS} pools"
    return [Figure(name=name, unit="s", values=taken, goal=1)]


def declared(count: int) -> list[Pool]:
    """Pools as the scheduler sees them, every other one with GPUs."""
    return [each for number in range(count) for each in schedulable(_pool(number), "bench")]


def asked(workloads: int, pools: int) -> list[dict[str, Any]]:
    """The spec of a pod for each workload, in turns for each pool."""
    return [_pod(number % pools, number) for number in range(workloads)]


def prove(pools: list[Pool], pods: list[dict[str, Any]]) -> list[Pool | Mismatch]:
    """For each pod its pool, or why it has none."""
    quota = {"requests.cpu": "100", "requests.memory": "400Gi", "pods": "100"}
    return [match(workload(f"w{number}", pod, quota), pools) for number, pod in enumerate(pods)]


def _gpu(number: int) -> bool:
    return number % 2 == 1


def _pool(number: int) -> NodePool:
    if _gpu(number):
        return NodePool(name=f"p{number}", accelerator="nvidia", families=("g6", "g5"), limits={GPU: "16"})
    return NodePool(name=f"p{number}", families=("m7i", "c7i", "r7i"), limits={"cpu": "200", "memory": "800Gi"})


def _pod(pool: int, number: int) -> dict[str, Any]:
    wanted = {"cpu": f"{1 + number % 4}", "memory": f"{1 + number % 8}Gi", **({GPU: "1"} if _gpu(pool) else {})}
    tolerations = [{"key": GPU, "operator": "Exists", "effect": "NoSchedule"}] if _gpu(pool) else []
    resources = {"requests": wanted, "limits": dict(wanted)}
    return {
        "nodeSelector": {"takeoff/pool": f"p{pool}"},
        "tolerations": tolerations,
        "containers": [{"name": "model", "resources": resources}],
    }
