"""Cases of the rules on workloads, on what is around them and on node pools."""

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

DIGEST = f"1.dkr.ecr.us-east-1.amazonaws.com/m@sha256:{'a' * 64}"
HELD = {side: {"cpu": "1", "memory": "1Gi"} for side in ("requests", "limits")}
CLOSED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
CONTAINER = {"name": "model", "image": DIGEST, "resources": HELD, "securityContext": CLOSED}
NOBODY = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
SAFE: dict[str, Any] = {"containers": [CONTAINER], "initContainers": [CONTAINER], "securityContext": NOBODY}
SPACE = "prod-vision"


def every(**spec: Any) -> list[Declared]:
    """A workload of each kind with this spec of its pods."""
    inner = {"template": {"spec": spec}}
    kinds = ("apps/v1:Deployment", "apps/v1:StatefulSet", "apps/v1:DaemonSet", "batch/v1:Job")
    metadata = {"name": "x", "namespace": SPACE}
    found = [declared(f"kubernetes:{kind}", kind, metadata=metadata, spec=inner) for kind in kinds]
    job = {"jobTemplate": {"spec": inner}}
    return [*found, declared("kubernetes:batch/v1:CronJob", "cron", metadata=metadata, spec=job)]


def container(**changes: Any) -> list[Declared]:
    """A workload of each kind, one container of which differs."""
    return every(**{**SAFE, "containers": [{**CONTAINER, **changes}]})


def secured(**changes: Any) -> list[Declared]:
    return container(securityContext={**CLOSED, **changes})


def thing(kind: str, **props: Any) -> Declared:
    """An object in the namespace of the pods."""
    return declared(f"kubernetes:{kind}", metadata={"name": "x", "namespace": SPACE}, **props)


def policy(**spec: Any) -> Declared:
    return thing("networking.k8s.io/v1:NetworkPolicy", spec=spec)


def space(labels: Any) -> Declared:
    return declared("kubernetes:core/v1:Namespace", SPACE, metadata={"name": SPACE, "labels": labels})


def grows(limits: Any = None, taints: Any = None, **requirement: Any) -> Declared:
    needs = {"key": "eks.amazonaws.com/instance-family", "operator": "In", "values": ["g6"]} | requirement
    template = {"spec": {"requirements": [needs], "taints": taints}}
    return declared("kubernetes:karpenter.sh/v1:NodePool", "pool", spec={"limits": limits, "template": template})


def switch(data: Any) -> Declared:
    where = {"name": "amazon-vpc-cni", "namespace": "kube-system"}
    return declared("kubernetes:core/v1:ConfigMap", "policies", metadata=where, data=data)


POD = every(**SAFE)[0]
DENY = policy(podSelector={}, policyTypes=["Ingress", "Egress"])
HARD = {"pods": "3", "requests.cpu": "2", "requests.memory": "4Gi"}
QUOTA = thing("core/v1:ResourceQuota", spec={"hard": HARD})
SCOPED = thing("core/v1:ResourceQuota", spec={"hard": HARD, "scopes": ["NotBestEffort"]})
RANGE = thing("core/v1:LimitRange", spec={"limits": [{"type": "Container", "max": {"cpu": "4"}}]})
AUTO = declared("kubernetes:eks.amazonaws.com/v1:NodeClass", "class", spec={})
SWITCH = "enable-network-policy-controller"
GPU_LIMIT, ENFORCE = {"nvidia.com/gpu": "2"}, "pod-security.kubernetes.io/enforce"
SHARED = pod(nodeSelector={"takeoff/pool": "shared"})

