"""`make preview`: the report on what a deployment would do, in the stack's emulated account or in a throw-away one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from catalog.naming import parameter_name, physical_name
from catalog.training import SLOTS
from local.client import client
from local.cloud import daemon
from local.stack import LocalStack
from local.state import ACCOUNT, CACHE, REGION, REPOSITORY, State
from local.toolchain.progress import Progress
from local.toolchain.ready import ready
from local.up import connect

_ASSUMED = (
    "Assumed: an empty account, in which each model has an image and the versions that its variants name; "
    "none of them was built or trained."
)


def preview(state: State, arguments: Sequence[str]) -> int:
    """Print the report of `takeoff preview` on the state's stack; its exit status. `arguments` are handed on to it.

    A deployed stack is compared with its emulated account. Any other is previewed in an account that lives as long as
    the preview, with images and versions made up. Nothing is left running that was not running before.
    """
    progress = Progress(sys.stderr)
    deployed = bool(LocalStack(state, {}).outputs())
    notes = [] if deployed else ["--note", _ASSUMED]
    with _account(state, progress) if deployed else _throw_away(state, progress) as stack:
        if not deployed:
            progress.say(f"takeoff: nothing of {stack.name} is deployed on this machine; {_ASSUMED}")
            assume(client(stack.env["AWS_ENDPOINT_URL"], "ssm"), stack.name, _models(stack.name))
        command = [sys.executable, "-m", "takeoff", "preview", "--stack", stack.name, *notes, *arguments]
        return subprocess.run(command, cwd=REPOSITORY, env=dict(stack.env), check=False).returncode


def assume(ssm: Any, stack: str, models: Mapping[str, Any]) -> None:
    """Make up an image and versions for every model, as SSM parameters: what infra/account.py reads."""
    for model, entry in models.items():
        named = physical_name("takeoff", stack, model)
        facts = {"image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{named}@sha256:{'0' * 64}"}
        served = [*entry.get("variants", ()), *filter(None, [entry.get("shadow"), entry.get("pods")])]
        slots = [*SLOTS, *(each["version"] for each in served if "version" in each)]
        for position, slot in enumerate(dict.fromkeys(sorted(slots)), start=1):
            leaf, version = (slot, f"{position:012x}") if slot in SLOTS else (f"versions/{slot}", slot)
            artifact = f"s3://takeoff-{stack}-models-{ACCOUNT}/{model}/{version:0<64}/model.tar.gz"
            record: dict[str, Any] = {"version": version, "artifact": artifact, "algorithm": "assumed", "metrics": {}}
            facts[leaf] = json.dumps(record)
        for leaf, value in facts.items():
            ssm.put_parameter(Name=parameter_name(stack, model, leaf), Value=value, Type="String", Overwrite=True)


@contextmanager
def _account(state: State, progress: Progress) -> Iterator[LocalStack]:
    """The stack in its own account, which runs afterwards only if it did before."""
    ready(state, progress)
    ran = daemon.status(state) is not None
    try:
        yield connect(state, progress)
    finally:
        if not ran:
            daemon.stop(state)


@contextmanager
def _throw_away(state: State, progress: Progress) -> Iterator[LocalStack]:
    """The stack in an account without anything, which is gone afterwards."""
    within = CACHE / "preview" if state.root.is_relative_to(CACHE) else state.root.with_name("preview")
    scratch = State(within / state.stack, state.stack)
    _remove(scratch)
    try:
        ready(scratch, progress)
        daemon.start(scratch, 0)
        yield connect(scratch, progress)
    finally:
        _remove(scratch)


def _remove(scratch: State) -> None:
    daemon.stop(scratch)
    shutil.rmtree(scratch.root, ignore_errors=True)


def _models(stack: str) -> Mapping[str, Any]:
    file = Path(os.environ.get("TAKEOFF_STACK_FILE") or REPOSITORY / f"stacks/Pulumi.{stack}.yaml")
    models: Mapping[str, Any] = yaml.safe_load(file.read_text())["config"].get("takeoff:models") or {}
    return models
