"""A stack in an emulated account: `python -m local preview | up | down | start | loop | simulate | predict | …`."""

from __future__ import annotations

import argparse
import os
import sys

from botocore.exceptions import BotoCoreError, ClientError

from local import logs, status
from local.down import down
from local.loop import loop
from local.phases import takeoff
from local.preview import preview
from local.simulate.command import simulate
from local.state import LOCAL, REPOSITORY, State
from local.toolchain.environment import enter, environment
from local.toolchain.progress import Progress
from local.up import connect, up

# Every error of ours that a person can mend is a RuntimeError with a line that says how.
ERRORS = (RuntimeError, ClientError, BotoCoreError)


def main(arguments: list[str] | None = None) -> int:
    """Run one command. What went wrong is one line on stderr and exit status 1."""
    parser = _parser()
    chosen, rest = parser.parse_known_args(arguments)
    if rest and chosen.command not in {"predict", "preview", "loop", "simulate"}:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    os.environ["TAKEOFF_STACK"] = chosen.stack
    state = State.current()
    enter(state)
    try:
        _require_stack_file(chosen.stack)
        match chosen.command:
            case "preview":
                return preview(state, rest)
            case "up":
                up(state)
            case "down":
                down(state, chosen.unprotect)
            case "start":
                connect(state, Progress(sys.stderr))
            case "loop":
                return loop(state, rest)
            case "simulate":
                return simulate(state, rest)
            case "predict":
                takeoff(environment(state, state.endpoint()), "predict", "--stack", state.stack, *rest)
            case "status":
                return status.show(state, as_json=chosen.json)
            case "logs":
                return logs.show(state, chosen.lines)
    except ERRORS as error:
        print(f"takeoff: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("takeoff: interrupted; run the same command again to go on", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--stack", default=LOCAL, help="its name (default local); each has an account of its own")

    def add(name: str, does: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=does, parents=[shared])

    add("preview", "what `up` would change, cost and risk; takes options of `takeoff preview`")
    add("up", "deploy the stack and show its predictions; safe to run again at any time")
    destroyed = add("down", "destroy the stack and stop the emulated account")
    destroyed.add_argument("--unprotect", default="", metavar="STACK", help="confirm that STACK goes, protected or not")
    add("start", "start the emulated account again, with all that it had; deploys nothing")
    add("loop", "the loop's scenarios on the deployed stack, on a fast clock; takes options of `python -m scenarios`")
    add("simulate", "node pools under load on the local cluster; takes options of local/simulate")
    add("predict", "predictions through every endpoint, with traffic and accuracy; takes options of `takeoff predict`")
    add("status", "what runs in the emulated account").add_argument("--json", action="store_true", help="print JSON")
    add("logs", "the last lines of every log").add_argument(
        "--lines", type=int, default=20, help="per log (default 20)"
    )
    return parser


def _require_stack_file(stack: str) -> None:
    """Raises RuntimeError when no stack file has this name; a mistyped one must not make an account."""
    known = sorted(file.name.split(".")[1] for file in (REPOSITORY / "stacks").glob("Pulumi.*.yaml"))
    if stack not in known and "TAKEOFF_STACK_FILE" not in os.environ:
        raise RuntimeError(
            f"stack: got {stack!r}; allowed: {', '.join(known)}; add stacks/Pulumi.{stack}.yaml for another"
        )


if __name__ == "__main__":
    sys.exit(main())