CASES = {
    "takeoff-11-workload-matches-one-pool": Case(
        settings={"groups": ["shared"]},
        compliant=[*POOLS, deployment(pod(**SOUND)), cron(pod(**SOUND)), deployment(SHARED)],
        violating=[*POOLS, deployment(pod(nodeSelector={"takeoff/pool": "gpu"}))],
        unknown=[*POOLS, deployment(pod(nodeSelector={"takeoff/pool": UNKNOWN}))],
    ),
    "takeoff-59-containers-are-held": Case(
        compliant=every(**SAFE),
        violating=[
            *container(resources=None),
            *container(resources={**HELD, "limits": {"cpu": "1"}}),
            *container(resources={"limits": HELD["limits"]}),
        ],
        unknown=container(resources={**HELD, "limits": {"cpu": UNKNOWN, "memory": "1Gi"}}),
    ),
    "takeoff-60-containers-by-digest": Case(
        compliant=every(**SAFE),
        violating=[
            *container(image=f"{DIGEST.partition('@')[0]}:latest"),
            *every(**{**SAFE, "initContainers": [{**CONTAINER, "image": "busybox"}]}),
        ],
        unknown=container(image=UNKNOWN),
    ),
    "takeoff-61-pods-are-restricted": Case(
        compliant=[*every(**SAFE), *secured(capabilities={"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]})],
        violating=[
            *secured(privileged=True),
            *secured(allowPrivilegeEscalation=True),
            *secured(capabilities={"drop": ["NET_RAW"]}),
            *secured(capabilities={"drop": ["ALL"], "add": ["SYS_ADMIN"]}),
            *secured(runAsUser=0),
            *secured(runAsNonRoot=False),
            *container(ports=[{"containerPort": 8080, "hostPort": 80}]),
            *every(**{**SAFE, "securityContext": {"runAsNonRoot": True}}),
            *every(**{**SAFE, "securityContext": {**NOBODY, "runAsNonRoot": None}}),
            *every(**SAFE, hostNetwork=True),
            *every(**SAFE, hostPID=True),
            *every(**SAFE, hostIPC=True),
            *every(**SAFE, volumes=[{"name": "host", "hostPath": {"path": "/"}}]),
        ],
        unknown=[*secured(allowPrivilegeEscalation=UNKNOWN), *every(**SAFE, volumes=UNKNOWN)],
    ),
    "takeoff-62-namespaces-admit-restricted-pods": Case(
        compliant=[space({ENFORCE: "restricted"})],
        violating=[space({ENFORCE: "baseline"}), space({"pod-security.kubernetes.io/warn": "restricted"}), space(None)],
        unknown=[space({ENFORCE: UNKNOWN})],
    ),
    "takeoff-63-pods-are-cut-off": Case(
        compliant=[POD, DENY, policy(podSelector={}, policyTypes=["Egress"], egress=[{}])],
        violating=[POD, policy(podSelector={}, policyTypes=["Ingress"])],
        unknown=[POD, policy(podSelector={}, policyTypes=UNKNOWN)],
    ),
    "takeoff-63-policies-name-somebody": Case(
        compliant=[DENY, policy(egress=[{"to": [{"ipBlock": {"cidr": "10.0.0.0/16"}}]}])],
        violating=[
            policy(ingress=[{}]),
            policy(ingress=[{"from": [{}]}]),
            policy(ingress=[{"ports": [{"port": 8080}]}]),
            policy(egress=[{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]),
        ],
        unknown=[policy(egress=[{"to": [{"ipBlock": {"cidr": UNKNOWN}}]}])],
    ),
    "takeoff-63-policies-are-enforced": Case(
        compliant=[AUTO, DENY, switch({SWITCH: "true"})],
        violating=[AUTO, DENY, switch({SWITCH: "false"})],
        unknown=[AUTO, DENY, switch(UNKNOWN)],
    ),
    "takeoff-64-namespaces-have-a-quota": Case(
        compliant=[POD, QUOTA, SCOPED],
        violating=[POD, SCOPED, thing("core/v1:ResourceQuota", spec={"hard": {"pods": "3"}})],
        unknown=[POD, thing("core/v1:ResourceQuota", spec=UNKNOWN)],
    ),
    "takeoff-64-containers-have-a-range": Case(
        compliant=[POD, RANGE],
        violating=[POD, thing("core/v1:LimitRange", spec={"limits": [{"type": "Container"}]})],
        unknown=[POD, thing("core/v1:LimitRange", spec={"limits": UNKNOWN})],
    ),
    "takeoff-65-pools-have-an-end": Case(
        compliant=[grows(GPU_LIMIT), grows({"cpu": "32"}, values=["m7i"])],
        violating=[grows(), grows({}), grows({"cpu": "32"}), grows({"pods": "9"}, values=["m7i"])],
        unknown=[grows(UNKNOWN), grows({"cpu": "32"}, values=UNKNOWN)],
    ),
    "takeoff-65-gpus-are-kept-apart": Case(
        compliant=[grows(taints=[TAINT]), grows(values=["m7i"])],
        violating=[grows(), grows(taints=[{**TAINT, "effect": "PreferNoSchedule"}]), grows(key="zone", values=["a"])],
        unknown=[grows(taints=UNKNOWN), grows(values=UNKNOWN)],
    ),
}
