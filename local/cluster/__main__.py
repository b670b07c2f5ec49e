"""`python -m local.cluster`: a real Kubernetes control plane over simulated nodes, for the local stack."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict

from local.cluster import control, instance_types, namespace
from local.cluster.build import NoRoomError, build
from local.cluster.layout import Layout
from local.cluster.record import read
from local.cluster.stack_file import pools
from local.state import LOCAL, State
from local.toolchain.progress import Progress

IMPOSSIBLE = 3


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit status: IMPOSSIBLE where this machine can have no cluster. Errors are one line."""
    parser = argparse.ArgumentParser(prog="python -m local.cluster", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    made = commands.add_parser("build", help="build its programs from their Go modules: minutes, once")
    made.add_argument("--drop-cache", action="store_true", help="remove Go's build cache afterwards (3 GB)")
    begun = commands.add_parser("start", help="start it and wait until it accepts pods; it runs until `stop`")
    ended = commands.add_parser("stop", help="end every process of it; what its API server knows stays")
    ended.add_argument("--forget", action="store_true", help="remove what its API server knows as well")
    asked = commands.add_parser("status", help="whether it runs, what it uses; 1 when it does not run")
    asked.add_argument("--json", action="store_true", help="print it as JSON")
    entered = commands.add_parser("exec", help="run a command, such as kubectl, in the cluster's network namespace")
    entered.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND", help="the command and its arguments")
    for command in (begun, ended, asked, entered):
        command.add_argument("--stack", default=LOCAL, help="whose cluster (default: local)")
    chosen = parser.parse_args(arguments)
    try:
        return _run(chosen)
    except (RuntimeError, ValueError, OSError) as error:
        print(f"cluster: {error}", file=sys.stderr)
        return IMPOSSIBLE if isinstance(error, NoRoomError | namespace.NamespaceError) else 1


def _run(chosen: argparse.Namespace) -> int:
    progress = Progress(sys.stderr)
    if chosen.command == "build":
        # Before ten minutes of compiling, not after.
        if refusal := namespace.refusal():
            raise namespace.NamespaceError(f"no cluster on this machine: {refusal}. The AWS half works without it")
        print(build(progress, keep_cache=not chosen.drop_cache))
        return 0
    os.environ["TAKEOFF_STACK"] = chosen.stack
    state = State.current()
    match chosen.command:
        case "start":
            control.start(state, instance_types.named(pools(chosen.stack)), progress)
            print(Layout.of(state).kubeconfig)
        case "stop":
            ran = control.stop(state, forget=chosen.forget)
            progress.say("the cluster is stopped" if ran else "no cluster ran")
        case "status":
            return _status(state, as_json=chosen.json)
        case "exec":
            return _exec(state, chosen.words)
    return 0


def _status(state: State, *, as_json: bool) -> int:
    record = control.status(state)
    lives = record is not None and record.lives
    used = control.memory(record) if record and lives else {}
    if as_json:
        known = asdict(record) if record else {}
        print(json.dumps({**known, "lives": lives, "memory_mib": used}, indent=2))
    elif record is None:
        print("no cluster runs; `python -m local.cluster start` starts one")
    elif not lives:
        print(f"the cluster ended: {record.failed or 'it was killed'}; `python -m local.cluster start` starts it again")
    else:
        how = (
            f"accepts pods, after {record.seconds:.1f} s" if record.ready else f"is starting: {', '.join(record.took)}"
        )
        print(f"the cluster (pid {record.pid}) {how}; {sum(used.values()):.0f} MiB:")
        for name, size in used.items():
            print(f"  {name:24}{size:6.0f} MiB")
    return 0 if lives else 1


def _exec(state: State, words: list[str]) -> int:
    record = read(Layout.of(state))
    if record is None or not record.lives:
        raise control.ClusterError("no cluster runs; `python -m local.cluster start` starts one")
    if not words:
        raise control.ClusterError("exec: got no command; allowed is one, such as kubectl get nodes")
    namespace.join(record.pid)
    os.execvpe(words[0], words, os.environ | {"KUBECONFIG": str(Layout.of(state).kubeconfig)})  # noqa: S606


if __name__ == "__main__":
    sys.exit(main())
