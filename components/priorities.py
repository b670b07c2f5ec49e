"""Who goes first where nodes are short: answers before jobs."""

from __future__ import annotations

from typing import Literal

import pulumi
import pulumi_kubernetes as kubernetes

from components.labels import labels
from components.site import Site

Priority = Literal["realtime", "batch"]
REALTIME, BATCH = "takeoff-realtime", "takeoff-batch"
CLASS: dict[Priority, str] = {"realtime": REALTIME, "batch": BATCH}


class Priorities(pulumi.ComponentResource):
    """The two priority classes of a cluster: pods that answer requests take nodes from jobs, which wait and go on.

    Neither is the cluster's default: what others run there is nobody's to evict but theirs. They are the cluster's, so
    two stacks in one cluster cannot both declare them.
    https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
    """

    def __init__(self, name: str, site: Site, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("takeoff:workload:Priorities", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.realtime = kubernetes.scheduling.v1.PriorityClass(
            f"{name}-realtime",
            metadata={"name": REALTIME, "labels": labels(site, REALTIME)},
            value=100_000,
            global_default=False,
            preemption_policy="PreemptLowerPriority",
            description="Answers requests; takes the place of jobs where nodes are short",
            opts=child,
        )
        self.batch = kubernetes.scheduling.v1.PriorityClass(
            f"{name}-batch",
            metadata={"name": BATCH, "labels": labels(site, BATCH)},
            value=1_000,
            global_default=False,
            # A job waits for room; it takes nobody's place.
            preemption_policy="Never",
            description="Jobs, which begin again after what answers requests took their place",
            opts=child,
        )
        self.register_outputs({})
