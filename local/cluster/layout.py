"""Where one stack's cluster keeps what it has: certificates, etcd's data, logs and its record, in one folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from local.cluster.kubeconfig import Kubeconfig
from local.state import State

# Inside the cluster's own namespace, where every port is free.
SERVER = "https://127.0.0.1:6443"


@dataclass(frozen=True)
class Layout:
    """The places in a cluster's folder; `stop` leaves them, `start` takes them up again."""

    root: Path

    @classmethod
    def of(cls, state: State) -> Layout:
        """The folder of a stack's cluster, for its owner's eyes only."""
        root = state.root / "cluster"
        root.mkdir(parents=True, exist_ok=True)
        root.chmod(0o700)
        return cls(root)

    @property
    def certificates(self) -> Path:
        return self.root / "certificates"

    @property
    def data(self) -> Path:
        """All that the API server knows; without it the cluster is new."""
        return self.root / "etcd"

    @property
    def instance_types(self) -> Path:
        """What Karpenter may make nodes of."""
        return self.root / "instance-types.json"

    @property
    def record(self) -> Path:
        return self.root / "cluster.json"

    @property
    def lock(self) -> Path:
        return self.root / "start.lock"

    @property
    def door(self) -> Path:
        """The Unix socket through which programs outside talk to the cluster."""
        return self.root / "door"

    @property
    def pids(self) -> Path:
        """One file for each process, by which the next start knows what a killed one left running."""
        return self.root / "pids"

    @property
    def kubeconfig(self) -> Path:
        """An administrator's kubeconfig, from outside."""
        return self.root / "kubeconfig.json"

    def log(self, name: str) -> Path:
        """Where a process of the cluster writes."""
        return self.root / "logs" / f"{name}.log"

    def user(self, name: str) -> Kubeconfig:
        """How a client that is inside the namespace reaches the API server, by its own certificate."""
        pki = self.certificates
        key, certificate = pki / f"{name}.key", pki / f"{name}.crt"
        return Kubeconfig(server=SERVER, authority=pki / "ca.crt", certificate=certificate, key=key)
