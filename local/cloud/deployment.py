"""SageMaker's deployment guardrails: what a DeploymentConfig asks for, what AWS refuses of it, and the shift itself."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from catalog.plan import Kind, refusals
from catalog.plan import Plan as Rollout
from local.cloud.clock import Clock
from local.cloud.plan import Plan
from local.cloud.router import Router

KINDS: dict[str, Kind] = {"ALL_AT_ONCE": "all-at-once", "CANARY": "canary", "LINEAR": "linear"}
# How often a shift looks at its alarms and its new fleet, in seconds of AWS's, and at most in seconds of this machine.
LOOK = (5.0, 0.25)


class ReturnError(RuntimeError):
    """Why traffic goes back to the old fleet; becomes the endpoint's FailureReason."""


@dataclass(frozen=True, kw_only=True)
class Shift:
    """A DeploymentConfig in numbers. `shares` are the parts of the traffic that the new fleet gets, one step at a time.

    AWS moves instances, a percentage of a variant's capacity; few processes stand for many instances here, so it is
    the traffic that moves by that percentage.
    """

    shares: tuple[float, ...] = (1.0,)
    step_seconds: float = 0.0
    bake_seconds: float = 0.0
    timeout_seconds: float = 28_800.0
    alarms: tuple[str, ...] = ()

    @classmethod
    def of(cls, deployment: dict[str, Any] | None, plan: Plan) -> Shift:
        """What to do for a DeploymentConfig and the plan that it brings."""
        asked = rollout(deployment or {}, plan)
        share = asked.percent / 100
        if asked.kind == "canary":
            shares: tuple[float, ...] = (share, 1.0)
        elif asked.kind == "all-at-once":
            shares = (1.0,)
        else:
            shares = tuple(min(1.0, share * step) for step in range(1, -(-100 // asked.percent) + 1))
        return cls(
            shares=shares,
            step_seconds=asked.step_seconds,
            # The wait of a rolling update is the bake time of every batch, the last one included.
            bake_seconds=asked.step_seconds if asked.kind == "rolling" else asked.bake_seconds,
            timeout_seconds=asked.timeout_seconds,
            alarms=asked.alarms,
        )


def rollout(deployment: dict[str, Any], plan: Plan) -> Rollout:
    """A DeploymentConfig as the blueprint's own plan; what it leaves out is AWS's default."""
    alarms = tuple(each["AlarmName"] for each in deployment.get("AutoRollbackConfiguration", {}).get("Alarms", ()))
    policy, rolling = deployment.get("BlueGreenUpdatePolicy", {}), deployment.get("RollingUpdatePolicy")
    routing = policy.get("TrafficRoutingConfiguration", {})
    size = (rolling or {}).get("MaximumBatchSize") or routing.get("CanarySize") or routing.get("LinearStepSize") or {}
    percent = int(size.get("Value", 100))
    if size.get("Type") == "INSTANCE_COUNT":
        percent = round(100 * percent / max(1, min(variant.count for variant in plan.variants)))
    timeout = int((rolling or policy).get("MaximumExecutionTimeoutInSeconds", 28_800))
    if rolling is not None:
        step = int(rolling.get("WaitIntervalInSeconds", 0))
        return Rollout(kind="rolling", percent=percent, step_seconds=step, timeout_seconds=timeout, alarms=alarms)
    return Rollout(
        kind=KINDS[routing.get("Type", "ALL_AT_ONCE")],
        percent=percent,
        step_seconds=int(routing.get("WaitIntervalInSeconds", 0)),
        bake_seconds=int(policy.get("TerminationWaitInSeconds", 0)),
        timeout_seconds=timeout,
        alarms=alarms,
    )


def refusal(
    deployment: dict[str, Any] | None, running: Plan, plan: Plan, alarms: Collection[str], scaled: Collection[str]
) -> str | None:
    """Why AWS would refuse to update `running` to `plan` this way; None when it would not.

    `alarms` are the names of the account's alarms, `scaled` the variants that autoscaling has registered.
    https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html
    """
    before, after = ({variant.name: variant for variant in each.variants} for each in (running, plan))
    for name in sorted(set(scaled) & set(before)):
        # https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
        if name not in after or after[name].instance_type != before[name].instance_type:
            return (
                f"Cannot update endpoint: variant {name} is registered as a scalable target and would "
                f"{'change its instance type' if name in after else 'be removed'}; deregister it first."
            )
    if not deployment:
        return None
    asked = rollout(deployment, plan)
    if set(before) != set(after):
        return (
            "Deployment guardrails need the same variant names in the old and the new endpoint configuration; "
            f"got {sorted(before)} and {sorted(after)}."
        )
    # A plan that shifts without an alarm is unwise, and the blueprint refuses it; AWS takes it.
    found = [
        each
        for each in refusals(asked, [variant.count for variant in plan.variants])
        if (each.field, each.got) != ("alarms", "none")
    ]
    if found:
        return f"DeploymentConfig: {found[0].field}: got {found[0].got}, allowed {found[0].allowed}."
    if unknown := [name for name in asked.alarms if name not in alarms]:
        return f"AutoRollbackConfiguration: alarm(s) {', '.join(unknown)} do not exist."
    return None


class Watch:
    """Looks after one deployment: returns from each wait when it is over, raises ReturnError when it must go back."""

    def __init__(self, shift: Shift, router: Router, clock: Clock, state: Callable[[str], str | None]) -> None:
        self._shift, self._router, self._clock, self._state = shift, router, clock, state
        self._deadline = clock.time() + clock.real(shift.timeout_seconds)

    async def run(self) -> None:
        """Moves all traffic to the router's new fleets, a step at a time, and bakes."""
        await self._wait(0)
        for number, share in enumerate(self._shift.shares):
            if number:
                await self._wait(self._shift.step_seconds)
            self._router.share = share
        await self._wait(self._shift.bake_seconds)

    def look(self) -> None:
        """Raises ReturnError when an alarm rings, the new fleet does not answer, or time is up."""
        if ringing := [name for name in self._shift.alarms if self._state(name) == "ALARM"]:
            raise ReturnError(
                "The deployment was rolled back because the following CloudWatch alarm(s) went into ALARM state: "
                + ", ".join(ringing)
            )
        if sick := self._router.sick():
            raise ReturnError(f"No instance of production variant {sick} of the new fleet is healthy.")
        if self._clock.time() > self._deadline:
            raise ReturnError(
                f"The deployment did not finish within MaximumExecutionTimeoutInSeconds "
                f"({self._shift.timeout_seconds:g} seconds)."
            )

    async def _wait(self, seconds: float) -> None:
        end = self._clock.time() + self._clock.real(seconds)
        self.look()
        while (left := end - self._clock.time()) > 0:
            await self._clock.pause(min(left, self._clock.real(LOOK[0]), LOOK[1]))
            self.look()
