"""Why a pod waits, from sentences that kube-scheduler v1.36 and Karpenter v1.14 said."""

from __future__ import annotations

import pytest

from local.simulate import reasons

_ELSEWHERE = "incompatible requirements, key takeoff/pool, takeoff/pool In [gpu] not in takeoff/pool In [spot]"
_HELP = "no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (f"Failed to schedule pod, {_ELSEWHERE}; {_ELSEWHERE}", "no pool"),
        (
            f"Failed to schedule pod, {_ELSEWHERE}; did not tolerate taint (taint=nvidia.com/gpu=present:NoSchedule)",
            "toleration",
        ),
        (f"Failed to schedule pod, no instance type has enough resources, requirements=x; {_ELSEWHERE}", "size"),
        (
            f"Failed to schedule pod, {_ELSEWHERE}; all available instance types exceed limits for nodepool "
            "(NodePool=local-gpu)",
            "limit",
        ),
        ("Failed to schedule pod, the moon is full", None),
    ],
)
def test_of_what_karpenter_says_of_each_pool_the_one_that_came_furthest_counts(said: str, reason: str | None) -> None:
    assert reasons.karpenter(said) == reason


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (f"2 node(s) didn't match Pod's node affinity/selector. {_HELP}", "no pool"),
        (
            f"1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint(s). {_HELP}",
            "toleration",
        ),
        (
            f"1 Insufficient nvidia.com/gpu, 1 node(s) didn't match Pod's node affinity/selector. {_HELP}",
            "size",
        ),
        ("no nodes available to schedule pods", None),
    ],
)
def test_of_what_the_scheduler_says_of_each_node_the_one_that_came_furthest_counts(
    said: str, reason: str | None
) -> None:
    assert reasons.scheduler(f"0/2 nodes are available: {said}") == reason


def test_what_the_scheduler_says_of_preemption_is_no_reason() -> None:
    said = (
        "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. preemption: 1 Insufficient cpu"
    )
    assert reasons.scheduler(said) == "no pool"
