"""benchmarks/results.json: the last full run, where it ran, and the README's block that quotes it."""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure, goal

REPOSITORY = Path(__file__).resolve().parent.parent
RESULTS = REPOSITORY / "benchmarks" / "results.json"
README = REPOSITORY / "README.md"
BEGIN, END = "<!-- figures -->", "<!-- end figures -->"


def about() -> dict[str, Any]:
    """The day, the commit and the machine, naming no host and no path. Ask before the run: it is a load itself."""
    return {"date": datetime.datetime.now(datetime.UTC).date().isoformat(), "commit": _commit(), "machine": _machine()}


def document(begun: dict[str, Any], figures: Sequence[Figure]) -> dict[str, Any]:
    """A run as results.json keeps it: what `about` said before it, and its figures."""
    return {**begun, "figures": [figure.document() for figure in figures]}


def read() -> dict[str, Any]:
    """What the file holds: `latest`, the last full run, and `cold`, the last build of the engine from nothing."""
    found: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    return found


def write(part: str, run: dict[str, Any]) -> None:
    """Replace one part of the file and leave the other as it is."""
    RESULTS.write_text(json.dumps({**read(), part: run}, indent=2) + "\n")


def block(results: dict[str, Any]) -> str:
    """The README's lines between its two marks."""
    return "\n".join(f"\n{_table(run)}\n{_source(run)}\n" for run in results.values())


def fresh(text: str) -> str:
    """The README with its block made new. Raises ValueError when a mark is missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"README.md: got no block for figures; allowed: a line {BEGIN} and, below it, a line {END}")
    return f"{before}{BEGIN}\n{block(read())}\n{END}{after}"


def _table(run: dict[str, Any]) -> str:
    rows = [f"| {_row(figure)} |" for figure in run["figures"]]
    return "\n".join(["| figure | min | median | max | goal | runs |", "|---|---:|---:|---:|---:|---:|", *rows])


def _row(figure: dict[str, Any]) -> str:
    unit, wanted = figure["unit"], goal(figure)
    numbers = [f"{figure[key]:g} {unit}".strip() for key in ("min", "median", "max")]
    kept = f"{wanted}, {figure['verdict']}" if wanted else ""
    return " | ".join([figure["name"], *numbers, kept, str(figure["runs"])])


def _source(run: dict[str, Any]) -> str:
    machine = run["machine"]
    where = f"{machine['cores']} cores of {machine['cpu']}, {machine['memory_gb']} GB, {machine['system']}"
    load = f"load average {machine['load']}"
    return f"\nMeasured {run['date']} at {run['commit']}: {where}, Python {machine['python']}; {load}."


def _machine() -> dict[str, Any]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 1e9),
        "cpu": _cpu(),
        "system": _system(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
    }


def _cpu() -> str:
    if platform.system() == "Darwin":
        return subprocess.check_output(["sysctl", "-n", "machdep.cpu.brand_string"], text=True).strip()
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}"


def _commit() -> str:
    """The commit that was measured; `+` says that the tree differed from it."""
    command = ["git", "describe", "--always", "--exclude=*", "--dirty=+"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "no commit"
