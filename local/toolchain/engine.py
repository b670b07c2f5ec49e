"""The Pulumi engine: the one on PATH if it fits, else ours."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from local.toolchain import build
from local.toolchain.go import TOOLCHAIN
from local.toolchain.progress import Progress

# From 3.245 evaluation is linear and policy packs start through the language host; 4 is not written yet.
LEAST, BEYOND = (3, 245, 0), (4, 0, 0)
SHIM_MARK = "# takeoff: the local stack's pulumi"
_SEEN = TOOLCHAIN / "engines.json"

Version = tuple[int, int, int]


def engine(progress: Progress) -> Path:
    """The Pulumi engine to use, built from its Go module if this machine has none that fits."""
    return present() or build.build(progress)


def present(env: Mapping[str, str] = os.environ) -> Path | None:
    """The engine that `engine` would return without building: on PATH and in the range, else built earlier."""
    for path in _on_path(env.get("PATH", os.defpath)):
        if (version := version_of(path)) and fits(version):
            return path
    built = build.folder() / "pulumi"
    return built if built.exists() else None


def fits(version: Version) -> bool:
    return LEAST <= version < BEYOND


def parse_version(text: str) -> Version | None:
    """(3, 259, 0) of "v3.259.0"; a pre-release counts as its release; None of anything else."""
    match = re.fullmatch(r"v?(\d+)\.(\d+)\.(\d+)([-+].*)?", text.strip())
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def version_of(path: Path) -> Version | None:
    """The version of an engine; asked once per file, because asking takes 0.2 s."""
    stat = path.stat()
    key = f"{path.resolve()} {stat.st_mtime_ns} {stat.st_size}"
    seen = _read_seen()
    if key not in seen:
        seen[key] = _ask(path)
        TOOLCHAIN.mkdir(parents=True, exist_ok=True)
        partial = _SEEN.with_name(f"engines.{os.getpid()}.partial")
        partial.write_text(json.dumps(seen))
        partial.rename(_SEEN)
    return parse_version(seen[key])


def _on_path(search: str) -> Iterator[Path]:
    """Every pulumi on PATH but our own wrapper, which is there inside `make shell`."""
    for folder in filter(None, search.split(os.pathsep)):
        path = Path(folder) / "pulumi"
        if path.is_file() and os.access(path, os.X_OK) and not _is_shim(path):
            yield path


def _is_shim(path: Path) -> bool:
    with path.open("rb") as file:
        return SHIM_MARK.encode() in file.read(200)


def _read_seen() -> dict[str, str]:
    try:
        return dict(json.loads(_SEEN.read_text()))
    except (OSError, ValueError):
        return {}


def _ask(path: Path) -> str:
    """What `pulumi version` prints, asked without touching the user's Pulumi home."""
    env = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_HOME": str(TOOLCHAIN / "ask")}
    try:
        answer = subprocess.run([path, "version"], env=env, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip()
