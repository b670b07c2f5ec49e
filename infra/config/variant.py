"""What serves a model: production variants, a shadow, and how many instances they have."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from infra.config.base import AsTuple, MistakeError, SlotName, Strict, Version

# https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
Cron = Annotated[str, StringConstraints(pattern=r"^\S+( \S+){5}$")]
Count = Annotated[int, Field(ge=0, le=100)]


class Bounds(Strict):
    """The fewest and the most instances."""

    minimum: Count = Field(description="fewest instances; 0 for an asynchronous endpoint only")
    maximum: Annotated[int, Field(ge=1, le=100)] = Field(description="most instances")

    @model_validator(mode="after")
    def _bounds_are_ordered(self) -> Bounds:
        if self.maximum < self.minimum:
            raise MistakeError("maximum", str(self.maximum), f"{self.minimum} or more, the minimum")
        return self


class ScheduledCount(Bounds):
    """Other bounds from a moment on."""

    name: SlotName = Field(description="name of the scheduled action")
    cron: Cron = Field(
        description="when, in UTC: minutes, hours, day, month, weekday and year, as in `0 7 ? * MON-FRI *`"
    )


class Scaling(Bounds):
    """Autoscaling of one variant: by load, by schedule, or both."""

    invocations_per_instance: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="target of invocations per instance and minute (real-time endpoints)"
    )
    backlog_per_instance: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="target of waiting requests per instance (asynchronous endpoints)"
    )
    schedule: Annotated[tuple[ScheduledCount, ...], AsTuple] = Field(
        default=(), description="other bounds at fixed times"
    )

    @model_validator(mode="after")
    def _something_scales(self) -> Scaling:
        if self.invocations_per_instance and self.backlog_per_instance:
            raise MistakeError("backlogPerInstance", "both targets", "invocationsPerInstance or backlogPerInstance")
        if not (self.invocations_per_instance or self.backlog_per_instance or self.schedule):
            raise MistakeError(
                "", "neither a target nor a schedule", "invocationsPerInstance, backlogPerInstance or schedule"
            )
        return self


class Serving(Strict):
    """A slot, the version it serves, and what it runs on."""

    name: SlotName = Field(description="slot of the variant: main, candidate, or an arm; never a version")
    version: Version = Field(
        default="approved", description="approved, candidate, or a pinned version of 12 hex digits"
    )
    instance_type: str = Field(description="SageMaker hosting instance type, such as ml.c6i.large")
    instances: Annotated[int, Field(ge=1, le=100)] = Field(default=1, description="instances")


class Variant(Serving):
    """A production variant, which takes a share of the traffic."""

    scaling: Scaling | None = Field(default=None, description="autoscaling, which then owns the count")


class Shadow(Serving):
    """A variant that gets copies of requests and whose answers nobody sees."""

    name: SlotName = Field(default="shadow", description="slot of the shadow; never a version")
    version: Version = Field(
        default="candidate", description="approved, candidate, or a pinned version of 12 hex digits"
    )
    percent: Annotated[int, Field(ge=1, le=100)] = Field(description="percent of requests that are copied to it")
