"""What every scenario stands on: a deployed cluster, its mirror and timeline, and the verbs of those who play."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.cluster.api import Api
from local.simulate import workloads
from local.simulate.bill import Bill, provisioned
from local.simulate.deployed_pools import DeployedPool
from local.simulate.mirror import CLAIMS, NODES, Mirror
from local.simulate.observed import Machine, Pod
from local.simulate.size import Size
from local.simulate.timeline import Timeline
from local.simulate.workloads import SIMULATION
from local.state import State
from scenarios.verdict import StoppedError

_POLL = 0.1
_LEFT = 180.0
_NAMESPACES = "/api/v1/namespaces"
# Controllers before what they control; a pool takes its nodes with it.
_MADE = ("/apis/apps/v1/deployments", "/apis/batch/v1/jobs", "/api/v1/pods", "/apis/karpenter.sh/v1/nodepools")


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stack's cluster. Everything that a scenario makes has the label `takeoff/simulation`."""

    state: State
    api: Api
    mirror: Mirror
    timeline: Timeline
    pools: Mapping[str, DeployedPool]
    size: Size

    @property
    def stack(self) -> str:
        """Whose cluster it is."""
        return self.state.stack

    def until(self, what: str, holds: Callable[[], Any], seconds: float) -> Any:
        """Wait until something holds and return it. Raises StoppedError after so many seconds."""
        end = time.monotonic() + seconds
        while not (found := holds()):
            if time.monotonic() > end:
                raise StoppedError(f"{what}: not within {seconds:.0f} s; {self.timeline.look()}")
            time.sleep(_POLL)
        return found

    def seconds(self, what: str, holds: Callable[[], Any], limit: float) -> float:
        """How long something takes until it holds. Raises StoppedError."""
        began = time.monotonic()
        self.until(what, holds, limit)
        return time.monotonic() - began

    def still(self, seconds: float) -> None:
        """Let some time pass in which something that must not happen could happen."""
        time.sleep(seconds)

    def make(self, *manifests: Mapping[str, Any]) -> None:
        """Apply objects in order. Raises ApiError."""
        for each in manifests:
            self.api.apply(each, force=True)

    def scale(self, path: str, replicas: int) -> None:
        """Ask a Deployment's /scale for so many pods."""
        self.timeline.tell(f"scale {path.rpartition('/')[2]} to {replicas}")
        self.api.patch(f"{path}/scale", {"spec": {"replicas": replicas}})

    def template(self, model: str) -> dict[str, Any]:
        """The pod template of a deployed model's service."""
        return workloads.template(self.api, self.stack, model)

    def pods(self, namespace: str, component: str = "") -> list[Pod]:
        """The pods of a namespace, or those of them that are one part of its model."""
        found = [each for each in self.mirror.pods.all() if each.namespace == namespace]
        return [each for each in found if component in ("", each.component)]

    def running(self, namespace: str, component: str = "") -> list[Pod]:
        """Those of them that run and are ready."""
        return [each for each in self.pods(namespace, component) if each.running]

    def claims(self, pool: str) -> list[Machine]:
        """What Karpenter has bought for a pool and means to keep."""
        return [each for each in self.mirror.claims.all() if each.pool == pool and not each.leaving]

    def bill(self, pool: str) -> Bill:
        """What a pool's nodes cost now, once each has its type."""
        claims = self.claims(pool)
        self.until(f"types of the nodes of {pool}", lambda: all(each.type for each in self.claims(pool)), 30)
        return provisioned(self.claims(pool) or claims)

    def empty(self, *pools: str) -> bool:
        """Whether pools have neither node nor claim."""
        machines = [*self.mirror.nodes.all(), *self.mirror.claims.all()]
        return not any(each.pool in pools for each in machines)

    def events(self, namespace: str, name: str = "") -> list[dict[str, Any]]:
        """The warnings about a namespace's objects, or about those whose name begins so: object, by whom, message."""
        return [
            {
                "object": each["involvedObject"]["name"],
                "by": each.get("reportingComponent") or (each.get("source") or {}).get("component", ""),
                "reason": each["reason"],
                "message": each["message"],
            }
            for each in self.api.list(f"/api/v1/namespaces/{namespace}/events", fields="type=Warning")
            if each["involvedObject"]["name"].startswith(name)
        ]

    def interrupt(self, claims: list[Machine]) -> None:
        """Take nodes as AWS takes spot back: Karpenter, told of it, deletes its claims, and drains their nodes."""
        for each in claims:
            self.api.delete(f"{CLAIMS}/{each.name}")

    def sweep(self) -> None:
        """Remove what scenarios made, and every pod and node under it, so that the next scenario begins on none."""
        for path in self.services():
            self.api.patch(f"{path}/scale", {"spec": {"replicas": 0}})
        self.remove_made()
        self.until("nodes gone", self._cleared, _LEFT)

    def services(self) -> list[str]:
        """Where the Deployments are that the program declares."""
        labels = f"app.kubernetes.io/part-of=takeoff,takeoff/stack={self.stack},!{SIMULATION}"
        return [self.api.path(each) for each in self.api.list("/apis/apps/v1/deployments", labels=labels)]

    def _cleared(self) -> bool:
        """Whether no pool has a node; those that are there are given back.

        A claim that goes before its simulated machine comes leaves a node that nobody owns.
        """
        claims = [each for each in self.mirror.claims.all() if each.pool]
        nodes = [each for each in self.mirror.nodes.all() if each.pool]
        self.interrupt([each for each in claims if not each.leaving])
        if not claims:
            for each in nodes:
                self.api.delete(f"{NODES}/{each.name}")
        time.sleep(_POLL)
        return not claims and not nodes

    def _removed(self) -> bool:
        return not any(self.api.list(path, labels=SIMULATION) for path in (*_MADE, _NAMESPACES))

    def remove_made(self) -> None:
        """Remove every object that a scenario made, of this run or of one that was killed."""
        for path in (*_MADE, _NAMESPACES):
            for each in self.api.list(path, labels=SIMULATION):
                self.api.delete(each)
        self.until("what scenarios made gone", self._removed, _LEFT)
