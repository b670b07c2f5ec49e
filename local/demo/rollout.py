"""`make rollout-demo`: a model is changed three times under load, and the account says what became of it."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from local.__main__ import ERRORS
from local.client import client
from local.cloud import daemon
from local.demo.candidates import failing, rows, slow
from local.demo.load import load
from local.phases import PhaseError, takeoff
from local.stack import LocalStack
from local.state import CACHE, State
from local.toolchain.environment import enter, environment
from local.up import up

MODEL, ENDPOINT = "breast-cancer", "takeoff-local-breast-cancer"
# Minutes of AWS's guardrails pass in two seconds.
SPEED = "30"
ENTRY = {
    "code": "breast_cancer",
    "owner": "ml-platform@example.com",
    "variants": [{"name": "main", "version": "approved", "instanceType": "ml.c6i.large", "instances": 2}],
    "traffic": {"main": 100},
    "deployment": {
        "plan": "canary",
        "percent": 50,
        "stepMinutes": 5,
        "bakeMinutes": 3,
        "rollback": {"errorPercent": 5, "latencyMs": 250},
    },
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the account says of one release. Seconds are this machine's; `minutes_to_return` is the account's clock."""

    release: str
    version: str
    expected: str
    outcome: str
    alarms: Sequence[str]
    live: str
    answered: int
    failed: int
    seconds_to_return: float | None
    minutes_to_return: float | None
    fine: bool


class Demo:
    """One emulated account with a fast clock, and one model in it."""

    def __init__(self, state: State) -> None:
        self.state, self.file = state, Path(os.environ["TAKEOFF_STACK_FILE"])

    def run(self) -> Iterator[Verdict]:
        """Deploy the model, then release a good, a slow and a failing version of it."""
        self._declare("approved")
        up(self.state)
        self.stack = LocalStack(self.state, environment(self.state, self.state.endpoint()))
        folder = self.state.root / "candidates"
        takeoff(self.stack.env, "train", MODEL, "--count", "2", "--out", str(folder), "--stack", self.stack.name)
        good = folder / MODEL / "gradient-boosting/model.tar.gz"
        for release, artifact, expected in (
            ("good", good, ""),
            ("slow", slow(good, folder / "slow"), "latency"),
            ("failing", failing(good, folder / "failing"), "errors"),
        ):
            yield self._release(release, artifact, expected)

    def _declare(self, version: str) -> None:
        entry: dict[str, Any] = {**ENTRY, "variants": [{**ENTRY["variants"][0], "version": version}]}  # type: ignore[index]
        content = {"config": {"takeoff:retainData": False, "takeoff:models": {MODEL: entry}}}
        self.file.write_text(yaml.safe_dump(content))

    def _release(self, release: str, artifact: Path, expected: str) -> Verdict:
        takeoff(self.stack.env, "register", MODEL, str(artifact), "--stack", self.stack.name)
        version = str(self._parameter("candidate")["version"])
        before = self._live()
        self._declare(version)
        with load(self._client("sagemaker-runtime"), ENDPOINT, rows(artifact)) as seen:
            self.stack.up(refresh=False)
            self._settle()
        outcome, live = self._parameter("outcome"), self._live()
        if expected:
            rang = any(f"-rollback-{expected}-" in name for name in outcome.get("alarms", []))
            fine = outcome["status"] == "failed" and rang and live == before
        else:
            fine = outcome["status"] == "succeeded" and live == outcome["desired_config"] and not seen.failed
        back = outcome.get("seconds_to_return")
        return Verdict(
            release=release,
            version=version,
            expected=f"return on the {expected} alarm" if expected else "goes live, no failed request",
            outcome=outcome["status"],
            alarms=outcome.get("alarms", []),
            live="the new config" if live == outcome["desired_config"] else "the old config",
            answered=seen.answered.total(),
            failed=seen.failed.total(),
            seconds_to_return=back,
            minutes_to_return=None if back is None else round(back * float(SPEED) / 60, 1),
            fine=fine,
        )

    def _settle(self) -> None:
        """Wait for Rollout's verdict; a failed one is an answer here, not an error."""
        command = ["rollout", "wait", MODEL, "--timeout", "180", "--stack", self.stack.name]
        with suppress(PhaseError):
            takeoff(self.stack.env, *command)

    def _live(self) -> str:
        return str(self._client("sagemaker").describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"])

    def _parameter(self, leaf: str) -> dict[str, Any]:
        name = f"/takeoff/{self.stack.name}/{MODEL}/{leaf}"
        found: dict[str, Any] = json.loads(self._client("ssm").get_parameter(Name=name)["Parameter"]["Value"])
        return found

    def _client(self, service: str) -> Any:
        return client(self.state.endpoint(), service, max_pool_connections=8, read_timeout=90)


def show(verdicts: Sequence[Verdict]) -> None:
    table = Table(title="three releases under load, as the account tells it", title_justify="left")
    for heading in (
        "release",
        "expected",
        "outcome",
        "live afterwards",
        "alarms",
        "answered",
        "failed",
        "time to return",
    ):
        table.add_column(heading, justify="right" if heading in {"answered", "failed"} else "left")
    for each in verdicts:
        back = (
            "-" if each.seconds_to_return is None else f"{each.seconds_to_return:.0f} s ({each.minutes_to_return} min)"
        )
        alarms = ", ".join(name.removeprefix(f"takeoff-local-{MODEL}-") for name in each.alarms) or "-"
        table.add_row(
            each.release,
            each.expected,
            f"{each.outcome}{'' if each.fine else ', NOT as expected'}",
            each.live,
            alarms,
            str(each.answered),
            str(each.failed),
            back,
        )
    Console(width=160).print(table)


def main(arguments: list[str] | None = None) -> int:
    """Exit status 1 when a release did not end as it had to."""
    parser = argparse.ArgumentParser(prog="python -m local.demo.rollout", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    chosen = parser.parse_args(arguments)
    state = State(Path(os.environ.get("TAKEOFF_STATE") or CACHE / "demo").resolve())
    daemon.stop(state)
    shutil.rmtree(state.root, ignore_errors=True)
    state.root.mkdir(parents=True)
    os.environ |= {
        "TAKEOFF_STATE": str(state.root),
        "TAKEOFF_STACK_FILE": str(state.root / "Pulumi.local.yaml"),
        "TAKEOFF_CLOCK_SPEED": SPEED,
        "TAKEOFF_PORT": "0",
    }
    enter(state)
    answer = sys.stdout.fileno()
    if chosen.json:
        # What the engine and the commands print on the way goes to where progress goes.
        answer = os.dup(answer)
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        verdicts = list(Demo(state).run())
    except ERRORS as error:
        print(f"takeoff: {error}", file=sys.stderr)
        return 1
    finally:
        daemon.stop(state)
    if chosen.json:
        os.write(answer, json.dumps([asdict(each) for each in verdicts], indent=1).encode() + b"\n")
    else:
        show(verdicts)
    return 0 if all(each.fine for each in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
