"""What has to be deployed before anything can be played, and how it is left as it was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from local.cluster import control
from local.cluster.api import Api
from local.cluster.layout import Layout
from local.simulate.stage import Stage
from local.simulate.workloads import service_path
from local.state import LOCAL, State

# The models of the stack file that the scenarios play on: one of cores, one of GPUs.
CPU_MODEL, GPU_MODEL = "vision", "vision-gpu"
FOUND = "takeoff/simulation-replicas"  # on a Deployment that rests: how many replicas it had
_SECONDS = 180.0


class NotDeployedError(RuntimeError):
    """There is nothing to play on."""


def require_cluster(state: State) -> Api:
    """A client of the stack's running cluster. Raises NotDeployedError where none runs."""
    if state.stack != LOCAL:
        raise NotDeployedError(
            f"simulate: got stack {state.stack!r}; allowed: {LOCAL!r}, which alone has a cluster here"
        )
    record = control.status(state)
    if record is None or not (record.lives and record.ready):
        why = f" ({record.failed})" if record and record.failed else ""
        raise NotDeployedError(
            f"no cluster runs{why}: `make cluster` builds and starts it, then `make up` deploys into it"
        )
    return Api(Layout.of(state).kubeconfig)


def require_workloads(api: Api, stack: str, pools: Mapping[str, Any]) -> None:
    """Raise NotDeployedError for a cluster in which the stack's `-apps` sibling is not deployed."""
    missing = [model for model in (CPU_MODEL, GPU_MODEL) if api.find(service_path(stack, model)) is None]
    lacking = [*(f"Deployment {stack}-{each}/{each}" for each in missing), *([] if pools else ["a NodePool"])]
    if lacking:
        raise NotDeployedError(
            f"{stack}-apps is not deployed: the cluster has no {', no '.join(lacking)}; `make up` deploys it"
        )


@contextmanager
def resting(stage: Stage) -> Iterator[None]:
    """Every service of the stack at no replica while the block runs, and back at what it had.

    How many that were is noted on the Deployment, so that a run which was killed is put right by the next.
    """
    paths = stage.services()
    try:
        for path in paths:
            found = stage.api.get(path)
            if FOUND not in (found["metadata"].get("annotations") or {}):
                stage.api.patch(path, {"metadata": {"annotations": {FOUND: str(found["spec"].get("replicas", 1))}}})
        stage.sweep()
        yield
    finally:
        _put_back(stage, paths)


def _put_back(stage: Stage, paths: list[str]) -> None:
    for path in paths:
        annotations = stage.api.get(path)["metadata"].get("annotations") or {}
        if (replicas := annotations.get(FOUND)) is not None:
            stage.api.patch(f"{path}/scale", {"spec": {"replicas": int(replicas)}})
            stage.api.patch(path, {"metadata": {"annotations": {FOUND: None}}})
    stage.remove_made()
    stage.until("services that answer again", lambda: all(_whole(stage.api, path) for path in paths), _SECONDS)


def _whole(api: Api, path: str) -> bool:
    found = api.get(path)
    return bool((found.get("status") or {}).get("availableReplicas", 0) >= found["spec"]["replicas"])
