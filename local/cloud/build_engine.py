"""`pulumi` and `python` as the Deployer's buildspec calls them: this machine's engine, on this machine's state."""

from __future__ import annotations

import os
import subprocess
import sys

from local.cluster import control
from local.stack import APPS, LocalStack
from local.state import State

PROGRAMS = ("pulumi", "python")


def main(program: str, arguments: list[str]) -> int:
    """Run one command as `pulumi` or `python`; its exit status."""
    # It was set to find this module; what is built must find its own.
    os.environ.pop("PYTHONPATH", None)
    return _pulumi(arguments) if program == "pulumi" else _python(arguments)


def _pulumi(arguments: list[str]) -> int:
    """The wrapper that `make shell` has. A backend in S3 is none of this machine's: its stacks are in the state."""
    state = State.current()
    if arguments[:1] == ["login"]:
        print(f"local stack: {' '.join(arguments[1:])} is played by {os.environ['PULUMI_BACKEND_URL']}")
        return 0
    sibling = any(each.endswith(APPS) for each in arguments)
    if sibling and not _inside(state):
        print(f"local stack: `pulumi {' '.join(arguments[:2])}`: no cluster runs here, and nothing is applied in one")
        return 0
    command = [str(state.root / "bin" / "pulumi"), *_own_file(arguments)]
    if arguments[:1] != ["up"]:
        return subprocess.run(command, check=False).returncode
    # By this mark `make up` sees an `up` that was killed (local/stack.py); one that another left is not ours to remove
    # unless everything that it began is done.
    mark = state.root / f"up-unfinished{APPS if sibling else ''}"
    if not mark.exists():
        mark.touch()
    status = subprocess.run(command, check=False).returncode
    if status == 0:
        mark.unlink(missing_ok=True)
    return status


def _inside(state: State) -> bool:
    """Whether the stack's cluster runs, with what `make up` applied in it."""
    record = control.status(state)
    return bool(record and record.lives and LocalStack(state, {}, APPS).exists)


def _own_file(arguments: list[str]) -> list[str]:
    """The arguments without a stack file: the wrapper hands the engine the stack's, with this machine's salt."""
    if "--config-file" not in arguments:
        return arguments
    at = arguments.index("--config-file")
    return [*arguments[:at], *arguments[at + 2 :]]


def _python(arguments: list[str]) -> int:
    """This interpreter. It has what `pip install` names, and a build must not change what the whole machine runs on."""
    if arguments[:3] == ["-m", "pip", "install"]:
        print(f"local stack: `pip {' '.join(arguments[2:])}`: installed by `make setup` already")
        return 0
    return subprocess.run([sys.executable, *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
