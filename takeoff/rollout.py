"""Following a rollout from outside: what was wished, what is, and how it ended."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3

from takeoff import parameter
from takeoff.stack import CommandError, DeployedModel, DeployedStack

PATIENCE = 300.0
"""Seconds that a trial may stand still before nobody waits for it: some looks of Rollout, one a minute by default."""
# What an analysis's message begins with while nothing moves (model_code/rollout/watch.py), and what moves it again.
_STILL = {
    "halted": "it goes on once what is missing is there: send traffic, and its outcomes",
    "paused": "`takeoff rollout resume {model}`",
    "frozen": "`takeoff unfreeze`, of the model or of the stack",
}


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One model's rollout at one moment. `status`: running, trying (a version beside the live one), succeeded, failed.

    While a version is tried the endpoint serves as it should, for as long as that takes.
    """

    model: str
    status: str
    reason: str
    endpoint: str
    config: str
    desired_config: str
    traffic: dict[str, float]

    @property
    def settled(self) -> bool:
        """Whether Rollout has given its verdict on the wish that stands now."""
        return self.status not in ("running", "trying")

    @property
    def still(self) -> bool:
        """Whether a version is tried and nothing moves: for want of data, or because somebody said so."""
        return self.status == "trying" and _first_word(self.reason) in _STILL

    @property
    def way_out(self) -> str:
        """Of a trial that stands still: what would move it, and the command that ends it."""
        moves = _STILL[_first_word(self.reason)].format(model=self.model)
        return f"{moves}; or take the version back: `takeoff rollout abort {self.model} --why ...`"


class Rollouts:
    """The rollouts of one stack, read from the account."""

    def __init__(self, stack: DeployedStack) -> None:
        self._stack = stack
        self._ssm, self._sagemaker, self._states = map(boto3.client, ("ssm", "sagemaker", "stepfunctions"))

    def progress(self, model: DeployedModel) -> Progress:
        """Where one model's rollout stands. An outcome of an older wish does not count."""
        wish = self._ssm.get_parameter(Name=model.desired)["Parameter"]
        outcome, analysis = self.outcome(model), self._beside(model, "analysis")
        tried = analysis.get("phase", "ended") != "ended"
        seen = outcome.get("desired_version") == wish["Version"] and not tried
        said = str(analysis.get("message", "")) if tried else ""
        endpoint = self._sagemaker.describe_endpoint(EndpointName=model.endpoint)
        weights = {v["VariantName"]: v.get("CurrentWeight", 0.0) for v in endpoint.get("ProductionVariants", [])}
        total = sum(weights.values()) or 1.0
        return Progress(
            model=model.name,
            status=outcome["status"] if seen else "trying" if tried else "running",
            reason=outcome["reason"] if seen else said or f"endpoint is {endpoint['EndpointStatus']}",
            endpoint=model.endpoint,
            config=endpoint["EndpointConfigName"],
            # Of a model with candidates the outcome says which config was to be live, and `desired` does not.
            desired_config=json.loads(wish["Value"]).get("config") or outcome.get("desired_config", ""),
            traffic={name: 100 * weight / total for name, weight in weights.items()},
        )

    def start(self, model: DeployedModel) -> str:
        """Start a rollout by hand; harmless while one runs, since both converge to the same wish."""
        started = self._states.start_execution(
            stateMachineArn=self._stack.rollout, input=json.dumps({"parameter": model.desired})
        )
        return str(started["executionArn"])

    def running(self) -> bool:
        """Whether any rollout of this stack is under way."""
        found = self._states.list_executions(stateMachineArn=self._stack.rollout, statusFilter="RUNNING")
        return bool(found["executions"])

    def outcome(self, model: DeployedModel) -> dict[str, Any]:
        """Rollout's last verdict on a model's endpoint; empty before the first."""
        return self._beside(model, "outcome")

    def _beside(self, model: DeployedModel, leaf: str) -> dict[str, Any]:
        return parameter.document(self._ssm, model.desired.removesuffix("desired") + leaf)


def _first_word(text: str) -> str:
    return text.partition(" ")[0].rstrip(":")


def wait(
    rollouts: Rollouts,
    model: DeployedModel,
    timeout: float,
    report: Callable[[Progress], None],
    *,
    trials: bool = True,
    patience: float = PATIENCE,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Progress:
    """Wait up to `timeout` seconds for the verdict on a model's present wish; without `trials` not for a trial's end.

    A trial that has stood still for `patience` seconds on end is returned as it is (`still`): it may do so for days.
    The event that starts a rollout can be lost (a daemon killed, a rule removed and put back). When nothing runs and
    no verdict is there, a rollout is started. Raises CommandError at the timeout.
    """
    end, grace, started = clock() + timeout, clock() + 3, False
    moved = clock()
    while True:
        progress = rollouts.progress(model)
        report(progress)
        if progress.settled or (progress.status == "trying" and not trials):
            return progress
        if not progress.still:
            moved = clock()
        elif clock() - moved >= patience:
            return progress
        if clock() > end:
            raise CommandError(
                f"rollout of {model.name}: no verdict after {timeout:.0f} s ({progress.reason}); "
                f"look with `takeoff rollout status {model.name} --stack ...`"
            )
        if not started and clock() > grace and not rollouts.running():
            rollouts.start(model)
            started = True
        sleep(0.25 if clock() < grace else 1.0)
