"""Building the Pulumi engine from its Go module."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import time
from pathlib import Path

from local.toolchain.go import MODULE, TOOLCHAIN, Go, find_or_install, read_pin
from local.toolchain.go_run import run
from local.toolchain.lock import alone
from local.toolchain.progress import Progress

PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
SDK = "github.com/pulumi/pulumi/sdk/v3"
EXEC_SCRIPT = "pulumi-language-python-exec"
VERSION = read_pin(MODULE / "go.mod", r"^\s+github.com/pulumi/pulumi/pkg/v3 v([\d.]+)")
# A cold build on two cores, with the pinned Go and its caches, which go when the build is done.
MINUTES, DISK_GB = 7, 5.0
_FLAGS = ["-trimpath", "-ldflags", f"-s -w -X {SDK}/go/common/version.Version=v{VERSION}"]


def folder() -> Path:
    """Where the engine of these pins, these flags and this kind of machine lies, whether built yet or not."""
    digest = hashlib.sha256((MODULE / "go.mod").read_bytes() + (MODULE / "go.sum").read_bytes())
    # The machine too: a laptop and a container on it may share this folder.
    digest.update(repr([_FLAGS, platform.system(), platform.machine()]).encode())
    return TOOLCHAIN / digest.hexdigest()[:16]


def build(progress: Progress) -> Path:
    """The engine, built if it is not there yet (minutes). Interrupt it and run it again as you like."""
    engine = folder() / "pulumi"
    if engine.exists():
        return engine
    with alone(TOOLCHAIN / "build.lock", f"building Pulumi {VERSION}", progress):
        if engine.exists():
            return engine
        go = find_or_install(progress)
        _require_disk()
        began = time.monotonic()
        _compile(go, engine, progress)
        if go.private:
            shutil.rmtree(go.work, ignore_errors=True)
        progress.say(f"built Pulumi {VERSION} in {time.monotonic() - began:.0f} s")
    return engine


def exec_script(progress: Progress) -> Path:
    """The script that runs a Python program for a language host, out of Pulumi's own module.

    It comes with the built engine; beside an engine from PATH that has no language host, the module is fetched for it.
    """
    script = folder() / EXEC_SCRIPT
    if not script.exists():
        with alone(TOOLCHAIN / "build.lock", f"fetching {EXEC_SCRIPT}", progress):
            go = find_or_install(progress)
            _copy_exec_script(go, script)
    return script


def _require_disk() -> None:
    free = shutil.disk_usage(TOOLCHAIN).free / 1e9
    if free < DISK_GB:
        raise RuntimeError(
            f"building the Pulumi engine needs {DISK_GB:.0f} GB below {TOOLCHAIN}; got {free:.1f} GB. "
            f"Free some, or put Pulumi (3.245 or later) on PATH so that nothing is built."
        )


def _compile(go: Go, engine: Path, progress: Progress) -> None:
    engine.parent.mkdir(parents=True, exist_ok=True)
    progress.say(f"building Pulumi {VERSION} from its Go module: about {MINUTES} minutes the first time")
    packages = _run(go, ["list", "-deps", PACKAGE], progress, "fetching Go modules", 0)
    partial = engine.with_name("pulumi.partial")
    _run(go, ["build", "-v", *_FLAGS, "-o", str(partial), PACKAGE], progress, "compiling", len(packages))
    _copy_exec_script(go, engine.with_name(EXEC_SCRIPT))
    # Last, and at once: whoever sees the engine sees it whole, with its script.
    partial.rename(engine)


def _copy_exec_script(go: Go, target: Path) -> None:
    answer = subprocess.run(
        [str(go.command), "mod", "download", "-json", SDK],
        cwd=MODULE, env=go.environment(os.environ), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if answer.returncode:
        raise RuntimeError(f"the Go module {SDK} could not be fetched: {answer.stderr or answer.stdout}")
    source = Path(json.loads(answer.stdout)["Dir"]) / "python" / "cmd" / EXEC_SCRIPT
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.partial")
    partial.write_bytes(source.read_bytes())
    partial.rename(target)


def _run(go: Go, arguments: list[str], progress: Progress, doing: str, total: int) -> list[str]:
    return run([str(go.command), *arguments], MODULE, go.environment(os.environ), progress, doing, total)
