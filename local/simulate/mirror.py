"""What the API server has of pods, nodes and claims, followed by watches: nothing that happens between is missed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, TypeVar

from local.cluster.api import Api, ApiError
from local.simulate.observed import Machine, Pod, machine, pod

PODS, NODES = "/api/v1/pods", "/api/v1/nodes"
CLAIMS = "/apis/karpenter.sh/v1/nodeclaims"
_WATCH = 3600.0
_AGAIN = 0.3
T = TypeVar("T")


class Followed(Generic[T]):
    """One collection, kept as it is now; `seen` hears of each state of each of its objects."""

    def __init__(self, api: Api, path: str, read: Callable[[Any], T], seen: Callable[[T], None]) -> None:
        self._api, self._path, self._read, self._seen = api, path, read, seen
        self._now: dict[str, T] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self.known = threading.Event()

    def follow(self) -> None:
        """Follow the collection until `end`; a server that goes and comes back is asked for all again."""
        while not self._over.is_set():
            # The server is away for a moment when a scenario starts the cluster with another market.
            with suppress(ApiError):
                self._from_now_on()
            self.known.clear()
            self._over.wait(_AGAIN)

    def end(self) -> None:
        """Follow no longer."""
        self._over.set()

    def all(self) -> list[T]:
        """Everything that is there."""
        with self._lock:
            return list(self._now.values())

    def _from_now_on(self) -> None:
        page = self._api.get(self._path)
        found = {each["metadata"]["uid"]: self._read(each) for each in page["items"]}
        with self._lock:
            self._now = found
        for each in found.values():
            self._seen(each)
        self.known.set()
        for event in self._api.watch(self._path, since=page["metadata"]["resourceVersion"], seconds=_WATCH):
            if self._over.is_set():
                return
            if event.type != "BOOKMARK":
                self.take(event.type, event.object)

    def take(self, change: str, found: dict[str, Any]) -> None:
        """Note one event of the watch."""
        uid, read = found["metadata"]["uid"], self._read(found)
        with self._lock:
            if change == "DELETED":
                self._now.pop(uid, None)
            else:
                self._now[uid] = read
        self._seen(read)


class Mirror:
    """Every pod, node and claim of the cluster, and what has to be known of all that ever were.

    `floor` is told the fewest running pods of a namespace since `watch_floor`; `most` the most CPU and GPUs that the
    nodes of a pool had together.
    """

    def __init__(self, api: Api) -> None:
        self.pods = Followed(api, PODS, pod, self._pod)
        self.nodes = Followed(api, NODES, machine, self._node)
        self.claims = Followed(api, CLAIMS, machine, lambda _: None)
        self.preempted: dict[str, Pod] = {}
        self._landed: dict[str, Pod] = {}
        self._pools: dict[str, str] = {}
        self._floors: dict[str, int] = {}
        self._most: dict[str, tuple[int, int]] = {}

    def start(self, seconds: float) -> None:
        """Begin to follow, and wait until all that is there is known. Raises ApiError when it is not in time."""
        for each in (self.pods, self.nodes, self.claims):
            threading.Thread(target=each.follow, name="mirror", daemon=True).start()
        self.wait(seconds)

    def wait(self, seconds: float) -> None:
        """Wait until all is known that is there now. Raises ApiError when it is not in time."""
        for each in (self.pods, self.nodes, self.claims):
            if not each.known.wait(seconds):
                raise ApiError(0, "Timeout", f"the API server told nothing of the cluster within {seconds:g} s", {})

    def end(self) -> None:
        """Follow no longer."""
        for each in (self.pods, self.nodes, self.claims):
            each.end()

    @property
    def placed(self) -> int:
        """How many pods that name a pool were on a node so far."""
        return len(self._landed)

    def wrong(self) -> list[str]:
        """Pods that were on a node of another pool than their selector names, each with both."""
        return [
            f"{each.namespace}/{each.name} wants {each.pool} and is on {self._pools.get(each.node) or 'no known node'}"
            for each in list(self._landed.values())
            if self._pools.get(each.node) != each.pool
        ]

    def watch_floor(self, namespace: str) -> None:
        """Begin to note the fewest running pods of a namespace."""
        self._floors[namespace] = self._running(namespace)

    def floor(self, namespace: str) -> int:
        """The fewest pods of a namespace that ran at any moment since `watch_floor`."""
        return self._floors[namespace]

    def most(self, pool: str) -> tuple[int, int]:
        """The most cores and GPUs that a pool's nodes had together, since the last `forget_most`."""
        return self._most.get(pool, (0, 0))

    def forget_most(self) -> None:
        """Begin to note anew what pools have at most."""
        self._most = {}

    def _pod(self, seen: Pod) -> None:
        if seen.pool and seen.node:
            self._landed[seen.uid] = seen
        if seen.preempted:
            self.preempted[seen.uid] = seen
        if seen.namespace in self._floors:
            self._floors[seen.namespace] = min(self._floors[seen.namespace], self._running(seen.namespace))

    def _node(self, seen: Machine) -> None:
        self._pools[seen.name] = seen.pool
        here = [each for each in self.nodes.all() if each.pool == seen.pool]
        cores, gpus = sum(each.cpu for each in here), sum(each.gpus for each in here)
        most = self.most(seen.pool)
        self._most[seen.pool] = (max(most[0], cores), max(most[1], gpus))

    def _running(self, namespace: str) -> int:
        return sum(each.running for each in self.pods.all() if each.namespace == namespace)


def by_pool(found: list[Machine]) -> Counter[str]:
    """How many there are of each pool."""
    return Counter(each.pool for each in found if each.pool)
