"""`make logs`: the last lines of everything that runs in the emulated account."""

from __future__ import annotations

from local.state import State


def show(state: State, lines: int) -> int:
    """Print the tail of the daemon's log and of each model process's; exit status 1 when there is none."""
    files = sorted((state.cloud / "logs").rglob("*.log"), key=lambda file: file.stat().st_mtime)
    for file in files:
        print(f"==> {file.relative_to(state.cloud)} <==")
        print("\n".join(file.read_text(errors="replace").splitlines()[-lines:]))
    if not files:
        print(f"no logs in {state.cloud / 'logs'} yet; start the emulated account with `make up`")
    return 0 if files else 1
