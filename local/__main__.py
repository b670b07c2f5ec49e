"""The local stack: `python -m local up | down | status | logs | predict`."""

from __future__ import annotations

import argparse
import os
import sys

from botocore.exceptions import BotoCoreError, ClientError

from local import logs, status
from local.down import down
from local.phases import takeoff
from local.stack import NAME
from local.state import State
from local.toolchain.environment import environment
from local.up import up

# Every error of ours that a person can mend is a RuntimeError with a line that says how.
ERRORS = (RuntimeError, ClientError, BotoCoreError)


def main(arguments: list[str] | None = None) -> int:
    """Run one command. What went wrong is one line on stderr and exit status 1."""
    chosen = _parser().parse_args(arguments)
    state = State.current()
    # This process asks the account too: no profile, endpoint or proxy of the person's may lead it elsewhere.
    env = environment(state, None)
    os.environ.clear()
    os.environ.update(env)
    try:
        match chosen.command:
            case "up":
                up(state)
            case "down":
                down(state)
            case "predict":
                takeoff(environment(state, state.endpoint()), "predict", "--stack", NAME, *chosen.rest)
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
    commands.add_parser("up", help="deploy the local stack and show its predictions; safe to run again at any time")
    commands.add_parser("down", help="destroy the local stack and stop the emulated account")
    predict = commands.add_parser("predict", help="predictions through every endpoint, with traffic and accuracy")
    predict.add_argument("rest", nargs=argparse.REMAINDER, help="options of `takeoff predict`")
    shown = commands.add_parser("status", help="what runs in the emulated account")
    shown.add_argument("--json", action="store_true", help="print JSON")
    tail = commands.add_parser("logs", help="the last lines of every log")
    tail.add_argument("--lines", type=int, default=20, help="lines per log (default 20)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
