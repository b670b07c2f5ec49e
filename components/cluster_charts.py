"""What a cluster may have beside what AWS runs of it: KEDA, which scales by queues, and Kueue, which queues jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

KEDA_REPOSITORY = "https://kedacore.github.io/charts"
_PATIENCE = 600  # seconds: their pods may have to wait for a node


@dataclass(frozen=True, kw_only=True)
class ClusterChartsArgs:
    """Versions of the official charts; empty for none. Kueue's is an OCI artifact, whose address is `kueue_chart`.

    `after` is what must be in the cluster before them, such as pools for their pods.
    Raises ValueError for a version of Kueue without the address or the address without a version.
    """

    keda: str = ""
    kueue: str = ""
    kueue_chart: str = ""
    after: Sequence[pulumi.Resource] = ()

    def __post_init__(self) -> None:
        if bool(self.kueue) != bool(self.kueue_chart):
            got = f"version {self.kueue!r} with chart {self.kueue_chart!r}"
            raise ValueError(f"kueue: got {got}; allowed: both, or neither")


class ClusterCharts(pulumi.ComponentResource):
    """KEDA and Kueue by their official charts, as they come, each in a namespace of its own.

    Nothing of ours is handed to them: a model's pods are counted by its own autoscaler, and its jobs are in no queue,
    until a team declares a ScaledObject or a LocalQueue. The cluster has one of each, so two stacks in one cluster
    cannot both declare them. https://keda.sh/docs/latest/deploy/ and https://kueue.sigs.k8s.io/docs/installation/
    """

    def __init__(self, name: str, args: ClusterChartsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("takeoff:compute:ClusterCharts", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self, depends_on=list(args.after))
        if args.keda:
            self._release("keda", "keda", args.keda, "keda", KEDA_REPOSITORY)
        if args.kueue:
            self._release("kueue", args.kueue_chart, args.kueue, "kueue-system")
        self.register_outputs({})

    def _release(self, name: str, chart: str, version: str, namespace: str, repository: str | None = None) -> None:
        kubernetes.helm.v3.Release(
            name,
            name=name,
            chart=chart,
            version=version,
            repository_opts={"repo": repository} if repository else None,
            namespace=namespace,
            create_namespace=True,
            # Half of a chart is worse than none of it.
            atomic=True,
            timeout=_PATIENCE,
            opts=self._child,
        )
