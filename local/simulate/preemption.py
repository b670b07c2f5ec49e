"""Real-time pods and batch jobs on one pool that can grow no further."""

from __future__ import annotations

from typing import Any

from catalog.pools import POOL_LABEL
from local.simulate import judging, workloads
from local.simulate.bill import predicted
from local.simulate.deployed import CPU_MODEL
from local.simulate.outcome import Outcome
from local.simulate.stage import Stage
from scenarios.verdict import StoppedError

_NAME, _NAMESPACE = "preempt", "simulate-preempt"
# More than the pool's 400 cores, in pods that leave little room beside them.
_JOBS, _ASKED = 60, {"cpu": "7", "memory": "2Gi"}
# How long a simulated job's pod runs once it has begun (local/cluster/build.py).
_RUNS = "25s"
_TIMES = {f"pod-complete.stage.kwok.x-k8s.io/{name}": _RUNS for name in ("delay", "jitter-delay")}
_LIMIT = 300.0
_SERVICE = "service"


def preempt(stage: Stage, outcome: Outcome) -> None:
    """Jobs fill a pool to its limit; pods that answer take their place, and the jobs finish later."""
    verdict, answering = outcome.verdict, stage.size.replicas
    path, service = workloads.service_path(stage.stack, CPU_MODEL), f"{stage.stack}-{CPU_MODEL}"
    pool = stage.template(CPU_MODEL)["spec"]["nodeSelector"][POOL_LABEL]
    declared = workloads.job(stage.api, stage.stack, CPU_MODEL)
    if declared is None:
        raise StoppedError(f"{service} has no job that runs once; `make up` deploys one")
    pods = workloads.changed(declared["template"], _NAME, pool=pool, resources=_ASKED, annotations=_TIMES)
    guess = predicted([(pods["spec"], _JOBS)], stage.pools[pool])
    verdict.note(f"{_JOBS} job pods are {guess.unplaced} more than the limits of {pool} hold", guess.unplaced > 0)
    stage.make(*workloads.namespace(_NAME), _job({**declared, "template": pods}))
    stage.until("a full pool", lambda: len(stage.running(_NAMESPACE)) >= _JOBS - guess.unplaced, _LIMIT)
    judging.bills(stage, outcome, guess, pool)
    stage.scale(path, answering)
    outcome.to_running = stage.seconds(
        f"{answering} real-time pods", lambda: len(stage.running(service, _SERVICE)) == answering, _LIMIT
    )
    stage.mirror.watch_floor(service)
    unfinished = not _finished(stage)
    taken = len(stage.mirror.preempted)
    stage.timeline.tell(f"{taken} job pods were preempted")
    verdict.note(
        f"{answering} real-time pods run after {outcome.to_running:.0f} s, in the place of {taken} job pods", taken > 0
    )
    done = stage.until("the job's end", lambda: _finished(stage), _LIMIT)
    whole = done.get("succeeded") == _JOBS and not done.get("failed")
    counts = f"{done.get('succeeded', 0)} of {_JOBS} pods succeeded, {done.get('failed', 0)} failed"
    verdict.note(f"the job finished later: {counts}", unfinished and whole)
    budget = workloads.budget(stage.api, stage.stack, CPU_MODEL)
    least, floor = answering - workloads.breakable(budget, answering), stage.mirror.floor(service)
    verdict.note(f"meanwhile {floor} of {answering} real-time pods ran at least, allowed {least}", floor >= least)
    own = [each for each in stage.mirror.preempted.values() if each.namespace != _NAMESPACE]
    verdict.note(f"{len(own)} real-time pods made room for others", not own)
    stage.scale(path, 0)


def _job(spec: dict[str, Any]) -> dict[str, Any]:
    count = {"completions": _JOBS, "parallelism": _JOBS}
    metadata = {"name": _NAME, "namespace": _NAMESPACE, "labels": {workloads.SIMULATION: _NAME}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {**spec, **count}}


def _finished(stage: Stage) -> dict[str, Any]:
    """The job's status once it has ended, well or not; empty before."""
    status: dict[str, Any] = stage.api.get(f"/apis/batch/v1/namespaces/{_NAMESPACE}/jobs/{_NAME}").get("status") or {}
    ended = any(
        each["type"] in {"Complete", "Failed"} and each["status"] == "True" for each in status.get("conditions") or ()
    )
    return status if ended else {}
