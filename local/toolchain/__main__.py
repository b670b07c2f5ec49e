"""`python -m local.toolchain`: look at, make and enter the local stack's toolchain."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys

from rich.console import Console
from rich.table import Column, Table

from local.state import NotLocalError, State
from local.toolchain import doctor, shell
from local.toolchain.progress import Progress
from local.toolchain.ready import ready


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m local.toolchain", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    examine = commands.add_parser(
        "doctor", help="what is here, what will be built, how long it takes; 1 if `up` cannot work"
    )
    examine.add_argument("--json", action="store_true", help="print the findings as JSON")
    commands.add_parser("build", help="make everything that `pulumi` needs, building the engine where there is none")
    commands.add_parser("env", help='print shell lines for eval "$(make env)"')
    commands.add_parser("shell", help="open a sub-shell in which `pulumi` works on the local stack")
    chosen = parser.parse_args(arguments)
    state = State.current()
    if chosen.command == "doctor":
        return _doctor(state, as_json=chosen.json)
    try:
        toolchain = ready(state, Progress(sys.stderr))
    except RuntimeError as error:
        print(f"toolchain: {error}", file=sys.stderr)
        return 1
    match chosen.command:
        case "build":
            print(toolchain.engine)
        case "env":
            print(shell.script(state, _endpoint(state)), end="")
        case "shell":
            command, env = shell.interactive(state, _endpoint(state))
            os.execvpe(command[0], command, env)  # noqa: S606
    return 0


def _endpoint(state: State) -> str | None:
    """The daemon's address; a shell may be opened before `make up`."""
    try:
        return state.endpoint()
    except NotLocalError as error:
        print(f"note: {error}, and then enter this shell again", file=sys.stderr)
        return None


def _doctor(state: State, *, as_json: bool) -> int:
    findings = doctor.examine(state)
    blocked = [each for each in findings if each.answer == "blocked"]
    if as_json:
        print(json.dumps([dataclasses.asdict(each) for each in findings], indent=2))
    else:
        _print(findings)
    for each in blocked:
        print(f"`make up` cannot work: {each.part}: {each.detail}", file=sys.stderr)
    return 1 if blocked else 0


def _print(findings: list[doctor.Finding]) -> None:
    detail = Column("Detail", overflow="fold")  # a path that is cut cannot be copied
    table = Table("Part", "Answer", detail, "Minutes", "Disk", box=None, pad_edge=False)
    colours = {"found": "green", "blocked": "red"}
    for each in findings:
        answer = f"[{colours.get(each.answer, 'yellow')}]{each.answer}[/]"
        minutes, disk = (f"{each.minutes:g}" if each.minutes else ""), (f"{each.disk_gb:g} GB" if each.disk_gb else "")
        table.add_row(each.part, answer, each.detail, minutes, disk)
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
