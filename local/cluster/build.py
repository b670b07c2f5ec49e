"""Building the simulated cluster's programs from their Go modules."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import time
from pathlib import Path

from local.state import CACHE
from local.toolchain import go
from local.toolchain.go_run import run
from local.toolchain.lock import alone
from local.toolchain.progress import Progress

MODULE = Path(__file__).parent / "module"
CLUSTER = CACHE / "cluster"
VERSION = go.read_pin(MODULE / "go.mod", r"^\s+k8s.io/kubernetes v([\d.]+)")
# A cold build on two cores, with Go's build cache, which can go when the build is done.
MINUTES, DISK_GB = 8, 5.0
STAGES, DEFINITIONS = "stages.yaml", "crds"
_PROGRAMS = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
    "kwok": "sigs.k8s.io/kwok/cmd/kwok",
    "karpenter": "sigs.k8s.io/karpenter/kwok",
}
# What kwok does to nodes and pods, as its own module has it: at once, but for a Job's pod, which runs for 1 to 6 s, or
# as long as its annotations pod-complete.stage.kwok.x-k8s.io/{delay,jitter-delay} say.
_STAGES = (
    "node/fast/node-initialize",
    "node/heartbeat-with-lease/node-heartbeat-with-lease",
    "pod/fast/pod-ready",
    "pod/general/pod-complete",
    "pod/fast/pod-delete",
)
_KARPENTER, _KWOK = "sigs.k8s.io/karpenter", "sigs.k8s.io/kwok"
# The definitions of the same Karpenter: pools and claims, and the simulator's node class.
_DEFINITIONS = ("pkg/apis/crds", "kwok/apis/crds")


class NoRoomError(RuntimeError):
    """The disk has no room for a build."""


def _flags() -> list[str]:
    package = "k8s.io/component-base/version"
    major, minor, _ = VERSION.split(".")
    stamped = {"gitVersion": f"v{VERSION}", "gitMajor": major, "gitMinor": minor, "gitCommit": "gomodule"}
    stamped |= {"gitTreeState": "clean", "buildDate": "1970-01-01T00:00:00Z"}
    values = " ".join(f"-X {package}.{name}={value}" for name, value in stamped.items())
    return ["-trimpath", "-ldflags", f"-s -w {values}"]


def folder() -> Path:
    """Where the programs of these pins, these flags and this kind of machine lie, whether built yet or not."""
    digest = hashlib.sha256((MODULE / "go.mod").read_bytes() + (MODULE / "go.sum").read_bytes())
    told = [_flags(), _PROGRAMS, _STAGES, _DEFINITIONS, platform.system(), platform.machine()]
    digest.update(json.dumps(told).encode())
    return CLUSTER / digest.hexdigest()[:16]


def present() -> Path | None:
    """The folder that `build` would return without compiling; None where it would compile."""
    made = folder()
    # Each file comes whole, and the definitions come last.
    return made if (made / DEFINITIONS).is_dir() else None


def build(progress: Progress, *, keep_cache: bool = True) -> Path:
    """The folder of the cluster's programs, built where they are not there yet (minutes).

    Interrupt it and run it again as you like: what is built stays. `keep_cache` False drops Go's build cache (about
    3 GB) afterwards; kept, it makes the next version's build shorter.
    """
    if made := present():
        return made
    with alone(CLUSTER / "build.lock", f"building Kubernetes {VERSION}", progress):
        if made := present():
            return made
        found = go.find_or_install(progress, MODULE)
        _require_disk()
        began = time.monotonic()
        _compile(found, folder(), progress)
        progress.say(f"built Kubernetes {VERSION} with etcd, kwok and Karpenter in {time.monotonic() - began:.0f} s")
        if not keep_cache:
            shutil.rmtree(CLUSTER / "go-cache", ignore_errors=True)
        if found.private:
            shutil.rmtree(found.work, ignore_errors=True)
    return folder()


def _environment(found: go.Go) -> dict[str, str]:
    return found.environment(os.environ) | {"GOCACHE": str(CLUSTER / "go-cache")}


def _require_disk() -> None:
    free = shutil.disk_usage(CLUSTER).free / 1e9
    if free < DISK_GB:
        raise NoRoomError(
            f"building the cluster needs {DISK_GB:.0f} GB below {CLUSTER}; got {free:.1f} GB. Free some, or do without "
            "it: the AWS half of the local stack needs no cluster."
        )


def _compile(found: go.Go, made: Path, progress: Progress) -> None:
    made.mkdir(parents=True, exist_ok=True)
    progress.say(f"building Kubernetes {VERSION} from its Go modules: about {MINUTES} minutes the first time")
    packages = [package for name, package in _PROGRAMS.items() if not (made / name).exists()]
    count = len(_go(found, ["list", "-deps", *packages], progress, "fetching Go modules", 0)) if packages else 0
    for number, (name, package) in enumerate(_PROGRAMS.items(), 1):
        if not (made / name).exists():
            partial = made / f"{name}.partial"
            doing = f"compiling {name} ({number} of {len(_PROGRAMS)})"
            _go(found, ["build", "-v", *_flags(), "-o", str(partial), package], progress, doing, count)
            partial.rename(made / name)
    _copy_stages(found, made)
    _copy_definitions(found, made)


def _go(found: go.Go, arguments: list[str], progress: Progress, doing: str, total: int) -> list[str]:
    return run([str(found.command), *arguments], MODULE, _environment(found), progress, doing, total)


def _copy_stages(found: go.Go, made: Path) -> None:
    source = _module(found, _KWOK) / "kustomize" / "stage"
    (made / STAGES).write_text("\n---\n".join((source / f"{name}.yaml").read_text() for name in _STAGES))


def _copy_definitions(found: go.Go, made: Path) -> None:
    partial = made / f"{DEFINITIONS}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    for place in _DEFINITIONS:
        for file in sorted((_module(found, _KARPENTER) / place).glob("*.yaml")):
            (partial / file.name).write_bytes(file.read_bytes())
    partial.rename(made / DEFINITIONS)


def _module(found: go.Go, name: str) -> Path:
    """Where a module's source lies, as `go` downloaded and checked it."""
    asked = [str(found.command), "mod", "download", "-json", name]
    answer = subprocess.run(asked, cwd=MODULE, env=_environment(found), capture_output=True, text=True, check=False)
    if answer.returncode:
        raise RuntimeError(f"the Go module {name} could not be fetched: {answer.stderr or answer.stdout}")
    return Path(json.loads(answer.stdout)["Dir"])
