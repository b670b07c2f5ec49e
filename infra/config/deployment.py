"""How a release reaches a live endpoint, and when it returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, model_validator

from catalog.plan import MOST_ALARMS, Kind, Plan, refusals
from infra.config.base import MistakeError, Share, Strict

Minutes = Annotated[int, Field(ge=0, le=60)]
# Two bad minutes make a rollback alarm go off (components/rollback.py).
SHORTEST_WATCH = 120
# Where a plan's field stands in a model's entry.
_KEYS = {
    "kind": "deployment.plan",
    "percent": "deployment.percent",
    "alarms": "deployment.rollback",
    "step_seconds": "deployment.stepMinutes",
    "bake_seconds": "deployment.bakeMinutes",
    "timeout_seconds": "deployment.timeoutMinutes",
}


class Rollback(Strict):
    """When a deployment returns to the old fleet: limits of the new fleet, each variant for itself."""

    error_percent: Share | None = Field(default=None, description="percent of requests that fail with 5xx")
    latency_ms: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="mean latency of the model in milliseconds"
    )

    @model_validator(mode="after")
    def _something_is_watched(self) -> Rollback:
        if self.error_percent is None and self.latency_ms is None:
            raise MistakeError("", "no limit", "errorPercent, latencyMs or both")
        return self

    def count(self) -> int:
        """Alarms per variant."""
        return (self.error_percent is not None) + (self.latency_ms is not None)


class Deployment(Strict):
    """How a new version or instance type reaches the live endpoint."""

    plan: Kind = Field(default="all-at-once", description="how traffic moves to the new fleet")
    percent: Annotated[int, Field(ge=1, le=100)] = Field(
        default=100, description="size of a step in percent: canary 1–50, linear 10–50, rolling 5–50"
    )
    step_minutes: Minutes = Field(default=0, description="minutes between two steps")
    bake_minutes: Minutes = Field(default=0, description="minutes for which the old fleet is kept")
    timeout_minutes: Annotated[int, Field(ge=10, le=480)] = Field(
        default=30, description="minutes after which SageMaker gives up and returns"
    )
    rollback: Rollback | None = Field(default=None, description="limits that make it return; needed by all other plans")

    def to_plan(self) -> Plan:
        """The plan without its alarms, which the endpoint names."""
        return Plan(
            kind=self.plan,
            percent=self.percent,
            step_seconds=60 * self.step_minutes,
            bake_seconds=60 * self.bake_minutes,
            timeout_seconds=60 * self.timeout_minutes,
        )


def require_possible(deployment: Deployment, instances: Sequence[int]) -> None:
    """Raise MistakeError for a plan that SageMaker refuses for variants with so many instances at the quietest hour."""
    rollback = deployment.rollback
    wanted = rollback.count() * len(instances) if rollback else 0
    if wanted > MOST_ALARMS:
        got = f"{wanted} alarms over {len(instances)} variants"
        raise MistakeError("deployment.rollback", got, f"at most {MOST_ALARMS}")
    # The endpoint names the alarms; here only their number matters.
    plan = Plan(**{**vars(deployment.to_plan()), "alarms": tuple(map(str, range(wanted)))})
    for found in refusals(plan, instances):
        raise MistakeError(_KEYS[found.field], found.got, found.allowed)
    watched, seconds = ("step", plan.step_seconds) if plan.kind == "rolling" else ("bake", plan.bake_seconds)
    if rollback and seconds < SHORTEST_WATCH:
        allowed = f"{SHORTEST_WATCH // 60} or more with rollback, or no alarm can go off in time"
        raise MistakeError(f"deployment.{watched}Minutes", str(seconds // 60), allowed)
