"""Cases of the rule on workloads and node pools. Each list is a whole stack."""

from __future__ import annotations

from typing import Any

from policies.declared import UNKNOWN, Declared
from tests.unit.policies.case import Case, declared

TAINT = {"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}
TOLERATION = {"key": "nvidia.com/gpu", "operator": "Exists"}


def pool(name: str, family: str, **spec: Any) -> Declared:
    needs = [{"key": "karpenter.k8s.aws/instance-family", "operator": "In", "values": [family]}]
    template = {"metadata": {"labels": {"takeoff/pool": name}}, "spec": {"requirements": needs, **spec}}

    props = {"metadata": {"name": name}, "spec": {"template": template}}
    return declared("kubernetes:karpenter.sh/v1:NodePool", name, props)


def pod(**spec: Any) -> dict[str, Any]:
    return {"containers": [{"image": UNKNOWN, "resources": {"limits": {"nvidia.com/gpu": 1}}}], **spec}


def deployment(spec: Any) -> Declared:
    return declared("kubernetes:apps/v1:Deployment", "serve", spec={"template": {"spec": spec}})


def cron(spec: Any) -> Declared:
    inner = {"spec": {"template": {"spec": spec}}}
    return declared("kubernetes:batch/v1:CronJob", "score", spec={"jobTemplate": inner})


POOLS = [pool("cpu", "m5"), pool("gpu", "g5", taints=[TAINT])]
SOUND = {"nodeSelector": {"takeoff/pool": "gpu"}, "tolerations": [TOLERATION]}

CASES = {
    "takeoff-11-workload-matches-one-pool": Case(
        compliant=[*POOLS, deployment(pod(**SOUND)), cron(pod(**SOUND))],
        violating=[*POOLS, deployment(pod(nodeSelector={"takeoff/pool": "gpu"}))],
        unknown=[*POOLS, deployment(pod(nodeSelector={"takeoff/pool": UNKNOWN}))],
    ),
}
