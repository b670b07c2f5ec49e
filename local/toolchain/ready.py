"""The toolchain of the local stack, ready to use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from local.state import State
from local.toolchain import build, home
from local.toolchain.engine import engine
from local.toolchain.progress import Progress


@dataclass(frozen=True)
class Toolchain:
    """Where each part lies. `pulumi` is the wrapper to call: it refuses every stack but the state's own."""

    engine: Path
    host: Path
    exec_script: Path
    pulumi: Path


def ready(state: State, progress: Progress) -> Toolchain:
    """Everything that `pulumi up` needs for `state`: found, built (minutes) or made. Under a second when present."""
    found = engine(progress)
    official = official_host(found)
    script = official.with_name(build.EXEC_SCRIPT) if official else build.exec_script(progress)
    home.prepare(state, found, None if official else script)
    return Toolchain(found, official or home.own_host(state), script, state.root / "bin" / "pulumi")


def official_host(engine: Path) -> Path | None:
    """The language host that Pulumi ships beside its engine, and beside which the engine looks for it."""
    host = engine.resolve().with_name(home.HOST)
    return host if host.exists() else None
