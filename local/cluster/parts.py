"""The six programs of a cluster, in the order in which they start, with what they are told and how they say ready."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.cluster.layout import SERVER, Layout

_HOST = "127.0.0.1"
_ETCD, _PEER = f"http://{_HOST}:2379", f"http://{_HOST}:2380"
_SERVICES, _PODS = "10.96.0.0/16", "10.128.0.0/14"
_SCHEDULER, _MANAGER, _KWOK, _METRICS, _HEALTH = "10259", "10257", "10247", "8080", "8081"
# The clients' own brakes are meant for a server that others share: 5,000 pods would take minutes to place.
_UNBRAKED = ["--kube-api-qps=1000", "--kube-api-burst=2000"]

OWN_STAGES = Path(__file__).with_name("stages.yaml")


@dataclass(frozen=True, kw_only=True)
class Part:
    """One program: its arguments, its environment, and a URL that answers 200 once it is ready."""

    name: str
    arguments: list[str]
    ready: str
    environment: Mapping[str, str] = field(default_factory=dict)


def etcd(layout: Layout) -> Part:
    """The store. Without fsync: a machine that loses power may lose the cluster, and no test waits for a disk."""
    arguments = [
        "--name=local",
        f"--data-dir={layout.data}",
        "--unsafe-no-fsync",
        "--log-level=warn",
        f"--listen-client-urls={_ETCD}",
        f"--advertise-client-urls={_ETCD}",
        f"--listen-peer-urls={_PEER}",
        f"--initial-advertise-peer-urls={_PEER}",
        f"--initial-cluster=local={_PEER}",
    ]
    return Part(name="etcd", arguments=arguments, ready=f"{_ETCD}/health")


def api_server(layout: Layout) -> Part:
    """The API server, with every admission plugin that Kubernetes has on by default, RBAC and Pod Security included."""
    pki = layout.certificates
    arguments = [
        f"--etcd-servers={_ETCD}",
        f"--bind-address={_HOST}",
        f"--advertise-address={_HOST}",
        "--endpoint-reconciler-type=none",
        f"--secure-port={SERVER.rpartition(':')[2]}",
        *_serving(pki),
        f"--client-ca-file={pki}/ca.crt",
        f"--service-account-key-file={pki}/sa.pub",
        f"--service-account-signing-key-file={pki}/sa.key",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--requestheader-client-ca-file={pki}/ca.crt",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--service-cluster-ip-range={_SERVICES}",
        "--authorization-mode=Node,RBAC",
        "--allow-privileged=true",
        "--profiling=false",
    ]
    return Part(name="kube-apiserver", arguments=arguments, ready=f"{SERVER}/readyz")


def scheduler(layout: Layout) -> Part:
    """The scheduler that EKS runs as well: where a pod lands, and why it does not, is its word."""
    arguments = [*_controller(layout, "scheduler", _SCHEDULER), *_UNBRAKED]
    return Part(name="kube-scheduler", arguments=arguments, ready=f"https://{_HOST}:{_SCHEDULER}/healthz")


def controller_manager(layout: Layout) -> Part:
    """Deployments, jobs, quotas, disruption budgets, garbage collection and the rest of the controllers."""
    pki = layout.certificates
    arguments = [
        *_controller(layout, "controller-manager", _MANAGER),
        *_UNBRAKED,
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={pki}/sa.key",
        f"--root-ca-file={pki}/ca.crt",
        f"--cluster-signing-cert-file={pki}/ca.crt",
        f"--cluster-signing-key-file={pki}/ca.key",
    ]
    return Part(name="kube-controller-manager", arguments=arguments, ready=f"https://{_HOST}:{_MANAGER}/healthz")


def kwok(layout: Layout, stages: Path) -> Part:
    """The simulator: nodes that are ready and pods that run, without machines or containers."""
    arguments = [
        f"--config={stages}",
        f"--config={OWN_STAGES}",
        f"--kubeconfig={kubeconfig(layout, 'kwok')}",
        "--manage-all-nodes=false",
        "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
        f"--server-address={_HOST}:{_KWOK}",
        f"--node-ip={_HOST}",
        f"--cidr={_PODS}",
        "--node-lease-duration-seconds=40",
    ]
    return Part(name="kwok", arguments=arguments, ready=f"http://{_HOST}:{_KWOK}/healthz")


def karpenter(layout: Layout) -> Part:
    """Karpenter over simulated instances: the same decisions as EKS Auto Mode's, from the same NodePools."""
    environment = {
        "KUBECONFIG": str(kubeconfig(layout, "karpenter")),
        "KUBERNETES_MIN_VERSION": "1.19.0-0",
        "SYSTEM_NAMESPACE": "kube-system",
        "DISABLE_LEADER_ELECTION": "true",
        "METRICS_PORT": _METRICS,
        "HEALTH_PROBE_PORT": _HEALTH,
        "INSTANCE_TYPES_FILE_PATH": str(layout.instance_types),
        "KUBE_CLIENT_QPS": "1000",
        "KUBE_CLIENT_BURST": "2000",
    }
    return Part(name="karpenter", arguments=[], ready=f"http://{_HOST}:{_HEALTH}/readyz", environment=environment)


def kubeconfig(layout: Layout, name: str) -> Path:
    """Where a part's own kubeconfig lies, beside its certificate."""
    return layout.certificates / f"{name}.kubeconfig"


def _serving(pki: Path) -> list[str]:
    return [f"--tls-cert-file={pki}/server.crt", f"--tls-private-key-file={pki}/server.key"]


def _controller(layout: Layout, name: str, port: str) -> list[str]:
    config = kubeconfig(layout, name)
    return [
        *(f"--{what}={config}" for what in ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig")),
        f"--bind-address={_HOST}",
        f"--secure-port={port}",
        *_serving(layout.certificates),
        "--leader-elect=false",
        "--profiling=false",
    ]
