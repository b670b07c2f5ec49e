"""Where one emulated account keeps everything it has: a single ignored folder."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

REPOSITORY = Path(__file__).resolve().parent.parent
CACHE = REPOSITORY / ".takeoff"
REGION = "us-east-1"
ACCOUNT = "123456789012"


class NotLocalError(RuntimeError):
    """An address or a backend that is not this machine's emulated account."""


@dataclass(frozen=True)
class State:
    """One emulated account on disk. Tests make their own; people have one, in `.takeoff/local`."""

    root: Path

    @classmethod
    def current(cls) -> State:
        """The state that TAKEOFF_STATE names, else the repository's own."""
        return cls(Path(os.environ.get("TAKEOFF_STATE") or CACHE / "local").resolve())

    @property
    def backend(self) -> Path:
        """Pulumi's file backend."""
        return self.root / "backend"

    @property
    def marker(self) -> Path:
        """Its presence says that the backend describes an emulated account; providers refuse to serve without it."""
        return self.backend / "emulated-account"

    @property
    def home(self) -> Path:
        """PULUMI_HOME: plugins and workspaces, never the user's."""
        return self.root / "home"

    @property
    def passphrase(self) -> Path:
        return self.root / "passphrase"

    @property
    def cloud(self) -> Path:
        """Snapshot, logs and process records of the emulated account's daemon."""
        return self.root / "cloud"

    @property
    def providers(self) -> Path:
        """A file that every resource provider at work holds a shared lock on."""
        return self.root / "providers.lock"

    @property
    def images(self) -> Path:
        """Container images, one folder per digest."""
        return self.root / "images"

    @property
    def daemon_file(self) -> Path:
        return self.cloud / "daemon.json"

    def endpoint(self) -> str:
        """The URL of the running daemon.

        Raises NotLocalError when none has written its record, or when the record names anything but loopback.
        """
        try:
            url = str(json.loads(self.daemon_file.read_text())["endpoint"])
        except (OSError, ValueError, KeyError) as error:
            raise NotLocalError(f"no emulated account is running in {self.root}: start it with `make up`") from error
        return require_loopback(url)


def require_loopback(url: str) -> str:
    """The URL itself, if it points at this machine."""
    host = urlsplit(url).hostname
    if host not in {"127.0.0.1", "::1", "localhost"}:
        raise NotLocalError(f"the local stack talks to loopback only; got {url!r}, allowed http://127.0.0.1:PORT")
    return url
