"""What the policy pack adds to a preview: the shipped prod stack, copied until it is 500 resources, on the engine."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure, say
from benchmarks.results import REPOSITORY
from local.cloud import daemon
from local.state import LOCAL, State
from local.toolchain.environment import environment
from local.toolchain.home import ensure_stack
from local.toolchain.progress import Progress
from local.toolchain.ready import ready

RESOURCES = 500
# Resources and their inputs as a file: the program has nothing to work out, so that both sides are the engine's.
_PROGRAM = """
import json, pathlib, pulumi
file = pathlib.Path(__file__).with_name("resources.json")
archive = pulumi.AssetArchive({"x": pulumi.StringAsset("x")})
read = json.loads(file.read_text(), object_hook=lambda found: archive if "asset" in found else found)
for type_, name, inputs in read:
    pulumi.CustomResource(type_, name, inputs)
"""


def measure(*, quick: bool) -> list[Figure]:
    """The seconds that the pack adds, each time against the same preview without it; and what share that is."""
    with tempfile.TemporaryDirectory() as folder:
        state = State(Path(folder) / "state")
        ready(state, Progress(sys.stderr))
        daemon.start(state, 0)
        try:
            project = _project(Path(folder) / "project")
            env = environment(state, state.endpoint())
            ensure_stack(LOCAL, env, project)
            pairs = [_pair(project, env, number) for number in range(1 if quick else 5)]
        finally:
            daemon.stop(state)
    added = [judged - plain for plain, judged in pairs]
    shares = [judged / plain for plain, judged in pairs]
    say(f"  the pack multiplies the preview by {statistics.median(shares):.2f}")
    return [
        Figure(
            name=f"preview of {RESOURCES} resources, without the policy pack", unit="s", values=[p for p, _ in pairs]
        ),
        Figure(name=f"policy pack: added to a preview of {RESOURCES} resources", unit="s", values=added, goal=2),
        Figure(name=f"policy pack: preview of {RESOURCES} resources with it, by one without", unit="x", values=shares),
    ]


def _project(folder: Path) -> Path:
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: bench\nruntime: python\n")
    (folder / f"Pulumi.{LOCAL}.yaml").write_text("config: {}\n")
    (folder / "__main__.py").write_text(_PROGRAM)
    resources = json.dumps(_resources(), default=lambda _: {"asset": True})
    # The tests' account names a region in every ARN; a provider refuses one in a role's.
    (folder / "resources.json").write_text(resources.replace(":iam:us-east-1:", ":iam::"))
    return folder


def _resources() -> list[tuple[str, str, Any]]:
    """The prod stack's own resources, again and again under other logical names, with every value known."""
    from tests.stacks.shipped import whole

    once = [(r.type, r.name, r.inputs) for r in whole("prod").resources if r.type.startswith("aws:")]
    copies = -(-RESOURCES // len(once))
    return [(type_, f"{name}-{copy}", inputs) for copy in range(copies) for type_, name, inputs in once][:RESOURCES]


def _pair(project: Path, env: dict[str, str], number: int) -> tuple[float, float]:
    pack = REPOSITORY / "policies"
    # As in dev: an advisory finding is shown and stops nothing, and every rule runs.
    config = pack / "environments" / "dev.json"
    plain = _preview(project, env)
    judged = _preview(project, env, "--policy-pack", str(pack), "--policy-pack-config", str(config))
    say(f"preview of {RESOURCES} resources, pair {number + 1}: {plain:.1f} s, with the pack {judged:.1f} s")
    return plain, judged


def _preview(project: Path, env: dict[str, str], *more: str) -> float:
    command = ["pulumi", "preview", "--stack", LOCAL, "--non-interactive", *more]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)
    took = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed (exit {done.returncode}):\n{(done.stdout + done.stderr)[-4000:]}")
    return took
