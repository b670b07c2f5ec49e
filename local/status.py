"""`make status`: what runs in the emulated account, and who serves it."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console
from rich.table import Table

from local.cloud import daemon
from local.cluster import control
from local.providers.aws import served_rows
from local.state import State


def show(state: State, *, as_json: bool) -> int:
    """Print the account's status; exit status 1 when it does not run."""
    found = daemon.status(state)
    if found is None:
        print(f"no emulated account runs in {state.root}; start it with `make up`")
        return 1
    rows = dict(served_rows())
    if as_json:
        print(json.dumps({**found, "served_by": rows}, indent=2))
        return 0
    console = Console()
    about = found["daemon"]
    console.print(f"emulated account at {about['endpoint']} (pid {about['pid']}, up {about['uptime']:.0f} s)")
    if found["clock"]["speed"] != 1:
        console.print(f"its clock runs {found['clock']['speed']:g} times as fast: {found['clock']['emulated']}")
    console.print(_endpoints(found["endpoints"]))
    for machine, executions in found["executions"].items():
        for execution in executions[-3:]:
            console.print(f"execution of {machine}: {execution['status']}, started {execution['started']}")
    for job, status in found["jobs"].items():
        console.print(f"job {job}: {status}")
    if cluster := control.status(state):
        how = f"accepts pods ({sum(control.memory(cluster).values()):.0f} MiB)" if cluster.lives else "does not run"
        console.print(f"cluster {how}; `python -m local.cluster status` says more")
    recorded = sorted(name for name, by in rows.items() if by == "record")
    console.print(f"recorded only, no behaviour claimed: {', '.join(recorded) or 'nothing'}")
    if found["snapshot"]["error"]:
        console.print(f"[red]the account cannot be written to disk: {found['snapshot']['error']}[/red]")
    return 0


def _endpoints(endpoints: dict[str, Any]) -> Table:
    table = Table(title="endpoints", title_justify="left")
    for heading in ("endpoint", "status", "variant", "weight", "running", "restarts", "invocations", "config"):
        table.add_column(heading, overflow="fold")
    for name, endpoint in endpoints.items():
        for variant, about in endpoint["variants"].items():
            running = f"{about['running']} of {about['desired']}"
            if about["desired"] > about["limit"]:
                running += f" (local limit {about['limit']})"
            numbers = (str(about[key]) for key in ("restarts", "invocations"))
            table.add_row(
                name, endpoint["status"], variant, f"{about['weight']:g}", running, *numbers, endpoint["config"]
            )
    return table
