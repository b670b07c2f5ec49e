"""Where an API server is and who we are to it: the part of a kubeconfig that the local stack needs."""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.state import require_loopback

# Beside what kubectl knows: the Unix socket through which the server's namespace is entered (door.py).
_DOOR = "takeoff/door"


@dataclass(frozen=True, kw_only=True)
class Kubeconfig:
    """One server and one client certificate, as files; `door` is None for a server on this machine's own loopback."""

    server: str
    authority: Path
    certificate: Path
    key: Path
    door: Path | None = None

    @classmethod
    def load(cls, path: Path) -> Kubeconfig:
        """A kubeconfig that `write` wrote. Raises ValueError for another, NotLocalError for a server elsewhere."""
        try:
            return cls.parse(path.read_text())
        except OSError as error:
            raise ValueError(
                f"{path}: no kubeconfig there ({error.strerror}); `python -m local.cluster start` writes one"
            ) from error
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error

    @classmethod
    def parse(cls, text: str) -> Kubeconfig:
        """A kubeconfig from its content, which is JSON. Raises ValueError, and NotLocalError for a server elsewhere."""
        try:
            found = json.loads(text)
            cluster, user = found["clusters"][0]["cluster"], found["users"][0]["user"]
            extensions = {each["name"]: each["extension"] for each in cluster.get("extensions", ())}
            door = extensions.get(_DOOR)
            return cls(
                server=require_loopback(cluster["server"]),
                authority=Path(cluster["certificate-authority"]),
                certificate=Path(user["client-certificate"]),
                key=Path(user["client-key"]),
                door=Path(door["path"]) if door else None,
            )
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise ValueError(
                f"got a kubeconfig that local/cluster did not write ({type(error).__name__}: {error}); allowed is JSON "
                "with one cluster and one user, certificates named as files"
            ) from error

    def document(self) -> dict[str, Any]:
        """The kubeconfig itself, which kubectl reads as well (`python -m local.cluster exec kubectl`)."""
        cluster: dict[str, Any] = {"server": self.server, "certificate-authority": str(self.authority)}
        if self.door:
            cluster["extensions"] = [{"name": _DOOR, "extension": {"path": str(self.door)}}]
        user = {"client-certificate": str(self.certificate), "client-key": str(self.key)}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "local", "cluster": cluster}],
            "users": [{"name": "local", "user": user}],
            "contexts": [{"name": "local", "context": {"cluster": "local", "user": "local"}}],
            "current-context": "local",
        }

    def write(self, path: Path) -> Path:
        """Write the kubeconfig to a file, for its owner's eyes; the path itself."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(self.document(), indent=1))
        return path

    def context(self) -> ssl.SSLContext:
        """TLS that trusts this server's authority alone and shows the client's certificate."""
        made = ssl.create_default_context(cafile=str(self.authority))
        made.load_cert_chain(self.certificate, self.key)
        return made
