"""What is known of pods and nodes, from the events of three watches."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, cast

import pytest

from local.cluster.api import Api, ApiError, Event
from local.simulate.mirror import Mirror
from tests.local.simulate.objects import machine, pod


class Silent:
    """An API that nobody asks."""


@pytest.fixture
def mirror() -> Mirror:
    return Mirror(cast(Api, Silent()))


def test_a_pod_on_a_node_of_another_pool_is_wrong_and_stays_so_after_both_are_gone(mirror: Mirror) -> None:
    for name, pool in (("n1", "general"), ("n2", "gpu")):
        mirror.nodes.take("ADDED", machine(name, pool))
    mirror.pods.take("ADDED", pod("right", "general", "n1"))
    assert mirror.wrong() == []
    mirror.pods.take("ADDED", pod("lost", "general", "n2"))
    mirror.pods.take("DELETED", pod("lost", "general", "n2"))
    mirror.nodes.take("DELETED", machine("n2", "gpu"))
    assert mirror.wrong() == ["a/lost wants general and is on gpu"]
    assert mirror.placed == 2


def test_a_pod_on_a_node_that_nobody_saw_is_wrong(mirror: Mirror) -> None:
    mirror.pods.take("ADDED", pod("lost", "general", "elsewhere"))
    assert mirror.wrong() == ["a/lost wants general and is on no known node"]


def test_a_pod_that_waits_or_names_no_pool_is_placed_nowhere(mirror: Mirror) -> None:
    mirror.pods.take("ADDED", pod("waits"))
    mirror.pods.take("ADDED", pod("anywhere", "", "n1"))
    assert (mirror.placed, mirror.wrong()) == (0, [])


def test_the_floor_is_the_fewest_that_ran_at_any_moment(mirror: Mirror) -> None:
    for name in ("one", "two", "three"):
        mirror.pods.take("ADDED", pod(name, node="n1"))
    mirror.watch_floor("a")
    assert mirror.floor("a") == 3
    mirror.pods.take("MODIFIED", pod("one", node="n1", leaving=True))
    mirror.pods.take("MODIFIED", pod("two", node="n1", ready=False))
    mirror.pods.take("ADDED", pod("four", node="n1"))
    mirror.pods.take("ADDED", pod("five", node="n1"))
    mirror.pods.take("DELETED", pod("other", node="n1", space="b"))
    assert mirror.floor("a") == 1


def test_a_pool_has_at_most_what_its_types_have_not_what_simulated_nodes_say(mirror: Mirror) -> None:
    mirror.nodes.take("ADDED", machine("n1", "gpu", "g6.48xlarge"))
    mirror.nodes.take("ADDED", machine("n2", "gpu", "g6.12xlarge"))
    mirror.nodes.take("DELETED", machine("n1", "gpu", "g6.48xlarge"))
    assert mirror.most("gpu") == (240, 12)
    mirror.forget_most()
    assert mirror.most("gpu") == (0, 0)


def test_preempted_pods_are_remembered(mirror: Mirror) -> None:
    mirror.pods.take("MODIFIED", pod("job", node="n1", preempted=True))
    mirror.pods.take("DELETED", pod("job", node="n1", leaving=True))
    assert [each.name for each in mirror.preempted.values()] == ["job"]


class Restarted:
    """An API server that goes away once, and forgets one pod of two meanwhile."""

    def __init__(self) -> None:
        self.turns = 0
        self.again = threading.Event()

    def get(self, path: str) -> dict[str, Any]:
        self.turns += path.endswith("pods")
        if self.turns == 2:
            raise ApiError(0, "Unreachable", "away", {})
        items = [pod("kept", node="n1"), *([pod("gone", node="n1")] if self.turns == 1 else [])]
        return {"metadata": {"resourceVersion": "7"}, "items": items if path.endswith("pods") else []}

    def watch(self, path: str, *, since: str, seconds: float) -> Iterator[Event]:
        assert since == "7"
        if path.endswith("pods") and self.turns == 1:
            return
        self.again.wait(20)
        yield Event("BOOKMARK", {})


def test_a_server_that_comes_back_is_asked_for_all_again() -> None:
    server = Restarted()
    mirror = Mirror(cast(Api, server))
    mirror.start(20)
    for _ in range(200):
        if server.turns >= 3:
            break
        threading.Event().wait(0.05)
    mirror.wait(20)
    assert [each.name for each in mirror.pods.all()] == ["kept"]
    mirror.end()
    server.again.set()


def test_a_server_that_says_nothing_is_named() -> None:
    class Deaf(Restarted):
        def get(self, path: str) -> dict[str, Any]:
            raise ApiError(0, "Unreachable", "away", {})

    mirror = Mirror(cast(Api, Deaf()))
    with pytest.raises(ApiError, match=r"told nothing of the cluster within 0\.1 s"):
        mirror.start(0.1)
    mirror.end()
