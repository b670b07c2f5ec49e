"""One emulated account's private Pulumi: home, backend, passphrase, plugins, wrapper."""

from __future__ import annotations

import importlib.metadata
import json
import os
import secrets
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from local.state import REPOSITORY, State
from local.toolchain.go import read_pin

HOST = "pulumi-language-python"
_HERE = Path(__file__).parent
_PROVIDERS = ("aws", "kubernetes")


def prepare(state: State, engine: Path, exec_script: Path | None) -> None:
    """Make whatever is missing or stale of the private Pulumi home; nothing else on the machine is touched.

    `exec_script` asks for our own language host, which needs it; None means that the official host lies by the engine.
    """
    state.marker.parent.mkdir(parents=True, exist_ok=True)
    if not state.marker.exists():
        write(state.marker, "The stacks in this backend live in an emulated account on this machine.\n")
    if not state.passphrase.exists():
        write(state.passphrase, secrets.token_urlsafe(32), mode=0o600)
    for name in _PROVIDERS:
        install_provider(state, name)
    if exec_script:
        write(own_host(state), _runs("local.toolchain.language_host", "--exec-script", str(exec_script)), mode=0o755)
    _link(state.root / "engine", engine)
    shim = (_HERE / "shim.sh").read_text().replace("@STATE@", shlex.quote(str(state.root)))
    write(state.root / "bin" / "pulumi", shim, mode=0o755)


def install_provider(state: State, name: str) -> None:
    """Put our provider in the place of the official plugin, of the version that the installed SDK asks for."""
    version = importlib.metadata.version(f"pulumi-{name}")
    write(plugin(state, f"resource-{name}", version), _runs(f"local.providers.{name}"), mode=0o755)


def plugin(state: State, name: str, version: str) -> Path:
    """Where the engine looks for a plugin in the private home."""
    return state.home / "plugins" / f"{name}-v{version}" / f"pulumi-{name}"


def own_host(state: State) -> Path:
    return plugin(state, "language-python", importlib.metadata.version("pulumi"))


def ensure_stack(name: str, env: Mapping[str, str], project: Path = REPOSITORY) -> None:
    """Make the stack if the backend has none; the project's stack file stays as it is, byte for byte.

    `pulumi stack init` writes the salt of the passphrase into the stack file of the folder it runs in. So it runs in a
    folder that holds the project's name and nothing else, and the wrapper joins the salt to the stack file (ADR 0002).
    """
    state = State(Path(env["TAKEOFF_STATE"]))
    title = read_pin(project / "Pulumi.yaml", r"""^name:\s*['"]?([\w.-]+)""")
    folder = state.root / "stacks" / title
    checkpoint = state.backend / ".pulumi" / "stacks" / title / f"{name}.json"
    if not checkpoint.exists():
        write(folder / "Pulumi.yaml", f"name: {title}\nruntime: python\n")
        (folder / f"Pulumi.{name}.yaml").unlink(missing_ok=True)
        _init(state, name, folder, env)
    # Read from the state, because an init that was killed may have left one without the other.
    manager = json.loads(checkpoint.read_text())["checkpoint"]["latest"]["secrets_providers"]
    write(folder / f"Pulumi.{name}.yaml", f"encryptionsalt: {manager['state']['salt']}\n")


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file whole or not at all, and only where it differs."""
    if path.exists() and path.read_text() == text and path.stat().st_mode & 0o777 == mode:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.touch(mode=0o600)
    partial.write_text(text)
    partial.chmod(mode)
    partial.replace(path)


def _init(state: State, name: str, folder: Path, env: Mapping[str, str]) -> None:
    command = [str(state.root / "engine"), "stack", "init", name, "--no-select", "--non-interactive"]
    answer = subprocess.run(command, cwd=folder, env=dict(env), capture_output=True, text=True, check=False)
    if answer.returncode:
        raise RuntimeError(f"the stack {name!r} could not be made in {state.backend}: {answer.stderr.strip()}")


def _runs(module: str, *arguments: str) -> str:
    """An executable that becomes this interpreter running a module of this repository."""
    command = shlex.join([sys.executable, "-m", module, *arguments])
    return f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(REPOSITORY))}${{PYTHONPATH:+:$PYTHONPATH}} exec {command} "$@"\n'


def _link(link: Path, target: Path) -> None:
    """Point a symbolic link at `target` without a moment in which it points nowhere."""
    if not link.is_symlink() or link.readlink() != target:
        partial = link.with_name(f".{link.name}.{os.getpid()}")
        partial.unlink(missing_ok=True)
        partial.symlink_to(target)
        partial.replace(link)
