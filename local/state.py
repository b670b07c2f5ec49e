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
LOCAL = "local"


class NotLocalError(RuntimeError):
    """An address or a backend that is not this machine's emulated account."""


@dataclass(frozen=True)
class State:
    """One emulated account on disk, and the name of the stack that is worked on in it.

    Tests make their own; people have one per stack, in `.takeoff/local` and `.takeoff/emulated/<stack>`.
    """

    root: Path
    stack: str = LOCAL

    @classmethod
    def current(cls) -> State:
        """The state that TAKEOFF_STACK and TAKEOFF_STATE name, else the local stack's own."""
        stack = os.environ.get("TAKEOFF_STACK") or LOCAL
        own = CACHE / "local" if stack == LOCAL else CACHE / "emulated" / stack
        return cls(Path(os.environ.get("TAKEOFF_STATE") or own).resolve(), stack)

    @property
    def port(self) -> int:
        """Where the account listens: TAKEOFF_PORT, else 4577 for the local stack's; 0 is any free one."""
        return int(os.environ.get("TAKEOFF_PORT") or (4577 if self.stack == LOCAL else 0))

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

    def make(self, target: str) -> str:
        """What a person types to run a target on this stack."""
        return f"make {target}" if self.stack == LOCAL else f"make {target} STACK={self.stack} BACKEND=emulated"

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
            raise NotLocalError(
                f"no emulated account is running in {self.root}: start it with `{self.make('up')}`"
            ) from error
        return require_loopback(url)


def require_loopback(url: str) -> str:
    """The URL itself, if it points at this machine."""
    host = urlsplit(url).hostname
    if host not in {"127.0.0.1", "::1", "localhost"}:
        raise NotLocalError(f"the local stack talks to loopback only; got {url!r}, allowed http://127.0.0.1:PORT")
    return url
