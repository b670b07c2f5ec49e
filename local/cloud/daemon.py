"""The emulated account's daemon: started in the background, stopped, asked how it is."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from local.cloud.processes import birth, end_group, free_port, reap
from local.state import REPOSITORY, State

PORT = 4577
PATIENCE = 120.0
# What a user's shell may hold and an emulated account must never see.
FOREIGN = (
    "AWS_",
    "PULUMI_",
    "KUBECONFIG",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
)


class DaemonError(RuntimeError):
    """Why the daemon cannot be started or stopped."""


class _GoneError(DaemonError):
    """A daemon that somebody else started, and that ended while it was waited for."""


def start(state: State, port: int | None = None) -> dict[str, Any]:
    """Starts the daemon unless it runs, waits until every endpoint is back, and answers its health.

    `port` is TAKEOFF_PORT's when left out, else 4577; 0 takes any free one. Raises DaemonError.
    """
    if record := _running(state):
        with contextlib.suppress(_GoneError):
            return _await_ready(state, record["endpoint"], None)
    if port is None:
        port = int(os.environ.get("TAKEOFF_PORT") or PORT)
    port = port or free_port()
    _require_free(port)
    output = log_file(state)
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "local.cloud"],
            env=_environment() | {"TAKEOFF_STATE": str(state.root), "TAKEOFF_PORT": str(port)},
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    return _await_ready(state, f"http://127.0.0.1:{port}", process)


def stop(state: State) -> bool:
    """Stops the daemon and every process of its endpoints; whether there was one. The account stays on disk."""
    record = _running(state)
    if record:
        os.kill(record["pid"], signal.SIGTERM)
        deadline = time.monotonic() + 30
        while birth(record["pid"]) == record["boot"]:
            if time.monotonic() > deadline:
                end_group(record["pid"], signal.SIGKILL)
                break
            time.sleep(0.02)
    reap(state.cloud / "pids")
    state.daemon_file.unlink(missing_ok=True)
    return record is not None


def end_outdated(state: State) -> bool:
    """Stops a daemon that was started from other code than there is now; whether there was one."""
    record = _running(state)
    return record is not None and record.get("code") != code() and stop(state)


def code() -> str:
    """What the daemon's code is now, as one hash."""
    digest = hashlib.sha256()
    for file in sorted((REPOSITORY / "local").rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def status(state: State) -> dict[str, Any] | None:
    """What the daemon says of itself and of everything it runs; None when there is none."""
    record = _running(state)
    return _ask(f"{record['endpoint']}/_takeoff/status") if record else None


def log_file(state: State) -> Path:
    return state.cloud / "logs" / "daemon.log"


def _running(state: State) -> dict[str, Any] | None:
    """The running daemon's record; one whose process is gone, or is another by now, counts for nothing."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        record: dict[str, Any] = json.loads(state.daemon_file.read_text())
        if birth(record["pid"]) == record["boot"]:
            return record
    return None


def _environment() -> dict[str, str]:
    """What is the account's to see; a proxy is kept under another name, for builds that install packages."""
    proxies = {f"TAKEOFF_BUILD_{name}": value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    return proxies | {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            return
        except OSError:
            pass
    health = _ask(f"http://127.0.0.1:{port}/_takeoff/health")
    owner = f"the emulated account in {health['state']} (pid {health['pid']})" if health else "another program"
    raise DaemonError(
        f"port {port} of 127.0.0.1 is taken by {owner}; choose a free one, such as TAKEOFF_PORT={free_port()}, "
        "or 0 for any"
    )


def _await_ready(state: State, endpoint: str, process: subprocess.Popen[bytes] | None) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process and process.poll() is not None and (other := _running(state)):
            # Somebody started it at the same moment; theirs serves us as well.
            endpoint, process = other["endpoint"], None
        if process and process.poll() is not None:
            raise DaemonError(f"the daemon exited with status {process.returncode}; {_tail(log_file(state))}")
        if not process and not _running(state):
            raise _GoneError(f"the daemon ended; {_tail(log_file(state))}")
        health = _ask(f"{endpoint}/_takeoff/health")
        if health and health["ready"] and health["state"] == str(state.root):
            return health
        time.sleep(0.05)
    raise DaemonError(f"the daemon was not ready within {PATIENCE:g} s; {_tail(log_file(state))}")


def _tail(path: Path) -> str:
    lines = path.read_text(errors="replace").splitlines()[-15:] if path.exists() else []
    return "\n".join([f"{path} ends with:", *lines])


def _ask(url: str) -> dict[str, Any] | None:
    # Straight to loopback: a proxy of the user's must not see it.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2) as answer:
            found: dict[str, Any] = json.load(answer)
            return found if isinstance(found, dict) else None
    except (OSError, ValueError, urllib.error.URLError):
        return None
