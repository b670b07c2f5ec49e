"""What keeps a pool and a team from growing: a pool's limit of GPUs, and a namespace's quota."""

from __future__ import annotations

from decimal import Decimal

from catalog.pod_requests import quantity, requests
from catalog.pools import POOL_LABEL
from catalog.requirements import GPU
from local.cluster.api import ApiError
from local.simulate import judging, workloads
from local.simulate.bill import predicted
from local.simulate.deployed import CPU_MODEL, GPU_MODEL
from local.simulate.outcome import Outcome
from local.simulate.stage import Stage

_LIMITED = "exceed limits for nodepool"
_BEYOND = 16  # GPUs more than the limit
_ASKED, _SMALL = {"cpu": "10", "memory": "1Gi"}, {"cpu": "100m", "memory": "128Mi"}
_LIMIT, _CALM = 180.0, 8.0
_QUOTA, _OTHERS = "all", "others"
_FORBIDDEN = 403


def limit(stage: Stage, outcome: Outcome) -> None:
    """More GPUs are asked for than a pool may have: it stops there, and the rest wait with Karpenter's reason."""
    verdict, namespace = outcome.verdict, "simulate-limit"
    pods = workloads.changed(stage.template(GPU_MODEL), "limit")
    pool = pods["spec"]["nodeSelector"][POOL_LABEL]
    most = int(sum(each.limits.get(GPU, Decimal(0)) for each in stage.pools[pool].tiers))
    wanted = most + _BEYOND
    guess = predicted([(pods["spec"], wanted)], stage.pools[pool])
    stage.mirror.forget_most()
    stage.make(*workloads.namespace("limit"), workloads.deployment(namespace, "limit", pods, wanted))
    place = wanted - guess.unplaced
    outcome.to_running = stage.seconds(f"{place} pods", lambda: len(stage.running(namespace)) >= place, _LIMIT)
    said = stage.until("Karpenter's reason", lambda: _reasons(stage, namespace), _LIMIT)
    stage.still(_CALM)
    judging.bills(stage, outcome, guess, pool)
    judging.all_on(stage, outcome, namespace, pool)
    running, waiting = len(stage.running(namespace)), sum(not each.node for each in stage.pods(namespace))
    gpus = stage.mirror.most(pool)[1]
    verdict.note(f"{gpus} GPUs at most on nodes of {pool}, limit {most}", 0 < gpus <= most)
    expected = f"predicted {place} and {guess.unplaced}"
    verdict.note(
        f"of {wanted} pods {running} run and {waiting} wait, {expected}",
        (running, waiting) == (place, guess.unplaced) and waiting > 0,
    )
    verdict.note(f"Karpenter says of one that waits: {said}", pool in said)


def quota(stage: Stage, outcome: Outcome) -> None:
    """A team asks for more than its quota: the API server refuses the pods, and what runs stays within."""
    verdict, namespace = outcome.verdict, f"{stage.stack}-{CPU_MODEL}"
    pods = workloads.changed(
        stage.template(CPU_MODEL), "quota", resources=_ASKED, without=("topologySpreadConstraints",)
    )
    # It answers for no service, and takes no part in the model's own count.
    pods["metadata"]["labels"].pop(workloads.COMPONENT)
    pool = pods["spec"]["nodeSelector"][POOL_LABEL]
    path = f"/api/v1/namespaces/{namespace}/resourcequotas/{_QUOTA}"
    status = stage.api.get(path)["status"]
    hard, used = ({name: quantity(value) for name, value in status[key].items()} for key in ("hard", "used"))
    each = requests(pods["spec"])
    room = min(
        int((hard[f"requests.{name}"] - used[f"requests.{name}"]) / value)
        for name, value in each.items()
        if f"requests.{name}" in hard
    )
    wanted = room + 3
    guess = predicted([(pods["spec"], room)], stage.pools[pool])
    stage.make(workloads.deployment(namespace, "simulate-quota", pods, wanted))
    outcome.to_running = stage.seconds(f"{room} pods", lambda: len(stage.running(namespace)) >= room, _LIMIT)
    judging.bills(stage, outcome, guess, pool)
    said = stage.until("the API server's refusal", lambda: _refusals(stage, namespace), _LIMIT)
    stage.still(_CALM)
    now = {name: quantity(value) for name, value in stage.api.get(path)["status"]["used"].items()}
    running = len(stage.running(namespace))
    verdict.note(f"of {wanted} pods {running} run, for which the quota has room for {room}", running == room)
    over = [name for name, value in now.items() if value > hard[name]]
    cores = f"{now['requests.cpu']:f} of {hard['requests.cpu']:f} cores"
    verdict.note(f"the quota holds: {cores} are taken", not over)
    verdict.note(f"the API server says: {said}", f"exceeded quota: {_QUOTA}" in said)
    small = workloads.changed(pods, "quota", resources=_SMALL)
    _unnamed_priority(stage, outcome, namespace, small)


def _unnamed_priority(stage: Stage, outcome: Outcome, namespace: str, pods: workloads.Manifest) -> None:
    """A pod without one of the two priorities is refused whatever there is room for."""
    spec = {name: value for name, value in pods["spec"].items() if name not in {"priorityClassName", "priority"}}
    metadata = {"name": "simulate-nobody", "namespace": namespace, "labels": {workloads.SIMULATION: "quota"}}
    try:
        stage.api.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}, dry_run=True)
        said, fine = "nothing: it was let in", False
    except ApiError as error:
        said, fine = error.message, error.status == _FORBIDDEN and f"exceeded quota: {_OTHERS}" in error.message
    outcome.verdict.note(f"of a pod without a priority it says: {said}", fine)


def _reasons(stage: Stage, namespace: str) -> str:
    found = [one["message"] for one in stage.events(namespace) if one["by"] == "karpenter"]
    return next((one for one in found if _LIMITED in one), "")


def _refusals(stage: Stage, namespace: str) -> str:
    found = [one["message"] for one in stage.events(namespace, "simulate-quota") if one["reason"] == "FailedCreate"]
    return next((one for one in found if "exceeded quota" in one), "")
