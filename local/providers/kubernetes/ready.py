"""When the official plugin calls an object ready, and what it still waits for until then.

From pulumi-kubernetes 4, provider/pkg/await; kinds that are not listed are ready as soon as the server has them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

Manifest = Mapping[str, Any]


class Api(Protocol):
    """What readiness asks of the API server besides the object itself."""

    def find(self, path: str) -> dict[str, Any] | None: ...
    def list(self, path: str, *, labels: str = "") -> list[dict[str, Any]]: ...


class FailedError(RuntimeError):
    """The object has failed for good: waiting longer cannot help."""


def waits_for(live: Manifest, api: Api) -> str:
    """What is still missing, in words; nothing when the object is ready. Raises FailedError."""
    annotations = live["metadata"].get("annotations") or {}
    if annotations.get("pulumi.com/skipAwait") == "true":
        return ""
    if wanted := annotations.get("pulumi.com/waitFor"):
        return _waits_for_expression(wanted, live)
    rule = _RULES.get((live["apiVersion"], live["kind"]))
    return rule(live, api) if rule else ""


def patience(live: Manifest) -> float:
    """How many seconds the official plugin waits where the program does not say."""
    return _PATIENCE.get(live["kind"], 600)


def why_pods_wait(live: Manifest, api: Api) -> list[str]:
    """What the scheduler says of the pods of a workload that have no node, each reason once."""
    chosen = ((live.get("spec") or {}).get("selector") or {}).get("matchLabels")
    if not isinstance(chosen, dict):
        return []
    pods = api.list(
        f"/api/v1/namespaces/{live['metadata']['namespace']}/pods",
        labels=",".join(f"{name}={value}" for name, value in sorted(chosen.items())),
    )
    found = [_condition(pod, "PodScheduled") for pod in pods]
    return sorted({said["message"] for said in found if said.get("status") == "False" and said.get("message")})


def _deployment(live: Manifest, api: Api) -> str:  # noqa: ARG001
    status, wanted = live.get("status") or {}, live["spec"].get("replicas", 1)
    if unseen := _unseen(live):
        return unseen
    available = _condition(live, "Available")
    progress = _condition(live, "Progressing")
    updated, total = status.get("updatedReplicas", 0), status.get("replicas", 0)
    if updated < wanted or total > updated or status.get("availableReplicas", 0) < wanted:
        late = f"; {progress['message']}" if progress.get("status") == "False" else ""
        return f"{status.get('availableReplicas', 0)} of {wanted} replicas are available, {updated} updated{late}"
    return (
        "" if available.get("status") == "True" else f"it is not available: {available.get('message', 'no word of it')}"
    )


def _stateful_set(live: Manifest, api: Api) -> str:  # noqa: ARG001
    status, spec = live.get("status") or {}, live["spec"]
    wanted = spec.get("replicas", 1)
    if unseen := _unseen(live):
        return unseen
    if (ready := status.get("readyReplicas", 0)) != wanted or status.get("replicas", 0) != wanted:
        return f"{ready} of {wanted} replicas are ready"
    rolling = (spec.get("updateStrategy") or {}).get("type", "RollingUpdate") == "RollingUpdate"
    same = status.get("currentRevision") == status.get("updateRevision")
    return "" if same or not rolling else f"the revision {status.get('updateRevision')} is not everywhere"


def _daemon_set(live: Manifest, api: Api) -> str:  # noqa: ARG001
    status = live.get("status") or {}
    if unseen := _unseen(live):
        return unseen
    wanted, ready = status.get("desiredNumberScheduled", 0), status.get("numberReady", 0)
    updated = status.get("updatedNumberScheduled", 0)
    return "" if ready == wanted == updated else f"{ready} of {wanted} pods are ready, {updated} updated"


def _job(live: Manifest, api: Api) -> str:  # noqa: ARG001
    status = live.get("status") or {}
    failed = _condition(live, "Failed")
    if failed.get("status") == "True":
        raise FailedError(f"the job failed: [{failed.get('reason')}] {failed.get('message')}")
    if _condition(live, "Complete").get("status") == "True":
        return ""
    if not status.get("startTime"):
        return "it has not started" + (": spec.suspend is true" if live["spec"].get("suspend") else "")
    counts = ", ".join(f"{status.get(name, 0)} {name}" for name in ("active", "succeeded", "failed"))
    return f"it has not completed ({counts})"


def _pod(live: Manifest, api: Api) -> str:  # noqa: ARG001
    phase = (live.get("status") or {}).get("phase", "Pending")
    if phase == "Succeeded" or _condition(live, "Ready").get("status") == "True":
        return ""
    scheduled = _condition(live, "PodScheduled")
    return f"it is {phase}" + (f": {scheduled['message']}" if scheduled.get("message") else "")


def _service(live: Manifest, api: Api) -> str:
    spec, metadata = live["spec"], live["metadata"]
    if spec.get("type") == "ExternalName" or spec.get("clusterIP") == "None" or not spec.get("selector"):
        return ""
    if spec.get("type") == "LoadBalancer" and not ((live.get("status") or {}).get("loadBalancer") or {}).get("ingress"):
        return "no load balancer gave it an address: the simulator has none"
    folder = f"/apis/discovery.k8s.io/v1/namespaces/{metadata['namespace']}/endpointslices"
    slices = api.list(folder, labels=f"kubernetes.io/service-name={metadata['name']}")
    if any(each.get("conditions", {}).get("ready") for part in slices for each in part.get("endpoints") or ()):
        return ""
    return "it targets no ready pod: none is ready, or spec.selector matches no pod's labels"


def _claim(live: Manifest, api: Api) -> str:
    phase = (live.get("status") or {}).get("phase")
    name = live["spec"].get("storageClassName")
    storage = api.find(f"/apis/storage.k8s.io/v1/storageclasses/{name}") if name else None
    later = (storage or {}).get("volumeBindingMode") == "WaitForFirstConsumer"
    return "" if phase == ("Pending" if later else "Bound") else f"it is {phase}, and not bound to a volume"


def _volume(live: Manifest, api: Api) -> str:  # noqa: ARG001
    phase = (live.get("status") or {}).get("phase")
    return "" if phase in {"Available", "Bound"} else f"it is {phase}"


def _quota(live: Manifest, api: Api) -> str:  # noqa: ARG001
    same = (live.get("status") or {}).get("hard") == (live.get("spec") or {}).get("hard")
    return "" if same else "its limits are not in force yet"


def _unseen(live: Manifest) -> str:
    seen = (live.get("status") or {}).get("observedGeneration", 0)
    return "" if seen >= live["metadata"].get("generation", 0) else "its controller has not seen the change"


def _condition(live: Manifest, type_: str) -> Manifest:
    conditions = (live.get("status") or {}).get("conditions") or ()
    return next((each for each in conditions if each.get("type") == type_), {})


def _waits_for_expression(wanted: str, live: Manifest) -> str:
    """The annotation `pulumi.com/waitFor`: `condition=Ready` or `condition=Ready=False`."""
    match = re.fullmatch(r"condition=(\w+)(?:=(\w+))?", wanted)
    if not match:
        raise FailedError(
            f'pulumi.com/waitFor: got {wanted!r}, allowed on the local stack: "condition=<type>" or '
            '"condition=<type>=<status>"'
        )
    status = _condition(live, match[1]).get("status", "Unknown")
    return "" if status == (match[2] or "True") else f"its condition {match[1]} is {status}"


_RULES: Final[dict[tuple[str, str], Callable[[Manifest, Api], str]]] = {
    ("apps/v1", "DaemonSet"): _daemon_set,
    ("apps/v1", "Deployment"): _deployment,
    ("apps/v1", "StatefulSet"): _stateful_set,
    ("batch/v1", "Job"): _job,
    ("v1", "PersistentVolume"): _volume,
    ("v1", "PersistentVolumeClaim"): _claim,
    ("v1", "Pod"): _pod,
    ("v1", "ResourceQuota"): _quota,
    ("v1", "Service"): _service,
}
_PATIENCE: Final = {"PersistentVolume": 300, "PersistentVolumeClaim": 300, "ResourceQuota": 60}
