"""How a live endpoint moves to another config: SageMaker's blue/green guardrails and rolling updates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["all-at-once", "canary", "linear", "rolling"]
KINDS: tuple[Kind, ...] = ("all-at-once", "canary", "linear", "rolling")
# Percent of a variant's instances that one step may move.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TrafficRoutingConfig.html
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_RollingUpdatePolicy.html
STEP_PERCENT: Mapping[Kind, tuple[int, int]] = {"canary": (1, 50), "linear": (10, 50), "rolling": (5, 50)}
LONGEST_WAIT = 3600
EXECUTION = (600, 28_800)
MOST_ALARMS = 10


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One deployment plan. Times are in seconds; `percent` is the size of a step, of a variant's instances.

    `step_seconds` passes between two steps, `bake_seconds` before the old fleet goes, and after `timeout_seconds`
    SageMaker gives up and returns. `alarms` are the names of one to ten alarms that make it return; none for a plan
    without a return. https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html
    """

    kind: Kind = "all-at-once"
    percent: int = 100
    step_seconds: int = 0
    bake_seconds: int = 0
    timeout_seconds: int = 1800
    alarms: tuple[str, ...] = ()

    def deployment_config(self) -> dict[str, Any]:
        """The plan as UpdateEndpoint's DeploymentConfig."""
        size = {"Type": "CAPACITY_PERCENT", "Value": self.percent}
        config: dict[str, Any]
        if self.kind == "rolling":
            rolling = {"MaximumBatchSize": size, "WaitIntervalInSeconds": self.step_seconds}
            config = {
                "RollingUpdatePolicy": {**rolling, "MaximumExecutionTimeoutInSeconds": self.timeout_seconds},
            }
        else:
            routing: dict[str, Any] = {
                "Type": self.kind.replace("-", "_").upper(),
                "WaitIntervalInSeconds": self.step_seconds,
            }
            if self.kind == "canary":
                routing["CanarySize"] = size
            if self.kind == "linear":
                routing["LinearStepSize"] = size
            config = {
                "BlueGreenUpdatePolicy": {
                    "TrafficRoutingConfiguration": routing,
                    "TerminationWaitInSeconds": self.bake_seconds,
                    "MaximumExecutionTimeoutInSeconds": self.timeout_seconds,
                },
            }
        if self.alarms:
            config["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": name} for name in self.alarms]}
        return config


@dataclass(frozen=True)
class Refusal:
    """A rule of AWS's that a plan breaks: which field of the plan (or `variants`), what it is, what is allowed."""

    field: str
    got: str
    allowed: str


def refusals(plan: Plan, instances: Sequence[int]) -> list[Refusal]:
    """What SageMaker would refuse about a plan for production variants with so many instances each."""
    found = []
    if plan.kind in STEP_PERCENT:
        low, high = STEP_PERCENT[plan.kind]
        if not low <= plan.percent <= high:
            found.append(Refusal("percent", str(plan.percent), f"{low} to {high} for {plan.kind}"))
        if not plan.alarms:
            found.append(Refusal("alarms", "none", f"one to {MOST_ALARMS} rollback alarms for {plan.kind}"))
    if len(plan.alarms) > MOST_ALARMS:
        found.append(Refusal("alarms", str(len(plan.alarms)), f"at most {MOST_ALARMS} rollback alarms"))
    if plan.kind == "rolling" and len(instances) != 1:
        found.append(Refusal("kind", f"rolling with {len(instances)} variants", "rolling with exactly one variant"))
    if plan.kind in {"canary", "linear"} and min(instances) < 2:
        found.append(Refusal("kind", f"{plan.kind} with {min(instances)} instance", "two or more for each variant"))
    for name, seconds in (("step_seconds", plan.step_seconds), ("bake_seconds", plan.bake_seconds)):
        if not 0 <= seconds <= LONGEST_WAIT:
            found.append(Refusal(name, str(seconds), f"0 to {LONGEST_WAIT} seconds"))
    if not EXECUTION[0] <= plan.timeout_seconds <= EXECUTION[1]:
        found.append(Refusal("timeout_seconds", str(plan.timeout_seconds), f"{EXECUTION[0]} to {EXECUTION[1]} seconds"))
    if (needed := duration(plan)) > plan.timeout_seconds:
        allowed = f"at least the {needed} seconds that its own steps and bake time take"
        found.append(Refusal("timeout_seconds", str(plan.timeout_seconds), allowed))
    return found


def duration(plan: Plan) -> int:
    """Seconds that a plan waits by itself, without the time that instances take to start."""
    steps = 1 if plan.kind == "canary" else 0 if plan.kind == "all-at-once" else -(-100 // max(plan.percent, 1)) - 1
    return steps * plan.step_seconds + plan.bake_seconds
