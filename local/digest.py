"""`python -m local.digest --stack prod FILE`: what a stack that is up declares, as the engine's preview writes it."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local.stack import EngineError, LocalStack
from local.state import REPOSITORY, State
from local.toolchain.environment import enter
from local.toolchain.progress import Progress
from local.toolchain.ready import ready
from local.up import connect, up


def main(arguments: list[str] | None = None) -> int:
    """Bring the stack up in its emulated account where it is not, and write its digest. Errors are one line."""
    parser = argparse.ArgumentParser(prog="python -m local.digest", description=__doc__)
    # One of the files: a mistyped name must not make an account.
    named = sorted(file.name.split(".")[1] for file in (REPOSITORY / "stacks").glob("Pulumi.*.yaml"))
    parser.add_argument("--stack", required=True, choices=named, help="its name; each has an account of its own")
    parser.add_argument("file", type=Path, metavar="FILE", help="where the JSON goes")
    chosen = parser.parse_args(arguments)
    os.environ["TAKEOFF_STACK"] = chosen.stack
    state = State.current()
    enter(state)
    try:
        chosen.file.parent.mkdir(parents=True, exist_ok=True)
        digest(standing(state), chosen.file)
    except (RuntimeError, OSError, ClientError, BotoCoreError) as error:
        print(f"takeoff: {error}", file=sys.stderr)
        return 1
    return 0


def standing(state: State) -> LocalStack:
    """The stack, up: as it stands where its last `up` finished, so that a proof takes seconds the second time."""
    progress = Progress(sys.stderr)
    ready(state, progress)
    stack = connect(state, progress)
    if not stack.known() or stack.unfinished_since() is not None:
        up(state)
    return stack


def digest(stack: LocalStack, file: Path) -> None:
    """Write what the stack declares, unchanged resources too. Raises EngineError; a half-written file is never left."""
    command = ["pulumi", "preview", "--json", "--show-sames", "--non-interactive", "--stack", stack.name]
    partial = file.with_suffix(".partial")
    with partial.open("wb") as out:
        done = subprocess.run(command, cwd=REPOSITORY, env=dict(stack.env), stdout=out, check=False)
    if done.returncode:
        said = _errors(partial.read_text())
        partial.unlink()
        raise EngineError(f"`{' '.join(command)}` failed (exit {done.returncode}){said}")
    partial.replace(file)


def _errors(text: str) -> str:
    """What the engine says in its JSON of why it failed; nothing where it wrote none."""
    try:
        told = json.loads(text).get("diagnostics", [])
    except ValueError:
        return ""
    return "".join(f"\n{each['message'].strip()}" for each in told if each["severity"] == "error")


if __name__ == "__main__":
    sys.exit(main())
